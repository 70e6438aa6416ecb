"""`python -m engine backup`: the data folder as one file, read back and compared. Loads no model."""

from pathlib import Path

import click

from engine.cli.command import Arguments, command
from engine.runs import runner
from engine.settings import local_path
from engine.store.backup import back_up
from engine.terminal import Printed


@command("backup", "write database, pairs and taught models into one zip, and check it")
@click.argument("file")
def backup(arguments: Arguments) -> Printed:
    runner.tend()  # a run whose worker died is not in the way
    path: Path = local_path(arguments.file)
    found = back_up(path)
    words = f"{found.files} files, {found.size / 1e6:.1f} MB before compression, read back and equal: {path}"
    return Printed({"file": str(path), **found._asdict()}, words)
