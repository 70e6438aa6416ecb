"""Tokenizers of several kinds, small enough for a test: each reads any text, byte by byte where it knows no better."""

from collections.abc import Callable
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from tests.tiny import make_tokenizer

TEXTS = (
    "Question: which city does Ada like?\nAnswer: Paris",
    "user assistant model",
    "Who lives in Rome? Ben, the baker.",
    "red blue green 1987 don't",
)
SPECIALS = ["<pad>", "<unk>", "<s>", "</s>", "<|turn|>", "<|end|>"]
CHATML = (
    "{% for m in messages %}<|turn|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
SPACED = (
    "{% for m in messages %}{% if m.role == 'user' %}<s>[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}</s>{%"
    " endif %}{% endfor %}"
)
THINKING = (
    "{% for m in messages %}<|turn|>{{ m.role }}\n{% if m.role == 'assistant' %}(no thoughts)\n{% endif %}{{ m.content"
    " }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
DATED = "It is {{ strftime_now('%d %b %Y') }}. " + CHATML


def byte_level() -> Tokenizer:
    """As in GPT-2, Llama 3, Qwen: a space belongs to the word after it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def prefix_space() -> Tokenizer:
    """As in Llama 2 and Mistral: a text gets a space before it, and bytes serve what is unknown."""
    alphabet = sorted({letter for text in TEXTS for letter in text} - {" "} | {"▁"})
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    vocabulary = {token: number for number, token in enumerate([*SPECIALS, *bytes_, *alphabet])}
    merges = [("▁", "P"), ("▁", "R"), ("▁", "A")]
    for one, two in merges:
        vocabulary.setdefault(one + two, len(vocabulary))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIALS])
    return tokenizer


def unigram() -> Tokenizer:
    """As in T5 and Gemma's kin: metaspace in front, the likeliest cut."""
    alphabet = sorted({letter for text in TEXTS for letter in text} - {" "} | {"▁"})
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    words = ["▁Paris", "▁Ada", "▁city", "Answer", "▁red"]
    pieces = [(token, 0.0) for token in SPECIALS] + [(token, -12.0) for token in bytes_]
    pieces += [(token, -6.0) for token in alphabet] + [(word, -3.0) for word in words]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIALS])
    return tokenizer


KINDS: dict[str, Callable[[], Tokenizer]] = {"byte_level": byte_level, "prefix_space": prefix_space, "unigram": unigram}


def make(kind: str, bos: bool = False, appends_eos: bool = False, chat: str = "") -> Any:
    """One of `KINDS`, or `marked_spaces`, as transformers has it; with BOS before a text, and with the end token
    after it where asked for.
    """
    tokenizer = marked_spaces() if kind == "marked_spaces" else KINDS[kind]()
    pattern = f"{'<s> ' if bos else ''}$A{' </s>' if appends_eos else ''}"
    ids = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single=pattern, special_tokens=ids)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        extra_special_tokens=["<|turn|>", "<|end|>"],
        chat_template=chat or None,
    )


def marked_spaces() -> Tokenizer:
    """As in Gemma: spaces are marked and none is put before a text."""
    tokenizer = prefix_space()
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def with_holes() -> Any:
    """Whole words, whose end token has an id far beyond how many there are."""
    made = make_tokenizer()
    known = made.get_vocab()
    known |= {"<eos>": 120, "end": known["<eos>"]}
    tokenizer = made.backend_tokenizer
    tokenizer.model = models.WordLevel(known, unk_token="<unk>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
