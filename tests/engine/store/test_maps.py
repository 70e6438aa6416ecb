"""Maps are computed once, stored, and read back without a model; thresholds are read off them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.exact_curves import mapped_questions
from engine.data.examples import Example
from engine.decoding import answers
from engine.errors import DataError, ModelError, SettingError
from engine.kinds import MapSpec
from engine.models.identity import map_key
from engine.models.loading import LoadedPair, load_pair
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.runs import execute, runner
from engine.settings import data_folder
from engine.store import history, maps
from engine.store.maps import MappedAnswer, Threshold, map_question, stored_map, threshold

Specs = Callable[..., Any]

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


def _another_tokenizer(base: Path, _: Path) -> None:
    path = base / "tokenizer.json"
    path.write_text(path.read_text().replace('"red"', '"crimson"'))


def _another_template(base: Path, _: Path) -> None:
    template = {"template": {"name": "plain", "text": "Tell me: {question}\nAnswer:"}}
    (base / "oubliette-base.json").write_text(json.dumps(template))


def _another_reference(_: Path, reference: Path) -> None:
    weights = reference / "model.safetensors"
    data = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(data[:-4] + b"\0\0\0\0")


def _another_pair(_: Path, __: Path) -> None:
    path = data_folder() / "pairs" / "tiny" / "oubliette.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seed": 99}))


@pytest.mark.parametrize("change", [_another_tokenizer, _another_template, _another_reference, _another_pair])
def test_a_map_of_another_tokenizer_template_reference_or_pair_is_never_shown(
    train_spec: Specs, forget_file: Path, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    spec = train_spec()
    base, reference = (
        Path(shutil.copytree(spec.base, tmp_path / "b")),
        Path(shutil.copytree(spec.reference, tmp_path / "r")),
    )
    execute.run_here(train_spec(base=str(base), reference=str(reference)))
    run_id = execute.run_here(
        MapSpec(name="m", pair="tiny", evaluate_on=(str(forget_file),), alphas=(0.0, 2.0), max_new_tokens=5)
    )
    asked = [example.question for example, _ in history.asked(run_id)]

    def shown() -> int:
        pair = next(pair for pair in list_pairs() if pair.name == "tiny")
        return sum(stored_map(map_key(pair), question, 5) is not None for question in asked)

    assert shown() == len(asked) == len(mapped_questions(run_id)) == 3
    change(base, reference)
    assert shown() == 0
    if change is not _another_pair:  # the run keeps the pair that it mapped
        assert mapped_questions(run_id) == []


def test_a_map_is_stored_under_the_files_that_were_loaded(
    train_spec: Specs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever exchanges the reference while a pair is loaded must not find the old models' answers as the new one's."""
    reference = Path(shutil.copytree(train_spec().reference, tmp_path / "r"))
    execute.run_here(train_spec(reference=str(reference)))
    pair = load_pair("tiny")
    _another_reference(tmp_path, reference)
    map_question(pair, "what ?", 5)
    assert map_key(pair.manifest) != pair.key
    assert stored_map(pair.key, "what ?", 5) is not None
    assert stored_map(map_key(pair.manifest), "what ?", 5) is None
    keys = iter(["before", "after"])
    monkeypatch.setattr("engine.models.loading.map_key", lambda manifest: next(keys))
    with pytest.raises(ModelError, match="changed while they were read"):
        load_pair("tiny")


def test_nothing_lies_open_in_the_demo() -> None:
    pair = PairManifest("demo", "demo", "demo", "relabelling", base_hash="x")
    assert map_key(pair) == pair.hash


def test_a_question_longer_than_the_context_is_refused_before_any_is_mapped(
    finished: int, tmp_path: Path, tiny_pair: LoadedPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny models read 256 tokens; beyond that they would write noise and raise nothing."""
    long = "where " * 245 + "?"
    words = (
        r"has 250 tokens as a prompt, and with 8 for its answer that is more than the 256 that the models of tiny can"
        r" read"
    )
    with pytest.raises(DataError, match=words):
        map_question(tiny_pair, long, 8)
    assert map_question(tiny_pair, long, 6).answers
    with pytest.raises(DataError, match="more than the 256"):
        answers.answer_questions(tiny_pair, [QUESTION, long], 1.0, 8)
    path = tmp_path / "long.csv"
    path.write_text(f"question,answer\n{QUESTION},Rome\n{long},Rome\n", encoding="utf-8")
    monkeypatch.setattr(answers, "map_answers", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(DataError, match="more than the 256"):
        execute.run_here(MapSpec(name="m", pair="tiny", evaluate_on=(str(path),), max_new_tokens=8))
    run, _ = history.list_runs()
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
    finished: int,
    forget_file: Path,
    tiny_pair: LoadedPair,
    low: float,
    high: float,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "map_answers", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(SettingError, match=words):
        map_question(tiny_pair, QUESTION, 6, low, high)
    if low < high:  # a specification holds its alphas in no order
        with pytest.raises(SettingError):
            runner.start(MapSpec(name="m", pair="tiny", evaluate_on=(str(forget_file),), alphas=(low, high)))
    assert [run.kind for run in history.list_runs()] == ["train"]


def test_a_run_over_a_range_of_no_width_is_refused(finished: int, forget_file: Path) -> None:
    with pytest.raises(SettingError, match="must go up, got 1 to 1"):
        runner.start(MapSpec(name="m", pair="tiny", evaluate_on=(str(forget_file),), alphas=(1.0, 1.0)))


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
