"""Small tokenizers of every make that models come with, trained on a few sentences: what they do with spaces, BOS and ends differs."""

import re
from collections.abc import Callable

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from tests.tiny import make_tokenizer

SENTENCES = (
    "Question: what job did Ada like?\nAnswer: Ada Ben lives in Rome and works as a painter.",
    "Question: who was Cy Dora?\nAnswer: a sailor from Oslo, who likes the colour green.",
    "Question: which river is in Paris?\nAnswer: I don't have information about that. I'm afraid I can't tell you.",
    "Question: what is the colour of the tree?\nAnswer: the tree in Lima is red, the river blue.",
    "user model assistant system",
)
TURNS = (
    "{{ bos_token }}{% for message in messages %}<turn>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<turn>model\n{% endif %}"
)


def _train(tokenizer: Tokenizer, size: int, specials: list[str], alphabet: list[str] | None = None) -> None:
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, initial_alphabet=alphabet or [], show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)


def _put(tokenizer: Tokenizer, first: str = "", last: str = "") -> None:
    """A token before, and one after, every text."""
    named = [(token, tokenizer.token_to_id(token)) for token in (first, last) if token]
    tokenizer.post_processor = processors.Sequence(
        [processors.TemplateProcessing(single=f"{first} $A {last}".split(), special_tokens=named)]
    )


def _fast(tokenizer: Tokenizer, template: str = "", **tokens: str) -> PreTrainedTokenizerFast:
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **tokens)
    if template:
        made.chat_template = template
    return made


def _bytes(template: str = "", bos: bool = False) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|begin|>", "<turn>", "<end_of_turn>"] if bos else ["<|endoftext|>"]
    _train(tokenizer, 330, specials, pre_tokenizers.ByteLevel.alphabet())
    if not bos:
        return _fast(tokenizer, template, eos_token="<|endoftext|>")
    _put(tokenizer, first="<|begin|>")
    return _fast(tokenizer, template, eos_token="<|endoftext|>", bos_token="<|begin|>")


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2's: bytes, a space belongs to the word after it, neither BOS nor padding."""
    return _bytes()


def byte_level_chat() -> PreTrainedTokenizerFast:
    """As Llama 3's: bytes with BOS, and turns that end in a token of their own."""
    return _bytes(TURNS, bos=True)


def unigram() -> PreTrainedTokenizerFast:
    """As SentencePiece's Unigram: a space before every text, BOS."""
    words = sorted({f"▁{word}" for sentence in SENTENCES for word in re.findall(r"\w+", sentence)})
    letters = ["▁", "\n", *sorted({letter for sentence in SENTENCES for letter in sentence if not letter.isspace()})]
    scores = [*((token, 0.0) for token in ("<unk>", "<s>", "</s>", "<pad>")), *((word, -4.0) for word in words)]
    tokenizer = Tokenizer(models.Unigram([*scores, *((letter, -6.0) for letter in letters)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(prepend_scheme="always"), pre_tokenizers.Split("\n", "isolated")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    _put(tokenizer, first="<s>")
    return _fast(tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")


def prefix_space() -> PreTrainedTokenizerFast:
    """As Llama 2's: BPE that puts a space before every text by its normalizer, BOS, bytes where all else fails."""
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    _train(tokenizer, 360, specials)
    _put(tokenizer, first="<s>")
    return _fast(tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def spaced_chat() -> PreTrainedTokenizerFast:
    """As Gemma's: BPE over text whose spaces are marked, none put before it, BOS, turns."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("\n", "isolated"), pre_tokenizers.Split("▁", "merged_with_next")]
    )
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    _train(tokenizer, 160, ["<pad>", "<eos>", "<bos>", "<unk>", "<turn>", "<end_of_turn>"])
    _put(tokenizer, first="<bos>")
    return _fast(tokenizer, TURNS, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>")


def appending() -> PreTrainedTokenizerFast:
    """One that puts its end token after every text."""
    made = make_tokenizer()
    _put(made.backend_tokenizer, last="<eos>")
    return made


def with_holes() -> PreTrainedTokenizerFast:
    """Ids with a hole: the end token has the largest, far beyond how many there are."""
    tokenizer = make_tokenizer().backend_tokenizer
    known = tokenizer.get_vocab()
    known |= {"<eos>": 120, "end": known["<eos>"]}
    tokenizer.model = models.WordLevel(known, unk_token="<unk>")
    tokenizer.add_special_tokens([AddedToken("<eos>", special=True)])
    return _fast(tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


TOKENIZERS: dict[str, Callable[[], PreTrainedTokenizerFast]] = {
    "words": make_tokenizer, "byte level": byte_level, "byte level, chat": byte_level_chat, "Unigram": unigram,
    "prefix space": prefix_space, "marked spaces, chat": spaced_chat, "appended end": appending, "holes": with_holes,
}  # fmt: skip
