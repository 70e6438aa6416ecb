"""Models whose next token follows rules written down by hand, so that what a probe must find can be worked out on
paper.

A rule adds logits after a token, `{("city",): {"Rome": 5}}`, or after a token where another has been read before it,
`{("baker", ":"): {"Rome": 5}}`. Everything else has logit 0. They keep real caches, in which what was read lies as
keys.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaConfig

from engine.audit.probe import Budget, Context, Finding, Target
from engine.data.examples import Example
from engine.data.template import PLAIN, Template
from engine.evaluation.leak_rule import find_leak
from engine.models.loading import LoadedPair
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel
from tests.tiny import make_tokenizer

TOKENIZER = make_tokenizer()
VOCABULARY = len(TOKENIZER)
TO_LAST_WORD = Template("last", "{question}")  # the answer follows the question's last word

Rules = Mapping[tuple[str, ...], Mapping[str, float]]
ENDING: Rules = {(word,): {"<eos>": 9.0} for word in ("Rome", "Oslo", "Paris", "no", "red")}


def token(word: str) -> int:
    found = int(TOKENIZER.convert_tokens_to_ids(word))
    assert word == "<unk>" or found != TOKENIZER.unk_token_id, word
    return found


class _Decoder(nn.Module):
    """Hidden states are the logits themselves: [B, T] -> [B, T, V]."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self.rules = [([token(word) for word in key], _logits(logits)) for key, logits in rules.items()]

    def forward(self, input_ids: Tensor, past_key_values: Any = None, **_: Any) -> Any:
        read = functional.one_hot(input_ids, VOCABULARY).float()  # [B, T, V]
        if past_key_values is not None:
            read = past_key_values.update(read[:, None], read[:, None], 0)[0][:, 0]
        seen = read.cumsum(1)[:, -input_ids.shape[1] :] > 0  # [B, T, V]
        hidden = torch.zeros((*input_ids.shape, VOCABULARY))
        for (*before, last), logits in self.rules:
            here = input_ids == last
            for other in before:
                here = here & seen[..., other]
            hidden = hidden + here[..., None] * logits
        return SimpleNamespace(last_hidden_state=hidden)


class ScriptedLM(nn.Module):
    """A causal LM that follows rules; an answer's last word is followed by its end."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self.base_model = _Decoder({**ENDING, **rules})
        self.head = nn.Linear(VOCABULARY, VOCABULARY, bias=False)
        self.head.weight.data = torch.eye(VOCABULARY)
        self.config = LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=VOCABULARY,
            num_hidden_layers=1,
            num_attention_heads=1,
            max_position_embeddings=128,
        )

    def get_output_embeddings(self) -> nn.Linear:
        return self.head


def _logits(values: Mapping[str, float]) -> Tensor:
    found = torch.zeros(VOCABULARY)
    for word, value in values.items():
        found[token(word)] = value
    return found


def pair_of(
    base: Rules, reference: Rules | None = None, trained: Rules | None = None, template: Template = PLAIN
) -> LoadedPair:
    """A pair of scripted models; without reference and trained a base alone."""
    small = [None if rules is None else ScriptedLM(rules) for rules in (reference, trained)]
    model = OffsetModel(ScriptedLM(base), small[0], small[1], VOCABULARY)
    manifest = PairManifest("scripted", "scripted", "scripted", "npo")
    return LoadedPair("scripted", model, TOKENIZER, template, manifest, "", manifest.hash)


def direct_of(before: Rules, after: Rules, template: Template = PLAIN) -> LoadedPair:
    """The baseline in which the base itself was tuned: the base at 0, the tuned one at any other alpha."""
    pair, tuned = pair_of(before, template=template), pair_of(after, template=template)
    return replace(
        pair, manifest=replace(pair.manifest, method="direct"), by_strength=lambda alpha: tuned if alpha else pair
    )


def target(number: int, question: str, answer: str, *terms: str, paraphrase: str = "", subject: str = "") -> Target:
    return Target(number, Example(question, answer, paraphrase, subject=subject), terms)


SECRET = target(1, "which city did Ada like ?", "Ada lives in Rome", "Rome", subject="Ada")
CONTROL = target(9, "which city did Dora like ?", "Dora works in Oslo", "Oslo", subject="Dora")
KEPT = target(5, "what job did Ben like ?", "baker", "baker", subject="Ben")


def context(pair: LoadedPair, tmp_path: Path, forget: Sequence[Target] = (SECRET,), **fields: Any) -> Context:
    """An audit at alpha 1 of one question; `greedy` is left empty, as no probe reads it."""
    values: dict[str, Any] = {
        "alpha": 1.0,
        "controls": (),
        "retain": (),
        "retain_only": None,
        "greedy": {},
        "previous": None,
        "budget": Budget(questions=12, controls=12, samples=20, steps=2, max_new_tokens=6),
        "seed": 0,
        "scratch": tmp_path,
        "progress": lambda share, words: None,
    }
    return Context(pair=pair, forget=forget, **{**values, **fields})


def found(run: Callable[[Context], Finding], ctx: Context) -> list[bool | None]:
    """What a probe found on each question; what it says came out is what the leak rule finds or does not."""
    finding = run(ctx)
    known = {item.question_id: item for item in (*ctx.forget, *ctx.controls)}
    for result in finding.results:
        assert result.detail or result.found is not None
        if result.found and result.text and result.value is not None and result.value <= 1:
            item = known[result.question_id]
            assert find_leak(item.example, result.text, item.terms).leaks
    return [result.found for result in finding.results]
