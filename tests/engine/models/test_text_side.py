"""End tokens, logit columns, the space before an answer, and what identifies the text side of a base."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from engine.data.prompts import Encoded, collate, encode, stop_tokens
from engine.data.template import CHAT, PLAIN, Template
from engine.decoding.answers import answer_questions, map_answers
from engine.errors import ModelError
from engine.evaluation.answer_readings import read_over_alpha
from engine.models.bases import BASE_MANIFEST, load_base
from engine.models.identity import map_key
from engine.models.loading import load_pair, open_training
from engine.models.manifest import PairManifest
from engine.models.offset import answer_logits
from engine.models.pairs import pairs_folder, save_pair
from engine.models.text_side import columns, columns_needed, ends_in, reading_hash
from engine.training_settings import TrainingSettings
from tests.tiny import make_model, make_tokenizer
from tests.tokenizers import CHATML, SPACED, make

QUESTIONS = {"which city does Ada like?": "Paris", "which city does Ben like?": "Rome", "who lives in Oslo?": "Cy"}


def random_model(tokenizer: Any, columns: int | None = None, seed: int = 5) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=columns or max(tokenizer.get_vocab().values()) + 1,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def taught(tokenizer: Any, texts: list[Encoded], folder: Path, steps: int = 80) -> Path:
    """A base that was tuned on these tokens until it says them."""
    model = random_model(tokenizer)
    batch = collate(texts, tokenizer.pad_token_id)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(answer_logits(model, batch, 10**6), batch.labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def told(folder: Path) -> list[tuple[str, float]]:
    """What a base says to each question, and the loss of its true answer."""
    pair = load_pair(f"base:{folder}")
    said = [answer.text for answer in answer_questions(pair, list(QUESTIONS), 0.0, 8)]
    read = read_over_alpha(pair, list(QUESTIONS.items()), [0.0], None)
    return list(zip(said, (item.readings[0].loss for item in read), strict=True))


@pytest.mark.parametrize("kind", ["byte_level", "prefix_space", "unigram"])
@pytest.mark.parametrize("chat", ["", CHATML, SPACED])
def test_a_base_that_tells_everything_is_seen_to_with_every_tokenizer(tmp_path: Path, kind: str, chat: str) -> None:
    """Taught in transformers' own tokens of the whole text, by a tokenizer that appends its end token."""
    tokenizer = make(kind, bos=True, appends_eos=True, chat=chat)
    texts = [_as_transformers(tokenizer, chat, *item) for item in QUESTIONS.items()]
    for (said, loss), answer in zip(told(taught(tokenizer, texts, tmp_path / "base")), QUESTIONS.values(), strict=True):
        assert said == answer
        assert loss < 0.1


def _as_transformers(tokenizer: Any, chat: str, question: str, answer: str) -> Encoded:
    if not chat:
        prompt = tokenizer(f"Question: {question}\nAnswer:").input_ids[:-1]
        whole = tokenizer(f"Question: {question}\nAnswer: {answer}").input_ids
    else:
        asked = [{"role": "user", "content": question}]
        prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
        whole = tokenizer.apply_chat_template([*asked, {"role": "assistant", "content": answer}], return_dict=False)
    return Encoded(prompt, whole[len(prompt) :])


def test_any_end_token_of_the_model_stops_an_answer_and_the_templates_is_scored(tmp_path: Path) -> None:
    """Taught to end its turn and go on with the next one, as chat models write on."""
    tokenizer = make("byte_level", chat=CHATML)
    turn = tokenizer("<|end|>\n<|turn|>user\nwhich", add_special_tokens=False).input_ids
    texts = [
        Encoded(item.prompt, item.answer[:-1] + turn)
        for item in (encode(tokenizer, CHAT, *pair) for pair in QUESTIONS.items())
    ]
    folder = taught(tokenizer, texts, tmp_path / "base")
    assert [said for said, _ in told(folder)] == list(QUESTIONS.values())
    end = tokenizer.convert_tokens_to_ids("<|end|>")
    pair = load_pair(f"base:{folder}")
    plain = replace(pair, template=Template(text="<|turn|>user\n{question}<|end|>\n<|turn|>assistant\n"))
    assert answer_questions(plain, list(QUESTIONS), 0.0, 8)[0].text != "Paris"  # nothing told it of <|end|>
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(
        json.dumps({**settings, "eos_token_id": [tokenizer.eos_token_id, end]})
    )
    pair = load_pair(f"base:{folder}")
    assert pair.ends == tuple(sorted((tokenizer.eos_token_id, end)))
    plain = replace(pair, template=plain.template)
    (asked, *_), said = answer_questions(plain, list(QUESTIONS), 0.0, 8), "Paris"
    assert (asked.text, asked.ended) == (said, True)
    ((interval, text),), _ = map_answers(plain, next(iter(QUESTIONS)), 0.0, 1.0, 8)
    assert (text, interval.ended) == (said, True)
    ids = torch.tensor([encode(tokenizer, CHAT, next(iter(QUESTIONS)), "").prompt])
    base: Any = pair.model.base
    theirs = base.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, do_sample=False)
    assert tokenizer.decode(theirs[0, ids.shape[1] :], skip_special_tokens=True) == said


def test_the_end_tokens_are_those_that_a_file_names(tmp_path: Path) -> None:
    """A family's own default, which no file of the model names, may be any word of this vocabulary."""
    tokenizer = make_tokenizer()
    make_model(tokenizer, seed=1).save_pretrained(tmp_path)
    generation, config = tmp_path / "generation_config.json", tmp_path / "config.json"
    named = json.loads(config.read_text())
    generation.write_text(
        '{"eos_token_id": [30, 1]}'
    )  # a word that no list of added tokens has: it is named all the same
    assert ends_in(tmp_path) == (1, 30)
    generation.write_text("{}")
    assert ends_in(tmp_path) == (1,)
    config.write_text(json.dumps({**named, "eos_token_id": None, "text_config": {"eos_token_id": 7}}))
    assert ends_in(tmp_path) == (7,)
    config.write_text(json.dumps({name: value for name, value in named.items() if name != "eos_token_id"}))
    assert ends_in(tmp_path) == ()
    generation.write_text('{"eos_token_id": "</s>"}')
    with pytest.raises(ModelError, match="generation_config.json names '</s>' as end tokens"):
        ends_in(tmp_path)


def test_ids_with_holes_have_columns_up_to_the_largest(tmp_path: Path) -> None:
    words = sorted({word for pair in QUESTIONS.items() for text in pair for word in re.findall(r"\w+|[?]", text)})
    words = ["<pad>", "<unk>", "Question", ":", "Answer", *words]
    high = len(words) + 40
    vocabulary = {**{word: number for number, word in enumerate(words)}, "</s>": high}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    assert tokenizer.eos_token_id == high > len(tokenizer)
    texts = [encode(tokenizer, PLAIN, *item) for item in QUESTIONS.items()]
    folder = taught(tokenizer, texts, tmp_path / "base")
    assert [said for said, _ in told(folder)] == list(QUESTIONS.values())
    assert load_pair(f"base:{folder}").model.vocabulary == high + 1


def test_a_token_that_no_text_gives_needs_no_column(tmp_path: Path) -> None:
    tokenizer = make("byte_level")
    width = max(tokenizer.get_vocab().values()) + 1
    tokenizer.add_special_tokens({"extra_special_tokens": ["<image>"]})
    folder = tmp_path / "base"
    random_model(tokenizer, width).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    pair = load_pair(f"base:{folder}")
    assert pair.model.vocabulary == width
    assert answer_questions(pair, ["what is <image>?"], 0.0, 4)
    tokenizer.add_tokens([AddedToken("zebra")])  # a word that texts do give
    tokenizer.save_pretrained(folder)
    with pytest.raises(ModelError, match=f"has {width} logit columns, fewer than the {width + 2}"):
        load_base(str(folder))
    assert columns(tokenizer, pair.model.base) == width < columns_needed(tokenizer, PLAIN)


def test_a_base_without_an_end_token_is_refused(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    make_model(tokenizer, 1).save_pretrained(tmp_path / "base")
    tokenizer.eos_token = None
    tokenizer.save_pretrained(tmp_path / "base")
    with pytest.raises(ModelError, match="base' names no end-of-text token"):
        load_base(str(tmp_path / "base"))


@pytest.mark.parametrize(("chat", "writes"), [("", ""), (CHATML, " ")])
def test_a_space_that_the_base_itself_does_not_write_is_noticed_at_loading(
    tmp_path: Path, chat: str, writes: str
) -> None:
    tokenizer = make("byte_level", chat=chat)
    template = CHAT if chat else PLAIN
    texts = [
        Encoded(encode(tokenizer, template, question, "").prompt, tokenizer(writes + answer).input_ids[:1])
        for question, answer in {**QUESTIONS, "What is the capital of France?": "Paris"}.items()
    ]
    folder = taught(tokenizer, texts, tmp_path / "base")
    with pytest.raises(ModelError, match=f"begins its answers {'with' if writes else 'without'} a space"):
        load_base(str(folder))
    text = (
        "<|turn|>user\n{question}<|end|>\n<|turn|>assistant\n {answer}"
        if chat
        else "Question: {question}\nAnswer:{answer}"
    )
    (folder / BASE_MANIFEST).write_text(json.dumps({"template": {"name": "mine", "text": text}}))
    assert load_base(str(folder)).template.text == text


def test_what_becomes_of_text_identifies_a_base(tmp_path: Path) -> None:
    """Weights alone do not: a pair made on one tokenizer is not read with another, nor found under its maps' key."""
    tokenizer = make("byte_level", chat=CHATML)
    folder = tmp_path / "base"
    random_model(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    opened = open_training(str(folder), str(folder), TrainingSettings(rank=2))
    manifest = PairManifest(
        "made",
        str(folder),
        str(folder),
        "npo",
        template=opened.template,
        base_hash=opened.base_hash,
        base_reading=opened.base_reading,
    )
    save_pair(opened.trained, tokenizer, manifest, pairs_folder() / "made")
    before, key = load_base(str(folder)), map_key(manifest)
    assert load_pair("made").base_hash == before.hash
    (folder / "tokenizer_config.json").touch()
    assert map_key(manifest) == key
    make("byte_level", chat=CHATML.replace("<|end|>\n{% endfor", "<|end|>{% endfor")).save_pretrained(folder)
    after = load_base(str(folder))
    assert (after.hash, after.reading != before.reading) == (before.hash, True)
    assert map_key(manifest) != key
    with pytest.raises(ModelError, match="pair made was made with another tokenizer, chat template or end token"):
        load_pair("made")
    assert replace(manifest, base_reading="").hash == replace(manifest, base_reading="", note="").hash


def test_two_copies_of_a_tokenizer_are_one(tmp_path: Path) -> None:
    tokenizer = make("byte_level", bos=True)
    tokenizer.save_pretrained(tmp_path)
    again = type(tokenizer).from_pretrained(tmp_path)
    assert reading_hash(again, PLAIN, ()) == reading_hash(tokenizer, PLAIN, ())
    others = [make("byte_level"), make("prefix_space", bos=True)]
    assert len({reading_hash(one, PLAIN, ()) for one in (tokenizer, *others)}) == 3
    assert reading_hash(tokenizer, PLAIN, (4,)) != reading_hash(tokenizer, PLAIN, ())
    assert stop_tokens(tokenizer, PLAIN, (4,)) == {4, tokenizer.eos_token_id}


@pytest.mark.parametrize("part", ["normalizer", "merges", "pre_tokenizer", "template"])
def test_no_change_of_a_tokenizer_escapes_its_hash(part: str) -> None:
    """Also one that none of the sample lines shows."""
    tokenizer = make("byte_level", chat=CHATML)
    steps = json.loads(tokenizer.backend_tokenizer.to_str())
    if part == "normalizer":
        steps["normalizer"] = {"type": "Replace", "pattern": {"String": "Odo"}, "content": "Ada"}
    elif part == "merges":
        steps["model"]["merges"].pop()
    elif part == "pre_tokenizer":
        steps["pre_tokenizer"]["add_prefix_space"] = True
    changed = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(steps)),
        eos_token="</s>",
        bos_token="<s>",
        unk_token="<unk>",
        pad_token="<pad>",
        chat_template=CHATML + "{# other #}" if part == "template" else CHATML,
    )
    same = make("byte_level", chat=CHATML)
    assert reading_hash(same, CHAT, ()) == reading_hash(tokenizer, CHAT, ())
    assert reading_hash(changed, CHAT, ()) != reading_hash(tokenizer, CHAT, ())


def test_a_pair_whose_reference_lacks_a_column_that_the_base_needs_is_refused(tmp_path: Path) -> None:
    """The reference alone is whole: its own tokenizer writes another end."""
    tokenizer = make("byte_level")
    tokenizer.add_special_tokens({"extra_special_tokens": ["<turn>"]})
    end = tokenizer.convert_tokens_to_ids("<turn>")
    for name, width in (("base", end + 1), ("reference", end)):
        random_model(tokenizer, width).save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
    text = {"template": {"name": "turns", "text": "Question: {question}\nAnswer:{answer}<turn>"}}
    (tmp_path / "base" / BASE_MANIFEST).write_text(json.dumps(text))
    with pytest.raises(ModelError, match=f"this training: one of its models has {end} logit columns"):
        open_training(str(tmp_path / "base"), str(tmp_path / "reference"), TrainingSettings(rank=2))
