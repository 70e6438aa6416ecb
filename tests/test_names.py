"""One name means one thing: no public class or function is defined in two modules."""

import ast
from collections import defaultdict

from engine.kinds import SPECIFICATIONS
from tests.test_floors import MODULES, name_of

# Always called with their module's name before it, which says what they are of: a command's function has the command's
# name, a read that of what the store hands up, and a migration Alembic's.
BY_THEIR_MODULE = ("engine.cli.", "engine.__main__", "db.reads.", "db.session", "db.migrations.")
ENTRIES = {
    "teach": "engine.runs.kinds.",  # of a KIND
    "run": "engine.audit.probes.",  # of a PROBE
    "loss": "engine.unlearning.objectives.",  # of an OBJECTIVE
    "main": "",  # of a program, and of a page
}
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def defined(texts: dict[str, str]) -> dict[str, list[str]]:
    """The modules that define a public name, by name; left out is what an entry or its module's name tells apart."""
    found = defaultdict(list)
    for module, text in texts.items():
        for node in ast.parse(text).body:
            if not isinstance(node, Definition) or node.name.startswith("_"):
                continue
            function = not isinstance(node, ast.ClassDef)
            entry = node.name in ENTRIES and module.startswith(ENTRIES[node.name])
            if not (function and (entry or module.startswith(BY_THEIR_MODULE))):
                found[node.name].append(module)
    return found


def twice(texts: dict[str, str]) -> dict[str, list[str]]:
    return {name: modules for name, modules in defined(texts).items() if len(modules) > 1}


def test_no_public_name_is_defined_in_two_modules() -> None:
    ours = [path for path in MODULES if not name_of(path).startswith("benchmarks")]
    assert twice({name_of(path): path.read_text(encoding="utf-8") for path in ours}) == {}


def test_a_name_that_is_defined_twice_is_seen() -> None:
    one, other = "class Advice: ...\ndef _own(): ...", "def Advice(): ...\ndef _own(): ..."
    assert twice({"engine.a": one, "pages.b": other}) == {"Advice": ["engine.a", "pages.b"]}
    assert twice({"engine.a": one, "engine.cli.b": other}) == {}
    assert twice({"engine.a": one, "engine.cli.b": one}) == {"Advice": ["engine.a", "engine.cli.b"]}


def test_nothing_is_handed_on_under_its_own_name() -> None:
    """A name is imported from where it is defined; `import x as x` would hand it on."""
    handed_on = [
        f"{name_of(path)}: {alias.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == alias.asname
    ]
    assert handed_on == []


def test_no_read_compares_a_kind_of_run_with_a_word() -> None:
    """What a kind stores is said once, in `engine.kinds`."""
    words = {
        f"{name_of(path)}: {ast.unparse(node)}"
        for path in MODULES
        if name_of(path).startswith("db.")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(isinstance(part, ast.Attribute) and part.attr == "kind" for part in ast.walk(node))
        and any(
            isinstance(part, ast.Constant) and part.value in SPECIFICATIONS for part in (node.left, *node.comparators)
        )
    }
    assert words == set()
