"""The house rules that a reader would otherwise have to check by hand."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUND = (
    "bounds inks kinds names settings specification training_settings versions wording terminal small_files whole_files"
)
FLOORS = (  # a room imports from the floors below it and from itself; docs/architecture.md says what each is for
    ("engine.errors",),
    (*(f"engine.{one}" for one in GROUND.split()),),
    ("db",),
    ("engine.data",),
    ("engine.models",),
    ("engine.decoding", "engine.unlearning"),
    ("engine.evaluation",),
    ("engine.store",),
    ("engine.analysis", "engine.audit", "engine.review"),
    ("engine.runs", "engine.report"),
    ("engine.cli", "engine.__main__"),
    ("pages", "app"),
    ("benchmarks",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
WITH_THE_DATABASE = (
    "db",
    "engine.store",
    "engine.analysis",
    "engine.audit",
    "engine.review",
    "engine.runs",
    "engine.report",
)
MODULES = [path for top in ("engine", "db", "pages", "benchmarks") for path in sorted((ROOT / top).rglob("*.py"))]
MODULES = [path for path in MODULES if path.name != "__init__.py" or path.parent.name in ("probes", "objectives")] + [
    ROOT / "app.py"
]
LONGEST = 300


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@cache
def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> str | None:
    return next((room for room in sorted(FLOOR, key=len, reverse=True) if f"{module}.".startswith(f"{room}.")), None)


def may_import(room: str, other: str) -> bool:
    """Whether a room may import from another: from below, never beside; pages neither from the database nor from the
    commands.
    """
    if other == "db":
        return room in WITH_THE_DATABASE or room == "benchmarks"
    ground = FLOOR[room] == FLOOR[other] == FLOOR["engine.settings"]
    beside = {room, other} <= {"engine.cli", "engine.__main__"} or {room, other} <= {"pages", "app"}
    return (FLOOR[other] < FLOOR[room] or ground or beside) and not (room == "pages" and other == "engine.cli")


def test_imports_point_down() -> None:
    arrows = {(name_of(path), module) for path in MODULES for module in imports_of(path)}
    rooms = {(here, there, room_of(here), room_of(there)) for here, there in arrows}
    wrong = [
        f"{here} imports {there}"
        for here, there, a, b in sorted(rooms, key=str)
        if b and a != b and not (a and may_import(a, b))
    ]
    assert wrong == []


def importers(library: str) -> set[str]:
    return {
        name_of(path) for path in MODULES if any(f"{module}.".startswith(f"{library}.") for module in imports_of(path))
    }


def test_libraries_stay_in_their_rooms() -> None:
    assert all(name.startswith(("pages", "app", "benchmarks")) for name in importers("streamlit"))
    assert all(name.startswith(("db.", "benchmarks")) for name in importers("sqlalchemy") | importers("alembic"))
    assert all(
        name.startswith(("engine.models.", "benchmarks")) for name in importers("transformers") | importers("peft")
    )
    assert all(name.startswith("engine.evaluation.harness") for name in importers("lm_eval"))


def test_no_file_is_long() -> None:
    long = {
        name_of(path): lines for path in MODULES if (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST
    }
    assert long == {}


def test_the_formula_exists_once() -> None:
    users = [name_of(path) for path in MODULES if "def combine_logits" in path.read_text(encoding="utf-8")]
    assert users == ["engine.models.offset"]


def test_nothing_heavy_is_imported_at_start() -> None:
    """One process imports all of these, and says after which of them a library was there."""
    modules = (
        "engine.store.history",
        "engine.runs.runner",
        "engine.models.demo",
        "engine.models.pairs",
        "engine.data.sources",
        "engine.audit.probes",
        "engine.unlearning.unused",
        "engine.report.csv_table",
        "engine.cli.main",
    )
    heavy = ("torch", "transformers", "peft", "datasets", "scipy", "lm_eval")
    program = (
        f"import sys, importlib\nfor name in {modules!r}:\n    importlib.import_module(name)\n"
        f"    print(*[name + ' brings ' + each for each in {heavy!r} if each in sys.modules], sep='\\n', end='')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == ""


def test_no_test_reaches_above_the_checkout() -> None:
    """What lies beside a checkout is another thing on every machine; environment variables name data from outside."""
    climbs = re.compile(r"__file__\)\.(?:resolve\(\)\.)?parents\[(\d+)\]")
    found = [
        str(path.relative_to(ROOT))
        for top in ("tests", "benchmarks")
        for path in sorted((ROOT / top).rglob("*.py"))
        for height in climbs.findall(path.read_text(encoding="utf-8"))
        if not path.parents[int(height)].is_relative_to(ROOT)
    ]
    assert found == []
