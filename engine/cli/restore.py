"""`python -m engine restore`: a new data folder from a backup. Loads no model."""

import click

from engine.cli.command import Arguments, command
from engine.settings import data_folder, local_path
from engine.store.backup import restore as restore_backup
from engine.terminal import Printed


@command("restore", "make a new data folder from a backup, checked file by file")
@click.argument("file")
@click.option("--to", required=True, metavar="FOLDER", help="the new data folder; it must be empty or not exist")
def restore(arguments: Arguments) -> Printed:
    folder = local_path(arguments.to)
    found = restore_backup(local_path(arguments.file), folder)
    ours = folder.resolve() == data_folder().resolve()
    words = f"{found.files} files of the backup made {found.made} are in {folder}, each compared with its hash."
    hint = "" if ours else f"\nTo use it: OUBLIETTE_DATA={folder} make run"
    return Printed({"folder": str(folder), **found._asdict()}, words + hint)
