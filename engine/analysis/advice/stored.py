"""The advice of a run: worked out from its stored maps, kept with the run, and read back. Loads no model."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from db import writes
from db.reads import runs
from engine.analysis.advice.advise import Advice, LeakBaseline, advise
from engine.analysis.exact_curves import MappedQuestion, mapped_questions
from engine.analysis.leak_floor import forget_floor
from engine.errors import DataError, RunError, UnlearningError
from engine.evaluation.leak_rule import LEAK_RULE_VERSION
from engine.models.identity import map_key
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.settings import Demand
from engine.store import history
from engine.store.history import RunSummary
from engine.store.judged_by import judged_alike
from engine.store.maps import maps_key
from engine.store.session import reading, write_patiently
from engine.wording import run_words

REASON = "reason"  # stored instead of an advice: why it is missing


class Advised(NamedTuple):
    """What a run advises for its pair; without `advice` the `reason` why it is missing.

    `newer`: why a newer map run of the pair has none; "" without such a run.
    """

    run_id: int
    run: str
    advice: Advice | None
    reason: str
    newer: str = ""

    @property
    def outdated(self) -> bool:
        """Whether it was judged by another version of the leak rule than the one in force, which may find something
        else.
        """
        if self.advice is None or self.advice.basis.leak_rule == LEAK_RULE_VERSION:
            return False
        before = (self.advice.basis.leak_rule, LEAK_RULE_VERSION) == (1, 2)
        return not (before and judged_alike(history.run_detail(self.run_id)))


class Ground(NamedTuple):
    """What a run's advice is computed from, except the demand."""

    questions: list[MappedQuestion]
    floor: LeakBaseline
    recommended_alpha: float
    low: float
    high: float
    pair: str  # key of its maps

    def advise(self, demand: Demand, seed: int = 0) -> Advice:
        """Raises `DataError` where these maps cannot give an advice."""
        return advise(self.questions, demand, self.floor, self.recommended_alpha, self.low, self.high, self.pair, seed)


def ground_of(run_id: int) -> Ground:
    """The judged maps of a run. `RunError` where it is not a map run, or some of its questions are not mapped: those
    may leak.
    """
    detail = history.run_detail(run_id)
    name = detail.summary.name
    if detail.summary.facts.finds != "map":
        raise RunError(f"run {name!r} maps nothing (its kind is {detail.summary.kind}), so it cannot advise")
    low, high = min(detail.spec.alphas), max(detail.spec.alphas)
    questions = mapped_questions(run_id, low, high)
    asked = sum(not example.erased for example, _ in history.asked(run_id))
    if len(questions) < asked or not asked:
        raise RunError(
            f"run {name!r} has mapped {len(questions)} of its {asked} questions, and the others may leak: "
            "start it again, it continues where it stopped"
        )
    own = 1.0 if detail.recommended_alpha is None else detail.recommended_alpha
    return Ground(questions, LeakBaseline(*forget_floor(run_id)), own, low, high, maps_key(detail))


def advise_run(run_id: int, demand: Demand, seed: int = 0) -> Advice:
    """From the stored maps of a run; raises what `ground_of` and `Ground.advise` do."""
    return ground_of(run_id).advise(demand, seed)


def store_advice(run_id: int) -> None:
    """Compute the advice of a run under the default demand and store it, or the reason why it has none."""
    try:
        data = advise_run(run_id, Demand()).to_json()
    except DataError as error:
        data = {REASON: str(error)}
    write_patiently(lambda session: writes.set_advice(session, run_id, data))


def advice_of(pair: PairManifest) -> Advised | None:
    """The stored advice for a pair as it is now, over the most forget questions, the newest of equals: a few questions
    mapped later do not outweigh the whole set.

    A pair made again under the same name is another pair, and so is one whose tokenizer, template or reference was
    changed. Where no run has an advice, why the newest has none; else None.
    """
    return advice_for(pair.hash, lambda: map_key(pair))


def advice_for(pair_hash: str, key_of_maps: Callable[[], str]) -> Advised | None:
    """`advice_of` for the pair of this hash; the key of its maps, which reads files, is asked for where it counts."""
    with reading() as session:
        rows = runs.advised_runs(session)
    found = [read_advice(row.run_id, row.run, row.advice) for row in rows if row.pair_hash == pair_hash]
    if not found:
        return None
    key = key_of_maps()
    known = [item for item in found if item.advice is not None and item.advice.basis.pair == key]
    without = next((item for item in found if item.advice is None), None)
    if not known:
        return without
    best = max(known, key=lambda item: item.advice.basis.forget_questions if item.advice else 0)  # the first of equals
    newer = found[: found.index(best)]
    best = _renewed(best)
    if without is not None and without in newer:
        return best._replace(newer=f"{run_words(without.run, without.run_id)} has none: {without.reason}")
    return best


def _renewed(found: Advised) -> Advised:
    """An advice as it is chosen now: earlier versions named another α although the pair's own meets the demand. It is
    worked out again from the same maps and stored; where they are gone, it stays.
    """
    advice = found.advice
    if advice is None or not advice.recommended_met or advice.alpha in (0.0, advice.recommended_alpha):
        return found
    try:
        store_advice(found.run_id)
    except UnlearningError:
        return found
    with reading() as session:
        rows = runs.advised_runs(session)
    return next(read_advice(row.run_id, row.run, row.advice) for row in rows if row.run_id == found.run_id)


def read_advice(run_id: int, run: str, data: dict[str, object]) -> Advised:
    """What a run stored when it ended, as `store_advice` put it; an unreadable one gives a reason too."""
    if REASON in data:
        return Advised(run_id, run, None, str(data[REASON]))
    try:
        return Advised(run_id, run, Advice.from_json(data), "")
    except DataError as error:
        return Advised(run_id, run, None, str(error))


def run_to_open(mapped: Sequence[RunSummary]) -> int:
    """The map run to look at first, of these, newest first: the one whose advice counts for the newest one's pair."""
    pair_hash = history.run_detail(mapped[0].id).pair_hash
    pair = next((pair for pair in list_pairs() if pair.hash == pair_hash), None)
    found = None if pair is None else advice_of(pair)
    known = {run.id for run in mapped}
    return found.run_id if found is not None and found.advice is not None and found.run_id in known else mapped[0].id


def map_run_of(pair: PairManifest) -> RunSummary:
    """The finished run whose advice counts for a pair as it is now (`advice_of`), else the newest that mapped it.

    `RunError` naming the command that maps it.
    """
    advised = advice_of(pair)
    if advised is not None and advised.advice is not None:
        return history.run_detail(advised.run_id).summary
    for run in history.list_runs():
        if run.facts.finds == "map" and run.status == "finished" and history.run_detail(run.id).pair_hash == pair.hash:
            return run
    raise RunError(
        f"no set is mapped with pair {pair.name!r} yet: run `python -m engine map --pair {pair.name} --on SET:forget "
        "--on SET:retain/eval` first"
    )
