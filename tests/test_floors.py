"""The house rules a reader would otherwise have to check by hand."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (  # each room imports only from floors below it, or from its own
    ("engine.errors", "engine.versions", "engine.terminal", "engine.small_files"),
    ("engine.settings", "engine.whole_files"),
    ("engine.data",),
    ("engine.models",),
    ("engine.decoding", "engine.unlearning"),
    ("engine.evaluation",),
    ("engine.audit",),
    (
        "engine.store.session",
        "engine.store.handing_out",
        "engine.store.erased",
        "engine.store.unfinished",
        "engine.store.traces",
        "engine.store.erasure_files",
        "engine.models.names",
        "engine.store.history",
        "engine.store.judged_by",
        "engine.store.maps",
        "engine.store.questions",
        "engine.runs.file_notes",
        "engine.runs.progress",
        "engine.store.recording",
        "engine.store.origin",
        "engine.runs.stages",
        "engine.runs.tasks",
        "engine.models.demo",
    ),
    (
        "engine.analysis.remaining_leaks",
        "engine.analysis.exact_curves",
        "engine.analysis.forced_curves",
        "engine.analysis.task_figures",
        "engine.analysis.figures",
        "engine.analysis.differences",
        "engine.store.imported_logs",
        "engine.review.verdicts",
    ),
    (
        "engine.analysis.paired",
        "engine.analysis.retain_only",
        "engine.analysis.tofu_and_privacy",
        "engine.review.queue",
        "benchmarks.study.runs",
    ),
    ("engine.review.item", "engine.audit.probes"),
    ("engine.runs.audit", "engine.audit.spec", "engine.runs.estimate"),
    (
        "engine.analysis.advice",
        "benchmarks.study.tables",
        "engine.report.openunlearning",
        "engine.report.log_origin",
        "engine.report.log_asking",
        "engine.analysis.chosen_alpha",
    ),
    ("engine.runs.execute", "engine.store.recorded_runs"),
    ("engine.analysis.floor", "engine.report.inputs"),
    ("engine.report.checks", "engine.report.comparison"),
    ("engine.report.gather",),
    ("engine.report.files",),
    ("engine.runs.demo.figures",),
    ("engine.runs.check",),
    ("engine.runs.demo.rebuild", "engine.runs.runner", "engine.runs.worker"),
    ("engine.store.erasure",),
    (
        "engine.cli.command",
        "engine.cli.basics",
        "engine.cli.runs",
        "engine.cli.advise",
        "engine.cli.audit",
        "engine.cli.curves",
        "engine.cli.tasks",
        "engine.cli.unused_options",
        "engine.cli.logs",
        "engine.cli.figures",
        "engine.cli.methods",
        "engine.cli.report",
        "engine.cli.verdicts",
        "engine.cli.erase",
        "engine.cli.main",
        "engine",
    ),
    ("pages.parts",),
    ("pages", "app"),
)
MODULES = sorted(path for folder in ("engine", "db", "pages") for path in (ROOT / folder).rglob("*.py")) + [
    ROOT / "app.py"
]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floor_of(module: str) -> int | None:
    """The floor of the longest room name that `module` starts with."""
    rooms = [
        (len(room), floor)
        for floor, rooms in enumerate(FLOORS)
        for room in rooms
        if f"{module}.".startswith(f"{room}.")
    ]
    return max(rooms)[1] if rooms else None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    here = floor_of(name_of(path))
    for module in imports_of(path):
        there = floor_of(module)
        if here is not None and there is not None:
            assert there <= here, f"{name_of(path)} imports {module} from a floor above it"


def importers(library: str) -> set[str]:
    return {
        name_of(path) for path in MODULES if any(f"{module}.".startswith(f"{library}.") for module in imports_of(path))
    }


def test_every_engine_module_has_a_floor() -> None:
    assert [
        name_of(path)
        for path in MODULES
        if name_of(path).startswith("engine") and path.name != "__init__.py" and floor_of(name_of(path)) is None
    ] == []


def test_libraries_stay_in_their_rooms() -> None:
    assert all(name.startswith(("pages", "app")) for name in importers("streamlit"))
    assert all(name.startswith("db.") for name in importers("sqlalchemy") | importers("alembic"))
    assert all(name.startswith("engine.models.") for name in importers("transformers") | importers("peft"))
    assert all(name.startswith("engine.evaluation.harness.model") for name in importers("lm_eval"))
    assert not [name for name in importers("engine") if name.startswith("db")]
    assert not [name for name in importers("db") if name.startswith("pages")]


def test_the_formula_exists_once() -> None:
    users = [name_of(path) for path in MODULES if "def combine_logits" in path.read_text(encoding="utf-8")]
    assert users == ["engine.models.offset"]


@pytest.mark.parametrize(
    "module",
    [
        "engine.store.history",
        "engine.runs.runner",
        "engine.models.demo",
        "engine.models.pairs",
        "engine.data.sources",
        "engine.audit.probes",
        "engine.report.csv_table",
        "engine.cli.main",
    ],
)
def test_nothing_heavy_is_imported_at_start(module: str) -> None:
    program = f"import sys, {module}; print([m for m in ('torch', 'transformers', 'peft', 'datasets', 'scipy', 'lm_eval') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
