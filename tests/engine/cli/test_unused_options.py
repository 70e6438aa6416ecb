"""An option that the run would not use is refused, and a bad value is refused whether it is used or not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import ModelError, SettingError
from engine.names import ModelRef
from engine.store import history
from engine.training_settings import TrainingSettings
from engine.unlearning.settings_table import settings_table
from engine.unlearning.unused import unused_settings

Refused = Callable[..., str]
TRAIN = ("train", "--name", "new")


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must fail before any run is stored; its one sentence."""

    def call(*argv: str) -> str:
        capsys.readouterr()
        assert main.main(list(argv)) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert history.list_runs() == []
        return err

    return call


@pytest.mark.parametrize("option", [*(name for name in settings_table() if name != "method"), "reference"])
def test_a_guardrail_takes_no_option_of_a_training(option: str, refused: Refused) -> None:
    """Also where the value is the default: whoever writes it down wants it to count."""
    value = {
        "objective": "npo",
        "retain_term": "kl",
        "tuning": "lora",
        "reference": "demo",
        "learning_rate": "0.01",
    }.get(option, "1")
    flag = f"--{option.replace('_', '-')}"
    assert f"{flag} is not used here: a guardrail is a text" in refused(*TRAIN, "--method", "guardrail", flag, value)


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (("--method", "direct", "--reference", "demo"), "reference"),
        (("--objective", "gradient_ascent", "--beta", "0.1"), "beta"),
        (("--objective", "npo", "--delta", "0"), "delta"),
        (("--tuning", "full", "--rank", "32"), "rank"),
        (("--objective", "gradient_ascent", "--retain-weight", "1"), "retain-weight"),
        (("--retain-term", "none", "--retain-batches", "3"), "retain-batches"),
        (("--retain-term", "none", "--retain", "demo:retain/train", "--on", "demo:forget"), "retain"),
        (("--retain-batches", "0", "--retain-term", "kl"), "retain-term"),
        (("--retain-batches", "0", "--retain-weight", "1"), "retain-weight"),
        (("--obj", "gradient_ascent", "--bet", "0.1"), "beta"),  # an option may be shortened
    ],
)
def test_an_option_that_the_training_does_not_read_is_refused(
    argv: tuple[str, ...], option: str, refused: Refused
) -> None:
    assert f"--{option} is not used here: " in refused(*TRAIN, *argv)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((*TRAIN, "--method", "guardrail", "--alphas", "banana"), "alpha must be a number"),
        ((*TRAIN, "--method", "guardrail", "--alphas", "0,0.5"), "the alpha of a guardrail is 0"),
        ((*TRAIN, "--method", "guardrail", "--retain-term", "banana"), "retain_term must be one of"),
        ((*TRAIN, "--method", "guardrail", "--parent", "banana"), "there is no pair 'banana'"),
        ((*TRAIN, "--method", "guardrail", "--epochs", "0"), "epochs must be between"),
        (
            ("evaluate", "--pair", "base:demo", "--alphas", "0,1"),
            "--alphas is not used here: base:demo is a model alone",
        ),
        (("evaluate", "--pair", "base:demo", "--alphas", "banana"), "alpha must be a number"),
        (("evaluate", "--pair", "base:demo", "--alpha-choice", "recommended"), "--alpha-choice is not used here"),
        (("tasks", "--pair", "retain-only:demo", "--alphas", "0,1"), "--alphas is not used here"),
        (("map", "who?", "--name", "x"), "--name is not used here: one question is mapped without a run"),
        (("map", "--on", "demo:forget", "--set", "demo"), "--set is not used here: with --on"),
        (("ask", "who?", "--seed", "0"), "--seed is not used here: at temperature 0"),
    ],
)
def test_values_are_looked_at_before_anything_is_done(argv: tuple[str, ...], said: str, refused: Refused) -> None:
    assert said in refused(*argv)


def test_what_an_offset_training_reads_is_nobodys_unused_option() -> None:
    assert unused_settings(TrainingSettings()) == {"delta": "delta belongs to the objective simnpo, got npo"}
    assert unused_settings(TrainingSettings(objective="simnpo")) == {}
    assert "reference" not in unused_settings(TrainingSettings(method="uld", objective="memorisation"))


@pytest.mark.parametrize(
    ("base", "error"),
    [
        ("nobody", ModelError),
        ("nobody/nothing", ModelError),
        ("/nowhere/at/all", ModelError),
        ("./missing", ModelError),
        ("base:demo", SettingError),
        ("retain-only:demo", SettingError),
    ],
)
def test_a_retain_only_model_of_nobody_is_refused_before_any_work(
    base: str,
    error: type[Exception],
    tiny_base: Path,
    retain_file: Path,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    said = refused(
        "teach", "--name", "gold", "--start", str(tiny_base), "--teach", str(retain_file), "--retain-only-of", base
    )
    assert ModelRef.parse(base).source in said
    assert ("there is no model" in said) == (error is ModelError)
