"""`python -m engine verify`: whether the zip of a report is still what it was. Loads no model."""

from pathlib import Path

import click

from engine.cli.command import Arguments, command
from engine.report.archive import verify as verify_zip
from engine.terminal import Printed

ONLY_INSIDE = (
    "without --manifest-hash this shows only that the files fit the manifest beside them: a change of both goes"
    " unnoticed"
)


@command("verify", "check the zip of a report against its manifest and say what differs")
@click.argument("archive", type=Path, metavar="REPORT.zip")
@click.option("--manifest-hash", metavar="HASH", help="the hash that was shown when the report was made")
def verify(arguments: Arguments) -> Printed:
    """The exit code is 1 if something differs."""
    found = verify_zip(arguments.archive, arguments.manifest_hash or "")
    data = {"verified": not found.differences, **found._asdict(), "manifest_hash_given": bool(arguments.manifest_hash)}
    said = [f"differs: {words}" for words in found.differences] or [f"{found.files} files are as the manifest says"]
    hint = [] if arguments.manifest_hash else [ONLY_INSIDE]
    return Printed(
        data, "\n".join([*said, f"manifest hash {found.manifest_hash or 'n/a'}", *hint]), int(bool(found.differences))
    )
