"""`python -m engine import-log`: an evaluation log that others published, stored as a run of kind imported. Loads no
model.
"""

from pathlib import Path

import click

from engine.cli import log_lines
from engine.cli.command import Arguments, command
from engine.store.imported_logs import import_log as store_log
from engine.terminal import Printed
from engine.wording import run_words


@command("import-log", "store an evaluation log that others published, to stand beside your own runs")
@click.argument("file", type=Path, metavar="FILE.json")
@click.option("--name", required=True, help="name of the run that holds its figures")
@click.option("--method", required=True, help="what was done, such as NPO")
@click.option("--model", default="", help="the model it was done to, such as Llama-3.2-1B")
@click.option("--label", default="", help="anything else to say about it")
@log_lines.retain
def import_log(arguments: Arguments) -> Printed:
    found = store_log(
        arguments.file,
        arguments.name,
        arguments.method,
        model=arguments.model,
        label=arguments.label,
        retain=arguments.retain,
    )
    data = {
        "run": found.name,
        "run_id": found.run_id,
        "figures": log_lines.figure_rows(found.figures),
        "notes": list(found.notes),
    }
    stored = run_words(found.name, found.run_id)
    head = f"{stored} stored as imported: {len(found.figures)} figures that others published"
    return Printed(data, "\n".join([head, *log_lines.figure_lines(found.figures), *log_lines.noted(found.notes)]))
