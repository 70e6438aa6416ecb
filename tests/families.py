"""Model families, each as two random layers that transformers makes: what each is made of, and what is to become of
it.

`docs/families.md` is made from this list (`families_table`), and tests/engine/models/test_families.py holds every
line to it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from torch import Tensor

from engine.models.manifest import PairManifest, write_manifest
from tests import tokenizers
from tests.tiny import make_tokenizer

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
    "head_dim": 8,
    "tie_word_embeddings": True,
}
THINLY, WHOLE = "read thinly", "read through transformers"
STATE, AFTER = "keeps a state instead of keys and values", "changes its logits after the output layer"
BEFORE, PIECES = (
    "changes its last hidden state before the output layer",
    "reads a text in pieces differently from the whole",
)
ALONE = "cannot be read token by token"
WINDOW = 6  # tokens; every prompt is longer


_CHAT: dict[str, Any] = {"bos": True, "chat": tokenizers.CHATML}
TOKENIZERS: dict[str, Callable[[], Any]] = {
    "words": make_tokenizer,
    "byte level": partial(tokenizers.make, "byte_level"),
    "byte level, chat": partial(tokenizers.make, "byte_level", **_CHAT),
    "Unigram": partial(tokenizers.make, "unigram", bos=True),
    "prefix space": partial(tokenizers.make, "prefix_space", bos=True),
    "prefix space, chat": partial(tokenizers.make, "prefix_space", bos=True, chat=tokenizers.SPACED),
    "marked spaces, chat": partial(tokenizers.make, "marked_spaces", **_CHAT),
    "appended end": partial(tokenizers.make, "byte_level", appends_eos=True),
    "holes": tokenizers.with_holes,
}


class Family(NamedTuple):
    """`becomes` is how it is read, or the words in which it is refused. `padding`: columns of the output that no
    token has.
    """

    name: str
    model: str  # as transformers names it, without ForCausalLM
    becomes: str
    tokenizer: str
    changes: dict[str, Any] = {}
    padding: int = 0

    @property
    def kind(self) -> str:
        return self.model if "Head" in self.model else f"{self.model}ForCausalLM"


def _rope(kind: str, **more: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0, **more}}


_LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
_LONG = {"short_factor": [1.0] * 4, "long_factor": [4.0] * 4}
_SLIDING = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}

FAMILIES = (
    Family("Llama", "Llama", THINLY, "words"),
    Family("Llama, own output layer, padded", "Llama", THINLY, "appended end", {"tie_word_embeddings": False}, 7),
    Family("Llama 2", "Llama", THINLY, "prefix space", {"num_key_value_heads": 4}),
    Family("Llama 3 (scaled positions)", "Llama", THINLY, "byte level, chat", _rope("llama3", **_LLAMA3)),
    Family("Llama, positions scaled linearly", "Llama", THINLY, "Unigram", _rope("linear", factor=2.0)),
    Family(
        "Llama, positions scaled by YaRN",
        "Llama",
        WHOLE,
        "holes",
        _rope("yarn", factor=4.0, original_max_position_embeddings=32),
    ),
    Family("Llama, positions scaled dynamically", "Llama", WHOLE, "words", _rope("dynamic", factor=2.0)),
    Family("Llama, with biases", "Llama", WHOLE, "words", {"attention_bias": True, "mlp_bias": True}),
    Family("Llama 4 (text)", "Llama4", ALONE, "words", {"num_local_experts": 2}),
    Family("Mistral", "Mistral", WHOLE, "Unigram", {"sliding_window": None}),
    Family("Mistral, sliding window", "Mistral", WHOLE, "prefix space, chat", {"sliding_window": WINDOW}),
    Family("Mixtral", "Mixtral", WHOLE, "prefix space", {"num_local_experts": 4}),
    Family("Qwen 2", "Qwen2", WHOLE, "byte level", {}, 22),
    Family(
        "Qwen 2, sliding window",
        "Qwen2",
        WHOLE,
        "byte level, chat",
        {"use_sliding_window": True, "max_window_layers": 1, "sliding_window": WINDOW},
    ),
    Family("Qwen 3", "Qwen3", WHOLE, "byte level, chat"),
    Family(
        "Qwen 3 with experts",
        "Qwen3Moe",
        WHOLE,
        "words",
        {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32},
    ),
    Family("Gemma", "Gemma", WHOLE, "marked spaces, chat"),
    Family("Gemma 2", "Gemma2", AFTER, "marked spaces, chat"),
    Family("Gemma 3 (text)", "Gemma3", WHOLE, "marked spaces, chat", {**_SLIDING, "initializer_range": 0.05}, 5),
    Family("Gemma 3 with capped logits", "Gemma3", AFTER, "marked spaces, chat", {"final_logit_softcapping": 30.0}),
    Family("Gemma 3 that reads both ways", "Gemma3", PIECES, "words", {"use_bidirectional_attention": True}),
    Family("Phi", "Phi", WHOLE, "byte level", {"tie_word_embeddings": False}),
    Family("Phi-3", "Phi3", WHOLE, "prefix space", {"tie_word_embeddings": False, "sliding_window": WINDOW}),
    Family(
        "Phi-3, long context",
        "Phi3",
        WHOLE,
        "words",
        {**_rope("longrope", **_LONG), "original_max_position_embeddings": 64},
    ),
    Family("GPT-2", "GPT2LMHeadModel", WHOLE, "byte level"),
    Family("GPT-NeoX", "GPTNeoX", WHOLE, "byte level", {"tie_word_embeddings": False}, 3),
    Family("GPT-J", "GPTJ", WHOLE, "words", {"rotary_dim": 4, "tie_word_embeddings": False}),
    Family(
        "gpt-oss", "GptOss", WHOLE, "byte level, chat", {**_SLIDING, "num_local_experts": 4, "num_experts_per_tok": 2}
    ),
    Family("OPT", "OPT", WHOLE, "byte level", {"word_embed_proj_dim": 32, "ffn_dim": 64}),
    Family("Bloom", "Bloom", WHOLE, "byte level"),
    Family("Falcon", "Falcon", WHOLE, "byte level"),
    Family("OLMo 2", "Olmo2", WHOLE, "byte level", {"tie_word_embeddings": False}),
    Family("OLMo 3", "Olmo3", WHOLE, "words", _SLIDING),
    Family("Cohere", "Cohere", AFTER, "byte level, chat"),
    Family("Cohere 2", "Cohere2", AFTER, "byte level, chat"),
    Family("Granite", "Granite", AFTER, "words", {"logits_scaling": 8.0}),
    Family("SmolLM 3", "SmolLM3", WHOLE, "byte level, chat", {"no_rope_layers": [1, 0]}),
    Family("StableLM", "StableLm", WHOLE, "byte level"),
    Family("StarCoder 2", "Starcoder2", WHOLE, "byte level", {"sliding_window": WINDOW}),
    Family("LFM 2 (convolutions)", "Lfm2", WHOLE, "words", {"layer_types": ["conv", "full_attention"]}),
    Family("Mamba", "Mamba", STATE, "byte level"),
    Family("Falcon Mamba", "FalconMamba", STATE, "byte level"),
    Family("RWKV", "Rwkv", STATE, "byte level"),
    Family(
        "Jamba",
        "Jamba",
        STATE,
        "words",
        {
            "num_hidden_layers": 4,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "expert_layer_period": 2,
            "expert_layer_offset": 1,
            "num_experts": 2,
            "use_mamba_kernels": False,
        },
    ),
    Family("BERT as a decoder", "BertLMHeadModel", BEFORE, "words", {"is_decoder": True}),
)


def ends_of(tokenizer: Any) -> list[int]:
    """What ends an answer: the tokenizer's end token and, where turns end in one of their own, that, the last."""
    turns = tokenizer.chat_template and "<|end|>" in tokenizer.chat_template
    return [tokenizer.eos_token_id, *([tokenizer.convert_tokens_to_ids("<|end|>")] if turns else [])]


def columns_of(tokenizer: Any) -> int:
    """Columns of logits that tokens have: up to the largest id."""
    return int(max(tokenizer.get_vocab().values())) + 1


def make(family: Family, seed: int, padding: int | None = None) -> Any:
    """A random model of the family."""
    tokenizer = TOKENIZERS[family.tokenizer]()
    kind = getattr(transformers, family.kind)
    config_kind = kind.config_class
    known = vars(config_kind()).keys() | config_kind.attribute_map.keys()
    sizes = {name: size for name, size in SIZES.items() if name in known} | family.changes
    config = config_kind(
        vocab_size=columns_of(tokenizer) + (family.padding if padding is None else padding),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **sizes,
    )
    torch.manual_seed(seed)
    return kind(config).eval()


def move(weights: Iterable[Tensor], seed: int, size: float = 0.1) -> None:
    """Every weight a little, in place."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in weights:
            weight += size * torch.randn(weight.shape, generator=draw)


def save(model: Any, family: Family, folder: Path) -> Path:
    tokenizer = TOKENIZERS[family.tokenizer]()
    model.generation_config.eos_token_id = ends_of(tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_pair(family: Family, folder: Path) -> Path:
    """Base, reference and trained, three folders; of the last, a pair that names the others."""
    base = save(make(family, 1), family, folder / "base")
    reference = save(make(family, 2), family, folder / "reference")
    model = make(family, 2)
    move(model.parameters(), 3)
    trained = save(model, family, folder / "pair")
    write_manifest(trained, PairManifest("pair", str(base), str(reference), "npo", tuning="full"))
    return trained


@torch.no_grad()
def logits_of(pair: Any, tokens: list[int], alpha: float) -> Tensor:
    """The ensemble's logits from whole passes of the models themselves, of the columns that tokens have: [T, V]."""
    model, ids = pair.model, torch.tensor([tokens])
    base, trained, reference = (
        part(input_ids=ids).logits[0].double() for part in (model.base, model.trained, model.reference)
    )
    columns = columns_of(pair.tokenizer)
    found: Tensor = base[:, :columns] + alpha * (trained[:, :columns] - reference[:, :columns])
    return found


def slowly(pair: Any, prompt: list[int], alpha: float, steps: int) -> list[int]:
    """The greedy answer, one whole pass of each model a token; without its end token."""
    tokens = list(prompt)
    while len(tokens) < len(prompt) + steps:
        token = int(logits_of(pair, tokens, alpha)[-1].argmax())
        if token in ends_of(pair.tokenizer):
            break
        tokens.append(token)
    return tokens[len(prompt) :]


def families_table() -> str:
    """The table of docs/families.md."""
    rows = [f"| {family.name} | `{family.kind}` | {_said(family)} |" for family in FAMILIES]
    return "\n".join(["| family | in transformers | what becomes of it |", "|---|---|---|", *rows])


def _said(family: Family) -> str:
    return family.becomes if family.becomes in (THINLY, WHOLE) else f"refused: it {family.becomes}"
