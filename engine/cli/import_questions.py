"""`python -m engine import`: a file of questions, or a data set of the hub, stored as a set."""

from pathlib import Path

import click

from engine.cli.command import Arguments, command
from engine.data import hub
from engine.data.shapes import read_layout
from engine.errors import SettingError
from engine.settings import FORMATS
from engine.store.questions import Imported, import_set
from engine.terminal import Printed


@command("import", f"store a {FORMATS} file of questions, or a data set of the hub, as a set")
@click.argument("file", metavar="FILE", type=str)
@click.option("--name", required=True, help="name of the new set")
@click.option("--split", default="", help="split of rows that name none: forget, retain, world or holdout")
@click.option(
    "--column",
    multiple=True,
    metavar="OURS=THEIRS",
    help="a column that is named otherwise, as question=prompt; may be repeated",
)
@click.option(
    "--hub-config", default="", metavar="NAME", help="configuration of the data set, with FILE as hub:OWNER/NAME"
)
@click.option("--hub-split", default="", metavar="NAME", help="split of a data set hub:OWNER/NAME")
def import_questions(arguments: Arguments) -> Printed:
    found = _import(arguments)
    merged = f", {found.merged} identical rows merged" if found.merged else ""
    notes = "".join(f"\n{note}" for note in (*found.mapping, *found.notes))
    return Printed(found._asdict(), f"set {found.name} stored: {found.questions} questions{merged}{notes}")


def _import(arguments: Arguments) -> Imported:
    layout = read_layout(arguments.column)
    if arguments.file.startswith(hub.PREFIX):
        asked = arguments.file.removeprefix(hub.PREFIX)
        file = hub.fetch_hub(asked, arguments.hub_config, arguments.hub_split)
        return import_set(file.data, arguments.name, file.filename, arguments.split, layout)
    unused = [f"--{name.replace('_', '-')}" for name in ("hub_config", "hub_split") if name in arguments.given]
    if unused:
        raise SettingError(
            f"{' and '.join(unused)} can be given with FILE as hub:OWNER/NAME only, got {arguments.file!r}"
        )
    return import_set(Path(arguments.file), arguments.name, split=arguments.split, layout=layout)
