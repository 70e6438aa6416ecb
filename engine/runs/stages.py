"""What a run does: train a pair, evaluate one, map one over alpha. Model libraries are imported when a run needs them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from db import writes
from db.rows import AnswerRow, CurveRow, ScoreRow, StepRow
from db.session import Session
from engine.data.demo.questions import reference_kind
from engine.data.examples import Example, hash_examples, wordings
from engine.errors import DivergedError, RunError
from engine.runs.progress import Progress
from engine.settings import ExperimentSpec, data_folder
from engine.store.origin import note_origin
from engine.store.questions import check_gold, evaluated, key_terms, taught_questions, training_sets
from engine.store.session import write_patiently

if TYPE_CHECKING:
    from engine.evaluation.answer_curves import QuestionCurves
    from engine.unlearning.training import Step


def scratch_folder(run_id: int) -> Path:
    """What a run may fill while it runs; removed when it ends, however it ends."""
    return data_folder() / "scratch" / f"run-{run_id}"


def train(run_id: int, spec: ExperimentSpec, progress: Progress) -> None:
    """Data, models, steps stored as they come, the pair saved whole. `RunError` at once where its name is taken.

    A training that diverges is saved too, as far as it was good, and then ends in a `RunError` that says so.
    """
    from engine.models.pairs import check_free, pairs_folder, save_pair

    check_free(spec.name)
    progress.part(0.0, 0.02, "reading the questions")
    forget, retain = training_sets(spec)
    progress.part(0.02, 0.05, "loading the models")
    from engine.models.loading import open_training
    from engine.models.manifest import PairManifest
    from engine.models.tuning import tuned_parameters
    from engine.unlearning.objectives import numbers_of, retain_term_of
    from engine.unlearning.training import train_pair
    from engine.versions import versions

    if spec.training.method == "guardrail":
        make_guardrail(spec, forget)
        return
    models = open_training(spec.base, spec.reference, spec.training)
    progress.part(0.05, 0.15, "frozen logits")
    steps = train_pair(
        models,
        forget,
        retain,
        spec.training,
        scratch_folder(run_id),
        lambda text, done, total: progress(done / total, text),
    )
    figures, diverged = _follow(steps, progress)
    figures["trained_parameters"] = float(sum(weight.numel() for weight in tuned_parameters(models.trained)))
    progress.part(0.6, 0.6, "saving the pair")
    manifest = PairManifest(
        name=spec.name,
        base=spec.base,
        reference=spec.base if spec.training.method == "direct" else spec.reference,
        objective=spec.training.objective,
        method=spec.training.method,
        tuning=spec.training.tuning,
        retain_term=retain_term_of(spec.training),  # the one in force, not "default"
        template=models.template,
        seed=spec.training.seed,
        data_hashes={"forget": hash_examples(forget), "retain": hash_examples(retain)},
        base_hash=models.base_hash,
        base_reading=models.base_reading,
        reference_kind=reference_kind(spec.reference, forget),
        versions=versions(),
        parent=spec.parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        figures=figures,
        training=replace(spec.training, numbers=numbers_of(spec.training)).elsewhere,
        note=_note(diverged),
    )
    save_pair(models.trained, models.tokenizer, manifest, pairs_folder() / spec.name)
    if diverged:
        raise RunError(f"{diverged}; pair {spec.name} was saved with the weights of step {diverged.kept}") from diverged


def _follow(steps: "Iterable[Step]", progress: Progress) -> tuple[dict[str, float], DivergedError | None]:
    """Store the steps as they come; what the last one reached, and how the training diverged, where it did.

    Raises `RunError` where it diverged before a single step was good: then there is nothing to save.
    """
    figures: dict[str, float] = {}
    diverged = None
    try:
        for step in steps:
            if step.step == 1:
                progress.part(0.15, 0.6, "training")
            progress.step(StepRow(step.step, step.epoch, *step[3:]))
            progress(step.step / step.steps_total, f"training, step {step.step} of {step.steps_total}")
            if step.forget_probability is not None:
                figures = {"forget_probability": step.forget_probability, "steps": float(step.step)}
    except DivergedError as error:
        diverged = error
        if figures.get("steps") != error.kept:  # measured on other weights than those that are kept
            figures = {"steps": float(error.kept)}
    progress.flush()
    _some_good(diverged, "pair")
    return figures, diverged


def _some_good(diverged: DivergedError | None, what: str) -> None:
    if diverged and not diverged.kept:
        raise RunError(f"{diverged}; not one step was good, so no {what} was saved") from diverged


def _note(diverged: DivergedError | None) -> str:
    return f"training diverged at step {diverged.step}; weights of step {diverged.kept}" if diverged else ""


def make_guardrail(spec: ExperimentSpec, forget: Sequence[Example]) -> None:
    """A pair of which nothing is trained: the base, and a text to stand before every question."""
    from engine.models.bases import load_base
    from engine.models.manifest import PairManifest
    from engine.models.pairs import pairs_folder, save_manifest
    from engine.unlearning.methods import instruction_for
    from engine.versions import versions

    base = load_base(spec.base)
    manifest = PairManifest(
        name=spec.name,
        base=spec.base,
        reference=spec.base,
        objective="none",
        method="guardrail",
        instruction=instruction_for(forget),
        template=base.template,
        data_hashes={"forget": hash_examples(forget)},
        base_hash=base.hash,
        base_reading=base.reading,
        versions=versions(),
        parent=spec.parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    save_manifest(manifest, pairs_folder() / spec.name)


def teach(spec: ExperimentSpec, progress: Progress) -> str:
    """Teach the start model `spec.base` the questions of `spec.retain`; the model is saved whole under `spec.name`.

    Returns what it is read as, see `taught.read_as`. Where the loss is no number any more the last good weights are saved,
    as nobody's retain-only model, and `RunError` says so.
    """
    from engine.models.taught import TaughtModel, check_name_free, question_hash, read_as, save_taught

    check_name_free(spec.name)
    progress.part(0.0, 0.02, "reading the questions")
    examples = taught_questions(spec)
    progress.part(0.02, 0.1, "loading the model")
    from engine.models.bases import load_base
    from engine.models.tuning import add_lora
    from engine.unlearning.teaching import teach as taught_steps
    from engine.versions import versions

    start, training = load_base(spec.base), spec.training
    start.model.requires_grad_(False)
    model = add_lora(start.model, training.rank, training.seed)
    progress.part(0.1, 0.8, "teaching")
    steps = taught_steps(
        model, start.tokenizer, start.template, examples, training.epochs, training.learning_rate, training.seed,
        training.batch_size,
    )  # fmt: skip
    diverged = None
    try:
        for step in steps:
            epoch = 1 + (step.step - 1) * training.epochs // step.steps_total
            progress.step(StepRow(step.step, epoch, step.loss, None, step.loss, None, step.seconds))
            progress(step.step / step.steps_total, f"teaching, step {step.step} of {step.steps_total}")
    except DivergedError as error:
        diverged = error
    progress.flush()
    _some_good(diverged, "model")
    record = TaughtModel(
        name=spec.name,
        start=spec.base,
        start_hash=start.hash,
        start_reading=start.reading,
        retain_only_of="" if diverged else spec.retain_only_of,
        note=_note(diverged),
        seed=training.seed,
        data_hash=hash_examples(examples),
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        template=start.template,
        versions=versions(),
        taught=sorted(
            {question_hash(text) for example in examples for text in (example.question, *example.training_questions)}
        ),
        training={name: getattr(training, name) for name in ("epochs", "learning_rate", "rank", "batch_size")},
    )
    save_taught(model, record)
    if diverged:
        raise RunError(
            f"{diverged}; model {spec.name} was saved with the weights of step {diverged.kept}"
        ) from diverged
    return read_as(spec.name, spec.retain_only_of)


def evaluate(run_id: int, spec: ExperimentSpec, pair_name: str, progress: Progress, low: float) -> None:
    """Read the pair as it lies on the disk, answer and score every question at every alpha, store all of it."""
    progress.part(low, low + 0.05, "loading the pair")
    from engine.evaluation import leak_rule
    from engine.evaluation.evaluate import evaluate_examples
    from engine.models.loading import load_pair

    asked = evaluated(spec)
    examples = [item.example for item in asked]
    check_gold(pair_name, examples)
    pair = load_pair(pair_name, lambda text: progress(0.0, text))
    note_origin(run_id, spec, pair, examples)
    progress.part(low + 0.05, 1.0, "evaluating")
    terms = key_terms(asked)
    rule = leak_rule.leak_rule(examples, terms)
    found = evaluate_examples(
        pair, examples, spec.alphas, spec.max_new_tokens, progress, leaks=rule, curves=spec.curves
    )  # fmt: skip
    ids = [item.question_id for item in asked]

    def store(session: Session) -> None:
        writes.add_run_questions(session, run_id, list(zip(ids, terms, strict=True)))
        writes.add_scores(session, run_id, [ScoreRow(ids[row[0]], *row[1:]) for row in found.scores])
        writes.add_answers(session, run_id, [AnswerRow(ids[row[0]], *row[1:]) for row in found.answers])
        writes.add_curves(session, run_id, curve_rows(ids, found.curves))

    write_patiently(store)


def curve_rows(ids: Sequence[int], curves: "Sequence[QuestionCurves | None]") -> list[CurveRow]:
    """The curves of questions as rows; none for a question that has none."""
    from engine.evaluation.answer_curves import to_stored

    pairs = [(key, item) for key, item in zip(ids, curves, strict=True) if item is not None]
    return [CurveRow(key, *stored) for key, item in pairs for stored in to_stored(item)]


def map_questions(run_id: int, spec: ExperimentSpec, progress: Progress) -> None:
    """Map every question over alpha; one that is mapped already is not mapped again, so a stopped run goes on."""
    progress.part(0.0, 0.05, "loading the pair")
    from engine.decoding.answers import read_prompts
    from engine.models.loading import load_pair
    from engine.store.maps import map_question

    asked = evaluated(spec)
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
            pair, text, spec.max_new_tokens, low, high,
            lambda share, _: progress((number + share) / len(texts), words),  # noqa: B023  called before the next round
        )  # fmt: skip
