"""`python -m engine report`: the report of a run, in every format. Loads no model."""

from pathlib import Path

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.report import csv_form, files, gather
from engine.report.selection import SHOWS, Selection
from engine.store import history
from engine.terminal import Printed

KEEP_APART = "keep it apart from the report: it shows whether the archive was changed"


@command("report", "write the report of a run: HTML, JSON, CSV, and a zip with a manifest of SHA-256")
@options.run
@click.option("--out", required=True, type=Path, metavar="FOLDER", help="a new or empty folder")
@options.alpha
@click.option("--redacted", is_flag=True, help="leave out questions, answers, names and notes")
@click.option("--against", metavar="RUN", help="a second run beside it; only what differs is shown")
@click.option("--split", default="", help="only questions of this split")
@click.option(
    "--show", default="all", type=click.Choice(tuple(SHOWS)), help="only questions of this kind (default: all)"
)
@options.csv_columns
@options.csv_delimiter
def report(arguments: Arguments) -> Printed:
    alpha = options.given_alpha(arguments)
    form = csv_form.read_form(arguments.columns, arguments.delimiter)
    files.check_folder(arguments.out)  # before the work, not after it
    run = history.find_run(arguments.run)
    other = None if arguments.against is None else history.find_run(arguments.against).id
    chosen = gather.choose(run.id, alpha, Selection(arguments.split, arguments.show))
    gathered = gather.gather(chosen, other=other, redacted=arguments.redacted, form=form.options)
    made = files.make_files(gathered, arguments.redacted, form)
    files.write_files(made, arguments.out)
    shown = made.report
    states = [check.state for check in shown.checks]
    data = {
        "run": run.name,
        "run_number": run.id,
        "alpha": chosen.alpha,
        "questions": len(shown.questions),
        "missing": len(shown.missing),
        "selection": shown.selection,
        "redacted": shown.redacted,
        "checks": {state: states.count(state) for state in ("pass", "note", "fail")},
        "claim": [{"words": item.words, "state": item.state, "said": item.said} for item in shown.claim.criteria],
        "files": sorted(made.files),
        "out": str(arguments.out),
        "manifest_hash": made.manifest_hash,
    }
    lines = [
        (
            f"report of {len(shown.questions)} questions at alpha {chosen.alpha:g} written to {arguments.out}:"
            f" {', '.join(sorted(made.files))}"
        ),
        *([f"a selection: {shown.selection}"] if shown.selection else []),
        f"checks: {', '.join(f'{number} {state}' for state, number in data['checks'].items())}",  # type: ignore[attr-defined]
        *(f"{item.state}: {item.words}: {item.said}" for item in shown.claim.criteria),
        f"manifest hash {made.manifest_hash}",
        KEEP_APART,
    ]
    return Printed(data, "\n".join(lines))
