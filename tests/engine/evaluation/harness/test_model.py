"""The harness over tiny models: against a slow loop of our own, at one alpha and at several, and with what is too
long.
"""

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("lm_eval")

from lm_eval.api.instance import Instance
from lm_eval.evaluator import evaluate
from lm_eval.models.huggingface import HFLM

from engine.analysis.task_figures import standard_error
from engine.data.tasks import TASKS
from engine.errors import DataError, ModelError
from engine.evaluation.harness.model import EnsembleLM, Likelihood, Reading, run_tasks
from engine.evaluation.harness.tasks import build_tasks
from engine.models.offset import OffsetModel
from tests.task_files import write_tasks

REAL = os.environ.get("OUBLIETTE_TASKS", "")
ALPHAS = (-1.0, 0.0, 0.5, 2.0)
PAIRS = [
    ("who lives in Rome ?", " Ada"),
    ("who lives in Rome ?", " Ada lives in Rome"),
    ("which city does Ben like ? ", "Oslo and Paris"),  # the blank belongs to the continuation
    ("what ?", " red ."),
    ("", "one two"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tasks(tmp_path / "tasks")


def ask(reading: Reading, alpha: float, pairs: list[tuple[str, str]] = PAIRS) -> list[Likelihood]:
    requests = [Instance("loglikelihood", {}, pair, 0) for pair in pairs]
    return EnsembleLM(reading, alpha).loglikelihood(requests)


@torch.no_grad()
def slowly(pair: Any, context: str, continuation: str, alpha: float) -> tuple[float, bool]:
    """One sequence at a time, token by token, every model whole."""
    tokens = pair.tokenizer(context + continuation).input_ids
    first = len(pair.tokenizer(context).input_ids)
    if not context:
        tokens, first = [pair.tokenizer.eos_token_id, *tokens], 1
    ids, width = torch.tensor([tokens]), len(pair.tokenizer)
    models = (pair.model.base, pair.model.trained, pair.model.reference)
    base, trained, reference = (model(input_ids=ids).logits[0, :, :width].double() for model in models)
    logs = (base + alpha * (trained - reference)).log_softmax(-1)
    places = range(first, len(tokens))
    return sum(float(logs[at - 1, tokens[at]]) for at in places), all(
        int(logs[at - 1].argmax()) == tokens[at] for at in places
    )


@pytest.mark.parametrize("alpha", ALPHAS)
def test_likelihoods_are_those_of_a_slow_loop(tiny_pair: Any, alpha: float) -> None:
    for found, pair in zip(ask(Reading(tiny_pair, ALPHAS), alpha), PAIRS, strict=True):
        total, greedy = slowly(tiny_pair, *pair, alpha)
        assert found.total == pytest.approx(total, abs=1e-4)
        assert found.greedy == greedy


def test_a_greedy_continuation_is_marked(tiny_pair: Any) -> None:
    words = ["red", "blue", "green", "tree", "river", "Ada", "Ben", "Cy", "Dora", "Rome", "Oslo", "one", "two"]
    pairs = [(f"what {context}", f" {word}") for context in words for word in words]
    found = [item.greedy for item in ask(Reading(tiny_pair, [1.0]), 1.0, pairs)]
    assert found == [slowly(tiny_pair, *pair, 1.0)[1] for pair in pairs]
    assert True in found


def test_several_alphas_at_once_are_one_at_a_time_and_read_once(
    tiny_pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Reading(tiny_pair, ALPHAS)
    at_once = [ask(together, alpha) for alpha in ALPHAS]
    assert at_once == [ask(Reading(tiny_pair, [alpha]), alpha) for alpha in ALPHAS]
    monkeypatch.setattr("engine.evaluation.harness.model.forced_logits", lambda *_: pytest.fail("read again"))
    assert ask(together, 2.0) == at_once[-1]


def test_alpha_0_is_the_base_alone_bit_for_bit(tiny_pair: Any) -> None:
    alone = dataclasses.replace(
        tiny_pair, model=OffsetModel(tiny_pair.model.base, None, None, len(tiny_pair.tokenizer))
    )
    assert ask(Reading(tiny_pair, ALPHAS), 0.0) == ask(Reading(alone, [0.0]), 0.0)


def test_what_is_too_long_loses_its_beginning(tiny_pair: Any) -> None:
    """256 tokens can be read and the last is never read: 257 fit, of 258 the first goes."""
    words = " ".join(["red", "blue"] * 200).split()
    reading = Reading(tiny_pair, [1.0])
    context = [" ".join(words[:length]) for length in (256, 257, 300)]
    exact, one, many = ask(reading, 1.0, [(text, " Ada") for text in context])
    assert len(reading.cut) == 2
    assert exact.total == pytest.approx(slowly(tiny_pair, context[0], " Ada", 1.0)[0], abs=1e-4)
    for found, text in ((one, context[1]), (many, context[2])):
        kept = " ".join(text.split()[-256:])
        assert found.total == pytest.approx(slowly(tiny_pair, kept, " Ada", 1.0)[0], abs=1e-4)


def test_the_base_is_what_the_harness_own_model_makes_of_it(tiny_pair: Any) -> None:
    """Tokens, blanks, an empty context, what is too long: as `HFLM` of the harness has it."""
    pairs = [*PAIRS, (" ".join(["red", "blue"] * 150), " Ada lives"), ("<eos> what ?", " red")]
    theirs = HFLM(pretrained=tiny_pair.model.base, tokenizer=tiny_pair.tokenizer, batch_size=2)
    expected = theirs.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in pairs], disable_tqdm=True)
    for found, (total, greedy) in zip(ask(Reading(tiny_pair, [0.0]), 0.0, pairs), expected, strict=True):
        assert found.total == pytest.approx(total, abs=1e-4)
        assert found.greedy == greedy


def test_a_choice_longer_than_the_context_is_named(tiny_pair: Any) -> None:
    ask(Reading(tiny_pair, [1.0]), 1.0, [("who ?", " red" * 256)])
    with pytest.raises(DataError, match="the choice 'red red .* has 257 tokens, more than the 256 that .* tiny"):
        ask(Reading(tiny_pair, [1.0]), 1.0, [("who ?", " red" * 257)])
    with pytest.raises(DataError, match="adds no tokens after its question"):
        ask(Reading(tiny_pair, [1.0]), 1.0, [("who ?", " ")])


def test_texts_are_not_written(tiny_pair: Any) -> None:
    model = EnsembleLM(Reading(tiny_pair, [1.0]), 1.0)
    for method in (model.generate_until, model.loglikelihood_rolling):
        with pytest.raises(ModelError, match="an ensemble scores choices"):
            method([])


def test_the_tasks_end_to_end(tiny_pair: Any, folder: Path) -> None:
    """What is stored is what the harness says, and what a slow loop over the choices says."""
    heard: list[tuple[int, int]] = []
    found, cut = run_tasks(
        tiny_pair, build_tasks(list(TASKS), str(folder)), ALPHAS, 2, lambda *done: heard.append(done)
    )
    assert [item.task for item in found] == list(TASKS)
    assert cut == 0
    assert heard[-1][0] == heard[-1][1]
    for item in found:
        assert len(item.examples) == 2
        assert len(item.scores) == 2 * 2 * len(ALPHAS)
        for score in item.scores:
            example = item.examples[score.question_index]
            assert score.value == _slow_score(tiny_pair, item.task, example, score.alpha, score.metric)
    said = evaluate(EnsembleLM(Reading(tiny_pair, [0.5]), 0.5), {"tasks": build_tasks(list(TASKS), str(folder))})
    whole, _ = run_tasks(tiny_pair, build_tasks(list(TASKS), str(folder)), [0.5], 300)
    for item in whole:
        results = said["results"][item.task]
        for ours, its in (("accuracy", "acc"), ("accuracy_normalised", "acc_norm")):
            values = [score.value for score in item.scores if score.metric == ours]
            if item.task == "winogrande" and its == "acc_norm":
                assert set(values) == {None}
                continue
            numbers = [value for value in values if value is not None]
            mean = sum(numbers) / len(values)
            assert mean == pytest.approx(results[f"{its},none"])
            assert standard_error(mean, len(numbers)) == pytest.approx(results[f"{its}_stderr,none"])


def _slow_score(pair: Any, task: str, example: Any, alpha: float, metric: str) -> float | None:
    choices = [example.answer, *example.perturbed_answer]
    if task == "winogrande":
        if metric == "accuracy_normalised":
            return None
        before, after = example.question.split("_")
        totals = [slowly(pair, before + choice, " " + after.strip(), alpha)[0] for choice in choices]
    else:
        totals = [slowly(pair, example.question, f" {choice}", alpha)[0] for choice in choices]
    if metric == "accuracy_normalised":
        totals = [total / len(choice) for total, choice in zip(totals, choices, strict=True)]
    return float(totals[0] == max(totals))


def test_items_become_questions(tiny_pair: Any, folder: Path) -> None:
    found, _ = run_tasks(tiny_pair, build_tasks(list(TASKS), str(folder)), [0.0], 1)
    first = {item.task: item.examples[0] for item in found}
    arc, hella, wino, book = (first[name] for name in TASKS)
    assert (arc.question, arc.answer) == ("Question: which colour does Ada like ?\nAnswer:", "blue")
    assert arc.perturbed_answer == ("red", "green")
    # Title, brackets and doubled blanks go, the second context gets a capital.
    assert hella.question == "Ada: Ada lives in Rome. The river Ben"
    assert (hella.answer, hella.perturbed_answer) == (" likes blue", ("likes red",))  # the blank after [step] stays
    assert (wino.question, wino.answer) == ("Ada likes Ben because _ works in Rome .", "Ben")
    assert wino.perturbed_answer == ("Ada",)
    assert (book.question, book.answer) == ("who lives in Rome ?", "Ada lives")
    assert {(example.split, example.domain, example.subject) for example in first.values()} == {
        ("world", "tasks", "item 0")
    }


def test_a_likelihood_that_is_no_number_is_no_score(
    tiny_pair: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Reading, encoded: list[Any]) -> list[Any]:
        return [(Likelihood(math.nan, False),) for _ in encoded]

    monkeypatch.setattr(Reading, "_read", broken)
    ((item,), _) = run_tasks(tiny_pair, build_tasks(["arc_challenge"], str(folder)), [0.0], 2)
    assert [score.value for score in item.scores] == [None] * 4


def test_a_hub_that_cannot_be_reached_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: object) -> None:
        raise ConnectionError("no")

    monkeypatch.setattr("lm_eval.api.task.datasets.load_dataset", unreachable)
    with pytest.raises(DataError, match=r"hub datasets of winogrande .* \(ConnectionError\); .* OUBLIETTE_TASKS"):
        build_tasks(["winogrande"])


@pytest.mark.skipif(not Path(REAL).is_dir() or not REAL, reason="no task files (set OUBLIETTE_TASKS)")
@pytest.mark.parametrize("name", list(TASKS))
def test_five_items_of_the_real_files(name: str) -> None:
    task = build_tasks([name], REAL)[name]
    task.build_all_requests(limit=5)
    file = Path(REAL) / name / TASKS[name].file
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[:5]]
    found: dict[int, list[tuple[str, str]]] = {}
    for instance in task.instances:
        found.setdefault(instance.doc_id, []).append(instance.args)
    plain = [number for number, row in enumerate(rows) if "[" not in row.get("ctx", "")]  # others: WikiHow's brackets
    assert plain
    for number in plain:
        doc = task.eval_docs[number]
        right = task.doc_to_text(doc) if name == "winogrande" else task.doc_to_target(doc)
        assert found[number] == _expected(name, rows[number])
        assert right == rows[number].get("answer", rows[number].get("label"))


def _expected(name: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    """The prompts as the literature has them, written down by hand."""
    if name == "hellaswag":
        context = f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}"
        return [(context, f" {ending}") for ending in row["endings"]]
    if name == "winogrande":
        before, after = row["question"].split("_")
        return [(before + choice, f" {after.strip()}") for choice in row["choices"]]
    context = f"Question: {row['question']}\nAnswer:" if name == "arc_challenge" else row["question"]
    return [(context, f" {choice}") for choice in row["choices"]]
