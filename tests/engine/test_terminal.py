"""What reaches a terminal: no character that it obeys, no library's words, no endless value, whichever command says
it.
"""

import json
import os
import pty
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli import main, runs
from engine.data.examples import Example
from engine.errors import LONG_SENTENCE, SettingError, shortened
from engine.store import questions
from engine.terminal import Printed, Shown, to_json, visible
from tests.reports import Said, store_report

ROOT = Path(__file__).resolve().parents[2]
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
WILD = "a\x1b]0;owned\x07\x9b2J\r\x7f\u202egpj\u2028\u200d\ufeff\xad\U000e0041z"
PARSERS = main.make_program().commands
Run = Callable[..., tuple[int, str, str]]


def harmless(text: str) -> bool:
    return not [c for c in text if c not in "\n\t" and unicodedata.category(c) in OBEYED]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "no-demo"))
    monkeypatch.chdir(tmp_path)  # some commands write the file whose name they are given

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return main.main(list(argv)), *capsys.readouterr()

    return call


def calls(command: str, text: str) -> Iterator[list[str]]:
    """The command with the text in every place that takes one, one place after the other."""
    actions = [action for action in PARSERS[command].params if not getattr(action, "is_flag", False)]
    needed = [action for action in actions if action.required]
    for tried in [
        action
        for action in actions
        if action.required or not isinstance(action.type, (type(click.INT), type(click.FLOAT), click.Choice))
    ]:
        argv = [command]
        for action in dict.fromkeys([*needed, tried]):
            value = text if action is tried else "1"
            if action.name in (
                "base",
                "reference",
                "start",
            ):  # a path that is not there: another name may start a worker
                value = f"/{value}"
            argv += [f"{action.opts[-1]}={value}"] if isinstance(action, click.Option) else [value]
        yield argv


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_what_a_terminal_obeys_is_shown_and_json_holds_the_same_value(text: str) -> None:
    assert harmless(visible(text))
    assert harmless(to_json({text: [text]}))
    whole = text.encode("utf-16", "surrogatepass").decode(
        "utf-16", "surrogatepass"
    )  # in JSON two halves are one letter
    assert json.loads(to_json({text: [text]})) == {whole: [whole]}
    if harmless(text):
        assert visible(text) == text


def test_an_escape_reads_as_python_writes_it() -> None:
    assert visible("a\x1b[2J\n\tb\u202e\U000e0041\ud800") == "a\\x1b[2J\n\tb\\u202e\\U000e0041\\ud800"
    assert to_json("\x7f\U000e0041") == '"\\u007f\\udb40\\udc41"'


@pytest.mark.parametrize("command", PARSERS)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_command_sends_what_a_terminal_obeys(command: str, form: list[str], run: Run) -> None:
    for argv in calls(command, WILD) if command != "methods" else [["methods"]]:
        code, out, err = run(*argv, *form)
        assert harmless(out), argv
        assert harmless(err), argv
        assert code in (0, 1, 2)
        assert err.count("\n") <= 1 + err.startswith("estimate: ")
        assert "Traceback" not in err
        assert "unexpected" not in err, (argv, err)


@pytest.mark.parametrize(
    "text", ["x" * 5000, "an x " * 1000, "ж" * 5000, "/" + "y/" * 2500], ids=["word", "words", "letters", "path"]
)
@pytest.mark.parametrize("command", PARSERS)
def test_a_long_value_is_cut_in_every_sentence(command: str, text: str, run: Run) -> None:
    for argv in calls(command, text) if command != "methods" else [["methods"]]:
        _, out, err = run(*argv)
        assert len(err) < LONG_SENTENCE + 100, argv
        assert max(map(len, out.splitlines()), default=0) < LONG_SENTENCE, argv


def test_what_is_stored_never_reaches_a_terminal_raw(run: Run, tmp_path: Path) -> None:
    said = [
        Said(
            f"who {WILD}?",
            f"it is {WILD}",
            f"base {WILD}",
            f"says {WILD}",
            (1, 1),
            (1, 1),
            subject=f"Ada {WILD}",
            group=WILD,
        )
    ]
    store_report(said=said)
    questions.register_set(f"set {WILD}", [Example(f"q {WILD}", WILD, split="forget")], "test")
    ways = [
        ["questions", "--set", "folk"],
        ["questions", "--set", "nosuch"],
        ["runs"],
        ["figures", "--run", "audit"],
        ["verdicts", "--run", "audit"],
        ["export", "--run", "audit", "--out", str(tmp_path / f"{WILD}.csv")],
        ["report", "--run", "audit", "--out", str(tmp_path / f"r{WILD}")],
        ["erase", "--subject", f"Ada {WILD}"],
        ["verify", str(tmp_path / f"r{WILD}" / "report.zip")],
    ]
    for argv in ways:
        for form in ([], ["--json"]):
            code, out, err = run(*argv, *form)
            assert harmless(out), argv
            assert harmless(err), argv
            if form and code < 2:
                json.loads(out)
    assert "\\x1b]0;owned" in run("questions", "--set", "folk")[1]
    assert json.loads(run("questions", "--set", "folk", "--json")[1])[0]["question"] == f"who {WILD}?"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(text=st.text(max_size=30))
def test_an_error_is_one_harmless_line_whatever_it_quotes(text: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> Printed:
        raise SettingError(f"name must be short, got {text}")

    with monkeypatch.context() as patch:
        patch.setattr(runs.runs, "callback", fail)
        code, out, err = run("runs", "--json")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert harmless(err)


NOISY = """
import logging, sys, warnings
from engine.cli import main as cli
from engine.store import history
def noisy():
    print("a library prints")
    print("a library complains", file=sys.stderr)
    warnings.warn("a library warns")
    logging.getLogger("somewhere").warning("a library logs")
    return []
history.list_runs = noisy
sys.exit(cli.main(["runs", "--json"]))
"""


def test_libraries_never_mix_into_a_result_or_a_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", NOISY], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_the_bar_is_drawn_on_a_terminal_and_shows_no_control_character() -> None:
    code = (
        "import sys\nfrom engine.terminal import Bar, libraries_unheard\n"
        "with libraries_unheard(), Bar() as bar:\n    print('noise'); bar(0.5, 'stage \\x1b]0;owned\\x07')\n"
    )
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True, cwd=ROOT)
    os.close(theirs)
    seen = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "50%" in seen
    assert "stage \\x1b]0;owned\\x07" in seen
    assert "\x1b]0" not in seen
    assert "noise" not in seen


def test_a_log_shows_what_a_terminal_would_obey(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        print(f"answer {WILD}", file=Shown(file))
    assert harmless((tmp_path / "log").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "sentence", ["alpha must be between -4 and 8, got 9", "the run's pair 'p' isn't the pair's " + "own " * 100, ""]
)
def test_a_sentence_of_ordinary_length_stays(sentence: str) -> None:
    assert shortened(sentence) == sentence
    assert str(SettingError(sentence)) == sentence


def test_what_is_said_of_a_long_value_stays() -> None:
    said = str(SettingError(f"name must be short, got {'x' * 5000!r}: choose another name"))
    assert said.startswith("name must be short, got 'xxx")
    assert said.endswith("xxx': choose another name")
    assert len(said) < 200
