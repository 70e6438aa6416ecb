"""Writes the kept documents anew from what the program does now: `python -m tests.kept.write_golden FOLDER`.

They were written at commit f0a745c. Whoever writes them anew says in the commit what moved and why. FOLDER must not
exist.
"""

import os
import sys
from pathlib import Path
from typing import Any

from tests.kept import commands, demo_report, old_database
from tests.kept.doors import called, keep


def in_folder(folder: Path) -> Path:
    """A data folder with the old database in it, for the calls that follow."""
    os.environ["OUBLIETTE_DATA"] = str(folder / "data")
    return old_database.unpack(folder / "data")


def promised() -> dict[str, Any]:
    """Every command with its arguments, without those that are free to change."""
    return {
        name: {"arguments": [a for a in content["arguments"] if a["names"][-1] not in commands.FREE.get(name, ())]}
        for name, content in commands.described().items()
    }


def write(folder: Path) -> None:
    in_folder(folder / "reading")
    codes = commands.exit_codes()
    reading = commands.reading_shapes(folder)
    in_folder(folder / "models")
    models = commands.model_shapes(folder)
    document = {"commands": promised(), "exit_codes": codes, "json_reading": reading, "json_models": models}
    keep("commands.json", document)
    path = in_folder(folder / "old")
    tables = old_database.contents(path, old_database.columns_of(path))
    keep("old.json.gz", {"tables": tables, "said": old_database.asked()})
    os.environ["OUBLIETTE_DATA"] = str(folder / "demo")
    if called("demo")[0]:
        raise SystemExit("the demo's base is not on this machine: python -m engine demo")
    keep("demo_report.json.gz", demo_report.made(folder / "demo-report"))


if __name__ == "__main__":
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True)
    os.environ.pop("OUBLIETTE_DATABASE", None)
    write(folder)
