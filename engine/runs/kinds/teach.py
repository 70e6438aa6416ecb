"""Runs that teach a model questions by name, and evaluate it."""

from datetime import UTC, datetime

from db.rows import StepRow
from engine.data.examples import hash_examples
from engine.errors import DivergedError, RunError, SettingError
from engine.kinds import TeachSpec
from engine.models.taught import check_name_free, taught_folder
from engine.names import DEMO, PUBLIC, is_alone
from engine.runs.kinds.diverged import note_of, some_good
from engine.runs.kinds.evaluate import evaluate
from engine.runs.kinds.kind import Kind, Work, alphas_with_base, check_model, check_sources, evaluation_work
from engine.runs.progress import Progress
from engine.settings import local_path
from engine.store.questions import taught_questions
from engine.store.sources import SourcedSpec

TAUGHT_QUESTION_SECONDS = 0.17  # one question once through a step of the base itself


def _alphas(spec: TeachSpec) -> set[float]:
    alphas_with_base(spec)  # refuses values that are not alphas
    return {0.0}  # without a pair every alpha reads as 0


def _check(sourced: SourcedSpec[TeachSpec]) -> None:
    spec = sourced.spec
    check_sources(sourced)
    check_model(spec.base)
    taught_questions(sourced)
    check_name_free(spec.name)
    if spec.retain_only_of:
        _check_known(spec.retain_only_of)


def _check_known(base: str) -> None:
    """Whether there is such a base: `ModelError` where nothing here, and nothing on the hub, has the name."""
    if base in (DEMO, PUBLIC) or taught_folder(base) is not None:
        return
    check_model(base)
    if is_alone(base):
        raise SettingError(f"a retain model belongs to a base, named as for train --base, got {base!r}")
    from engine.models.hub import check_on_hub

    if not local_path(base).exists():
        check_on_hub(base)


def _work(sourced: SourcedSpec[TeachSpec]) -> Work:
    evaluation, training = evaluation_work(sourced), sourced.spec.training
    taught = len(taught_questions(sourced))
    steps = -(-taught // training.batch_size) * training.epochs
    seconds = evaluation.seconds + TAUGHT_QUESTION_SECONDS * taught * training.epochs
    return evaluation._replace(seconds=seconds, steps=steps)


def _execute(run_id: int, sourced: SourcedSpec[TeachSpec], progress: Progress) -> None:
    name, read_as = sourced.spec.name, teach(sourced, progress)
    progress.stays = f"model {name} was taught and saved, but not evaluated to the end: evaluate it in a run of its own"
    evaluate(run_id, sourced, read_as, progress, 0.8)


def teach(sourced: SourcedSpec[TeachSpec], progress: Progress) -> str:
    """Teach the start model `spec.base` the questions of `spec.retain`; the model is saved whole under `spec.name`.

    Returns the name under which it is read, see `taught.read_as`. Where the loss stops being a number, the last good
    weights are saved, not as a retain model, and `RunError` says so.
    """
    from engine.models.taught import TaughtModel, question_hash, read_as, save_taught

    spec = sourced.spec
    check_name_free(spec.name)
    progress.part(0.0, 0.02, "reading the questions")
    examples = taught_questions(sourced)
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
        model,
        start.tokenizer,
        start.template,
        examples,
        training.epochs,
        training.learning_rate,
        training.seed,
        training.batch_size,
    )
    diverged = None
    try:
        for step in steps:
            epoch = 1 + (step.step - 1) * training.epochs // step.steps_total
            progress.step(
                StepRow(
                    step=step.step,
                    epoch=epoch,
                    loss=step.loss,
                    forget_loss=None,
                    retain_loss=step.loss,
                    forget_probability=None,
                    seconds=step.seconds,
                )
            )
            progress(step.step / step.steps_total, f"teaching, step {step.step} of {step.steps_total}")
    except DivergedError as error:
        diverged = error
    progress.flush()
    some_good(diverged, "model")
    record = TaughtModel(
        name=spec.name,
        start=spec.base,
        start_hash=start.hash,
        start_reading=start.reading,
        retain_only_of="" if diverged else spec.retain_only_of,
        note=note_of(diverged),
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


KIND = Kind(TeachSpec, _alphas, _check, _work, _execute)
