"""Runs that find every answer of a pair over a range of alpha."""

from db import writes
from engine.analysis.advice.stored import store_advice
from engine.data.examples import wordings
from engine.errors import SettingError
from engine.kinds import MapSpec
from engine.runs.kinds.kind import (
    LOADING_SECONDS,
    Kind,
    Work,
    alphas_as_given,
    asked_number,
    check_no_model_alone,
    check_pair,
    check_sources,
    pair_of,
)
from engine.runs.progress import Progress
from engine.settings import check_range
from engine.store.origin import note_origin
from engine.store.questions import evaluated, key_terms
from engine.store.session import write_patiently
from engine.store.sources import SourcedSpec

MAPPED_QUESTION_SECONDS = 0.5  # every answer of one question, alpha from 0 to 2


def _alphas(spec: MapSpec) -> set[float]:
    """The two ends of the range."""
    given = alphas_as_given(spec)
    return set(check_range(min(given), max(given)))


def _check(sourced: SourcedSpec[MapSpec]) -> None:
    spec = sourced.spec
    check_sources(sourced)
    check_no_model_alone(spec, "a map")
    pair = pair_of(spec)
    if not pair.linear:
        raise SettingError(
            f"pair {spec.pair!r} has no map: its method is {pair.method}, and a map needs logits that are linear in"
            " alpha"
        )
    check_pair(spec)


def _work(sourced: SourcedSpec[MapSpec]) -> Work:
    asked = asked_number(sourced)
    return Work(LOADING_SECONDS + asked * MAPPED_QUESTION_SECONDS, asked)


def _execute(run_id: int, sourced: SourcedSpec[MapSpec], progress: Progress) -> None:
    map_questions(run_id, sourced, progress)
    store_advice(run_id)


def map_questions(run_id: int, sourced: SourcedSpec[MapSpec], progress: Progress) -> None:
    """Map every question over alpha; a question that is already mapped is skipped, so a stopped run can continue."""
    progress.part(0.0, 0.05, "loading the pair")
    from engine.decoding.answers import read_prompts
    from engine.models.loading import load_pair
    from engine.store.maps import map_question

    spec, asked = sourced.spec, evaluated(sourced)
    pair = load_pair(spec.pair, lambda text: progress(0.0, text))
    read_prompts(pair, [item.example.question for item in asked], spec.max_new_tokens)  # one that is too long stops all
    note_origin(run_id, spec, pair, [item.example for item in asked])
    rows = list(zip([item.question_id for item in asked], key_terms(asked), strict=True))
    write_patiently(lambda session: writes.add_run_questions(session, run_id, rows))
    low, high = min(spec.alphas), max(spec.alphas)
    progress.part(0.05, 1.0, "mapping")
    texts = list(dict.fromkeys(text for item in asked for text in wordings(item.example)))
    for number, text in enumerate(texts):
        words = f"mapping question {number + 1} of {len(texts)}, rewordings included"
        map_question(
            pair,
            text,
            spec.max_new_tokens,
            low,
            high,
            lambda share, _: progress((number + share) / len(texts), words),  # noqa: B023  called before the next round
        )


KIND = Kind(MapSpec, _alphas, _check, _work, _execute)
