"""Every family of models: read as it reads itself, token by token, in batches, at any alpha; or refused in one
sentence.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.decoding.answers import answer_questions, map_answers, read_prompts
from engine.errors import DataError, ModelError
from engine.evaluation.answer_readings import read_over_alpha
from engine.models.bases import load_base
from engine.models.fast_llama import KeyValues, thin_llama
from engine.models.loading import LoadedPair, load_pair
from engine.models.readers import can_go_back
from engine.models.tuning import cut_layers, merged, prepare_trained, tuned_parameters
from engine.training_settings import TrainingSettings, Tuning
from tests.families import (
    FAMILIES,
    THINLY,
    WHOLE,
    Family,
    columns_of,
    ends_of,
    families_table,
    logits_of,
    make,
    move,
    save,
    save_pair,
    slowly,
)

QUESTIONS = (
    "what job did Ada like ?",
    "who was Cy Dora and what is the colour of the river in Rome ?",
    "which tree is red ?",
)
ANSWERS = ("Ada was a painter .", "a sailor", "the green tree in Lima")
STEPS = 7  # tokens: no loop is found in so few
READ = [family for family in FAMILIES if family.becomes in (THINLY, WHOLE)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Family], LoadedPair]:
    """A pair of a family, made and loaded once."""
    pairs = dict[str, LoadedPair]()

    def open_(family: Family) -> LoadedPair:
        if family.name not in pairs:
            pairs[family.name] = load_pair(str(save_pair(family, tmp_path_factory.mktemp("family"))))
        return pairs[family.name]

    return open_


def every(families: list[Family]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("family", families, ids=[family.name for family in families])


def prompts_of(pair: LoadedPair) -> list[list[int]]:
    return read_prompts(pair, QUESTIONS, STEPS)


def test_the_page_of_families_says_what_is_tested_here() -> None:
    page = (Path(__file__).parents[3] / "docs" / "families.md").read_text(encoding="utf-8")
    assert families_table() in page, "put what families_table() gives into docs/families.md"


@every([family for family in FAMILIES if family not in READ])
def test_what_would_be_read_wrongly_is_refused_in_one_sentence(family: Family, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=family.becomes) as refused:
        load_base(str(save(make(family, 1), family, tmp_path)))
    assert "which is not supported" in str(refused.value)
    assert "\n" not in str(refused.value)


@every(READ)
def test_at_alpha_0_a_family_answers_as_it_generates(family: Family, opened: Callable[[Family], LoadedPair]) -> None:
    pair = opened(family)
    asked = answer_questions(pair, QUESTIONS, 0.0, STEPS)
    columns = make(family, 1).get_output_embeddings().weight.shape[0]
    unused = list(range(columns_of(pair.tokenizer), columns))
    for question, prompt, answer in zip(QUESTIONS, prompts_of(pair), asked, strict=True):
        ids = torch.tensor([prompt])
        ends = ends_of(pair.tokenizer)
        base: Any = pair.model.base
        written = base.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=STEPS,
            eos_token_id=ends,
            pad_token_id=ends[0],
            suppress_tokens=unused or None,
        )[0, len(prompt) :].tolist()
        wanted = written[:-1] if written[-1] in ends else written
        assert list(answer.tokens) == wanted
        assert answer.ended == (written[-1] in ends)
        assert answer_questions(pair, [question], 0.0, STEPS) == [answer]


@every(READ)
def test_at_any_alpha_a_pair_answers_as_three_whole_passes_would(
    family: Family, opened: Callable[[Family], LoadedPair]
) -> None:
    pair = opened(family)
    base = [slowly(pair, prompt, 0.0, STEPS) for prompt in prompts_of(pair)]
    for alpha in (1.0, 2.0):
        wanted = [slowly(pair, prompt, alpha, STEPS) for prompt in prompts_of(pair)]
        batched = answer_questions(pair, QUESTIONS, alpha, STEPS)
        alone = [answer_questions(pair, [question], alpha, STEPS)[0] for question in QUESTIONS]
        assert [list(answer.tokens) for answer in batched] == wanted
        assert alone == batched
    assert wanted != base, "a pair that changes nothing would show nothing"


@every(READ)
def test_a_probability_is_that_of_a_whole_pass(family: Family, opened: Callable[[Family], LoadedPair]) -> None:
    pair, alphas = opened(family), [0.0, 1.0, 1.5]
    items = list(zip(QUESTIONS, ANSWERS, strict=True))
    read = read_over_alpha(pair, items, alphas, None)
    for (question, answer), reading in zip(items, read, strict=True):
        prompt, tokens = encoded_as_one(pair.tokenizer, question, answer)
        for alpha, found in zip(alphas, reading.readings, strict=True):
            rows = logits_of(pair, prompt + tokens, alpha)[len(prompt) - 1 : -1].log_softmax(-1)
            loss = -rows.gather(-1, torch.tensor(tokens)[:, None]).mean()
            assert found.loss == pytest.approx(float(loss), abs=1e-4)


def encoded_as_one(tokenizer: Any, question: str, answer: str) -> tuple[list[int], list[int]]:
    """Prompt and answer with its end token, from the tokenizer alone."""
    if tokenizer.chat_template:
        chat = [{"role": "user", "content": question}]
        text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        prompt = tokenizer(text, add_special_tokens=False).input_ids
        text = tokenizer.apply_chat_template([*chat, {"role": "assistant", "content": answer}], tokenize=False)
        whole = tokenizer(text[: text.rindex(answer) + len(answer)], add_special_tokens=False).input_ids
    else:
        text = f"Question: {question}\nAnswer:"
        prompt, whole = tokenizer(text).input_ids, tokenizer(f"{text} {answer}").input_ids
        if prompt[-1] == tokenizer.eos_token_id:
            prompt, whole = prompt[:-1], whole[:-1]
    assert whole[: len(prompt)] == prompt, "these tokenizers join nothing over the end of a prompt"
    return prompt, [*whole[len(prompt) :], ends_of(tokenizer)[-1]]


@every(READ)
def test_a_map_holds_the_answers_of_plain_decoding(family: Family, opened: Callable[[Family], LoadedPair]) -> None:
    pair = opened(family)
    prompt = prompts_of(pair)[0]
    intervals = [interval for interval, _ in map_answers(pair, QUESTIONS[0], 0.0, 2.0, STEPS)[0]]
    assert len(intervals) > 1
    wide = sorted(intervals, key=lambda interval: interval.low - interval.high)[:3]
    for interval in wide:
        alpha = (interval.low + interval.high) / 2
        assert list(interval.tokens) == slowly(pair, prompt, alpha, STEPS)


@every(READ)
def test_only_what_reads_alike_is_read_thinly(family: Family, opened: Callable[[Family], LoadedPair]) -> None:
    model: Any = opened(family).model.base
    thin = thin_llama(model)
    assert (thin is not None) == (family.becomes == THINLY)
    if thin is not None:
        ids = torch.randint(0, model.config.vocab_size, (2, 40), generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            theirs = model.base_model(input_ids=ids).last_hidden_state
        assert torch.allclose(thin.read(ids, KeyValues()), theirs, atol=1e-4)


@every(READ)
def test_nothing_is_drafted_where_caches_cannot_go_back(family: Family, opened: Callable[[Family], LoadedPair]) -> None:
    keeps_all = "sliding_window" not in family.changes and "layer_types" not in family.changes
    assert can_go_back(opened(family).model) == (keeps_all or family.changes.get("sliding_window", 0) is None)


@every(READ)
@pytest.mark.parametrize("tuning", ["lora", "full", "p_adapter"])
def test_a_trained_model_begins_as_its_reference_and_leaves_it_as_it_was(family: Family, tuning: Tuning) -> None:
    reference, ids = make(family, 2), torch.tensor([[5, 9, 12, 20, 7, 8, 30, 31]])
    before = reference(input_ids=ids).logits
    trained = prepare_trained(reference, TrainingSettings(rank=2, tuning=tuning), seed=3).eval()
    assert torch.equal(trained(input_ids=ids).logits, before)
    move(tuned_parameters(trained), 4, size=0.05)
    after = trained(input_ids=ids).logits
    assert not torch.allclose(after, before, atol=1e-3)
    assert torch.equal(reference(input_ids=ids).logits, before)
    assert torch.allclose(merged(trained).eval()(input_ids=ids).logits, after, atol=1e-4)


@every(READ)
def test_a_cut_holds_the_layers_it_is_made_of(family: Family) -> None:
    """Of three layers the outer two: what the model reads where the middle one adds nothing."""
    lists = {name: [*kinds, kinds[-1]] for name, kinds in family.changes.items() if isinstance(kinds, list)}
    whole = make(family._replace(changes={**family.changes, **lists, "num_hidden_layers": 3}), 1)
    ids = torch.randint(0, whole.config.vocab_size, (1, 20), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(cut_layers(whole, [0, 1, 2])(input_ids=ids).logits, whole(input_ids=ids).logits)
        small = cut_layers(whole, [0, 2])
        (layers,) = (part for part in whole.modules() if isinstance(part, torch.nn.ModuleList) and len(part) == 3)
        forward = layers[1].forward

        def nothing(hidden: torch.Tensor, *given: Any, **named: Any) -> Any:
            found = forward(hidden, *given, **named)
            return (hidden, *found[1:]) if isinstance(found, tuple) else hidden

        layers[1].forward = nothing
        assert torch.allclose(small(input_ids=ids).logits, whole(input_ids=ids).logits, atol=1e-4)
    assert small.get_input_embeddings() is whole.get_input_embeddings()


def test_an_answer_ends_at_any_end_token_that_the_model_names(tmp_path: Path) -> None:
    """What it would say third and the token that ends a turn change their places, so that it says that one third."""
    family = next(family for family in READ if family.name == "GPT-2")
    pair = load_pair(f"base:{save(make(family, 1), family, tmp_path / 'one')}")
    (prompt,), (before,) = read_prompts(pair, QUESTIONS[:1], STEPS), answer_questions(pair, QUESTIONS[:1], 0.0, STEPS)
    third, turn = before.tokens[2], pair.tokenizer.convert_tokens_to_ids("<|end|>")
    assert not {third, turn} & {*prompt, *before.tokens[:2]}
    model = make(family, 1)
    with torch.no_grad():
        rows = model.get_input_embeddings().weight
        rows[[third, turn]] = rows[[turn, third]]
    for ends, wanted in (([1], [*before.tokens[:2], turn]), ([1, turn], [*before.tokens[:2]])):
        folder = save(model, family, tmp_path / str(ends))
        model.generation_config.eos_token_id = ends
        model.generation_config.save_pretrained(folder)
        (after,) = answer_questions(load_pair(f"base:{folder}"), QUESTIONS[:1], 0.0, 3)
        assert list(after.tokens) == wanted
        assert after.ended == (len(ends) == 2)


def test_where_positions_turn_otherwise_beyond_a_length_longer_texts_are_refused(
    opened: Callable[[Family], LoadedPair],
) -> None:
    """Keys that were cached below that length would be read beyond it, and a row would hang on its neighbours."""
    pair = opened(next(family for family in READ if family.name == "Phi-3, long context"))
    assert pair.model.context == 64
    long = " ".join(["river"] * 60)
    with pytest.raises(DataError, match="more than the 64 that the models"):
        answer_questions(pair, [long], 1.0, STEPS)
    with pytest.raises(DataError, match="more than the 64 that the models"):
        read_over_alpha(pair, [(QUESTIONS[0], long)], [1.0], None)


def test_rows_of_any_lengths_and_alphas_do_not_touch_each_other(opened: Callable[[Family], LoadedPair]) -> None:
    draw = random.Random(0)
    words = "Ada Ben river tree red blue green what who in the of".split()
    questions = [" ".join(draw.choices(words, k=draw.randint(1, 20))) for _ in range(6)]
    alphas = [draw.choice([0.0, 0.5, 1.0, -1.0, 2.5]) for _ in questions]
    for name in ("GPT-2", "Mistral, sliding window", "Gemma 3 (text)", "Bloom", "Llama 3 (scaled positions)"):
        pair = opened(next(family for family in READ if family.name == name))
        found = answer_questions(pair, questions, alphas, STEPS)
        for question, alpha, answer in zip(questions, alphas, found, strict=True):
            (prompt,) = read_prompts(pair, [question], STEPS)
            assert list(answer.tokens) == slowly(pair, prompt, alpha, STEPS)
