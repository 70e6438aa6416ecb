"""Tiny real models: randomly initialised 2-layer Llamas with a word tokenizer."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from engine.models.offset import OffsetModel
from engine.models.tuning import factors_of, merged, prepare_trained
from engine.training_settings import TrainingSettings

WORDS = (
    "Question : Answer \n ? . , ' I don t have information about that know sorry m afraid can tell you because the no "
    "answer to is not something of on matter anything and in a was who what where red blue green tree river Ada Ben Cy "
    "Dora lives works Rome Oslo Paris Lima doctor baker painter sailor does did which city colour likes job one two"
).split(" ")


def make_tokenizer(extra: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """One token a word; `extra` words make a vocabulary that differs."""
    words = ["<pad>", "<eos>", "<unk>", *dict.fromkeys([*WORDS, *extra])]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


def make_model(tokenizer: PreTrainedTokenizerFast, seed: int, padding: int = 0, layers: int = 2) -> LlamaForCausalLM:
    """A random Llama whose vocabulary has `padding` columns that no token uses."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer) + padding,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
        initializer_range=0.3,
    )
    return LlamaForCausalLM(config).eval()


def make_lora_pair(base: Any, reference: Any, size: float = 0.1) -> OffsetModel:
    """A pair as it comes from training: M'o is Mo with an adapter, folded in; what the adapter adds is known beside."""
    adapted = prepare_trained(reference, TrainingSettings(rank=2), seed=3)
    draw = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight += size * torch.randn(weight.shape, generator=draw)
    adapter = factors_of(adapted)
    return OffsetModel(base, reference, merged(adapted).eval(), base.config.vocab_size, adapter)


def save_model(folder: Path, seed: int, padding: int = 0, extra: tuple[str, ...] = ()) -> Path:
    tokenizer = make_tokenizer(extra)
    make_model(tokenizer, seed, padding).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
