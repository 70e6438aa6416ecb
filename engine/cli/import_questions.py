"""`python -m engine import`: a file of questions, stored as a set."""

from pathlib import Path

import click

from engine.cli.command import Arguments, command
from engine.settings import FORMATS
from engine.store.questions import import_set
from engine.terminal import Printed


@command("import", f"store a {FORMATS} file of questions as a set")
@click.argument("file", type=Path)
@click.option("--name", required=True, help="name of the new set")
@click.option("--split", default="", help="split of rows that name none: forget, retain, world or holdout")
def import_questions(arguments: Arguments) -> Printed:
    found = import_set(arguments.file, arguments.name, split=arguments.split)
    merged = f", {found.merged} identical rows merged" if found.merged else ""
    notes = "".join(f"\n{note}" for note in (*found.mapping, *found.notes))
    return Printed(found._asdict(), f"set {found.name} stored: {found.questions} questions{merged}{notes}")
