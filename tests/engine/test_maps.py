"""Maps are computed once, stored, and read back without a model; thresholds are read off them."""

from pathlib import Path

import pytest

from engine import experiment, history, maps, runner
from engine.data.examples import Example
from engine.decoding import answers
from engine.errors import DataError, SettingError
from engine.maps import MappedAnswer, Threshold, map_question, stored_map, threshold
from engine.models.loading import LoadedPair
from engine.settings import ExperimentSpec

QUESTION = "what city does Ada likes ?"
SECRET = Example(QUESTION, "Rome")


def answer(low: float, high: float, text: str, followed: bool = True) -> MappedAnswer:
    return MappedAnswer(low, high, 1e-6, 1e-6, text, (1,), True, False, followed)


def test_a_map_is_computed_once_and_comes_back_as_it_was(
    tiny_pair: LoadedPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stored_map(tiny_pair.manifest.hash, QUESTION, 8) is None
    heard: list[float] = []
    found = map_question(tiny_pair, QUESTION, 8, progress=lambda share, text: heard.append(share))
    assert len(found.answers) > 2
    assert heard == sorted(heard)
    assert stored_map(tiny_pair.manifest.hash, QUESTION, 8) == found

    def computed(*_: object, **__: object) -> None:
        raise AssertionError("a stored map is not computed again")

    monkeypatch.setattr(answers, "map_answers", computed)
    assert map_question(tiny_pair, QUESTION, 8) == found


def test_a_map_holds_the_answers_that_a_plain_decode_gives(tiny_pair: LoadedPair) -> None:
    found = map_question(tiny_pair, QUESTION, 8)
    for place in (0, len(found.answers) // 2, -1):
        held = found.answers[place]
        middle = (held.low + held.high) / 2
        plain = answers.answer_questions(tiny_pair, [QUESTION], middle, 8)[0]
        assert found.at(middle) == held
        assert (held.text, held.tokens, held.ended, held.degenerate) == plain


def test_a_wider_map_serves_a_narrower_range_and_not_the_other_way(tiny_pair: LoadedPair) -> None:
    pair_hash = tiny_pair.manifest.hash
    narrow = map_question(tiny_pair, QUESTION, 6, 0.0, 1.0)
    assert stored_map(pair_hash, QUESTION, 6, 0.0, 2.0) is None
    wide = map_question(tiny_pair, QUESTION, 6, -1.0, 2.0)
    assert stored_map(pair_hash, QUESTION, 6, 0.0, 1.0) == wide
    assert wide.at(0.5).text == narrow.at(0.5).text  # type: ignore[union-attr]
    assert stored_map(pair_hash, QUESTION, 7) is None
    assert stored_map("another pair", QUESTION, 6) is None
    assert stored_map(pair_hash, "who is Dora", 6) is None


def test_outside_its_range_a_map_has_no_answer(tiny_pair: LoadedPair) -> None:
    found = map_question(tiny_pair, QUESTION, 6)
    assert found.at(2.5) is None
    assert found._replace(answers=(answer(0.0, 2.0, "x", followed=False),)).at(1.0) is None
    with pytest.raises(SettingError, match="must go up, got 2 to 1"):
        map_question(tiny_pair, QUESTION, 6, 2.0, 1.0)


def test_a_question_longer_than_the_context_is_refused_before_any_is_mapped(
    finished: int, tmp_path: Path, tiny_pair: LoadedPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny models read 256 tokens; beyond that they would write noise and raise nothing."""
    long = "where " * 245 + "?"
    words = r"has 250 tokens as a prompt, and with 8 for its answer that is more than the 256 that the models of tiny can read"
    with pytest.raises(DataError, match=words):
        map_question(tiny_pair, long, 8)
    assert map_question(tiny_pair, long, 6).answers
    with pytest.raises(DataError, match="more than the 256"):
        answers.answer_questions(tiny_pair, [QUESTION, long], 1.0, 8)
    path = tmp_path / "long.csv"
    path.write_text(f"question,answer\n{QUESTION},Rome\n{long},Rome\n", encoding="utf-8")
    monkeypatch.setattr(answers, "map_answers", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(DataError, match="more than the 256"):
        experiment.run_here(ExperimentSpec("map", "m", pair="tiny", evaluate_on=(str(path),), max_new_tokens=8))
    (run, _) = history.list_runs()
    assert (run.status, "more than the 256" in run.message) == ("failed", True)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (2.0, 1.0, "must go up, got 2 to 1"),
        (1.0, 1.0, "must go up, got 1 to 1"),
        (-4.5, 1.0, "must be between -4 and 8, got -4.5"),
        (0.0, 8.5, "must be between -4 and 8, got 8.5"),
        (0.0, float("nan"), "must be between -4 and 8, got nan"),
        (float("-inf"), 1.0, "must be between -4 and 8, got -inf"),
    ],
)
def test_a_range_that_is_none_is_refused_before_anything_is_computed_or_stored(
    finished: int, forget_file: Path, tiny_pair: LoadedPair, low: float, high: float, words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(answers, "map_answers", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(SettingError, match=words):
        map_question(tiny_pair, QUESTION, 6, low, high)
    if low < high:  # a specification holds its alphas in no order
        with pytest.raises(SettingError):
            runner.start(ExperimentSpec("map", "m", pair="tiny", evaluate_on=(str(forget_file),), alphas=(low, high)))
    assert [run.kind for run in history.list_runs()] == ["train"]


def test_a_run_over_a_range_of_no_width_is_refused(finished: int, forget_file: Path) -> None:
    with pytest.raises(SettingError, match="must go up, got 1 to 1"):
        runner.start(ExperimentSpec("map", "m", pair="tiny", evaluate_on=(str(forget_file),), alphas=(1.0, 1.0)))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Rome", "no"], Threshold(1.0, 1e-6, None, True)),
        (["Rome", "no", "Rome"], Threshold(1.0, 1e-6, 2.0, True)),
        (["no", "Rome"], Threshold(0.0, 1e-6, 1.0, True)),
        (["Rome"], Threshold(None, 0.0, None, True)),
        (["no"], Threshold(0.0, 1e-6, None, True)),
    ],
)
def test_thresholds(texts: list[str], expected: Threshold) -> None:
    answers_ = [answer(float(place), place + 1.0, text) for place, text in enumerate(texts)]
    assert threshold(answers_, [text == "Rome" for text in texts]) == expected


def test_an_answer_that_was_not_followed_counts_as_a_leak() -> None:
    found = threshold([answer(0.0, 1.0, "no"), answer(1.0, 2.0, "no", followed=False)], [False, False])
    assert found == Threshold(0.0, 1e-6, 1.0, False)


def test_what_the_slider_shows_is_what_is_mapped() -> None:
    assert (maps.LOW, maps.HIGH) == (0.0, 2.0)
