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
        "engine.storage",
        "engine.handing_out",
        "engine.erased",
        "engine.unfinished",
        "engine.traces",
        "engine.erasure_files",
        "engine.naming",
        "engine.history",
        "engine.judged_by",
        "engine.maps",
        "engine.questions",
        "engine.file_notes",
        "engine.progress",
        "engine.recording",
        "engine.origin",
        "engine.stages",
        "engine.task_runs",
        "engine.demo",
    ),
    (
        "engine.remaining_leaks",
        "engine.map_curves",
        "engine.forced_curves",
        "engine.task_figures",
        "engine.figures",
        "engine.unlike_runs",
        "engine.published",
        "engine.verdicts",
    ),
    ("engine.paired", "engine.retain_reference", "engine.run_measures", "engine.review", "engine.study_runs"),
    ("engine.review_item", "engine.audit.probes"),
    ("engine.audit_runs", "engine.audit_spec", "engine.estimate"),
    (
        "engine.advice",
        "engine.study",
        "engine.log_export",
        "engine.log_origin",
        "engine.log_asking",
        "engine.chosen_alpha",
    ),
    ("engine.experiment", "engine.recorded_runs"),
    ("engine.retain_floor", "engine.report_inputs"),
    ("engine.report_checks", "engine.report_comparison"),
    ("engine.report_runs",),
    ("engine.report_files",),
    ("engine.demo_figures",),
    ("engine.checked_spec",),
    ("engine.rebuild", "engine.runner", "engine.worker"),
    ("engine.erasure",),
    (
        "engine.commands",
        "engine.run_commands",
        "engine.advice_command",
        "engine.audit_command",
        "engine.curve_command",
        "engine.tasks_command",
        "engine.unused_options",
        "engine.logs_command",
        "engine.figures_command",
        "engine.methods_command",
        "engine.report_command",
        "engine.review_command",
        "engine.erase_command",
        "engine.cli",
        "engine.__main__",
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
    assert all(name.startswith("engine.evaluation.harness") for name in importers("lm_eval"))
    assert not [name for name in importers("engine") if name.startswith("db")]
    assert not [name for name in importers("db") if name.startswith("pages")]


def test_the_formula_exists_once() -> None:
    users = [name_of(path) for path in MODULES if "def combine_logits" in path.read_text(encoding="utf-8")]
    assert users == ["engine.models.offset"]


@pytest.mark.parametrize(
    "module",
    [
        "engine.history",
        "engine.runner",
        "engine.demo",
        "engine.models.pairs",
        "engine.data.sources",
        "engine.audit.probes",
        "engine.audit.report",
        "engine.cli",
    ],
)
def test_nothing_heavy_is_imported_at_start(module: str) -> None:
    program = f"import sys, {module}; print([m for m in ('torch', 'transformers', 'peft', 'datasets', 'scipy', 'lm_eval') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
