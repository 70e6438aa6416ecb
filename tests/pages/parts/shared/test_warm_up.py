"""The server listens before the parts of its pages are imported, and imports them beside it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pages.parts.shared import warm_up

ROOT = Path(__file__).resolve().parents[4]
LISTENS = """
import sys
import app
print(sorted(name for name in sys.modules if name.split(".")[0] in ("db", "pandas", "torch", "sqlalchemy")))
"""


@pytest.mark.parametrize("name", warm_up.FIRST)
def test_every_part_can_be_imported(name: str) -> None:
    assert import_module(f"pages.parts.shared.{name}")


def test_what_must_be_there_before_the_server_listens_is_light() -> None:
    """Each of these takes a tenth of a second or more, in which a browser would wait to begin."""
    done = subprocess.run([sys.executable, "-c", LISTENS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
