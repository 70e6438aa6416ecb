"""README and docs under test: short, no broken link, every command and variable named, and the manifest's figures."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import demo_page
from benchmarks.marked import tables_in
from engine.cli.main import main as run_command
from engine.cli.main import make_program
from engine.data.demo.questions import demo_examples

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")} | {
    Path("README.md"): README
}
PROGRAM = ("app.py", "engine", "db", "pages", "benchmarks", "tests")
FILE = re.compile(r"`([\w./-]+\.(?:py|md|sqlite\.xz)|(?:engine|db|pages|benchmarks|tests|demo)/[\w./-]*)`")
EXAMPLE = re.compile(r"^ {4}python -m engine ([a-z-]+)", re.MULTILINE)


def commands() -> set[str]:
    """The names of all commands, from the program's own parser."""
    return set(make_program().commands)


def anchors(text: str) -> set[str]:
    """The link targets of a page, as GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def python_files() -> list[Path]:
    return [p for name in PROGRAM for p in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))]


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= 1000


def test_the_readme_names_the_ways_to_run_and_to_test() -> None:
    targets = re.findall(r"(?:`|^ {4})(?:\w+=\S+ )?make (\w+)", README, re.MULTILINE)
    assert set(targets) == {"run", "test", "check", "e2e", "slow"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        if not target.is_file() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = set(FILE.findall(PAGES[page]))
    assert sorted(name for name in named if not list(ROOT.glob(name)) and not (ROOT / "docs" / name).exists()) == []


def test_every_module_that_is_named_can_be_started() -> None:
    named = {name for text in PAGES.values() for name in re.findall(r"python -m ((?:benchmarks|pages)[\w.]*)", text)}
    places = {name: ROOT / name.replace(".", "/") for name in named}
    starts = {name: (place.with_suffix(".py"), place / "__main__.py") for name, place in places.items()}
    assert [name for name, files in starts.items() if not any(map(Path.is_file, files))] == []


def test_the_architecture_names_every_room() -> None:
    page = PAGES[Path("docs/architecture.md")]
    rooms = {path.parent.name for path in (ROOT / "engine").glob("*/__init__.py")}
    assert set(re.findall(r"`engine/(\w+)/` \|", page)) == rooms
    assert len(page.splitlines()) <= 40


def test_every_command_has_a_heading_with_an_example() -> None:
    page = PAGES[Path("docs/commands.md")]
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(sections) == commands()
    assert [name for name, text in sections.items() if set(EXAMPLE.findall(text)) != {name}] == []


def test_every_command_that_is_named_exists() -> None:
    named = {name for text in PAGES.values() for name in re.findall(r"python -m engine ([a-z][a-z-]+)", text)}
    assert named - commands() == set()


@pytest.mark.parametrize("line", re.findall(r"^ {4}python -m engine (.+)$", README, re.MULTILINE))
def test_every_option_of_the_readmes_commands_exists(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([line.split()[0], "--help"]) == 0
    described = capsys.readouterr().out
    assert [option for option in re.findall(r"--[a-z-]+", line) if option not in described] == []


def test_every_variable_is_explained() -> None:
    """Those that the program reads, and no others."""
    code = "".join(path.read_text(encoding="utf-8") for path in python_files())
    explained = re.findall(r"^\| `(OUBLIETTE_[A-Z_]+)` \|", PAGES[Path("docs/data.md")], re.MULTILINE)
    assert sorted(explained) == sorted(set(re.findall(r"\bOUBLIETTE_[A-Z_]*[A-Z]\b", code)))


def test_every_document_that_the_program_cites_exists() -> None:
    """With its heading: `docs/measures.md, Probes` or `docs/method.md, "Objectives"`."""
    missing = []
    for path in python_files():
        for name, heading in re.findall(r'docs/([\w-]+\.md)(?:, "?([A-Z][\w\' ]+))?', path.read_text(encoding="utf-8")):
            page = PAGES.get(Path("docs") / name)
            if page is None or (heading and f"## {heading.strip()}\n" not in page):
                missing.append(f"{path.relative_to(ROOT)}: {name}, {heading}")
    assert missing == []


def recorded_answers() -> dict[str, dict[float, tuple[str, bool]]]:
    """What the demo's pair said to each forget question, by question and α, and whether it leaked: as recorded."""
    examples = {example.content_hash: example for example in demo_examples() if example.split == "forget"}
    records = json.loads((ROOT / "demo" / "evaluation.json").read_text(encoding="utf-8"))
    record = next(item for item in records if item["name"] == "demo")
    place, found = record["metrics"].index("leak"), dict[str, dict[float, tuple[str, bool]]]()
    for row in record["questions"]:
        if row["hash"] in examples:
            said = {item["alpha"]: item["text"] for item in row["answers"] if item["phrasing"] == "question"}
            leaks = (bool(scores[place]) for scores in row["scores"])
            found[examples[row["hash"]].question] = {
                alpha: (said[alpha], leak) for alpha, leak in zip(record["alphas"], leaks, strict=True)
            }
    return found


@pytest.mark.parametrize("page", [Path("README.md"), Path("docs/commands.md")], ids=str)
def test_the_example_question_is_one_that_the_base_tells_and_the_pair_does_not(page: Path) -> None:
    """A newcomer who types it must see a secret on the left and none on the right."""
    asked = re.findall(r'^ {4}python -m engine (?:ask|map) "([^"]+)"', PAGES[page], re.MULTILINE)
    recorded = recorded_answers()
    assert asked
    assert [text for text in asked if text not in recorded] == [], "not a question that was recorded"
    assert all(recorded[text][0.0][1] and not recorded[text][1.0][1] for text in asked)


def test_the_first_question_of_compare_answers_what_the_readme_says() -> None:
    first = next(example for example in demo_examples() if example.split == "forget")
    recorded = recorded_answers()[first.question]
    assert recorded[0.0][1]
    assert not recorded[1.0][1]
    assert f'at α = 1, it says "{recorded[1.0][0]}"' in " ".join(README.split())


@pytest.mark.parametrize("page", demo_page.pages(), ids=lambda page: page.name)
def test_the_demos_figures_are_those_of_its_files(page: Path) -> None:
    """`python -m benchmarks.demo_page` writes them."""
    assert tables_in(page.read_text(encoding="utf-8")) == demo_page.pages()[page]
