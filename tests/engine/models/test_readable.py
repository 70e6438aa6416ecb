"""What would be read otherwise than it reads itself is refused at loading; what is asked of a model leaves it as it
was.
"""

from typing import Any

import pytest
import torch
from transformers import BertGenerationConfig, BertGenerationDecoder, GPT2LMHeadModel, PreTrainedModel

from engine.errors import ModelError
from engine.models.readable import check_reading
from tests.families import FAMILIES, make
from tests.tiny import make_model, make_tokenizer


def test_a_model_that_changes_its_logits_afterwards_is_refused() -> None:
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, 1)
    check_reading(model, "plain", len(tokenizer))
    with pytest.raises(ModelError, match="plain has 72 logit columns, fewer than the 80 tokens"):
        check_reading(model, "plain", 80)
    model.register_forward_hook(lambda module, inputs, output: setattr(output, "logits", torch.tanh(output.logits)))
    with pytest.raises(ModelError, match="capped changes its logits after the output layer"):
        check_reading(model, "capped", len(tokenizer))


def test_a_cap_is_found_where_all_logits_are_small() -> None:
    """At this size it changes less than rounding does, and at that of a trained model most of what is said."""
    family = next(family for family in FAMILIES if family.name == "Gemma 2")
    model = make(family._replace(changes={"initializer_range": 1e-3}), 1)
    ids = torch.tensor([[1, 2, 1]])
    plain = model.lm_head(model.model(input_ids=ids).last_hidden_state)
    assert torch.allclose(model(input_ids=ids).logits, plain, atol=1e-4)
    with pytest.raises(ModelError, match="changes its logits after the output layer"):
        check_reading(model, "small", model.config.vocab_size)


def test_what_is_asked_leaves_a_model_as_it_was() -> None:
    model, ids = make_model(make_tokenizer(), 1), torch.tensor([[5, 9, 12]])
    before = model(input_ids=ids).logits
    check_reading(model, "plain", 72)
    assert torch.equal(model(input_ids=ids).logits, before)


def test_a_model_that_reads_both_ways_is_refused() -> None:
    """BERT's own configuration says nothing of a decoder: then every token sees those after it."""
    config = BertGenerationConfig(
        vocab_size=72, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    torch.manual_seed(1)
    with pytest.raises(ModelError, match="reads a text in pieces differently from the whole"):
        check_reading(BertGenerationDecoder(config).eval(), "both", 72)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda given: given.pop("position_ids"), "reads a text differently beside a longer one"),
        (
            lambda given: given.pop("past_key_values"),
            "cannot be read token by token|in pieces differently from the whole",
        ),
        (lambda given: given.pop("nothing"), "cannot be read token by token .*'nothing'"),
    ],
)
def test_whatever_a_family_does_with_pieces_it_is_refused_in_one_sentence(spoil: Any, words: str) -> None:
    family = next(family for family in FAMILIES if family.name == "GPT-2")
    model: GPT2LMHeadModel | PreTrainedModel = make(family, 1)
    check_reading(model, "whole", 300)
    forward = model.transformer.forward

    def other(*asked: Any, **given: Any) -> Any:
        if given.get("past_key_values") is not None:
            spoil(given)
        return forward(*asked, **given)

    model.transformer.forward = other
    with pytest.raises(ModelError, match=words) as refused:
        check_reading(model, "spoilt", 300)
    assert "\n" not in str(refused.value)
