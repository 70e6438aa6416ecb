"""The README and its pages under test: the tree names every module, figures are the manifest's, pictures exist."""

import json
import re
from pathlib import Path

from engine.cli.main import make_program

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_tree_names_every_module() -> None:
    modules = [p for folder in ("pages", "engine", "db", "benchmarks") for p in (ROOT / folder).rglob("*.py")]
    named = [
        p.name for p in modules if p.name != "__init__.py" and "migrations" not in p.parts and p.name not in README
    ]
    assert named == []


def test_every_picture_and_page_that_is_linked_exists() -> None:
    links = re.findall(r"\]\((docs/[^)]+)\)", README)
    assert len(links) >= 6
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_figures_are_the_manifests() -> None:
    figures = json.loads((ROOT / "demo" / "manifest.json").read_text())["figures"]
    table = {
        "base, its 24 people": "base_people",
        "forget, α = 1": "pair_forget",
        "forget by paraphrase, α = 1": "pair_forget_rouge_paraphrase",
        "retain, eval half, α = 1": "pair_retain",
        "world facts, eval half, base": "base_world",
        "world facts, eval half, α = 1": "pair_world",
        "leak share of forget, α = 1": "pair_forget_leak",
        "leak share of forget, retain-only base": "retain_only_forget_leak",
        "probability of the true answer per token, forget, base": "base_forget_probability",
        "the same at α = 1": "pair_forget_probability",
        "the same, retain-only base": "retain_only_forget_probability",
    }
    for row, name in table.items():
        assert f"| {row} | {figures[name]:.3f} |" in README


def test_commands_of_the_readme_exist() -> None:
    known = make_program().commands
    named = re.findall(r"python -m engine ([a-z-]+)", README + COMMANDS)
    assert set(known) <= set(named), "every command is in the README or docs/commands.md"
    assert [name for name in named if name not in known] == []
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)`", README):
        assert f"\n{target}:" in makefile
