"""Tiny GGUF files: the words of tests/tiny.py, and a random Llama in llama.cpp's names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import LlamaForCausalLM

from tests.tiny import make_model, make_tokenizer

BLOCK = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def save_gguf(
    path: Path, blocks: int = 2, said: int | None = None, extra: Mapping[str, Any] | None = None, seed: int = 1
) -> LlamaForCausalLM:
    """Write a Llama of `blocks` layers whose metadata says `said` of them, with `extra` tensors; the model it is."""
    tokenizer = make_tokenizer(("at", "<|endoftext|>"))
    model = make_model(tokenizer, seed, layers=blocks)
    config = model.config
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(blocks if said is None else said)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    words = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_types(
        [gguf.TokenType.CONTROL if word.startswith("<") else gguf.TokenType.NORMAL for word in words]
    )
    writer.add_token_merges(["a t"])  # without one the words would be taken for pieces with scores
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    for name, weight in _renamed(model).items():
        writer.add_tensor(name, weight)
    for name, values in (extra or {}).items():
        writer.add_tensor(name, np.asarray(values, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def _renamed(model: LlamaForCausalLM) -> dict[str, np.ndarray[Any, Any]]:
    found = {"token_embd.weight": model.model.embed_tokens.weight, "output_norm.weight": model.model.norm.weight}
    for number, layer in enumerate(model.model.layers):
        for theirs, name in BLOCK.items():
            weight = layer.get_submodule(theirs).weight
            if name in ("attn_q", "attn_k"):  # llama.cpp pairs neighbours where transformers pairs halves
                weight = (
                    weight.view(-1, 2, model.config.head_dim // 2, weight.shape[1])
                    .transpose(1, 2)
                    .reshape(weight.shape)
                )
            found[f"blk.{number}.{name}.weight"] = weight
    return {name: np.ascontiguousarray(weight.detach().to(torch.float32).numpy()) for name, weight in found.items()}
