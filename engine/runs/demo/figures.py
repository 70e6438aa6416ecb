"""The recorded evaluation of the demo, and the figures of its manifest and the README."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from engine.data.demo.questions import demo_examples
from engine.data.examples import JUDGED
from engine.kinds import AuditSpec, EvaluateSpec, MapSpec
from engine.models.demo_base import ShareProgress, sha256_of
from engine.models.demo_weights import read_demo_manifest
from engine.runs import execute
from engine.store import history, questions, recorded_runs

ALPHAS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0)
ASKED = ("demo:forget", "demo:retain/eval", "demo:world/eval", "demo:holdout")
EVALUATIONS = (
    EvaluateSpec(name="demo", pair="demo", alphas=ALPHAS, evaluate_on=ASKED),
    EvaluateSpec(name="demo-first", pair="demo-first", alphas=(0.0, 0.5, 1.0), evaluate_on=ASKED),
    EvaluateSpec(
        name="demo-retain-only",
        base="retain-only:demo",
        pair="retain-only:demo",
        alphas=(0.0,),
        evaluate_on=ASKED,
    ),
    MapSpec(
        name="demo-map",
        pair="demo",
        alphas=(0.0, 2.0),
        evaluate_on=("demo:forget", "demo:retain/eval", "demo:world/eval"),
    ),
    AuditSpec(
        name="demo-audit",
        pair="demo",
        alphas=(1.0,),
        evaluate_on=("demo:forget",),
        retain=("demo:retain/eval",),
        controls="demo:holdout",
        quick=True,
    ),
    EvaluateSpec(name="base", pair="base:demo", alphas=(0.0,), evaluate_on=("demo:forget", "demo:retain")),
)


def evaluate_demo(target: Path, figures: dict[str, float], report: ShareProgress) -> dict[str, Any]:
    """Evaluate the demo's models in a separate database; record the runs and the figures. Returns the manifest."""
    kept = {name: os.environ.get(name) for name in ("OUBLIETTE_DATA", "OUBLIETTE_DATABASE")}
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"OUBLIETTE_DATA": scratch, "OUBLIETTE_DATABASE": f"sqlite:///{scratch}/rebuild.sqlite"}
        questions.register_set("demo", demo_examples(), "demo")
        runs = {}
        for number, spec in enumerate(EVALUATIONS):
            report(number / len(EVALUATIONS), f"evaluating {spec.pair_name}")
            runs[spec.name] = execute.run_here(spec)
        records = [recorded_runs.record_run(run) for name, run in runs.items() if name != "base"]
        means = history.trade_off(list(runs.values()))
    for name, value in kept.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    (target / "evaluation.json").write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    manifest = read_demo_manifest()
    manifest["figures"] = {**figures, **demo_figures(means)}
    manifest["hashes"]["evaluation.json"] = sha256_of(target / "evaluation.json")
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def demo_figures(means: pd.DataFrame) -> dict[str, float]:
    """The figures of the README, from the stored runs: mean ROUGE-L recall, and on the forget people what it hides."""

    def mean(run: str, split: str, alpha: float, metric: str = "rouge") -> float:
        rows = means[(means.run == run) & (means.split == split) & (means.alpha == alpha) & (means.metric == metric)]
        return round(float((rows["mean"] * rows["count"]).sum() / rows["count"].sum()), 4)

    found = {"base_people": round((mean("base", "forget", 0.0) + 3 * mean("base", "retain", 0.0)) / 4, 4)}
    for run, label in (("demo", "pair"), ("demo-first", "first"), ("demo-retain-only", "retain_only")):
        alpha = 0.0 if run == "demo-retain-only" else 1.0
        for split in JUDGED:
            found[f"{label}_{split}"] = mean(run, split, alpha)
        for metric in ("rouge_paraphrase", "leak", "leak_paraphrase", "probability", "degenerate"):
            found[f"{label}_forget_{metric}"] = mean(run, "forget", alpha, metric)
    for split in JUDGED:
        found[f"base_{split}"] = mean("demo", split, 0.0)
    found["base_forget_probability"] = mean("demo", "forget", 0.0, "probability")
    return found
