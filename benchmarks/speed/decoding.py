"""What decoding with an offset costs, and what the exact map costs, on the demo's pair.

Questions of the retain and world sets only: refusals and loops would flatter drafts. Every contender writes the same
64 tokens for the same questions, even after an end token, in fp32, one question at a time.
"""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from benchmarks.speed.timing import Spread, ratio, take_turns
from engine.data.demo.questions import demo_examples
from engine.data.examples import JUDGED, KEPT
from engine.data.prompts import encode_prompt, end_token
from engine.decoding.alpha_map import map_prompt
from engine.decoding.batched import stream_rows
from engine.decoding.choosing import Decoded, Settings
from engine.decoding.speculative import stream_speculatively
from engine.models.loading import LoadedPair
from engine.models.offset import combine_logits, head_of
from engine.models.readers import PlainReader

TOKENS = 64
SLIDER = tuple(step / 20 for step in range(41))  # 0 to 2, as the slider


class Asked(NamedTuple):
    """A pair and prompts for it; `forced` settings write past every end."""

    pair: LoadedPair
    prompts: list[list[int]]
    forced: Settings
    natural: Settings


def ask(pair: LoadedPair, count: int, splits: Sequence[str] = KEPT) -> Asked:
    """`count` questions, evenly from the named splits of the demo set."""
    examples = [example for example in demo_examples() if example.split in splits]
    chosen = [examples[(2 * place + 1) * len(examples) // (2 * count)] for place in range(count)]
    end = end_token(pair.tokenizer)
    prompts = [encode_prompt(pair.tokenizer, pair.template, example.question) for example in chosen]
    return Asked(pair, prompts, Settings({end}, end, TOKENS, forced=True), Settings({end}, end, TOKENS))


def last(answers: Any) -> Decoded:
    for answer in answers:
        found: Decoded = answer[0]
    return found


@torch.inference_mode()
def three_models(pair: LoadedPair, prompt: list[int], tokens: int) -> list[int]:
    """The plain loop: three models of transformers, each with a cache, one token after the other, at alpha 1."""
    parts = [pair.model.base, pair.model.trained, pair.model.reference]
    readers, ids, found = [PlainReader(part) for part in parts], torch.tensor([prompt]), list[int]()
    for _ in range(tokens):
        base, trained, reference = (
            head_of(part)(reader.read(ids)[:, -1])[:, : pair.model.vocabulary]
            for part, reader in zip(parts, readers, strict=True)
        )
        found.append(int(combine_logits(base, trained, reference, 1.0).argmax()))
        ids = torch.tensor([found[-1:]])
    return found


@torch.inference_mode()
def generate(model: Any, prompt: list[int], tokens: int, pad: int) -> list[int]:
    """The base alone, as transformers generates."""
    ids = torch.tensor([prompt])
    found = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=pad,
    )
    return found[0, len(prompt) :].tolist()  # type: ignore[no-any-return]


def decoding(pair: LoadedPair, rounds: int, per_round: int) -> dict[str, Spread]:
    """decode_vs_base, decode_vs_own_base, decode_vs_plain; each is tokens per second of ours ÷ those of the other."""
    asked = ask(pair, (rounds + 1) * per_round)

    def chosen(number: int) -> list[list[int]]:
        return asked.prompts[number * per_round : (number + 1) * per_round]

    def same(texts: list[list[int]], number: int) -> None:
        """The timed work must be the same."""
        ours = [list(last(stream_speculatively(pair.model, [p], [1.0], asked.forced)).tokens) for p in chosen(number)]
        if texts != ours:
            print(
                f"round {number}: texts differ, {sum(a != b for a, b in zip(texts, ours, strict=True))} of {len(ours)}",
                file=sys.stderr,
            )

    contenders = {
        "offset": lambda n: [last(stream_speculatively(pair.model, [p], [1.0], asked.forced)) for p in chosen(n)],
        "undrafted": lambda n: [last(stream_rows(pair.model, [p], [1.0], asked.forced)) for p in chosen(n)],
        "own base": lambda n: [last(stream_rows(pair.model, [p], [0.0], asked.forced)) for p in chosen(n)],
        "generate": lambda n: [generate(pair.model.base, p, TOKENS, asked.forced.pad) for p in chosen(n)],
        "three models": lambda n: [three_models(pair, p, TOKENS) for p in chosen(n)],
    }
    seconds = take_turns(contenders, rounds)
    same([three_models(pair, p, TOKENS) for p in chosen(0)], 0)
    ours = seconds["offset"]
    return {
        "decode_vs_base": ratio(seconds["generate"], ours),
        "decode_vs_own_base": ratio(seconds["own base"], ours),
        "decode_vs_plain": ratio(seconds["three models"], ours),
        "undrafted_vs_own_base": ratio(seconds["own base"], seconds["undrafted"]),
        "plain_vs_base": ratio(seconds["generate"], seconds["three models"]),
        "offset_ms_a_token": Spread(*(1000 * value / TOKENS / per_round for value in ratio(ours, [1.0] * len(ours)))),
    }


def to_the_end(pair: LoadedPair, rounds: int, per_round: int) -> dict[str, Spread]:
    """The same where answers may end: what a user at the slider waits for."""
    asked = ask(pair, (rounds + 1) * per_round)

    def chosen(number: int) -> list[list[int]]:
        return asked.prompts[number * per_round : (number + 1) * per_round]

    seconds = take_turns(
        {
            "offset": lambda n: [last(stream_speculatively(pair.model, [p], [1.0], asked.natural)) for p in chosen(n)],
            "own base": lambda n: [last(stream_rows(pair.model, [p], [0.0], asked.natural)) for p in chosen(n)],
        },
        rounds,
    )
    return {"answer_vs_own_base": ratio(seconds["own base"], seconds["offset"])}


def mapping(pair: LoadedPair, rounds: int) -> dict[str, Spread]:
    """map_vs_answer: ÷ one plain decode forced to the map's longest branch; map_vs_grid: ÷ 41 plain decodes."""
    asked = ask(pair, rounds + 1, JUDGED)
    longest: dict[int, int] = {}

    def map_one(number: int) -> None:
        found = map_prompt(pair.model, asked.prompts[number], asked.natural)
        longest[number] = max(len(interval.tokens) + interval.ended for interval in found.intervals)

    def answer(number: int) -> None:
        forced = asked.forced._replace(max_new_tokens=longest[number])
        last(stream_rows(pair.model, [asked.prompts[number]], [1.0], forced))

    def grid(number: int) -> None:
        for alpha in SLIDER:
            last(stream_rows(pair.model, [asked.prompts[number]], [alpha], asked.natural))

    for number in range(rounds + 1):  # known before it is needed, in any order of turns
        map_one(number)
    seconds = take_turns({"map": map_one, "answer": answer, "grid": grid}, rounds)
    return {
        "map_vs_answer": ratio(seconds["map"], seconds["answer"]),
        "map_vs_grid": ratio(seconds["map"], seconds["grid"]),
        "map_seconds": ratio(seconds["map"], [1.0] * rounds),
    }
