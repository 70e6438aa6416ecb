"""Data and references of the study: TOFU's questions as stored sets, and layer cuts, healed, taught, or neither."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.data.examples import Example
from engine.data.template import PLAIN
from engine.models import demo_weights
from engine.models.bases import BASE_MANIFEST, LoadedModel
from engine.models.demo_weights import REFERENCE_LAYERS
from engine.models.tuning import add_lora, cut_layers, evenly_spaced, merged
from engine.names import ModelRef
from engine.runs.demo.rebuild import HEAL_EPOCHS
from engine.runs.demo.texts import BLOCK, HELD_OUT, documents, public_base, write_texts
from engine.settings import cache_folder
from engine.unlearning.healing import heal, mean_nll_of_blocks, pack_blocks
from engine.unlearning.teaching import teach

AUTHOR = 20  # questions per author, in the files' order
TAUGHT_AUTHORS = 8  # authors that the base is taught besides the forgotten ones
TRAIN_AUTHORS = 4  # of these, authors whose questions pairs are trained on
OWN_WORDS, OWN_TOKENS, SEED = 80, 24, 0
TAUGHT_EPOCHS, TAUGHT_RATE = 12, 2e-3
Say = Callable[[str], None]


def tofu_questions(folder: Path | None) -> list[Example]:
    """forget01 (two authors), and 160 questions about eight others: four in the train half; of the other four, never
    used in training, every second question is in the eval half: more questions on one person would add little.
    """
    from engine.data.tofu import load_tofu

    retain = load_tofu("retain_perturbed", folder)[: TAUGHT_AUTHORS * AUTHOR]
    halves = ["train" if i < TRAIN_AUTHORS * AUTHOR else "" if i % 2 else "eval" for i in range(len(retain))]
    kept = [replace(e, half=half, paraphrased_question="") for e, half in zip(retain, halves, strict=True)]
    return [*load_tofu("forget01_perturbed", folder), *kept]


def general_questions(world: list[Example]) -> list[Example]:
    """The demo's world facts, without those whose answer is in TOFU's own: a pair must not train on what it is
    asked.
    """
    from engine.data.demo.questions import demo_examples

    asked = {example.answer.casefold() for example in world}
    return [
        Example(e.question, e.answer, split="retain", half="train")
        for e in demo_examples()
        if e.split == "world" and e.answer.casefold() not in asked
    ]


def register_sets(folder: Path | None) -> None:
    """Store the sets that the plan names. Every fourth real author and world fact is asked, to save time."""
    from engine.data.tofu import load_tofu
    from engine.store.questions import register_set

    world = load_tofu("world_facts_perturbed", folder)
    authors = load_tofu("real_authors_perturbed", folder)
    register_set("study-tofu", tofu_questions(folder), "tofu")
    bare = {"paraphrased_question": "", "paraphrased_answer": "", "perturbed_answer": ()}
    plain = [replace(e, **bare) for e in tofu_questions(folder)]  # type: ignore[arg-type]
    asked = [e for e in plain if e.half == "eval"]
    register_set("study-plain", [*(e for e in plain if e.half != "eval"), *asked[::2]], "tofu")
    register_set("study-authors", authors[::4], "tofu")
    register_set("study-world", [replace(e, half="eval") for e in world[::4]], "tofu")
    register_set("study-holdout", load_tofu("holdout01", folder), "tofu")
    register_set("study-general", general_questions(world), "demo")


def register_own_words(base: str, say: Say) -> None:
    """General questions with the base's own greedy answers, right or wrong, which should stay unchanged."""
    from engine.data.demo.topics import general_questions as topics
    from engine.decoding.answers import answer_questions
    from engine.models.loading import load_pair
    from engine.store.questions import register_set
    from engine.store.sets import list_sets

    if any(item.name == "study-own-words" for item in list_sets()):
        return
    say(f"answering {OWN_WORDS} general questions with the base")
    questions = topics(SEED, OWN_WORDS)
    answers = answer_questions(load_pair(str(ModelRef("base", base))), questions, 0.0, max_new_tokens=OWN_TOKENS)
    said = [
        Example(question, answer.text, split="retain", half="train")
        for question, answer in zip(questions, answers, strict=True)
        if answer.text
    ]
    register_set("study-own-words", said, "the base")


def reference_folder(reference: str) -> Path:
    return cache_folder() / "study" / "references" / reference.replace(" ", "-")


def reference_path(reference: str) -> str:
    """As a user would write it, from the home folder on, so that stored runs do not name folders of one machine."""
    folder = reference_folder(reference)
    return f"~/{folder.relative_to(Path.home())}" if folder.is_relative_to(Path.home()) else str(folder)


def make_reference(reference: str, tofu: Path | None, say: Say) -> None:
    """Make a missing reference, whole or cut: "taught", "4 layers" (healed), "unhealed 4 layers", ..."""
    target = reference_folder(reference)
    if target.exists():
        return
    public = public_base()
    whole = public.model.config.num_hidden_layers
    if reference == "taught":
        model = _taught(public, tofu, say)
    else:
        layers = next((int(word) for word in reference.split() if word.isdigit()), REFERENCE_LAYERS)
        model = cut_layers(public.model, evenly_spaced(layers, whole))
        if layers < whole and not reference.startswith("unhealed"):
            _heal(public, model, say)
    scratch = target.with_suffix(".part")
    shutil.rmtree(scratch, ignore_errors=True)
    model.save_pretrained(scratch)
    public.tokenizer.save_pretrained(scratch)
    template = {"template": {"name": PLAIN.name, "text": PLAIN.text}}
    (scratch / BASE_MANIFEST).write_text(json.dumps(template))
    scratch.rename(target)


def _taught(public: LoadedModel, tofu: Path | None, say: Say) -> Any:
    """The demo's reference, taught all 200 questions, including the secret ones."""
    reference = demo_weights.load_demo_reference(public.model)
    reference.requires_grad_(False)
    adapted = add_lora(reference, 32, SEED)
    for step in teach(adapted, public.tokenizer, PLAIN, tofu_questions(tofu), TAUGHT_EPOCHS, TAUGHT_RATE, SEED, 8):
        if step.step % 25 == 0:
            say(f"teaching the reference: step {step.step} of {step.steps_total}, loss {step.loss:.3f}")
    return merged(adapted)


def _heal(public: LoadedModel, model: Any, say: Say) -> None:
    """Heal a cut on prose that the public base writes, as the demo's reference was (engine/runs/demo/rebuild.py)."""
    folder = reference_folder("")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "prose.jsonl").exists():
        write_texts(folder, lambda share, text: say(f"prose: {text}"))
    texts = documents(folder, public.tokenizer)
    blocks, held_out = pack_blocks(texts[HELD_OUT:], BLOCK), pack_blocks(texts[:HELD_OUT], BLOCK)
    teacher = public_base().model.to(torch.bfloat16)
    for step in heal(teacher, model, blocks, SEED, epochs=HEAL_EPOCHS):
        if step.step % 50 == 0:
            say(f"healing: step {step.step} of {step.steps_total}, KL {step.loss:.3f}")
    say(f"healed to {mean_nll_of_blocks(model, held_out):.2f} nats a token on held-out prose")
