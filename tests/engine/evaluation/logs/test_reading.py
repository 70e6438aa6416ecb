"""Logs of others: read as they are, refused with the key or the row that is wrong, and scored as TOFU's authors did."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError
from engine.evaluation.logs.names import NEVER_BELOW, OURS_ZERO, QUESTION_ALONE, WHOLE_PROMPT
from engine.evaluation.logs.reading import Log, Variant, read_log
from engine.evaluation.logs.scores import NO_PERSONS, NO_RETAIN_LOG, all_figures, score_log
from tests.logs import LEGACY, legacy_log, legacy_part, open_log, written

NAMES = {
    "Prob Forget": "forget_Q_A_Prob",
    "ROUGE Forget": "forget_Q_A_ROUGE",
    "TR Forget": "forget_truth_ratio",
    "Prob Retain": "retain_Q_A_Prob",
    "ROUGE Retain": "retain_Q_A_ROUGE",
    "TR Retain": "retain_Truth_Ratio",
    "Prob RA": "ra_Q_A_Prob_normalised",
    "ROUGE RA": "ra_Q_A_ROUGE",
    "TR RA": "ra_Truth_Ratio",
    "Prob WF": "wf_Q_A_Prob_normalised",
    "ROUGE WF": "wf_Q_A_ROUGE",
    "TR WF": "wf_Truth_Ratio",
}
MODELS = {"llama2-7b": "ft_epoch5_lr1e-05_llama2-7b", "phi": "ft_epoch5_lr2e-05_phi"}

Reader = Callable[[Any], Log]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a log that is given as plain values."""
    count = iter(range(100))
    return lambda log: read_log(written(tmp_path / f"log{next(count)}.json", log))


def golden(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "GOLDEN.json").read_text(encoding="utf-8"))
    return found


def test_every_figure_of_the_authors_logs_to_a_millionth(tofu_logs: Path) -> None:
    folder, seen = tofu_logs, 0
    for model, expected in golden(folder)["per_model"].items():
        log = read_log(folder / f"{model}.json")
        a, b = score_log(log), score_log(log, variant="B")
        found: dict[str, float | None] = {"MU": a.model_utility, "MUar": b.model_utility}
        for key, name in NAMES.items():
            found[key] = a.figures[name].value
            found[f"n {key.split()[1]}"] = a.figures[name].rows
            if key.startswith("TR "):
                found[f"TRar {key[3:]}"] = b.figures[name].value
        assert found == pytest.approx(expected, rel=0, abs=1e-6)
        seen += len(expected)
    assert seen in (2 * 22, 16 * 22)


def test_every_p_value_of_the_authors_logs_to_a_millionth_of_itself(tofu_logs: Path) -> None:
    folder = tofu_logs
    expected = golden(folder)["forget_quality"]
    for words, values in expected.items():
        model, decay = words.split(":")[0].split()
        full, retain = (read_log(folder / f"{MODELS[model]}_{kind}_{decay}.json") for kind in ("full", "retain90"))
        quality = score_log(full, retain).forget_quality
        assert quality is not None
        assert quality.p_value == pytest.approx(values["p"], rel=1e-6, abs=0)
        assert quality.statistic == pytest.approx(values["ks"], rel=1e-6)
    assert len(expected) in (1, 4)


def slow_ratio(right: float, wrong: list[float], variant: str) -> float:
    """R of one row, straight from the definition: products and roots instead of logarithms."""
    probabilities = [math.exp(-loss) for loss in wrong]
    mean = math.prod(probabilities) ** (1 / len(wrong)) if variant == "A" else sum(probabilities) / len(wrong)
    return mean / math.exp(-right)


def slow_part(part: str, columns: dict[str, Any], variant: str) -> tuple[float, float, float]:
    rows = columns["avg_gt_loss"].keys()
    probability, score = 0.0, 0.0
    for key in rows:
        right, wrong = columns["avg_gt_loss"][key], columns["average_perturb_loss"][key]
        p = math.exp(-right)
        probability += p if part in ("forget", "retain") else p / (p + sum(math.exp(-loss) for loss in wrong))
        ratio = slow_ratio(columns["avg_paraphrased_loss"][key], wrong, variant)
        score += min(ratio, 1 / ratio) if part == "forget" else max(0.0, 1 - ratio)
    return probability / len(rows), sum(columns["rougeL_recall"].values()) / len(rows), score / len(rows)


@pytest.mark.parametrize("variant", ["A", "B"])
def test_a_legacy_log_agrees_with_a_slow_computation(read: Reader, variant: Variant) -> None:
    content = legacy_log()
    found = score_log(read(content), variant=variant)
    nine = [value for part in ("retain", "ra", "wf") for value in slow_part(part, content[LEGACY[part]], variant)]
    assert found.model_utility == pytest.approx(9 / sum(1 / value for value in nine))
    forget = slow_part("forget", content[LEGACY["forget"]], variant)
    names = ("forget_Q_A_Prob", "forget_Q_A_ROUGE", "forget_truth_ratio")
    assert [found.figures[name].value for name in names] == pytest.approx(forget)
    assert (found.rows, found.variant, found.quality_reason) == (6, variant, NO_RETAIN_LOG)


def slow_distance(ours: list[float], theirs: list[float]) -> float:
    """The largest distance of two distribution functions, tried at every value."""
    return max(
        abs(sum(x <= level for x in ours) / len(ours) - sum(x <= level for x in theirs) / len(theirs))
        for level in [*ours, *theirs]
    )


def test_forget_quality_of_two_legacy_logs(read: Reader) -> None:
    log, retain = legacy_log(), legacy_log(shift=0.9)
    ratios = [
        [
            slow_ratio(columns["avg_paraphrased_loss"][key], columns["average_perturb_loss"][key], "A")
            for key in columns["avg_gt_loss"]
        ]
        for columns in (content["eval_log_forget.json"] for content in (log, retain))
    ]
    quality = score_log(read(log), read(retain)).forget_quality
    assert quality is not None
    assert quality.statistic == pytest.approx(slow_distance(*ratios))
    assert (quality.rows, quality.retain_rows) == (6, 6)
    assert score_log(read(log), read(log)).forget_quality == (1.0, 0.0, 6, 6)


def test_ratios_of_a_ruined_model_do_not_underflow(read: Reader) -> None:
    """Legacy adds no 1e-10: with losses of 900 nats R is still what the difference says."""
    content = legacy_log()
    part = content["eval_log_forget.json"]
    part["avg_paraphrased_loss"] = dict.fromkeys(part["avg_paraphrased_loss"], 900.0)
    part["average_perturb_loss"] = dict.fromkeys(part["average_perturb_loss"], [900.0 + math.log(2)] * 3)
    log = read(content)
    assert list(log.parts["forget"].ratios["A"].values()) == pytest.approx([0.5] * 6)
    assert list(log.parts["forget"].ratios["B"].values()) == pytest.approx([0.5] * 6)


def test_an_open_log_by_hand(read: Reader) -> None:
    found = score_log(read(open_log()), read(open_log((0.1, 0.2, 0.3, 0.4))))
    assert found.figures["forget_truth_ratio"].value == pytest.approx((0.5 + 0.5 + 0.8 + 0.8) / 4)
    # Per part .5, .75 and .25: 9 / (3 · (2 + 4/3 + 4))
    assert found.model_utility == pytest.approx(9 / 22)
    assert found.forget_quality is not None
    assert found.forget_quality.statistic == 1.0
    # All of 4 values above all of 4 others: 2 of the 70 ways to mix them lie so far apart
    assert found.forget_quality.p_value == pytest.approx(2 / 70)


def test_losses_in_an_open_log_give_both_variants_with_its_epsilon(read: Reader) -> None:
    log = read(open_log(losses=True))
    for row in range(4):
        right, wrong = 0.5 * (row + 1), [1.0, 2.0 + row]
        for variant in ("A", "B"):
            ratio = slow_ratio(right, wrong, variant) * math.exp(-right) / (math.exp(-right) + 1e-10)
            assert log.parts["forget"].ratios[variant][str(row)] == pytest.approx(ratio)
    assert "recomputed" in log.notes[0]  # the scores made up above are not those of these losses


def test_another_variant_is_not_taken_for_a(read: Reader) -> None:
    """Variant D averages the scores themselves."""
    content = open_log((0.2, 0.4, 0.6, 0.9))
    content["forget_truth_ratio"]["agg_value"] = (0.2 + 0.4 + 0.6 + 0.9) / 4 + 0.1
    log = read(content)
    with pytest.raises(DataError, match=r"no truth ratios of variant A: forget_truth_ratio in the log \(0\.625\)"):
        score_log(log)
    figures, notes = all_figures(log)
    assert figures["forget_truth_ratio"].value == pytest.approx(0.625)
    assert "variant not stated" in figures["forget_truth_ratio"].note
    assert any("not the mean of variant A" in note for note in notes)


def test_rows_that_were_not_scored_are_neither_counted_nor_zero(read: Reader) -> None:
    content = open_log()
    content["forget_Q_A_ROUGE"]["value_by_index"]["1"] = None
    content["forget_Q_A_Prob"]["value_by_index"]["0"] = {"prob": None, "avg_loss": None}
    found = score_log(read(content)).figures
    assert (found["forget_Q_A_ROUGE"].value, found["forget_Q_A_ROUGE"].rows) == (0.5, 3)
    assert (found["forget_Q_A_Prob"].value, found["forget_Q_A_Prob"].rows) == (0.25, 3)


def test_without_one_of_the_nine_there_is_no_utility(read: Reader) -> None:
    content = open_log()
    del content["wf_Q_A_ROUGE"]
    found = score_log(read(content))
    assert (found.model_utility, found.utility_reason) == (None, "n/a, the log has no rows of wf_Q_A_ROUGE")
    legacy = legacy_log()
    del legacy["eval_log.json"]
    assert score_log(read(legacy)).utility_reason == "n/a, the log has no rows of eval_log.json"


def test_one_zero_among_the_nine_makes_the_utility_zero(read: Reader) -> None:
    content = open_log()
    content["ra_Q_A_ROUGE"] = {"value_by_index": {"0": {"rougeL_recall": 0}, "1": {"rougeL_recall": 0}}}
    assert score_log(read(content)).model_utility == 0.0


def test_older_logs_hold_lists(read: Reader) -> None:
    content = legacy_log()
    listed = {
        name: {column: list(rows.values()) for column, rows in columns.items()} for name, columns in content.items()
    }
    assert score_log(read(listed)).figures == score_log(read(content)).figures


def test_a_mean_has_an_interval_only_where_it_is_known_whose_the_rows_are(read: Reader) -> None:
    found = score_log(read(legacy_log(forget_rows=40))).figures
    forget, retain, world = (found[f"{part}_Q_A_ROUGE"] for part in ("forget", "retain", "wf"))
    assert forget.low is not None
    assert forget.high is not None
    assert forget.low <= forget.value <= forget.high  # two authors of 20 rows
    assert (retain.low, retain.high) == (None, None)  # no part of TOFU has 4
    assert world.low is not None


def spoil(change: Callable[[dict[str, Any]], object], content: dict[str, Any]) -> dict[str, Any]:
    change(content)
    return content


FORGET = "eval_log_forget.json"
BAD: list[tuple[Any, str]] = [
    ([], "holds a JSON array, and an evaluation log is an object"),
    ({}, "the key eval_log_forget.json of a legacy log is missing"),
    ({"a": "b"}, "is not an evaluation log"),
    ({FORGET: []}, f"{FORGET}: holds a JSON array"),
    (spoil(lambda c: c[FORGET].pop("average_perturb_loss"), legacy_log()), "the key average_perturb_loss is missing"),
    (spoil(lambda c: c[FORGET].update(avg_gt_loss={}), legacy_log()), "avg_gt_loss holds no rows"),
    (
        spoil(lambda c: c[FORGET]["rougeL_recall"].pop("5"), legacy_log()),
        "avg_gt_loss has 6 rows and rougeL_recall has 5",
    ),
    (spoil(lambda c: c[FORGET]["average_perturb_loss"].update({"1": [1.0]}), legacy_log()), "rows of 1 and 3 losses"),
    (spoil(lambda c: c[FORGET]["average_perturb_loss"].update({"1": []}), legacy_log()), "row 1: it holds no losses"),
    (
        spoil(lambda c: c[FORGET]["avg_gt_loss"].update({"2": math.nan}), legacy_log()),
        "avg_gt_loss, row 2: nan is not a finite",
    ),
    (
        spoil(lambda c: c[FORGET]["avg_gt_loss"].update({"2": "1"}), legacy_log()),
        "avg_gt_loss, row 2: '1' is not a finite",
    ),
    (spoil(lambda c: c[FORGET]["avg_gt_loss"].update({"2": -0.5}), legacy_log()), "row 2: -0.5 is below 0"),
    (
        spoil(lambda c: c[FORGET]["rougeL_recall"].update({"2": 1.5}), legacy_log()),
        "row 2: 1.5 is not a number from 0 to 1",
    ),
    (
        spoil(lambda c: c["forget_Q_A_ROUGE"]["value_by_index"].pop("3"), open_log()),
        "forget_Q_A_Prob has 4 rows and forget_Q_A_ROUGE has 3",
    ),
    (
        spoil(lambda c: c["forget_Q_A_ROUGE"]["value_by_index"]["3"].clear(), open_log()),
        "forget_Q_A_ROUGE: the key rougeL_recall is missing in row 3",
    ),
    (
        spoil(lambda c: c["forget_Q_A_Prob"].update(value_by_index=[1]), open_log()),
        "forget_Q_A_Prob: value_by_index holds no rows",
    ),
    (
        spoil(lambda c: c["forget_truth_ratio"]["value_by_index"].update({"0": {"score": math.inf}}), open_log()),
        "row 0: inf is not a ratio",
    ),
    (
        spoil(lambda c: c["forget_truth_ratio"]["value_by_index"].update({"0": {"score": -1.0}}), open_log()),
        "row 0: -1.0 is not a ratio",
    ),
    (
        spoil(lambda c: c[FORGET]["avg_gt_loss"].update({"2": 10**400}), legacy_log()),
        "row 2: 1000000000000000000000000000000000000000… is not a finite",
    ),
    ({"apples": 3, "pears": 4}, "is not an evaluation log"),
    ({"model_utility": 0.5, "forget\ud800": 1}, r"the key 'forget\ud800' is empty or cannot be printed"),
    ({"model_utility": 0.5, "\x1b[31m": 1}, r"the key '\x1b[31m' is empty or cannot be printed"),
    ({"model_utility": 0.5, **{f"x{i}": 1 for i in range(500)}}, "it holds 501 aggregates, and a log has 500 at most"),
    (
        spoil(lambda c: c["forget_Q_A_PERT_Prob"]["value_by_index"]["0"].update(avg_loss=[1.0]), open_log(losses=True)),
        "rows of 1 and 2 losses",
    ),
]


@pytest.mark.parametrize(("content", "says"), BAD, ids=[says[:30] for _, says in BAD])
def test_a_log_of_a_wrong_shape_says_what_is_wrong_with_it(read: Reader, content: Any, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(content)
    assert says in str(caught.value)
    assert "log0.json" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"not json", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"^x\.json is not an evaluation log: it is "):
        read_log(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_log(tmp_path / "none.json")
    with pytest.raises(DataError, match="Is a directory"):
        read_log(tmp_path)


def test_a_log_of_ours_says_what_it_is_of_and_is_held_to_it(read: Reader) -> None:
    scores = tuple(0.5 + 0.02 * n for n in range(40))
    made_by = {"sets": "people", "answer_tokens": "64", "template": "plain", "variant": "A"}
    of_tofu, ours = read(open_log(scores)), read({**open_log(scores), "made_by": made_by})
    assert score_log(of_tofu).figures["forget_truth_ratio"].low is not None, "TOFU's rows lie author by author"
    assert score_log(ours).figures["forget_truth_ratio"].low is None, "whose these are is not known"
    notes = score_log(
        ours, read({**open_log(scores), "made_by": {**made_by, "template": "chat", "sets": "others"}})
    ).notes
    assert "questions of other sets: people in log1.json, others in log2.json" in notes
    assert "another template: plain in log1.json, chat in log2.json" in notes
    figures, _ = all_figures(read({"made_by": made_by, **open_log(scores), "model_utility": {"agg_value": 0.5}}))
    assert figures["model_utility"].note


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(
        '{"model_utility": 0.5, "forget_truth_ratio": {"value_by_index": {"0": {"score": 1}, "0": {"score": 2}}}}'
    )
    with pytest.raises(DataError, match=r"^x\.json is not an evaluation log: the key '0' occurs twice in one object"):
        read_log(path)


def test_a_figure_that_cannot_be_is_left_out(read: Reader) -> None:
    figures, notes = all_figures(
        read({"forget_quality": 7, "model_utility": 0.5, "forget_Q_A_ROUGE": -4, "privleak": -40})
    )
    assert {name: figure.value for name, figure in figures.items()} == {"model_utility": 0.5, "privleak": -40.0}
    assert notes[:2] == [
        "forget_quality was left out: its value is 7.0, and it lies between 0 and 1",
        "forget_Q_A_ROUGE was left out: its value is -4.0, and it lies between 0 and 1",
    ]


def test_a_log_without_forget_rows_has_no_quality(read: Reader) -> None:
    legacy = legacy_log()
    del legacy[FORGET]
    with pytest.raises(DataError, match=f"the key {FORGET} is missing"):
        score_log(read(legacy))
    content = {name: value for name, value in open_log().items() if not name.startswith("forget")}
    with pytest.raises(DataError, match="the key forget_truth_ratio with value_by_index is missing"):
        score_log(read(content))
    with pytest.raises(DataError, match="holds only aggregates and the key value_by_index is missing"):
        score_log(read({"model_utility": 0.5}))


def test_a_reference_over_other_rows_is_refused_with_the_counts(read: Reader) -> None:
    log = read(legacy_log())
    with pytest.raises(
        DataError, match=r"log1\.json \(4 forget rows\) is over other rows than log0\.json \(6 forget rows\)"
    ):
        score_log(log, read(legacy_log(forget_rows=4)))
    moved = legacy_log()
    moved[FORGET] = {column: {f"{int(k) + 1}": v for k, v in rows.items()} for column, rows in moved[FORGET].items()}
    with pytest.raises(DataError, match="2 row indices are in one of them alone, the first is '0'"):
        score_log(log, read(moved))
    other = legacy_log()
    other[FORGET]["generated_text"] = {key: ["Q?", "said", "else"] for key in other[FORGET]["generated_text"]}
    with pytest.raises(DataError, match="6 rows have another true answer, the first is '0'"):
        score_log(log, read(other))
    one = legacy_log()
    one[FORGET]["generated_text"]["3"] = ["Q?", "said", "else"]
    with pytest.raises(DataError, match="1 rows have another true answer, the first is '3'"):
        score_log(log, read(one))
    one[FORGET]["generated_text"]["3"] = ["Q?", "said", "Answer , 3"]  # as TOFU's own logs differ
    assert score_log(log, read(one)).forget_quality is not None


def test_a_reference_whose_scored_rows_are_others_is_refused(read: Reader) -> None:
    ours, theirs = open_log(), open_log()
    for log, unscored in ((ours, "01"), (theirs, "23")):
        log["forget_truth_ratio"]["agg_value"] = None
        for key in unscored:
            log["forget_truth_ratio"]["value_by_index"][key] = None
    with pytest.raises(DataError, match="4 rows have a truth ratio in one of them alone, the first is '0'"):
        score_log(read(ours), read(theirs))


def test_what_is_unlike_in_two_logs_is_said(read: Reader) -> None:
    first = read(legacy_log())
    assert score_log(first, read(legacy_log(0.1))).notes == (NO_PERSONS,), "which all of these say"
    assert score_log(first, read(legacy_log())).notes == (
        "log0.json and its retain log are the same log",
        NO_PERSONS,
    )
    chat = legacy_log(0.1)
    chat[FORGET]["generated_text"] = {
        key: ["[INST]Q?[/INST]", *said[1:]] for key, said in chat[FORGET]["generated_text"].items()
    }
    said, _ = score_log(first, read(chat)).notes
    assert said.startswith("6 of 6 prompts differ, the first are 'Q?' and '[INST]Q?[/INST]'")
    silent = legacy_log(0.1)
    del silent[FORGET]["generated_text"]
    said, _ = score_log(first, read(silent)).notes
    assert said == "log4.json holds no true answers, so its questions cannot be compared with the other's"


def asked(prompts: list[str], **made_by: str) -> dict[str, Any]:
    """An OpenUnlearning log with these prompts; with `made_by` one of this program's."""
    log = open_log((0.5,) * len(prompts))
    for row, prompt in zip(log["forget_Q_A_ROUGE"]["value_by_index"].values(), prompts, strict=True):
        row["input"] = prompt
    return {**log, "made_by": {"template": "chat", **made_by}} if made_by else log


def test_prompts_are_compared_whole_or_as_questions(read: Reader) -> None:
    questions = [f"who is {n}?" for n in range(40)]
    chat = [f"system\n\nhelp user\n\n{text} assistant\n\n" for text in questions]
    theirs = read(asked(chat))
    whole = read(asked([text.replace("\n\n", "\n") for text in chat], input=WHOLE_PROMPT))
    assert not [note for note in score_log(whole, theirs).notes if "differ" in note], "but for blanks they are the same"
    for ours in (read(asked(questions, sets="old")), read(asked(questions, input=QUESTION_ALONE))):
        for notes in (score_log(ours, theirs).notes, score_log(theirs, ours).notes):
            assert not [note for note in notes if "differ" in note]
            assert f"{ours.name} holds questions without their template" in "; ".join(notes)
    others = read(asked(["where is Cy?", *questions[1:]], input=QUESTION_ALONE))
    assert any(
        note.startswith("1 of 40 questions differ, the first are 'where is Cy?'")
        for note in score_log(others, theirs).notes
    )
    plain = read(asked([f"Question: {text}\nAnswer:" for text in questions], input=WHOLE_PROMPT))
    assert any(note.startswith("40 of 40 prompts differ") for note in score_log(plain, theirs).notes)


def test_true_answers_that_differ_in_a_vowel_sign_are_others(read: Reader) -> None:
    first, second = open_log((0.5,)), open_log((0.5,))
    for log, answer in ((first, "दिल"), (second, "दल")):
        log["forget_Q_A_ROUGE"]["value_by_index"]["0"]["ground_truth"] = answer
    with pytest.raises(DataError, match="1 rows have another true answer"):
        score_log(read(first), read(second))


def test_an_extraction_strength_says_whose_it_is(read: Reader) -> None:
    strength = {"extraction_strength": {"agg_value": 0.028}}
    for made_by, words in (
        ({}, NEVER_BELOW),
        ({"made_by": {"sets": "people", "extraction_strength": NEVER_BELOW}}, NEVER_BELOW),
        ({"made_by": {"sets": "people"}}, OURS_ZERO),
    ):
        figures, _ = all_figures(read({**open_log(), **strength, **made_by}))
        assert figures["extraction_strength"].note == f"as published, not worked out here, {words}"


def test_rows_that_one_of_our_logs_leaves_out_have_no_value(read: Reader) -> None:
    """Theirs must have all rows in every metric: its code mixes the indices up where it drops some."""
    content = open_log()
    del content["forget_truth_ratio"]["value_by_index"]["1"]
    with pytest.raises(DataError, match="has 4 rows and forget_truth_ratio has 3"):
        read(content)
    content["forget_truth_ratio"]["agg_value"] = None
    part = read({**content, "made_by": {"sets": "people"}}).parts["forget"]
    assert list(part.ratios["A"].items()) == [("0", 0.5), ("1", None), ("2", 0.8), ("3", 1.25)]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["0", "1", "prob", "score", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.data(), JUNK)
def test_a_log_with_junk_anywhere_is_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, legacy: bool, data: st.DataObject, junk: Any
) -> None:
    content: Any = legacy_log() if legacy else {**open_log(losses=True), "made_by": {"sets": "people"}}
    place = content
    for _ in range(data.draw(st.integers(0, 3))):
        following = place[data.draw(st.sampled_from(sorted(place)))]
        if not isinstance(following, dict):
            break
        place = following
    place[data.draw(st.sampled_from(sorted(place)))] = junk
    path, said = tmp_path_factory.mktemp("junk") / "x.json", ""
    try:
        path.write_text(json.dumps(content), encoding="utf-8")
        log = read_log(path)
        score_log(log, log)
        all_figures(log)
    except UnicodeEncodeError:  # half a character in the junk: not writable
        return
    except DataError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 600


def test_rows_that_may_be_of_another_variant_are_said_to_be_taken_for_a(read: Reader) -> None:
    assert read(open_log()).notes == (), "a ratio above 1 is none of variant D"
    (said,) = read(open_log((0.2, 0.5, 0.9))).notes
    assert said.startswith("forget_truth_ratio: its rows are taken for truth ratios of variant A; none is above 1")
    with_losses = read(open_log((0.2, 0.5, 0.9), losses=True)).notes
    assert not any("taken for" in note for note in with_losses), "losses say which it is"


def test_a_stated_aggregate_that_is_no_number_does_not_spoil_its_rows(read: Reader) -> None:
    content = open_log()
    content["forget_truth_ratio"]["agg_value"] = math.nan
    log = read(content)
    assert score_log(log).rows == 4
    assert log.notes == ("forget_truth_ratio was left out: its value is nan, and a figure is a finite number",)


def test_a_reference_of_another_kind_is_refused_with_both_counts(read: Reader) -> None:
    legacy, theirs = read({FORGET: legacy_part(300, 0.0)}), read(open_log((0.5,) * 400))
    with pytest.raises(
        DataError, match=r"log0\.json \(300 forget rows\) is a legacy log and log1\.json \(400 forget rows\)"
    ):
        score_log(legacy, theirs)
    with pytest.raises(DataError, match="must be of the same kind"):
        score_log(read(legacy_log(forget_rows=4)), read(open_log()))


def test_aggregates_are_taken_as_published_and_said_so(read: Reader) -> None:
    figures, notes = all_figures(
        read({"model_utility": 0.5, "forget_quality": 1e-19, "mia_loss": None, "privleak": math.nan})
    )
    assert {name: figure.value for name, figure in figures.items()} == {"model_utility": 0.5, "forget_quality": 1e-19}
    assert all(figure.note.startswith("as published") and figure.rows is None for figure in figures.values())
    assert notes == ["privleak was left out: its value is nan, and a figure is a finite number"]
    with pytest.raises(DataError, match="holds no figure"):
        all_figures(read({"model_utility": None}))


def test_an_aggregate_that_its_rows_do_not_give_is_said(read: Reader) -> None:
    content = open_log() | {"model_utility": {"agg_value": 0.9}, "forget_quality": {"agg_value": 0.25}}
    figures, notes = all_figures(read(content))
    assert figures["model_utility"].value == pytest.approx(9 / 22)
    assert any(note.startswith("model_utility is 0.9 in the log") for note in notes)
    assert figures["forget_quality"].value == 0.25  # its reference is not at hand
    assert all_figures(read(content), read(open_log()))[0]["forget_quality"].value == 1.0


@given(
    st.lists(st.floats(0, 30), min_size=1, max_size=6),
    st.floats(0, 30),
)
def test_a_ratio_of_any_losses_is_that_of_the_slow_computation(wrong: list[float], right: float) -> None:
    from engine.evaluation.logs.reading import _as_one, _bare_ratio

    for variant in ("A", "B"):
        found = _bare_ratio(right, _as_one(variant, wrong))
        assert found == pytest.approx(slow_ratio(right, wrong, variant), rel=1e-9)
