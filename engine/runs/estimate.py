"""What a run will roughly take, before it is started. Loads no model."""

import statistics
from typing import NamedTuple

from db.reads import runs
from engine.audit.probe import FULL, QUICK
from engine.audit.probes import chosen
from engine.data.examples import Example
from engine.errors import UnlearningError
from engine.settings import ExperimentSpec, local_path
from engine.small_files import read_json
from engine.store.questions import examples_of, taught_questions, training_sets
from engine.store.session import reading
from engine.training_settings import Tuning
from engine.unlearning.objectives import get_objective, retain_term_of

# Rules of thumb, from two CPU cores with a base of 135 M parameters and a reference of 57 M; earlier runs correct them.
DEMO_PARAMETERS, DEMO_VOCABULARY = 135e6, 49_152
LOADING_SECONDS = 10.0
TRAINED_QUESTION_SECONDS = 0.1  # one question once through a training step
TAUGHT_QUESTION_SECONDS = 0.17  # one question once through a step of the base itself
FROZEN_QUESTION_SECONDS = 0.15  # base and reference logits of one answer
ANSWER_SECONDS = 0.1  # one answer at one alpha, batched
SCORED_QUESTION_SECONDS = 0.3  # teacher-forced measures of one question, all alphas
TASK_ITEM_SECONDS = 0.6  # one item of a multiple-choice task with its choices, all alphas
PROBED_QUESTION_SECONDS = 1.0  # one question in one probe of an audit, its floor included
MAPPED_QUESTION_SECONDS = 0.5  # every answer of one question, alpha from 0 to 2
CHARACTERS_A_TOKEN = 4.0
# Base, reference and trained against the base alone. A P-Adapter holds the reference once; to tune everything takes a
# gradient, the optimiser's two moments and the last good weights of each parameter.
MODEL_COPIES: dict[Tuning, float] = {"lora": 2.0, "full": 3.6, "p_adapter": 1.6}
PROGRAM_BYTES = 800_000_000
REFUSAL_TOKENS = 12.0


class Estimate(NamedTuple):
    """What a run will roughly take."""

    seconds: float
    disk_bytes: int  # most of it scratch that is removed at the end
    memory_bytes: int
    questions: int  # questions evaluated
    steps: int  # training steps at most, 0 for an evaluation
    measured: bool  # seconds follow from earlier runs on this base, not from a rule of thumb


class _Work(NamedTuple):
    seconds: float
    questions: int
    steps: int
    answer_tokens: float  # of which frozen logits are kept


def estimate(spec: ExperimentSpec) -> Estimate:
    """Reads questions and earlier runs; raises what `runner.start` would for unknown sources."""
    work = _work(spec)
    parameters, vocabulary = _size(spec.base)
    seconds, earlier = work.seconds * parameters / DEMO_PARAMETERS, _earlier(spec)
    if earlier is not None:
        seconds = work.seconds * earlier
    disk = 2 * work.answer_tokens * vocabulary * 4
    copies = MODEL_COPIES[spec.training.tuning if spec.kind == "train" else "lora"]
    memory = copies * 4 * parameters + PROGRAM_BYTES
    return Estimate(seconds, int(disk), int(memory), work.questions, work.steps, earlier is not None)


def _work(spec: ExperimentSpec) -> _Work:
    """Seconds by the rules of thumb, for a base of the demo's size."""
    if spec.kind == "tasks":
        items = spec.limit * len(spec.evaluate_on)
        return _Work(LOADING_SECONDS + items * TASK_ITEM_SECONDS, items, 0, 0.0)
    if spec.kind == "audit":
        probed = min((QUICK if spec.quick else FULL).questions, len(examples_of(spec.forget)))
        seconds = probed * len(chosen(spec.probes)) * PROBED_QUESTION_SECONDS
        return _Work(LOADING_SECONDS + seconds, probed, 0, 0.0)
    asked = {example: None for source in spec.evaluate_on for example in examples_of(source)}
    phrasings = sum(2 if example.paraphrased_question else 1 for example in asked)
    seconds = LOADING_SECONDS + len(asked) * SCORED_QUESTION_SECONDS + phrasings * len(spec.alphas) * ANSWER_SECONDS
    if spec.kind == "map":
        return _Work(LOADING_SECONDS + len(asked) * MAPPED_QUESTION_SECONDS, len(asked), 0, 0.0)
    if spec.kind == "evaluate":
        return _Work(seconds, len(asked), 0, 0.0)
    training = spec.training
    if spec.kind == "teach":
        taught = taught_questions(spec)
        steps = -(-len(taught) // training.batch_size) * training.epochs
        share = TAUGHT_QUESTION_SECONDS * len(taught) * training.epochs
        return _Work(seconds + share, len(asked), steps, 0.0)
    forget, retain = training_sets(spec)
    steps = -(-len(forget) // training.batch_size) * training.epochs
    runs = get_objective(training.objective).reads
    kept = retain if retain_term_of(training) != "none" and training.retain_batches else []
    batches = len(runs) + (training.retain_batches if kept else 0)
    seconds += steps * min(training.batch_size, len(forget)) * batches * TRAINED_QUESTION_SECONDS
    refusals = len(forget) if "refusal" in runs else 0
    seconds += (len(forget) + len(kept) + refusals) * FROZEN_QUESTION_SECONDS
    return _Work(seconds, len(asked), steps, _tokens(forget) + _tokens(kept) + refusals * REFUSAL_TOKENS)


def _tokens(examples: list[Example]) -> float:
    return sum(len(example.answer) / CHARACTERS_A_TOKEN + 1 for example in examples)


def _size(base: str) -> tuple[float, int]:
    """Parameters and vocabulary of a base: from its folder where it is one, the demo's otherwise."""
    folder = local_path(base)
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors")) if folder.is_dir() else 0
    if not weights:
        return DEMO_PARAMETERS, DEMO_VOCABULARY
    try:
        config = read_json(folder / "config.json", finite=False)
        width = 4 if "32" in str(config.get("dtype", config.get("torch_dtype", ""))) else 2
        return weights / width, int(config["vocab_size"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return weights / 2, DEMO_VOCABULARY


def _earlier(spec: ExperimentSpec) -> float | None:
    """How many times longer than the rules of thumb earlier runs of this kind took on this base; None without any."""
    with reading() as session:
        found = runs.durations(session, spec.kind, spec.base)
    ratios: list[float] = []
    for text, seconds in found:
        try:
            ratios.append(seconds / _work(ExperimentSpec.from_json(text)).seconds)
        except UnlearningError:  # a set of then may be gone: that run tells nothing
            continue
    return statistics.median(ratios) if ratios else None
