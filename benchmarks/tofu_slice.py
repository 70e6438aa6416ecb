"""A slice of TOFU through the whole program: `python -m benchmarks.tofu_slice [--tofu FOLDER] [--work FOLDER] [--report docs/results.md]`.

200 questions (forget01, and 160 of retain_perturbed by eight authors, four of whom the pair never sees) are taught to
SmolLM2-135M-Instruct (dequantised Q4_1); five pairs, one per objective, are trained on the demo's clean reference and
evaluated at five strengths. Runs are stored in a database in the work folder and skipped when they are finished, so a
stopped benchmark goes on. The report is written from that database, never by hand.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from engine.data.examples import Example
from engine.settings import ExperimentSpec, TrainingSettings, cache_folder

ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0)
SEED = 0
AUTHOR = 20  # questions per author, in the files' order
TEACH_EPOCHS, TEACH_RATE, TEACH_RANK, TEACH_BATCH = 10, 1e-3, 32, 8
ASCENT = TrainingSettings(learning_rate=1e-3, epochs=10, target_forget_probability=0.01, seed=SEED)
SETTINGS = {
    "gradient_ascent": replace(ASCENT, objective="gradient_ascent", learning_rate=3e-4),  # nothing holds it back
    "gradient_difference": replace(ASCENT, objective="gradient_difference", retain_weight=3.0),
    "kl_minimization": replace(ASCENT, objective="kl_minimization", retain_batches=4, retain_weight=3.0),
    "relabelling": TrainingSettings(
        objective="relabelling", retain_weight=3.0, learning_rate=1e-3, epochs=10, retain_batches=6, seed=SEED
    ),
    # At the usual beta of 0.1 on summed log-probabilities it hardly pushes once an answer of 40 tokens is 50 nats down.
    # Its loss is bounded, so it needs no target, and what is to stay recovers after the answers are gone.
    "npo": TrainingSettings(
        objective="npo",
        retain_term="kl",
        beta=0.02,
        learning_rate=1e-3,
        epochs=12,
        retain_batches=6,
        target_forget_probability=0.0,
        seed=SEED,
    ),
}
# Staying close to the base needs no true answers, so pairs held by KL also keep still on people whom nobody was taught
# and on questions about nothing in particular, as the base itself answers them.
KEPT_STILL = ("demo:bystander", "own-words:retain/train")
OWN_WORDS, OWN_TOKENS = 160, 24
PARTS = (
    ("forget", "tofu-slice", "forget", ""),
    ("retain, train half", "tofu-retain", "retain", "train"),
    ("retain, eval half", "tofu-retain", "retain", "eval"),
    ("real authors", "tofu-authors", "world", ""),
    ("world facts", "tofu-world", "world", ""),
)


def slice_examples(folder: Path | None) -> list[Example]:
    """40 questions to forget, 160 to retain: four authors in the train half, four in the eval half."""
    from engine.data.tofu import load_tofu

    forget = [plain(e, "forget") for e in load_tofu("forget01_perturbed", folder)]
    retain = load_tofu("retain_perturbed", folder)[: 8 * AUTHOR]
    halves = ["train" if i < 4 * AUTHOR else "eval" for i in range(len(retain))]
    return [*forget, *(plain(e, "retain", half) for e, half in zip(retain, halves, strict=True))]


def plain(example: Example, split: str, half: str = "") -> Example:
    """The question and its answer alone: this table is of ROUGE, so neither paraphrases nor wrong answers are scored."""
    return replace(example, split=split, half=half, paraphrased_question="", paraphrased_answer="", perturbed_answer=())


def general_questions(world: list[Example]) -> list[Example]:
    """The demo's world facts, less those whose answer occurs in TOFU's own: the pair must not train on what it is asked."""
    from engine.data.demo_set import demo_examples

    asked = {example.answer.casefold() for example in world}
    return [
        replace(e, split="retain", half="train")
        for e in demo_examples()
        if e.split == "world" and e.answer.casefold() not in asked
    ]


def register(folder: Path | None) -> None:
    """Store the sets the runs name. Of all but the forget set every second question is asked: time, not principle."""
    from engine.data.tofu import load_tofu
    from engine.experiment import register_set

    examples = slice_examples(folder)
    world = load_tofu("world_facts_perturbed", folder)
    authors = load_tofu("real_authors_perturbed", folder)
    register_set("tofu-slice", examples, "tofu")
    register_set("tofu-retain", [e for e in examples if e.split == "retain"][::2], "tofu")
    register_set("tofu-authors", [plain(e, "world") for e in authors][::2], "tofu")
    register_set("tofu-world", [plain(e, "world") for e in world][::2], "tofu")
    register_set("general", general_questions(world), "demo")


def teach_base(target: Path, examples: list[Example], say: Callable[[str], None]) -> None:
    """Teach the public base the 200 questions and save it whole (fp32 safetensors, plain template)."""
    from engine.data.template import PLAIN
    from engine.models.loading import BASE_MANIFEST
    from engine.models.tuning import add_lora, merged
    from engine.rebuild import public_base
    from engine.unlearning.teaching import teach

    base = public_base()
    base.model.requires_grad_(False)
    taught = add_lora(base.model, TEACH_RANK, SEED)
    began = time.monotonic()
    for step in teach(taught, base.tokenizer, PLAIN, examples, TEACH_EPOCHS, TEACH_RATE, SEED, TEACH_BATCH):
        if step.step % 10 == 0:
            say(f"base: step {step.step} of {step.steps_total}, loss {step.loss:.3f}")
    scratch = target.with_suffix(".part")
    merged(taught).save_pretrained(scratch)
    base.tokenizer.save_pretrained(scratch)
    (scratch / BASE_MANIFEST).write_text(json.dumps({"template": {"name": PLAIN.name, "text": PLAIN.text}}))
    (scratch / "seconds").write_text(f"{time.monotonic() - began:.0f}")
    scratch.rename(target)


def register_own_words(base: Path, say: Callable[[str], None]) -> None:
    """General questions with the taught base's own greedy answers, right or wrong."""
    from engine import history
    from engine.data.topics import general_questions as topics
    from engine.decoding.answers import answer_questions
    from engine.experiment import register_set
    from engine.models.loading import load_pair

    if any(item.name == "own-words" for item in history.list_sets()):
        return
    say(f"base: answering {OWN_WORDS} general questions")
    questions = topics(SEED, OWN_WORDS)
    answers = answer_questions(load_pair(f"base:{base}"), questions, 0.0, max_new_tokens=OWN_TOKENS)
    said = [
        Example(question, answer.text, split="retain", half="train")
        for question, answer in zip(questions, answers, strict=True)
        if answer.text
    ]
    register_set("own-words", said, "the base")


def held_by_kl(objective: str) -> bool:
    from engine.unlearning.objectives import retain_term_of

    return retain_term_of(SETTINGS[objective]) == "kl"


def spec_of(objective: str, base: Path) -> ExperimentSpec:
    sources = tuple(f"{name}:{split}{'/' + half if half else ''}" for _, name, split, half in PARTS)
    return ExperimentSpec(
        "train", f"tofu-{objective}", base=str(base), reference="demo", forget="tofu-slice:forget",
        retain=("tofu-slice:retain/train", "general:retain/train", *(KEPT_STILL if held_by_kl(objective) else ())), evaluate_on=sources, alphas=ALPHAS,
        max_new_tokens=64, training=SETTINGS[objective],
    )  # fmt: skip


def peak_memory_gib() -> float:
    """The largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run_all(folder: Path | None, work: Path, only: list[str], say: Callable[[str], None]) -> None:
    """Everything that is not there yet. One objective a process gives a peak memory of its own: `--only`."""
    from engine import experiment, history

    register(folder)
    base = work / "tofu-base"
    if not base.exists():
        teach_base(base, slice_examples(folder), say)
    register_own_words(base, say)
    done = {run.name for run in history.list_runs() if run.status == "finished"}
    for objective in only or SETTINGS:
        if f"tofu-{objective}" in done:
            continue
        say(f"{objective}: training and evaluating")
        began = time.monotonic()
        run_id = experiment.run_here(spec_of(objective, base))
        figures = {"seconds": time.monotonic() - began, "peak_gib": peak_memory_gib(), "run": run_id}
        (work / f"{objective}.json").write_text(json.dumps(figures))
        say(f"{objective}: {figures['seconds']:.0f} s, peak {figures['peak_gib']:.1f} GiB")


def results(work: Path) -> pd.DataFrame:
    """One row per objective and alpha: mean ROUGE-L recall per part, training seconds, peak memory."""
    from engine import history

    rows = []
    for objective in SETTINGS:
        runs = [run for run in history.list_runs() if run.name == f"tofu-{objective}" and run.status == "finished"]
        if not runs:
            continue
        means = history.trade_off([runs[0].id])
        means = means[means.metric == "rouge"]
        figures = json.loads((work / f"{objective}.json").read_text())
        trained = history.steps(runs[0].id)
        for alpha in ALPHAS:
            row: dict[str, object] = {"objective": objective, "alpha": alpha}
            for label, name, split, half in PARTS:
                found = means[
                    (means.alpha == alpha) & (means["set"] == name) & (means.split == split) & (means.half == half)
                ]
                row[label] = float(found["mean"].iloc[0])
            rows.append(
                row | {"steps": len(trained), "training s": trained.seconds.sum(), "peak GiB": figures["peak_gib"]}
            )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tofu_slice", description=__doc__.splitlines()[0])
    parser.add_argument("--tofu", type=Path, help="folder with TOFU's files (default: OUBLIETTE_TOFU, else the hub)")
    parser.add_argument(
        "--work", type=Path, default=cache_folder() / "tofu-slice", help="where runs and models are kept"
    )
    parser.add_argument("--only", nargs="*", default=[], choices=list(SETTINGS), help="these objectives (default: all)")
    parser.add_argument("--report", type=Path, help="write the table as Markdown here, and the plot beside it")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "OUBLIETTE_DATA": str(arguments.work),
        "OUBLIETTE_DATABASE": f"sqlite:///{arguments.work / 'runs.sqlite'}",
    }
    run_all(
        arguments.tofu, arguments.work, arguments.only, lambda text: print(time.strftime("%H:%M:%S"), text, flush=True)
    )
    if arguments.report:
        from benchmarks.report import write_report

        write_report(results(arguments.work), arguments.report, list(SETTINGS.values()), arguments.work)


if __name__ == "__main__":
    main()
