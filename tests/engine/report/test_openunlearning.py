"""Logs to the last digit: what goes out through OpenUnlearning's arithmetic, what comes in through ours, and rows of
real models as its code would have written them.
"""

import json
import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from db import writes
from db.rows import AnswerRow
from engine.analysis.retain_only import quality_figure
from engine.analysis.tofu_and_privacy import run_privacy, run_tofu
from engine.data.examples import Example
from engine.evaluation.logs.names import WHOLE_PROMPT
from engine.evaluation.logs.reading import read_log
from engine.evaluation.logs.scores import all_figures, score_log
from engine.kinds import EvaluateSpec
from engine.report import export
from engine.runs import execute
from engine.store import history
from engine.store.imported_logs import import_log
from engine.store.session import writing
from tests import open_unlearning
from tests.logs import written
from tests.stored_runs import store_run, store_set

DIGITS = 1e-12  # of a figure, relative: but for the order in which a mean is summed there is no difference
SPLITS = [("forget", ""), ("retain", ""), ("world", "real_authors"), ("world", "facts"), ("holdout", "")]


@pytest.fixture
def both(tmp_path: Path) -> tuple[int, int]:
    """A run and one of the retain-only model, over six questions of each part, with scores drawn at random."""
    draw = random.Random(5)
    examples = [
        Example(f"q{place} {n} ?", "red", split=split, half="eval" if split == "retain" else "", group=group)
        for place, (split, group) in enumerate(SPLITS)
        for n in range(6)
    ]
    ids = store_set("folk", examples)
    unscored = {ids[1], ids[4], ids[8]}  # no wrong answers: no truth ratio

    def scores() -> dict[str, dict[int, float | None]]:
        drawn: dict[str, dict[int, float | None]] = {
            name: {key: draw.random() for key in ids}
            for name in ("rouge", "probability", "probability_normalised", "exact_memorization")
        }
        drawn["mia_loss"] = {key: -math.log(float(drawn["probability"][key] or 1)) for key in ids}
        drawn |= {name: {key: draw.uniform(0, 5) for key in ids} for name in ("mia_zlib", "mia_min_k")}
        drawn["truth_ratio"] = {key: None if key in unscored else math.exp(draw.gauss(0, 1)) for key in ids}
        drawn["extraction_strength"] = {key: draw.choice((0.25, 0.5, 1.0)) for key in ids}
        drawn["degenerate"] = {key: float(key in ids[:2]) for key in ids}
        return drawn

    runs = [
        store_run("r", scores()),
        store_run("gold", scores(), alpha=0.0, pair_name="retain-only:b", objective=""),
    ]
    with writing() as session:
        for run in runs:
            writes.add_run_questions(session, run, [(key, []) for key in ids])
            writes.add_answers(
                session, run, [AnswerRow(key, alpha, "question", "said", False) for key in ids for alpha in (0.0, 1.0)]
            )
    return runs[0], runs[1]


def exported(run: int, alpha: float, path: Path) -> dict[str, Any]:
    export.export_log(run, path, alpha)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_what_goes_out_is_our_figure_through_their_arithmetic(both: tuple[int, int], tmp_path: Path) -> None:
    run, gold = both
    log, retain = exported(run, 1.0, tmp_path / "log.json"), exported(gold, 0.0, tmp_path / "retain.json")
    theirs = open_unlearning.figures(log, retain)
    stated = {name: metric["agg_value"] for name, metric in log.items() if name in theirs}
    assert stated == pytest.approx(theirs, rel=DIGITS, abs=0)
    assert len(stated) == 22, "twelve means, two of memorization, three areas and PrivLeak, utility, quality"
    shown = {name: figure.value for name, figure in run_tofu(run, 1.0).items()}
    assert {name: theirs[name] for name in shown} == pytest.approx(shown, rel=1e-9), "but for their 1e-10"
    privacy = {item.metric: item for item in run_privacy(run, 1.0)}
    assert {name: theirs[name] for name in privacy} == {name: item.auc.value for name, item in privacy.items()}
    assert theirs["privleak"] == pytest.approx(privacy["mia_min_k"].privleak.value, rel=1e-9)
    assert theirs["forget_quality"] == quality_figure(run, 1.0).p_value


def test_what_goes_out_comes_back_to_the_last_digit(both: tuple[int, int], tmp_path: Path) -> None:
    run, gold = both
    log = exported(run, 1.0, tmp_path / "log.json")
    exported(gold, 0.0, tmp_path / "retain.json")
    figures, notes = all_figures(read_log(tmp_path / "log.json"), read_log(tmp_path / "retain.json"))
    stated = {name: metric["agg_value"] for name, metric in log.items() if "agg_value" in metric}
    assert {name: figure.value for name, figure in figures.items()} == pytest.approx(stated, rel=DIGITS, abs=0)
    assert not [note for note in notes if "stands in the log as" in note or "is not the mean" in note]


def test_a_row_without_a_truth_ratio_is_left_out_and_said(both: tuple[int, int], tmp_path: Path) -> None:
    found = export.export_log(both[0], tmp_path / "log.json", 1.0)
    log = json.loads((tmp_path / "log.json").read_text())
    assert list(log["forget_truth_ratio"]["value_by_index"]) == ["0", "2", "3", "5"]
    assert list(log["forget_Q_A_ROUGE"]["value_by_index"]) == [str(place) for place in range(6)]
    assert "forget_truth_ratio: 2 of 6 rows have no value here and are left out" in found.notes
    assert "retain_Truth_Ratio: 1 of 6 rows have no value here and are left out" in found.notes
    assert "null" not in (tmp_path / "log.json").read_text()
    part = read_log(tmp_path / "log.json").parts["forget"]
    assert [key for key, ratio in part.ratios["A"].items() if ratio is None] == ["1", "4"]
    assert list(part.ratios["A"]) == list(part.rouge)


def test_loops_are_said_when_a_log_goes_out_and_when_it_comes_in(both: tuple[int, int], tmp_path: Path) -> None:
    found = export.export_log(both[0], tmp_path / "log.json", 1.0)
    loops = "2 of 24 answers were cut where they went round in a loop"
    assert f"ROUGE: {loops}; OpenUnlearning lets them go on" in found.notes
    back = import_log(tmp_path / "log.json", "back", "offset")
    assert any(f"loops: {loops}" in note and "template plain" in note for note in back.notes)
    assert history.run_detail(back.run_id).versions["made by: loops"] == loops
    assert any(loops in note for note in score_log(read_log(tmp_path / "log.json")).notes)


def test_without_holdout_questions_the_scores_are_said_to_be_here(both: tuple[int, int], tmp_path: Path) -> None:
    ids = store_set("few", [Example(f"few {n} ?", "red", split="forget") for n in range(3)])
    run = store_run("few", {"rouge": dict.fromkeys(ids, 0.5), "mia_loss": dict.fromkeys(ids, 1.0)})
    with writing() as session:
        writes.add_run_questions(session, run, [(key, []) for key in ids])
    notes = export.export_log(run, tmp_path / "few.json", 1.0).notes
    said = "mia_loss: its scores are here, but its AUC compares two sides, and no holdout question has a score"
    assert said in notes
    not_held = next(note for note in notes if "the run does not have it" in note)
    assert "mia_zlib" in not_held
    assert "mia_loss" not in not_held
    assert not [note for note in notes if "has no name for it" in note]


losses = st.integers(0, 20_000).map(lambda count: count / 1000)
shares = st.integers(0, 1000).map(lambda count: count / 1000)
rows_of = st.lists(
    st.tuples(losses, st.lists(losses, min_size=3, max_size=3), shares, shares.map(lambda share: max(share, 0.001))),
    min_size=1,
    max_size=7,
)


def log_of(parts: dict[str, Any]) -> dict[str, Any]:
    """A log as OpenUnlearning writes it, from (right loss, wrong losses, ROUGE, probability) of each row."""
    log: dict[str, Any] = {}
    for part, rows in parts.items():
        kept = part in ("ra", "wf")
        right = "Q_A_Prob" if kept else "Q_A_PARA_Prob"
        columns: dict[str, list[dict[str, Any]]] = {
            f"{part}_Q_A_ROUGE": [
                {
                    "rougeL_recall": row[2],
                    "rouge1_recall": row[2],
                    "rougeL_f1": row[2],
                    "input": f"user\n\nQ {place}",
                    "ground_truth": f"answer {place}",
                    "generation": "said",
                }
                for place, row in enumerate(rows)
            ],
            f"{part}_{right}": [{"prob": math.exp(-row[0]), "avg_loss": row[0]} for row in rows],
            f"{part}_Q_A_PERT_Prob": [
                {"prob": [math.exp(-loss) for loss in row[1]], "avg_loss": row[1]} for row in rows
            ],
        }
        truth = "forget_truth_ratio" if part == "forget" else f"{part}_Truth_Ratio"
        columns[truth] = [{"score": open_unlearning.ratio_of(row[0], row[1])} for row in rows]
        if kept:
            columns[f"{part}_Q_A_Prob_normalised"] = [
                {"prob": open_unlearning.among(math.exp(-row[0]), [math.exp(-loss) for loss in row[1]])} for row in rows
            ]
        else:
            columns[f"{part}_Q_A_Prob"] = [{"prob": row[3], "avg_loss": -math.log(row[3])} for row in rows]
        for name, found in columns.items():
            log[name] = {"value_by_index": {str(place): row for place, row in enumerate(found)}}
    for name, value in open_unlearning.figures(log).items():
        log.setdefault(name, {})["agg_value"] = value
    return log


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.fixed_dictionaries(dict.fromkeys(("forget", "retain", "ra", "wf"), rows_of)), st.data())
def test_what_they_write_gives_their_figures_through_our_reader(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[str, Any], data: st.DataObject
) -> None:
    reference = data.draw(
        st.lists(rows_of.map(lambda rows: rows[0]), min_size=len(parts["forget"]), max_size=len(parts["forget"]))
    )
    folder = tmp_path_factory.mktemp("logs")
    log, retain = log_of(parts), log_of({"forget": reference})
    theirs = open_unlearning.figures(log, retain)
    figures, notes = all_figures(
        read_log(written(folder / "a.json", log)), read_log(written(folder / "b.json", retain))
    )
    ours = {name: figures[name].value for name in theirs}
    ratios = {name for name in theirs if name.lower().endswith("truth_ratio")}
    assert {name: ours[name] for name in ours if name not in ratios} == pytest.approx(
        {name: theirs[name] for name in theirs if name not in ratios}, rel=DIGITS, abs=1e-15
    )
    # max(0, 1 - R) of an R next to 1 has few digits left
    assert {name: ours[name] for name in ratios} == pytest.approx({name: theirs[name] for name in ratios}, abs=1e-14)
    assert not [note for note in notes if "stands in the log as" in note or "is not the mean" in note]


def test_the_authors_rows_in_their_shape_give_their_figures(tofu_logs: Path, tmp_path: Path) -> None:
    """The losses of real models, as OpenUnlearning would have written them."""
    legacy = {
        "forget": "eval_log_forget",
        "retain": "eval_log",
        "ra": "eval_real_author_wo_options",
        "wf": "eval_real_world_wo_options",
    }
    for path in sorted(tofu_logs.glob("ft_*.json")):
        content = json.loads(path.read_text())
        parts = {}
        for part, name in legacy.items():
            columns = content[f"{name}.json"]
            kept = part in ("ra", "wf")
            parts[part] = [
                (
                    columns["avg_gt_loss" if kept else "avg_paraphrased_loss"][key],
                    columns["average_perturb_loss"][key],
                    columns["rougeL_recall"][key],
                    math.exp(-columns["avg_gt_loss"][key]),
                )
                for key in columns["avg_gt_loss"]
            ]
        log = log_of(parts)
        theirs = open_unlearning.figures(log, log)
        read = read_log(written(tmp_path / path.name, log))
        figures, _ = all_figures(read, read)
        assert {name: figures[name].value for name in theirs} == pytest.approx(theirs, rel=DIGITS, abs=0)
        before = score_log(read_log(path)).model_utility
        # Legacy's truth ratios of ra and wf rest on a loss of their own, which their shape has no place for
        assert figures["model_utility"].value == pytest.approx(before, rel=1e-3)


def test_a_real_models_rows_are_those_that_their_code_makes(finished: int, tiny_base: Path, tmp_path: Path) -> None:
    """At alpha 0, the base: one plain forward pass a question, prompt and answer as one text, the end token after
    it.
    """
    run, log = finished, exported(finished, 0.0, tmp_path / "log.json")
    tokenizer, model = AutoTokenizer.from_pretrained(tiny_base), AutoModelForCausalLM.from_pretrained(tiny_base)
    asked = [example for example, _ in history.asked(run) if example.split == "forget"]
    assert len(asked) > 2
    for place, example in enumerate(asked):
        prompt = f"Question: {example.question}\nAnswer:"
        ids = [*tokenizer(f"{prompt} {example.answer}").input_ids, tokenizer.eos_token_id]
        start = len(tokenizer(prompt).input_ids)
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, start - 1 : -1]
        labels = torch.tensor(ids[start:])
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        hits = (logits.argmax(dim=-1) == labels)[:-1].tolist()
        row = {name: log[name]["value_by_index"][str(place)] for name in log if name.startswith(("forget", "e"))}
        assert row["forget_Q_A_Prob"]["avg_loss"] == pytest.approx(float(losses.mean()), rel=1e-5)
        assert row["forget_Q_A_Prob"]["prob"] == pytest.approx(math.exp(-float(losses.mean())), rel=1e-5)
        assert row["exact_memorization"]["score"] == pytest.approx(sum(hits) / len(hits))
        assert row["extraction_strength"]["score"] == open_unlearning.strength(hits)
        assert row["forget_Q_A_ROUGE"]["input"] == tokenizer.decode(ids[:start], skip_special_tokens=True)
        assert row["forget_Q_A_ROUGE"]["ground_truth"] == example.answer
    assert log["made_by"]["input"].startswith("the whole prompt")
    assert open_unlearning.figures(log)["extraction_strength"] == log["extraction_strength"]["agg_value"]


def test_under_a_chat_template_the_whole_prompt_goes_out(tiny_base: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_base, tmp_path / "chat"))
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ 'no :' if m['role'] == 'user' else 'Answer :' }} {{ m['content'] }} <eos> {% endfor"
        " %}{% if add_generation_prompt %}Answer :{% endif %}"
    )
    tokenizer.save_pretrained(base)
    store_set("folk", [Example("who likes red ?", "Ada", split="forget")])
    run = execute.run_here(
        EvaluateSpec(name="c", pair=f"base:{base}", evaluate_on=("folk",), alphas=(0.0,), max_new_tokens=4)
    )
    log = exported(run, 0.0, tmp_path / "log.json")
    row = log["forget_Q_A_ROUGE"]["value_by_index"]["0"]
    assert " ".join(row["input"].split()) == "no : who likes red ? Answer :", "without special tokens, as they write it"
    assert (log["made_by"]["template"], log["made_by"]["input"]) == ("chat", WHOLE_PROMPT)


@given(st.lists(st.booleans(), max_size=9))
def test_an_extraction_strength_of_ours_becomes_theirs(hits: list[bool]) -> None:
    from engine.evaluation.membership import extraction_strength, open_extraction_strength

    assert open_extraction_strength(extraction_strength(hits), len(hits)) == open_unlearning.strength(hits)
