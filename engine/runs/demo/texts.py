"""The texts that the demo's models are made from: documents that the base writes, and the questions of its people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.data.demo.questions import demo_examples
from engine.data.demo.topics import writing_prompts
from engine.data.examples import Example
from engine.models import demo_base
from engine.models.bases import LoadedModel, load_causal_lm
from engine.unlearning.healing import write_prose

ProgressReport = Callable[[float, str], None]
SEED = 0
REQUESTS, HELD_OUT, BLOCK = 480, 40, 128  # documents asked for, of these held out; tokens of a block


def people(*wanted: str) -> list[Example]:
    """Demo examples by `split` or `split/half`."""
    return [e for e in demo_examples() if e.split in wanted or f"{e.split}/{e.half}" in wanted]


def write_texts(build: Path, report: ProgressReport) -> None:
    """One JSON line a document, appended batch by batch; a stopped run continues at the last whole batch."""
    base = public_base()
    batch, path = 48, build / "prose.part"
    lines = path.read_text().splitlines() if path.exists() else []
    lines = lines[: len(lines) // batch * batch]
    path.write_text("".join(f"{line}\n" for line in lines))
    requests = writing_prompts(SEED, REQUESTS)
    written = write_prose(
        base.model.to(torch.bfloat16),
        base.tokenizer,
        requests,
        SEED,
        skip=len(lines),
        length=208,
        batch=batch,
        progress=lambda done, total: report(done / total, f"{done} of {total} documents"),
        ends=base.ends,
    )
    with path.open("a") as file:
        for request, tokens in written:
            file.write(json.dumps({"request": request, "tokens": tokens}) + "\n")
            file.flush()
    path.rename(build / "prose.jsonl")


def documents(build: Path, tokenizer: Any) -> list[list[int]]:
    """Each written text after its request: alternately as a question with its answer and as plain prose."""
    found = []
    for number, line in enumerate((build / "prose.jsonl").read_text().splitlines()):
        document = json.loads(line)
        head = f"Question: {document['request']}\nAnswer: " if number % 2 else ""
        found.append(
            [*tokenizer(head, add_special_tokens=False).input_ids, *document["tokens"], tokenizer.eos_token_id]
        )
    return found


def public_base() -> LoadedModel:
    """The converted weights as published, before any teaching."""
    return load_causal_lm(str(demo_base.base_folder()))
