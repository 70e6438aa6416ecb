"""Everything that made a run what it is: settings, hashes, versions and machine, as two columns of text."""

import pandas as pd

from engine.analysis.chosen_alpha import chosen_alpha
from engine.kinds import JudgeSpec, TasksSpec, TrainSpec
from engine.models.names import shown_model
from engine.models.tunings import TUNINGS
from engine.store import history
from engine.store.history import RunDetail
from engine.training_settings import TrainingSettings
from pages.parts.shared.published import imported_origin
from pages.parts.shared.wording import moment


def origin(detail: RunDetail) -> pd.DataFrame:
    run, spec = detail.summary, detail.spec
    if run.facts.finds == "published":
        return _as_table(imported_origin(detail))
    rows = {
        "kind": run.kind,
        **(_judged_from(spec) if isinstance(spec, JudgeSpec) else {}),
        "pair": run.pair,
        "base": shown_model(run.base),
        **(_training(spec) if isinstance(spec, TrainSpec) else {}),
        "evaluated on": ", ".join(spec.evaluate_on),
        "answers": (
            f"choices of the first {spec.limit} items of each task, by likelihood"
            if isinstance(spec, TasksSpec)
            else f"greedy, at most {spec.max_new_tokens} tokens"
        ),
        "α": ", ".join(f"{alpha:g}" for alpha in spec.alphas),
        **_judged_at(detail),
        "seed": str(run.seed),
        "created": moment(run.created),
        "started": moment(run.started),
        "finished": moment(run.finished),
        "pair hash": detail.pair_hash,
        "base hash": detail.base_hash,
        "data hash": detail.data_hash,
        "template": detail.versions.get(history.TEMPLATE, ""),
        history.READING: detail.versions.get(history.READING, ""),
        "versions": ", ".join(f"{name} {value}" for name, value in history.packages(detail).items()),
        "machine": ", ".join(f"{name} {value}" for name, value in detail.machine.items()),
        "came with the demo": "yes, recorded on another machine" if run.recorded else "no, run here",
    }
    return _as_table(rows)


def _judged_from(spec: JudgeSpec) -> dict[str, str]:
    terms = ", ".join(spec.key_terms) or f"those of run {spec.judged}"
    return {"answers of": f"run {spec.judged}", "key terms of": terms}


def _judged_at(detail: RunDetail) -> dict[str, str]:
    if detail.summary.status != "finished" or not history.alphas_of(detail.summary.id):
        return {}
    alpha, rule = chosen_alpha(detail.summary.id)
    return {"judged at": f"α = {alpha:g}, {rule}"}


def _as_table(rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([(name, value or "–") for name, value in rows.items()], columns=["what", "value"])


def _tuning(training: TrainingSettings) -> str:
    size = TUNINGS[training.tuning].size
    return f"{training.tuning}, {size} {training.rank}" if size else training.tuning


def _training(spec: TrainSpec) -> dict[str, str]:
    training = spec.training
    return {
        "reference": spec.reference,
        "forget": spec.forget,
        "retain": ", ".join(spec.retain),
        "objective": (
            f"{training.objective} × {training.forget_weight:g}, retain term {training.retain_term} ×"
            f" {training.retain_weight:g}"
        ),
        "tuning": f"{_tuning(training)}, learning rate {training.learning_rate:g}, at most {training.epochs} epochs",
        "stopping rule": f"forget probability down to {training.target_forget_probability:g}, or the last epoch",
        "batches": f"{training.batch_size} questions, {training.retain_batches} retain batches per forget batch",
    }
