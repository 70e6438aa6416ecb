"""What one page remembers in the address and the session is not taken for another page's choice of the same name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "pages"
PLACE_OF_KEY = {"keep": 0, "seed": 0, "settle": 0, "text_input": 1, "number_input": 1, "expander": 1, "select": 2} | {
    "segments": 2,
    "multiselect": 2,
    "operators_view": 1,
}
SHARED = {"at"}  # the α of a stored run: on Review and Report the same one


def page_of(path: Path) -> str:
    parts = path.relative_to(PAGES).parts
    return parts[1] if parts[0] == "parts" else path.stem


def constants(tree: ast.Module) -> dict[str, object]:
    found = dict[str, object]()
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        found |= {
            name.id: each.value
            for name, each in zip(names, values, strict=False)
            if isinstance(name, ast.Name) and isinstance(each, ast.Constant)
        }
    return found


def keys_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = constants(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="address" | "frame"), attr=name), args=given):
                place = PLACE_OF_KEY.get(name, len(given))
                key = given[place] if place < len(given) else None
                word = key.value if isinstance(key, ast.Constant) else known.get(getattr(key, "id", ""))
                if isinstance(word, str):
                    yield word


def test_no_two_pages_remember_something_under_one_key() -> None:
    """Review's "beside" (strengths) was once read by Report as its own (a run)."""
    pages = defaultdict[str, set[str]](set)
    for path in PAGES.rglob("*.py"):
        for key in keys_of(path):
            pages[key].add(page_of(path))
    assert len(pages) > 25, "the keys are found"
    assert {key: where for key, where in pages.items() if len(where) > 1 and key not in SHARED} == {}
