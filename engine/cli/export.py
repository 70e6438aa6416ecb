"""`python -m engine export`: a run as a CSV report, or as an OpenUnlearning log. Loads no model."""

from pathlib import Path

import click

from engine.analysis import chosen_alpha
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.log_lines import noted
from engine.errors import SettingError
from engine.report.export import export_log, export_run
from engine.store import history
from engine.terminal import Printed

FORMATS = ("csv", "openunlearning")


@command("export", "write a run as a CSV report, or as an OpenUnlearning log")
@options.run
@click.option("--out", required=True, type=Path, metavar="FILE", help="the file to write")
@options.alpha
@click.option("--format", type=click.Choice(FORMATS), default="csv", help="csv or openunlearning (default: csv)")
@options.csv_columns
@options.csv_delimiter
def export(arguments: Arguments) -> Printed:
    alpha = options.given_alpha(arguments)
    run = history.find_run(arguments.run)
    if arguments.format == "csv":
        return _as_csv(run, alpha, arguments)
    unused = [f"--{name}" for name in ("columns", "delimiter") if name in arguments.given]
    if unused:
        raise SettingError(f"{' and '.join(unused)} can be given with --format csv only, got openunlearning")
    return _as_log(run, alpha, arguments.out)


def _as_csv(run: history.RunSummary, alpha: float | None, arguments: Arguments) -> Printed:
    out: Path = arguments.out
    rows = export_run(run.id, out, alpha, arguments.columns, arguments.delimiter)
    if alpha is None:
        alpha = chosen_alpha.report_alpha(run.id)
    data = {"run": run.name, "alpha": alpha, "rows": rows, "out": str(out)}
    return Printed(data, f"{rows} rows at alpha {alpha:g} written to {out}")


def _as_log(run: history.RunSummary, alpha: float | None, out: Path) -> Printed:
    found = export_log(run.id, out, alpha)
    data = {
        "run": run.name,
        "alpha": found.alpha,
        "rows": found.rows,
        "out": str(out),
        "format": "openunlearning",
        "notes": list(found.notes),
    }
    head = f"{found.rows} questions at alpha {found.alpha:g} written to {out} as an OpenUnlearning log"
    return Printed(data, "\n".join([head, *noted(found.notes)]))
