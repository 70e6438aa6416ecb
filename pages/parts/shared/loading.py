"""Loaded models, shared by all visitors behind one lock, and the answers already decoded.

Nothing is decoded twice: an answer depends on the pair's hash, the question and alpha alone (greedy, fp32).
torch and transformers are imported when a pair is loaded, by the one thread that loads, and nowhere before: so every
function here has its pair loaded first and imports what reads it afterwards.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.data.examples import Example
from engine.evaluation.rouge import rouge_recall
from engine.models.checks import Check, keep_checks
from engine.models.identity import map_key
from engine.models.manifest import PairManifest
from engine.store import maps
from pages.parts.shared.memory import Memory
from pages.parts.shared.wording import plain

if TYPE_CHECKING:
    from engine.decoding.answers import Answer
    from engine.evaluation.curves import Curve
    from engine.evaluation.token_readings import TextReading, TokenReading
    from engine.models.loading import LoadedPair

ANSWER_TOKENS = 64  # an answer is cut here, and says so
ANSWERS_KEPT = 2000
READINGS_BYTES = 400_000_000  # each holds the logits of a text: 0.6 MB a token with the demo
PAIRS_KEPT = 2
TICK_SECONDS = 0.3
GLANCE_SECONDS = 0.1  # so soon a visitor who waits for a reading can turn to another α


@st.cache_resource(show_spinner=False)
def forward_lock() -> threading.Lock:
    """Held around every forward pass: a model serves one visitor at a time."""
    return threading.Lock()


@st.cache_resource(show_spinner=False)
def _answers() -> Memory:
    return Memory(ANSWERS_KEPT)


@st.cache_resource(show_spinner=False)
def _readings() -> Memory:
    return Memory(READINGS_BYTES, lambda reading: sum(part.nbytes for part in reading.logits))


@st.cache_resource(show_spinner=False)
def _strips() -> Memory:
    """By reading and α."""
    return Memory(ANSWERS_KEPT)


@st.cache_resource(show_spinner=False)
def _curves() -> Memory:
    """Each in a tuple of its own, for a text may have none."""
    return Memory(ANSWERS_KEPT)


@st.cache_resource(show_spinner=False)
def _pairs() -> Memory:
    """Pairs that are loaded or being loaded, as futures, by name and hash: one made anew is loaded anew."""
    return Memory(PAIRS_KEPT)


@st.cache_resource(show_spinner=False)
def loader() -> ThreadPoolExecutor:
    """Loads one pair at a time. Not in the visitor's own thread: that could not turn to another page meanwhile."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading")


@st.cache_resource(show_spinner=False)
def _reader() -> ThreadPoolExecutor:
    """Reads one text at a time, in the order asked. Not in the visitor's own thread: α moves on meanwhile."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")


@st.cache_resource(show_spinner=False)
def _being_read() -> Memory:
    """What is being read or waits to be, as futures."""
    return Memory(ANSWERS_KEPT)


def forget_texts() -> None:
    """Drop every decoded answer, reading, curve and pair: somebody was erased, whom a guardrail may name."""
    for remembered in (_answers, _readings, _strips, _curves, _pairs):
        remembered.clear()


def _load(name: str) -> "LoadedPair":
    """Imports the model libraries too: transformers breaks when two threads import it at once; here there is one."""
    import engine.decoding.answers
    import engine.evaluation.scoring  # noqa: F401
    from engine.models.loading import load_pair

    return load_pair(name)


def begin_loading(pair: PairManifest) -> "Future[LoadedPair]":
    """Have the pair loaded beside the page, once per process, for whoever asks it next."""
    key = (pair.name, map_key(pair))
    future: Future[LoadedPair] | None = _pairs().get(key)
    if future is None or (future.done() and future.exception() is not None):
        future = loader().submit(_load, pair.name)
        _pairs().put(key, future)
        loader().submit(rouge_recall, "", "")  # its library is imported while the first answer is being decoded
    return future


def loaded(pair: PairManifest) -> "LoadedPair":
    """The pair, loaded once per process; says that it is loading, and for how long."""
    future = begin_loading(pair)
    place, began = st.empty(), time.monotonic()
    while not wait([future], timeout=TICK_SECONDS).done:
        words = f"Loading the models of pair {pair.name}, {time.monotonic() - began:.0f} s …"
        place.info(f"{plain(words)} Later answers need none of this.", icon=":material/hourglass_top:")
    place.empty()
    return future.result()


@contextmanager
def _turn() -> Iterator[None]:
    """One's turn at the models; says so where somebody else's answer is being computed."""
    lock, place = forward_lock(), st.empty()
    while not lock.acquire(timeout=TICK_SECONDS):
        place.info("Another answer is being computed; yours comes next …", icon=":material/hourglass_top:")
    try:
        place.empty()
        yield
    finally:
        lock.release()


@st.cache_resource(show_spinner=False)
def _drawing() -> threading.Lock:
    return threading.Lock()


@contextmanager
def unhurried() -> Iterator[None]:
    """What follows the answers is drawn for one visitor at a time: nobody's answers wait for somebody else's details.

    Whoever turns to another α meanwhile leaves the queue. Models are never waited for inside.
    """
    lock, place = _drawing(), st.empty()
    while not lock.acquire(timeout=GLANCE_SECONDS):
        place.empty()  # here a rerun that is asked for begins
    try:
        yield
    finally:
        lock.release()


def map_of(pair: PairManifest, question: str) -> maps.QuestionMap | None:
    return maps.stored_map(map_key(pair), question, ANSWER_TOKENS)


def make_map(pair: PairManifest, question: str, progress: Callable[[float, str], None]) -> None:
    """Compute and store the map of a question; some seconds, during which the models are this visitor's."""
    models = loaded(pair)
    with _turn():
        maps.map_question(models, question, ANSWER_TOKENS, progress=progress)


def stored_answers(pair: PairManifest, question: str, alphas: Sequence[float]) -> "tuple[Answer, ...] | None":
    """The answers at all `alphas` if every one was decoded before, else None."""
    found: list[Answer | None] = [_answers().get((map_key(pair), question, alpha)) for alpha in alphas]
    whole = tuple(answer for answer in found if answer is not None)
    return whole if len(whole) == len(alphas) else None


def stream(pair: PairManifest, question: str, alphas: Sequence[float]) -> "Generator[tuple[Answer, ...]]":
    """The answers at `alphas` as they grow; stored once they are whole. Answers stored before are not decoded again."""
    stored = {alpha: _answers().get((map_key(pair), question, alpha)) for alpha in alphas}
    ready: dict[float, Answer] = {alpha: answer for alpha, answer in stored.items() if answer is not None}
    missing = list(dict.fromkeys(alpha for alpha in alphas if alpha not in ready))
    if missing:
        models = loaded(pair)
        from engine.decoding.answers import stream_answers

        with _turn():
            for step in stream_answers(models, question, missing, max_new_tokens=ANSWER_TOKENS):
                ready.update(zip(missing, step, strict=True))
                yield tuple(ready[alpha] for alpha in alphas)
        for alpha in missing:
            _answers().put((map_key(pair), question, alpha), ready[alpha])
    else:
        yield tuple(ready[alpha] for alpha in alphas)


def continuations(
    pair: PairManifest, example: Example, terms: tuple[str, ...], begin: str, alphas: Sequence[float]
) -> "tuple[Answer, ...]":
    """What follows `begin` as the beginning of the answer, at each of `alphas`; computed once."""
    keys = {alpha: (map_key(pair), example, terms, begin, alpha) for alpha in alphas}
    known: dict[float, Any] = {alpha: _answers().get(key) for alpha, key in keys.items()}
    missing = [alpha for alpha, answer in known.items() if answer is None]
    if missing:
        models = loaded(pair)
        from engine.audit.begun import continue_answer

        with _turn():
            found = continue_answer(models, example, terms, begin, missing, ANSWER_TOKENS)
        for alpha, known[alpha] in zip(missing, found, strict=True):
            _answers().put(keys[alpha], known[alpha])
    return tuple(known[alpha] for alpha in alphas)


def strip(
    pair: PairManifest, question: str, text: str, alpha: float, span: tuple[float, float]
) -> "list[TokenReading]":
    """`text` read token by token at `alpha`, best ranks over all of `span`. The models read a text once for every α."""
    key = (map_key(pair), question, text, span)
    known: list[TokenReading] | None = _strips().get((key, alpha))
    if known is not None:
        return known
    from engine.evaluation.token_readings import token_strip

    found = token_strip(text_reading(pair, question, text, span), alpha)
    _strips().put((key, alpha), found)
    return found


def text_reading(pair: PairManifest, question: str, text: str, span: tuple[float, float] | None) -> "TextReading":
    """What the models say along `text`, for every α; read once."""
    key = (map_key(pair), question, text, span)
    reading: TextReading | None = _readings().get(key)
    if reading is None:
        models = loaded(pair)
        from engine.evaluation.token_readings import read_answer

        reading = _read(("reading", *key), _readings(), key, lambda: read_answer(models, question, text, span))
    return reading


def _read(name: object, memory: Memory, key: object, work: Callable[[], Any]) -> Any:
    """What `work` finds, computed beside the page when the models are free; once for all who wait for it.

    Whoever moves on meanwhile leaves at once, and takes with them what nobody has begun.
    """

    jobs, lock, place = _being_read(), forward_lock(), st.empty()

    def compute() -> Any:
        try:
            if (found := memory.get(key)) is None:
                with lock:
                    found = work()
                memory.put(key, found)
            return found
        finally:
            jobs.drop(name)

    while True:
        job: Future[Any] | None = jobs.get(name)
        if job is None or job.cancelled():  # by another visitor, who moved on
            job = _reader().submit(compute)
            jobs.put(name, job)
        try:
            while not wait([job], timeout=GLANCE_SECONDS).done:
                place.info("The models are reading; this comes next …", icon=":material/hourglass_top:")
            place.empty()
            if not job.cancelled():
                return job.result()
        finally:
            if not job.done() and job.cancel():
                jobs.drop(name)


def curve(pair: PairManifest, question: str, text: str, span: tuple[float, float]) -> "Curve | None":
    """Mean loss of `text` (nats per answer token) at every alpha of `span`; one pass, then remembered."""
    key = (map_key(pair), question, text, span)
    if (known := _curves().get(key)) is None:
        models = loaded(pair)
        from engine.evaluation.token_readings import loss_over_alpha

        known = _read(("curve", *key), _curves(), key, lambda: (loss_over_alpha(models, question, text, span),))
    found: Curve | None = known[0]
    return found


def soundness(pair: PairManifest, question: str, answer: str) -> list[Check]:
    """The first experiments on the loaded pair; seconds of computing, so only when asked. What they find is kept."""
    models = loaded(pair)
    from engine.models.soundness import soundness_checks

    with _turn():
        found = soundness_checks(models, question, answer)
    keep_checks(models.key, found)
    return found
