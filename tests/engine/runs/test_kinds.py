"""One entry for each kind of run, and nothing that asks for a kind by its name beside it."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from engine.data import files
from engine.errors import RunError
from engine.kinds import SPECIFICATIONS, ImportedSpec, TrainSpec, facts_of
from engine.runs import runner
from engine.runs.check import checked
from engine.runs.estimate import estimate
from engine.runs.file_notes import file_notes
from engine.runs.kinds import KINDS
from engine.store.sources import SourcedSpec

ROOT = Path(__file__).resolve().parents[3]
MODULES = [path for top in ("engine", "pages") for path in sorted((ROOT / top).rglob("*.py"))]


def test_every_kind_has_its_entry() -> None:
    assert list(KINDS) == list(SPECIFICATIONS)
    assert list(KINDS) == ["train", "evaluate", "map", "tasks", "teach", "audit", "judge", "imported"]
    assert [kind.specification for kind in KINDS.values()] == list(SPECIFICATIONS.values())
    assert len({cls.facts.label for cls in SPECIFICATIONS.values()}) == len(SPECIFICATIONS)
    reads = {kind: list(cls.sources()) for kind, cls in SPECIFICATIONS.items()}
    assert reads == {
        "train": ["forget", "retain", "evaluate_on"],
        "evaluate": ["evaluate_on"],
        "map": ["evaluate_on"],
        "tasks": [],
        "teach": ["retain", "evaluate_on"],
        "audit": ["forget", "controls", "retain", "evaluate_on"],
        "judge": ["key_terms"],
        "imported": [],
    }


def test_a_kind_of_another_version_is_shown_by_its_name() -> None:
    facts = facts_of("dream")
    assert (facts.label, facts.finds, facts.makes) == ("dream", "", "")


def _of_a_kind(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "kind") or (
        isinstance(node, ast.Name) and node.id == "kind"
    )


def _names_a_kind(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Constant) and part.value in SPECIFICATIONS for part in ast.walk(node))


def asks_for_a_kind(text: str) -> list[int]:
    """Lines that compare a kind with a name, or look one up in a dictionary written out at the place."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            found = any(map(_of_a_kind, sides)) and any(map(_names_a_kind, sides))
        elif isinstance(node, ast.Match):
            found = _of_a_kind(node.subject)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found = isinstance(node.func.value, ast.Dict) and any(map(_of_a_kind, node.args))
        else:
            found = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict) and _of_a_kind(node.slice)
        lines += [node.lineno] if found else []  # type: ignore[attr-defined]
    return lines


@pytest.mark.parametrize(
    "text",
    [
        'run.kind == "map"',
        '"map" != spec.kind',
        'x = kind not in ("tasks", "audit")',
        '{"map": 1}.get(run.kind, 2)',
        '{"map": 1}[run.kind]',
        'match run.kind:\n    case "map": pass',
    ],
)
def test_the_search_finds_what_asks_for_a_kind(text: str) -> None:
    assert asks_for_a_kind(text) == [1]


def test_nothing_asks_for_a_kind_by_its_name() -> None:
    asking = {str(path.relative_to(ROOT)): asks_for_a_kind(path.read_text(encoding="utf-8")) for path in MODULES}
    assert {path: lines for path, lines in asking.items() if lines} == {}


def test_sources_are_resolved_once_from_estimate_to_start(
    tiny_base: Path, retain_file: Path, forget_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    known = files.read_set
    monkeypatch.setattr(files, "read_set", lambda path, *how: read.append(Path(path).name) or known(path, *how))
    monkeypatch.chdir(forget_file.parent)
    spec = TrainSpec(
        name="once",
        base=str(tiny_base),
        reference=str(tiny_base),
        forget=forget_file.name,
        retain=(str(retain_file),),
        evaluate_on=(str(forget_file), str(retain_file)),
    )
    sourced = SourcedSpec(spec)
    before = estimate(sourced)
    whole = checked(sourced)
    assert whole.spec.forget == str(forget_file)
    assert file_notes(whole) == []
    assert estimate(whole) == before == estimate(replace(whole, spec=whole.spec))
    assert sorted(read) == sorted([forget_file.name, retain_file.name])


def test_an_imported_run_is_neither_estimated_nor_started() -> None:
    sourced = SourcedSpec(ImportedSpec(name="npo", base="phi"))
    for refused in (estimate, checked, lambda it: runner.start(it.spec)):
        with pytest.raises(RunError, match="run 'npo' was imported: it executes nothing"):
            refused(sourced)
