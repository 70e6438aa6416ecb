"""What the code imports is what the lists of requirements name: a package that another one brings today may be gone
tomorrow, and one that nobody imports is installed for nothing.
"""

import re
import sys
from functools import cache

import pytest

from tests.test_floors import ROOT, imports_of

PROGRAM = ("engine", "db", "pages", "app.py", "install.py")
CHECKS = ("tests", "benchmarks")
OWN = {"engine", "db", "pages", "benchmarks", "tests", "app", "install"}
NAMES = {"lm_eval": "lm-eval"}  # a package whose import is called otherwise than by case and underscores
UNSEEN = {  # named without an import, and why
    "authlib": "Streamlit's log-in",
    "httpx": "the client that authlib asks for",
    "mypy": "a command",
    "oidc-provider-mock": "a server that the browser tests start",
    "pandas-stubs": "types for mypy",
    "pytest-xdist": "pytest's option -n",
    "ruff": "a command",
}


def named(file: str) -> dict[str, str]:
    """Packages of a list and the version of each."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines]
    return {_plain(one[1]): one[2] for one in found if one}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def imported(places: tuple[str, ...]) -> dict[str, str]:
    """Packages from outside that the files of `places` import, each with one file that does."""
    found: dict[str, str] = {}
    for place in places:
        root = ROOT / place
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            for module in imports_of(path):
                top = module.split(".")[0]
                if top not in OWN and top not in sys.stdlib_module_names:
                    found.setdefault(NAMES.get(top, _plain(top)), str(path.relative_to(ROOT)))
    return found


def test_all_that_is_imported_is_named() -> None:
    program = named("requirements.in") | named("requirements-tasks.in")
    assert {name: file for name, file in imported(PROGRAM).items() if name not in program} == {}
    checks = program | named("requirements-dev.in")
    assert {name: file for name, file in imported(CHECKS).items() if name not in checks} == {}


def test_nothing_is_named_that_nobody_imports() -> None:
    program = imported(PROGRAM)
    ours = named("requirements.in") | named("requirements-tasks.in")
    assert sorted(name for name in ours if name not in program and name not in UNSEEN) == []
    both = program | imported(CHECKS)
    assert sorted(name for name in named("requirements-dev.in") if name not in both and name not in UNSEEN) == []


def test_no_reason_is_left_over() -> None:
    """What stands as named without an import is named, and is not imported by what its list serves."""
    lists = {"requirements.in": imported(PROGRAM), "requirements-dev.in": imported(CHECKS)}
    assert {name for file, seen in lists.items() for name in named(file) if name not in seen} >= set(UNSEEN)


@pytest.mark.parametrize("part", ["", "-tasks", "-dev"])
def test_every_named_package_is_locked_at_its_version(part: str) -> None:
    asked, locked = named(f"requirements{part}.in"), named(f"requirements{part}.txt")
    assert asked
    assert {name: locked.get(name) for name in asked} == asked
    lines = (ROOT / f"requirements{part}.in").read_text(encoding="utf-8").splitlines()
    unread = [line for line in lines if line and not line.startswith(("#", "-c ")) and "==" not in line]
    assert unread == [], "each line names one version"


def test_the_lists_agree_where_they_share_a_package() -> None:
    versions: dict[str, set[str]] = {}
    for part in ("", "-tasks", "-dev"):
        for name, version in named(f"requirements{part}.txt").items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
