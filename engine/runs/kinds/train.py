"""Runs that train a pair and evaluate it. Model libraries are imported when a run needs them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.data.demo.questions import reference_kind
from engine.data.examples import Example, hash_examples
from engine.errors import DivergedError, RunError, SettingError
from engine.evaluation.ruined import ruined_in_training
from engine.kinds import TrainSpec
from engine.models.pairs import check_free, find_pair
from engine.names import is_gguf
from engine.runs.kinds.diverged import note_of, some_good
from engine.runs.kinds.evaluate import evaluate
from engine.runs.kinds.kind import Kind, Work, alphas_with_base, check_model, check_sources, evaluation_work
from engine.runs.progress import Progress
from engine.runs.scratch import scratch_folder
from engine.store.questions import evaluated, training_sets
from engine.store.sources import SourcedSpec

if TYPE_CHECKING:
    from engine.models.loading import TrainingModels
    from engine.runs.training_watch import TrainingWatch
    from engine.unlearning.training import Step

TRAINED_QUESTION_SECONDS = 0.1  # one question once through a training step
FROZEN_QUESTION_SECONDS = 0.15  # base and reference logits of one answer
CHARACTERS_A_TOKEN = 4.0
REFUSAL_TOKENS = 12.0


def _check(sourced: SourcedSpec[TrainSpec]) -> None:
    from engine.unlearning.methods import check_method
    from engine.unlearning.objectives import get_objective

    spec = sourced.spec
    check_sources(sourced)
    get_objective(spec.training.objective)
    check_method(spec.training)
    check_model(spec.base)
    check_model(spec.reference)
    tuned = spec.base if spec.training.method == "direct" else spec.reference
    if spec.training.tuning == "full" and spec.training.method != "guardrail" and is_gguf(tuned):
        raise SettingError(
            f"a GGUF file is tuned by lora or p_adapter, as no whole model of one can be saved, got {tuned}"
        )
    training_sets(sourced)
    if spec.parent:
        find_pair(spec.parent)
    check_free(spec.name)


def _work(sourced: SourcedSpec[TrainSpec]) -> Work:
    evaluation, training = evaluation_work(sourced), sourced.spec.training
    forget, retain = training_sets(sourced)
    steps = -(-len(forget) // training.batch_size) * training.epochs
    from engine.unlearning.objectives import get_objective, retain_term_of  # brings torch

    reads = get_objective(training.objective).reads
    kept = retain if retain_term_of(training) != "none" and training.retain_batches else []
    batches = len(reads) + (training.retain_batches if kept else 0)
    seconds = evaluation.seconds
    seconds += steps * min(training.batch_size, len(forget)) * batches * TRAINED_QUESTION_SECONDS
    refusals = len(forget) if "refusal" in reads else 0
    seconds += (len(forget) + len(kept) + refusals) * FROZEN_QUESTION_SECONDS
    tokens = _tokens(forget) + _tokens(kept) + refusals * REFUSAL_TOKENS
    return evaluation._replace(seconds=seconds, steps=steps, answer_tokens=tokens)


def _tokens(examples: list[Example]) -> float:
    return sum(len(example.answer) / CHARACTERS_A_TOKEN + 1 for example in examples)


def _execute(run_id: int, sourced: SourcedSpec[TrainSpec], progress: Progress) -> None:
    name = sourced.spec.name
    train(run_id, sourced, progress)
    progress.stays = f"pair {name} was trained and saved, but not evaluated to the end: evaluate it in a run of its own"
    evaluate(run_id, sourced, name, progress, 0.6, sourced.spec.curves)


def train(run_id: int, sourced: SourcedSpec[TrainSpec], progress: Progress) -> None:
    """Data, models, steps stored as they come, the pair saved whole. `RunError` at once where its name is taken.

    A training that diverges is saved too, as far as it was good, and then ends in a `RunError` that says so.
    """
    from engine.models.pairs import pairs_folder, save_pair

    spec = sourced.spec
    check_free(spec.name)
    progress.part(0.0, 0.02, "reading the questions")
    forget, retain = training_sets(sourced)
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
    watch = _watch(sourced, models, progress)
    figures, diverged = _follow(steps, watch, progress, spec.training.target_forget_probability)
    figures["trained_parameters"] = float(sum(weight.numel() for weight in tuned_parameters(models.trained)))
    why = ruined_in_training(figures)
    progress.warn(f"pair {spec.name} is ruined: {why}" if why else "")
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
        note=note_of(diverged),
    )
    save_pair(models.trained, models.tokenizer, manifest, pairs_folder() / spec.name)
    if diverged:
        raise RunError(f"{diverged}; pair {spec.name} was saved with the weights of step {diverged.kept}") from diverged


def _watch(sourced: SourcedSpec[TrainSpec], models: "TrainingModels", progress: Progress) -> "TrainingWatch":
    """Sampled are questions that the run evaluates anyway, and so stores."""
    from engine.runs.preview import Preview, preview_questions
    from engine.runs.training_watch import TrainingWatch

    asked = preview_questions(evaluated(sourced))
    preview = Preview(models, asked) if asked else None
    return TrainingWatch(progress, preview, sourced.spec.training.epochs)


def _follow(
    steps: "Iterable[Step]", watch: "TrainingWatch", progress: Progress, target: float
) -> tuple[dict[str, float], DivergedError | None]:
    """Store the steps as they come; what the last one reached, and how the training diverged, where it did.

    Raises `RunError` where it diverged before a single step was good: then there is nothing to save.
    """
    figures: dict[str, float] = {}
    diverged = None
    watch.begin()
    try:
        for step in steps:
            if step.step == 1:
                progress.part(0.15, 0.6, "training")
            watch.hear(step, target)
            progress(step.step / step.steps_total, f"training, step {step.step} of {step.steps_total}")
            if step.forget_probability is not None:
                figures = {"forget_probability": step.forget_probability, "steps": float(step.step)}
    except DivergedError as error:
        diverged = error
        if figures.get("steps") != error.kept:  # measured on other weights than those that are kept
            figures = {"steps": float(error.kept)}
        watch.resample()
    progress.flush()
    some_good(diverged, "pair")
    return figures | watch.figures, diverged


def make_guardrail(spec: TrainSpec, forget: Sequence[Example]) -> None:
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


KIND = Kind(TrainSpec, alphas_with_base, _check, _work, _execute)
