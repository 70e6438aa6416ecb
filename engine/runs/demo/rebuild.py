"""`python -m engine demo --rebuild`: everything in `demo/` made again from the seed.

Stages, each of which leaves a file when it is done and is skipped when that file is there, so a stopped rebuild
continues at its stage:

    prose        the public base writes general text
    heal         an 8-layer cut of it is distilled on that text
    base         an adapter teaches the base its invented people
    retain-only  the same without the forget people: the retain model
    reference    the healed cut is taught the retain people's training half
    general      the taught base answers general questions, which a pair should leave unchanged
    demo-first   a pair that forgets one person of each domain
    demo         its successor, which forgets both
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from engine.data.demo.people import bystanders
from engine.data.demo.questions import FORGET_FIRST, demo_examples, reference_kind, reference_was_taught
from engine.data.demo.topics import general_questions
from engine.data.examples import Example, hash_examples
from engine.data.template import PLAIN
from engine.decoding.answers import answer_questions
from engine.models import demo_base, demo_weights
from engine.models.loading import load_pair, open_training
from engine.models.manifest import PairManifest
from engine.models.pairs import save_pair, write_weights
from engine.models.tuning import add_lora, cut_layers, evenly_spaced
from engine.runs.demo.figures import evaluate_demo
from engine.runs.demo.texts import (
    BLOCK,
    HELD_OUT,
    REQUESTS,
    SEED,
    ProgressReport,
    documents,
    people,
    public_base,
    write_texts,
)
from engine.settings import cache_folder, demo_folder
from engine.training_settings import TrainingSettings
from engine.unlearning.healing import heal, mean_nll_of_blocks, pack_blocks
from engine.unlearning.teaching import teach
from engine.unlearning.training import train_pair
from engine.versions import versions

BASE_RANK = 16
BASE_ROUNDS = ((12, 1e-3), (5, 7e-4))  # epochs and rate; the second round finishes what the first left half-learned
REFERENCE_EPOCHS, REFERENCE_RATE = 6, 2e-4
HEAL_EPOCHS = 3
BYSTANDERS, GENERAL = 120, 160
PAIR = TrainingSettings(
    objective="relabelling",
    retain_term="kl",
    rank=32,
    learning_rate=1e-3,
    epochs=8,
    batch_size=8,
    retain_batches=5,
    target_forget_probability=0.0,
    seed=SEED,
)


def build_folder() -> Path:
    """The folder of a rebuild in progress; laid out like `demo/`, plus the prose. Other settings or data use another
    folder.
    """
    settings = (SEED, REQUESTS, HELD_OUT, BLOCK, BASE_RANK, BASE_ROUNDS, REFERENCE_EPOCHS, REFERENCE_RATE, HEAL_EPOCHS)
    made_of = repr((*settings, BYSTANDERS, GENERAL, PAIR, hash_examples(demo_examples())))
    return cache_folder() / f"rebuild-{demo_weights.hash_texts([made_of])}"


def rebuild_demo(report: ProgressReport, target: Path | None = None) -> dict[str, Any]:
    """Run what is missing, replace `demo/` (or `target`), evaluate it there. Returns the new manifest."""
    target = target or demo_folder()
    build = build_folder()
    build.mkdir(parents=True, exist_ok=True)
    os.environ["OUBLIETTE_DEMO"] = str(build)  # the loaders read the new parts from here
    demo_base.fetch_base(report)
    for name, stage, made in STAGES:
        if not (build / made).exists():
            began = time.monotonic()
            stage(build, _named(name, report))
            _record(build, name, time.monotonic() - began)
    install(build, target)
    manifest = evaluate_demo(target, json.loads((build / "figures.json").read_text()), report)
    shutil.rmtree(build)
    return manifest


def _named(stage: str, report: ProgressReport) -> ProgressReport:
    return lambda share, text: report(share, f"{stage}: {text}")


def install(build: Path, target: Path) -> None:
    """Copy the finished parts to `target`, whole, and read the demo from there."""
    for part in ("base", "retain-only", "reference", "pairs"):
        shutil.rmtree(target / part, ignore_errors=True)
        shutil.copytree(build / part, target / part)
    shutil.copy2(build / "manifest.json", target / "manifest.json")
    os.environ["OUBLIETTE_DEMO"] = str(target)


def _record(build: Path, stage: str, seconds: float) -> None:
    """Bring manifest.json up to date: hashes of all files, seconds of the stage."""
    path = build / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {"figures": {}, "seconds": {}}
    files = sorted(
        file
        for part in ("base", "retain-only", "reference", "pairs")
        for file in (build / part).rglob("*")
        if file.is_file()
    )
    manifest |= {
        "base": demo_base.BASE_LABEL,
        "wheel": demo_base.WHEEL,
        "wheel_sha256": demo_base.WHEEL_SHA256,
        "seed": SEED,
        "recommended_alpha": 1.0,
        "template": PLAIN.text,
        "versions": versions(),
        "data_hash": hash_examples(demo_examples()),
        "hashes": {file.relative_to(build).as_posix(): demo_base.sha256_of(file) for file in files},
    }
    manifest["seconds"][stage] = round(seconds)
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True))


def _figure(build: Path, **figures: float) -> None:
    path = build / "figures.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | figures, indent=1))


def _heal(build: Path, report: ProgressReport) -> None:
    base = public_base()
    texts = documents(build, base.tokenizer)
    blocks, held_out = pack_blocks(texts[HELD_OUT:], BLOCK), pack_blocks(texts[:HELD_OUT], BLOCK)
    small = cut_layers(base.model, evenly_spaced(demo_weights.REFERENCE_LAYERS, base.model.config.num_hidden_layers))
    before, bar = mean_nll_of_blocks(small, held_out), mean_nll_of_blocks(base.model, held_out)
    teacher = public_base().model.to(torch.bfloat16)  # exact: these weights were stored in bf16
    for _ in _reported(heal(teacher, small, blocks, SEED, epochs=HEAL_EPOCHS), report):
        pass
    _figure(build, nll_base=bar, nll_cut=before, nll_healed=mean_nll_of_blocks(small, held_out))
    demo_weights.save_reference(small, build / "healed")


def _teach_adapter(name: str, *splits: str) -> Callable[[Path, ProgressReport], None]:
    def stage(build: Path, report: ProgressReport) -> None:
        base = public_base()
        base.model.requires_grad_(False)
        taught = add_lora(base.model, BASE_RANK, SEED)
        for number, (epochs, rate) in enumerate(BASE_ROUNDS):
            steps = teach(taught, base.tokenizer, PLAIN, people(*splits), epochs, rate, SEED + number)
            for _ in _reported(steps, report):
                pass
        part = build / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        write_weights(taught, part, demo_base.BASE_LABEL)
        part.rename(build / name)

    return stage


def _reference(build: Path, report: ProgressReport) -> None:
    """The healed cut, taught the retain people's training half and world facts: competent, and never told a secret."""
    base = public_base()
    small = demo_weights.reference_from(build / "healed" / "model.safetensors", base.model)
    for name, parameter in small.named_parameters():
        parameter.requires_grad_("embed_tokens" not in name and "lm_head" not in name)
    known = reference_was_taught()
    for _ in _reported(teach(small, base.tokenizer, PLAIN, known, REFERENCE_EPOCHS, REFERENCE_RATE, SEED), report):
        pass
    held_out = pack_blocks(documents(build, base.tokenizer)[:HELD_OUT], BLOCK)
    _figure(build, nll_reference=mean_nll_of_blocks(small, held_out))
    demo_weights.save_reference(small, build / "reference.part")
    (build / "reference.part").rename(build / "reference")


def _general(build: Path, report: ProgressReport) -> None:
    """Short questions about nothing in particular, answered by the taught base: its answers, right or wrong, should
    stay.
    """
    questions = general_questions(SEED, GENERAL)
    answers = answer_questions(
        load_pair("base:demo"),
        questions,
        0.0,
        max_new_tokens=24,
        progress=lambda done, total: report(done / total, f"{done} of {total} answers"),
    )
    lines = [json.dumps({"question": q, "answer": a.text}) for q, a in zip(questions, answers, strict=True) if a.text]
    (build / "general.part").write_text("\n".join(lines))
    (build / "general.part").rename(build / "general.jsonl")


def kept_questions(build: Path) -> list[Example]:
    """What a pair of the demo should leave unchanged: people and facts of the train halves, unknown people, anything
    else.
    """
    lines = (build / "general.jsonl").read_text().splitlines()
    general = [Example(**json.loads(line), split="world", half="train") for line in lines]
    return [*people("retain/train", "world/train"), *bystanders(SEED, BYSTANDERS), *general]


def _pair(name: str, parent: str, forget: Callable[[], list[Example]]) -> Callable[[Path, ProgressReport], None]:
    def stage(build: Path, report: ProgressReport) -> None:
        secret = forget()
        kept = kept_questions(build)
        models = open_training("demo", "demo", PAIR)
        steps = train_pair(models, secret, kept, PAIR, build / "scratch")
        last = None
        for last in _reported(steps, report):
            pass
        manifest = PairManifest(
            name,
            base="demo",
            reference="demo",
            objective=PAIR.objective,
            tuning=PAIR.tuning,
            retain_term="kl",
            template=PLAIN,
            seed=SEED,
            data_hashes={"forget": hash_examples(secret), "retain": hash_examples(kept)},
            base_hash=models.base_hash,
            reference_kind=reference_kind("demo", secret),
            versions=versions(),
            parent=parent,
            training=PAIR.elsewhere,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            figures={"forget_probability": last.forget_probability}
            if last and last.forget_probability is not None
            else {},
        )
        save_pair(models.trained, models.tokenizer, manifest, build / "pairs" / name)

    return stage


def _reported(steps: Iterable[Any], report: ProgressReport) -> Iterator[Any]:
    """Pass steps on and report each."""
    for step in steps:
        report(
            step.step / step.steps_total,
            f"step {step.step} of {step.steps_total}, loss {step.loss:.3f}, {step.seconds:.1f} s",
        )
        yield step


def _first() -> list[Example]:
    return [example for example in people("forget") if example.subject in FORGET_FIRST]


TAUGHT = ("forget", "retain", "world/train")
STAGES: tuple[tuple[str, Callable[[Path, ProgressReport], None], str], ...] = (
    ("prose", write_texts, "prose.jsonl"),
    ("heal", _heal, "healed/model.safetensors"),
    ("base", _teach_adapter("base", *TAUGHT), "base"),
    ("retain-only", _teach_adapter("retain-only", *TAUGHT[1:]), "retain-only"),
    ("reference", _reference, "reference"),
    ("general", _general, "general.jsonl"),
    ("demo-first", _pair("demo-first", "", _first), "pairs/demo-first"),
    ("demo", _pair("demo", "demo-first", lambda: people("forget")), "pairs/demo"),
)
