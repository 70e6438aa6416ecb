"""What a name means is decided in one file, and the stored spelling stays as it is."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.names import ModelRef, check_legal, is_alone, is_gguf, is_path, retain_only

ROOT = Path(__file__).resolve().parents[2]
PIECES = st.lists(st.sampled_from(["base", "retain-only", ":", "demo", "/", "~", ".", " ", "x", "é"]), max_size=6)


@given(st.text() | PIECES.map("".join))
def test_every_text_comes_back_as_it_was_written(text: str) -> None:
    ref = ModelRef.parse(text)
    assert str(ref) == text
    assert ModelRef.parse(str(ref)) == ref
    assert not ref.alone or ref.source


@pytest.mark.parametrize(
    ("text", "role", "bare", "shown"),
    [
        ("demo", "", "demo", "demo"),
        ("demo-first", "", "demo-first", "demo-first"),
        ("", "", "", ""),
        ("base:demo", "base", "demo", "base:demo"),
        ("base:demo-public", "base", "demo-public", "base:demo-public"),
        ("base:taught-here", "base", "taught-here", "base:taught-here"),
        ("base:/models/own", "base", "/models/own", "base:own"),
        ("base:~/own.gguf", "base", "~/own.gguf", "base:own.gguf"),
        ("base:C:x", "base", "C:x", "base:C:x"),
        ("retain-only:demo", "retain-only", "demo", "retain-only:demo"),
        ("retain-only:org/model", "retain-only", "org/model", "retain-only:org/model"),
        ("retain-only:./own", "retain-only", "./own", "retain-only:own"),
        ("base:retain-only:/models/own", "base", "/models/own", "base:retain-only:own"),
        ("/pairs/a:b/mine", "", "/pairs/a:b/mine", "mine"),  # a colon in a folder's name hides no path
        ("base:", "", "base:", "base:"),
        ("retain-only", "", "retain-only", "retain-only"),
        ("rebase:demo", "", "rebase:demo", "rebase:demo"),
    ],
)
def test_todays_spellings(text: str, role: str, bare: str, shown: str) -> None:
    ref = ModelRef.parse(text)
    assert (ref.role, ref.bare, ref.shown) == (role, bare, shown)
    assert ref.alone == is_alone(text) == (role != "")
    assert ref.is_retain_only == (role == "retain-only")


def test_the_retain_only_model_is_named_after_its_base() -> None:
    assert retain_only("demo") == "retain-only:demo"
    assert ModelRef.parse(retain_only("/models/own")) == ModelRef("retain-only", "/models/own")


@pytest.mark.parametrize("text", ["/m", "./m", "../m", ".m", "~/m", "~", "a/b/c", "m/", "org/m/"])
def test_what_no_hub_can_have_is_a_path(text: str) -> None:
    assert is_path(text)


@pytest.mark.parametrize("text", ["gpt2", "org/model", "org/model-1.5", "demo", ""])
def test_what_a_hub_may_have_is_none(text: str) -> None:
    assert not is_path(text)


def test_a_gguf_file_by_its_name() -> None:
    assert is_gguf("a/b.GGUF")
    assert not is_gguf("gguf")


@pytest.mark.parametrize("name", ["a", "Größe-1_2.3", "9", "_x", "x" * 60])
def test_legal_names(name: str) -> None:
    check_legal("name", name)


@pytest.mark.parametrize("name", ["", ".x", "-x", "a b", "a/b", "a:b", "a@b", "x" * 61, "a\n", "~"])
def test_names_that_are_not_legal(name: str) -> None:
    with pytest.raises(SettingError, match="a set's name must be 1 to 60 letters"):
        check_legal("a set's name", name)


def test_no_other_file_takes_a_models_name_apart() -> None:
    """Everything but `ModelRef` compares wholes: no prefix of a name stands elsewhere, in a call or in a constant."""
    taken_apart = re.compile(
        r"""(startswith|removeprefix|partition|split)\(\(?[^)\n]*(["'](base|retain-only):?["']|ALONE\b|RETAIN_ONLY\b)"""
        r"""|["'](base|retain-only):["']|["']retain-only:\{|["']base:\{|\{(taught\.)?RETAIN_ONLY\}"""
    )
    files = [path for top in ("engine", "db", "pages", "benchmarks") for path in (ROOT / top).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path != ROOT / "engine" / "names.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if taken_apart.search(line) and "pair_name.startswith(RETAIN_ONLY)" not in line  # the database's own search
    ]
    assert len(files) > 200
    assert found == []


def test_nor_is_a_path_or_a_legal_name_told_elsewhere() -> None:
    signs = re.compile(
        r"""startswith\(\(["']/["']|count\(["']/["']\)|(==|endswith\()\s*["']\.gguf["']|in ["']-_\.["']"""
    )
    files = [path for top in ("engine", "db", "pages", "benchmarks") for path in (ROOT / top).rglob("*.py")]
    found = [str(path.relative_to(ROOT)) for path in files if signs.search(path.read_text(encoding="utf-8"))]
    assert found == ["engine/names.py"]
