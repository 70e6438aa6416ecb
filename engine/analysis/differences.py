"""Two runs: how they differ in the way they were made, so that figures of different runs are not silently compared."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.evaluation.rouge import ROUGE_SCORE
from engine.kinds import TeachSpec, TrainSpec
from engine.names import ModelRef
from engine.store.history import LEAK_RULE, READING, ROUGE, TEMPLATE, RunDetail, packages, terms_of
from engine.store.judged_by import rule_of
from engine.wording import count

_WORDS = {"alphas": "α", "max_new_tokens": "answer tokens at most", "evaluate_on": "evaluated on"}
SHOWN = 60  # characters shown of a rule or a template


class Unlike(NamedTuple):
    """One difference, and its value in either run."""

    what: str
    first: str
    second: str

    @property
    def words(self) -> str:
        return f"other {self.what}: {self.first} in the first, {self.second} in the second"


def unlike(first: RunDetail, second: RunDetail) -> list[Unlike]:
    """Data, leak rule, key terms of questions that both asked, ROUGE's words, template, reading of text (where both
    recorded it), versions, base, longest answer, choice of alpha, stopping rule, seed and machine, where they differ.

    The pair, its objective and alpha are what is compared, and are not listed. Values that a run did not store are
    "not recorded".
    """
    one, two = first.versions, second.versions
    stopping = [_stopping(item) for item in (first, second)]
    names = list(dict.fromkeys([*packages(first), *packages(second)]))
    found = [
        _unlike("data", first.data_hash, second.data_hash),
        _unlike("leak rule", *(rule_of(item) for item in (first, second)))
        if one.get(LEAK_RULE) != two.get(LEAK_RULE)
        else None,
        _terms(first, second),
        _unlike("ROUGE words", one.get(ROUGE, ROUGE_SCORE), two.get(ROUGE, ROUGE_SCORE)),
        _unlike("template", one.get(TEMPLATE, ""), two.get(TEMPLATE, "")),
        _unlike(READING, one[READING], two[READING]) if READING in one and READING in two else None,
        _differing("versions", one, two, names),
        _base(first, second),
        _unlike("longest answer in tokens", str(first.spec.max_new_tokens), str(second.spec.max_new_tokens)),
        _unlike("choice of alpha", first.spec.judged_at, second.spec.judged_at),
        _unlike("stopping rule", *stopping) if all(stopping) else None,
        _unlike("seed", str(first.summary.seed), str(second.summary.seed)),
        _differing("machine", first.machine, second.machine, list(dict.fromkeys([*first.machine, *second.machine]))),
    ]
    return [item for item in found if item is not None]


def _terms(first: RunDetail, second: RunDetail) -> Unlike | None:
    """Of how many questions of both the key terms differ: not which, as a report that is redacted names none."""
    one, two = (terms_of(item.summary.id) for item in (first, second))
    differ = sum(two.get(key, terms) != terms for key, terms in one.items())
    sides = [f"those of run {item.summary.id}" for item in (first, second)]
    return Unlike(f"key terms of {count(differ, 'question')}", *sides) if differ else None


def _stopping(detail: RunDetail) -> str:
    """ "" where nothing is trained."""
    if not isinstance(detail.spec, TrainSpec) or detail.spec.training.method == "guardrail":
        return ""
    training = detail.spec.training
    return f"forget probability {training.target_forget_probability:g}, at most {training.epochs} epochs"


def _unlike(what: str, first: str, second: str) -> Unlike | None:
    if first == second:
        return None
    one, two = (" ".join(repr(text)[1:-1].split()) for text in (first, second))
    start = 0 if one[:SHOWN] != two[:SHOWN] else _first_difference(one, two)
    return Unlike(what, _short(one, start), _short(two, start))


def _first_difference(one: str, two: str) -> int:
    """Where to begin to show a difference, with a few characters before it."""
    pairs = enumerate(zip(one, two, strict=False))
    return max(0, next((place for place, (a, b) in pairs if a != b), min(len(one), len(two))) - SHOWN // 3)


def _short(text: str, start: int) -> str:
    if not text:
        return "not recorded"
    cut = text[start : start + SHOWN]
    return f"{'…' if start else ''}{cut}{'…' if start + SHOWN < len(text) else ''}"


def _differing(what: str, first: Mapping[str, str], second: Mapping[str, str], names: list[str]) -> Unlike | None:
    """The named values that differ."""
    differ = [name for name in names if first.get(name) != second.get(name)]
    if not differ:
        return None
    sides = [", ".join(f"{name} {side.get(name) or 'not recorded'}" for name in differ) for side in (first, second)]
    return Unlike(what, *sides)


def _base(first: RunDetail, second: RunDetail) -> Unlike | None:
    """A retain model differs from its base by design: then only their names are compared."""
    one, two = (ModelRef.parse(item.summary.base).bare for item in (first, second))
    if one != two:
        return Unlike("base", one, two)
    if any(ModelRef.parse(item.summary.pair).is_retain_only for item in (first, second)):
        return None
    if not first.base_hash or not second.base_hash:  # not recorded, which is not a difference
        return None
    return _unlike("base", f"{one} {first.base_hash}", f"{two} {second.base_hash}")


def recorded_settings(detail: RunDetail) -> dict[str, str]:
    """Settings, hashes, versions and machine of a run as text. Its name and times have no effect on its figures."""
    spec = detail.spec
    own = spec.model_dump(exclude={"name", "training"})
    training = spec.training.flat if isinstance(spec, TrainSpec | TeachSpec) else {"seed": spec.own_seed or 0}
    settings = {**own, "pair": detail.summary.pair, **training}
    hashes = {"pair hash": detail.pair_hash, "base hash": detail.base_hash, "data hash": detail.data_hash}
    return {
        **{_WORDS.get(name, name.replace("_", " ")): _text(value) for name, value in settings.items()},
        **hashes,
        **{f"version: {name}": version for name, version in detail.versions.items()},
        **{f"machine: {name}": value for name, value in detail.machine.items()},
    }


def differing_values(one: Mapping[str, str], two: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Name and both values of what differs; "–" for what is empty, or what one of them lacks."""
    names = dict.fromkeys([*one, *two])
    sides = [(name, one.get(name) or "–", two.get(name) or "–") for name in names]
    return [side for side in sides if side[1] != side[2]]


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if value is None:
        return "by default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
