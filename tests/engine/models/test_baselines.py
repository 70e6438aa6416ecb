"""Baselines through the code of a pair: what alpha means for each, held against plain arithmetic on real tiny
models.
"""

import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.data.prompts import collate, encode
from engine.data.template import CHAT, PLAIN, Guarded
from engine.decoding.answers import answer_questions, map_answers, stream_answers
from engine.errors import ModelError, SettingError
from engine.evaluation.answer_readings import read_over_alpha
from engine.models.baselines import Scaled, Silent
from engine.models.loading import LoadedPair, _scaled, _with_or_without
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel, combine_logits
from engine.models.readers import forced_logits
from engine.models.tuning import prepare_trained, tuned_parameters
from engine.training_settings import TrainingSettings
from tests.tiny import make_model, make_tokenizer

QUESTION, ANSWER = "what city does Ada likes ?", "Rome"


@pytest.fixture(scope="module")
def base(tiny_base: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_base).eval()


@pytest.fixture(scope="module")
def adapted(base: Any) -> Any:
    """The base with a LoRA that moves it; the adapter's scale is a number one can turn."""
    model = prepare_trained(base, TrainingSettings(rank=4), seed=0)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in tuned_parameters(model):
            weight.add_(0.1 * torch.randn(weight.shape, generator=draw))
    return model.eval()


@pytest.fixture(scope="module")
def direct(base: Any, adapted: Any, tiny_base: Path) -> LoadedPair:
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    manifest = PairManifest("direct", "tiny", "tiny", "npo", method="direct")
    alone = OffsetModel(base, None, None, len(tokenizer))
    pair = LoadedPair("direct", alone, tokenizer, PLAIN, manifest, "", manifest.hash)
    tuned = copy.deepcopy(adapted).merge_and_unload().eval()
    return replace(pair, by_strength=partial(_scaled, pair, Scaled(base, tuned)))


def rescaled(adapted: Any, alpha: float) -> Any:
    """The adapter's own scale turned: what `Scaled` must agree with."""
    model = copy.deepcopy(adapted)
    for module in model.modules():
        if hasattr(module, "lora_A"):
            module.scaling = {name: alpha * value for name, value in module.scaling.items()}
    return model.merge_and_unload().eval()


@pytest.mark.parametrize("alpha", [-1.0, 0.3, 0.7, 1.0, 2.0])
def test_alpha_of_a_direct_model_is_the_scale_of_its_adapter(direct: LoadedPair, adapted: Any, alpha: float) -> None:
    ids = torch.tensor([[5, 9, 11, 3]])
    model, strength = direct.at(alpha)
    assert strength == 0.0
    with torch.no_grad():
        expected = rescaled(adapted, alpha)(ids).logits
        assert torch.allclose(model.model.base(ids).logits, expected, atol=1e-5)


def test_a_direct_model_at_0_is_the_base_itself(direct: LoadedPair, base: Any) -> None:
    assert direct.at(0.0)[0].model.base is base


def test_a_direct_model_answers_and_is_read_as_the_rescaled_model(direct: LoadedPair, adapted: Any) -> None:
    alphas = [0.0, 0.5, 1.0, 0.5]
    answers = answer_questions(direct, [QUESTION] * 4, alphas, max_new_tokens=6)
    read = read_over_alpha(direct, [(QUESTION, ANSWER)], alphas, (0.0, 2.0))[0]
    assert read.curve is None
    for place, alpha in enumerate(alphas):
        model = OffsetModel(rescaled(adapted, alpha), None, None, direct.model.vocabulary)
        plain = replace(direct, model=model, by_strength=None)
        assert answers[place] == answer_questions(plain, [QUESTION], 0.0, max_new_tokens=6)[0]
        expected = read_over_alpha(plain, [(QUESTION, ANSWER)], [0.0], None)[0].readings[0].loss
        assert read.readings[place].loss == pytest.approx(expected, abs=1e-4)
    assert len({answer.tokens for answer in answers}) > 1, "the strengths must matter for this test to say anything"
    *_, last = stream_answers(direct, QUESTION, [0.0, 0.5], max_new_tokens=6)
    assert list(last) == answers[:2]


def test_a_direct_model_has_no_map(direct: LoadedPair) -> None:
    with pytest.raises(SettingError, match="direct has no map: its method is direct"):
        map_answers(direct, QUESTION, 0.0, 1.0)


def test_an_assistant_is_subtracted(tiny_pair: LoadedPair) -> None:
    assistant = tiny_pair.model.trained
    model = OffsetModel(tiny_pair.model.base, assistant, Silent(assistant), tiny_pair.model.vocabulary)
    batch = collate([encode(tiny_pair.tokenizer, PLAIN, QUESTION, ANSWER)], 0)
    for found in (forced_logits(model, batch), model.answer_logits(batch)):
        assert torch.equal(found.trained, torch.zeros_like(found.trained))
        ensemble = combine_logits(found.base, found.trained, found.reference, 0.7)
        expected = tiny_pair.model.answer_logits(batch)
        assert torch.allclose(ensemble, expected.base - 0.7 * expected.trained, atol=1e-4)


def test_an_assistant_is_decoded_alike_alone_batched_and_mapped(tiny_pair: LoadedPair) -> None:
    assistant = tiny_pair.model.trained
    model = OffsetModel(tiny_pair.model.base, assistant, Silent(assistant), tiny_pair.model.vocabulary)
    pair = replace(tiny_pair, model=model)
    alphas = [0.0, 0.4, 1.0, 1.7]
    batched = answer_questions(pair, [QUESTION] * 4, alphas, max_new_tokens=8)
    alone = [answer_questions(pair, [QUESTION], alpha, max_new_tokens=8)[0] for alpha in alphas]
    assert batched == alone
    intervals, _ = map_answers(pair, QUESTION, 0.0, 2.0, max_new_tokens=8)
    for alpha, answer in zip(alphas, alone, strict=True):
        assert [text for item, text in intervals if item.low <= alpha <= item.high][0] == answer.text


def test_an_output_layer_with_a_bias_cannot_be_silenced() -> None:
    model = make_model(make_tokenizer(), seed=1)
    model.lm_head = torch.nn.Linear(32, model.config.vocab_size, bias=True)
    with pytest.raises(ModelError, match="bias"):
        Silent(model)


def test_a_guardrail_puts_its_text_before_the_question(tiny_pair: LoadedPair) -> None:
    alone = replace(tiny_pair, model=OffsetModel(tiny_pair.model.base, None, None, tiny_pair.model.vocabulary))
    guarded = replace(alone, template=Guarded.around(PLAIN, "what is not something"))
    pair = replace(alone, by_strength=partial(_with_or_without, alone, guarded))
    without, with_ = answer_questions(pair, [QUESTION] * 2, [0.0, 1.0], max_new_tokens=6)
    assert without == answer_questions(alone, [QUESTION], 0.0, max_new_tokens=6)[0]
    put = f"what is not something\n\n{QUESTION}"
    assert with_ == answer_questions(alone, [put], 0.0, max_new_tokens=6)[0]
    assert with_ != without
    with pytest.raises(SettingError, match=r"its alpha is 0 \(without\) or 1 \(with\), got 0.5"):
        answer_questions(pair, [QUESTION], 0.5)


def test_a_guardrail_keeps_the_kind_of_its_template() -> None:
    assert Guarded.around(CHAT, "no").chat
    assert Guarded.around(PLAIN, "no").put("who ?") == "no\n\nwho ?"
