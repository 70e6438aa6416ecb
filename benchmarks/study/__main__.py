"""The study: `python -m benchmarks.study [--hours H] [--tofu FOLDER] [--only TEXT ...] [--list] [--keep]`.

Runs the entries of the plan that the study's database does not hold yet, each in a separate process, so that its peak
memory is its own and a stopped study can continue; it stops before a run that would begin after `--hours`. The database
is in the work folder. `--report docs/results.md` rewrites the tables of that page and draws its plots again; the prose
around the tables is written by hand. `--csv FOLDER` writes every table as CSV, more than the page has and with
intervals. `--keep` packs the database into the repository, where it is unpacked on a machine without one.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.marked import MarkError
from benchmarks.study import plan as study_plan
from benchmarks.study import stored
from benchmarks.study.running import run_all, run_one, say
from engine.errors import UnlearningError


def main(words: list[str] | None = None) -> int:
    """The exit code: 2 where there was an error, which is printed as one sentence."""
    arguments = _parser().parse_args(words)
    stored.unpack(stored.work_folder())
    os.environ["OUBLIETTE_DATA"] = str(stored.work_folder())
    os.environ.pop("OUBLIETTE_DATABASE", None)
    try:
        _do(arguments)
    except (UnlearningError, MarkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _do(arguments: argparse.Namespace) -> None:
    if arguments.list:
        done = stored.finished()
        for item in study_plan.plan():
            print("done   " if item.name in done else "missing", item.part.ljust(20), item.name)
    elif arguments.keep:
        stored.pack()
        say(f"{stored.PACKED.name}: {stored.PACKED.stat().st_size / 1e6:.1f} MB")
    elif arguments.report:
        from benchmarks.study.page import write_page

        if missing := write_page(arguments.report):
            say(f"the tables are written, the plots are not drawn: {missing}")
    elif arguments.csv:
        from benchmarks.study.export import export_tables

        rows = export_tables(arguments.csv)
        told = ", ".join(f"{name}.csv ({count} rows)" for name, count in rows.items())
        print(f"written to {arguments.csv}: {told}")
    elif arguments.run:
        run_one(arguments.run, arguments.tofu)
    else:
        run_all(arguments.hours, arguments.tofu, arguments.only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description="Run the study, or report it.")
    parser.add_argument("--hours", type=float, default=12.0, help="start no other run after this many (default: 12)")
    parser.add_argument("--tofu", type=Path, help="folder with TOFU's files (default: OUBLIETTE_TOFU, else the hub)")
    parser.add_argument("--only", nargs="*", default=[], metavar="TEXT", help="only these runs, or parts of the plan")
    parser.add_argument("--run", metavar="NAME", help="this one run, in this process")
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="rewrite the page's tables and draw its plots")
    parser.add_argument("--csv", type=Path, metavar="FOLDER", help="write every table as CSV")
    parser.add_argument("--list", action="store_true", help="list the plan and what is done")
    parser.add_argument("--keep", action="store_true", help="pack the database into the repository")
    return parser


if __name__ == "__main__":
    sys.exit(main())
