"""What the study's page says: of small tables whose answer is plain to see, and nothing of what is not there."""

from typing import Any

import pandas as pd

from benchmarks.study import page, words, words_leaks, words_short, words_side
from benchmarks.study.runs import KEY
from benchmarks.study.tables import Tables

MEASURED = {
    "forget ROUGE": 0.3, "paraphrased": 0.2, "forget leaks": 0.4, "forget probability": 0.5, "retain ROUGE": 0.6, "world ROUGE": 0.2,
    "authors ROUGE": 0.1, "forget quality": 0.01, "model utility": 0.3, "AUC − retain-only": 0.2,
}  # fmt: skip


def row(method: str, objective: str = "", reference: str = "", seed: int = 0, **measured: Any) -> dict[str, Any]:
    own = {"method": method, "objective": objective, "reference": reference, "seed": seed}
    return own | MEASURED | {name.replace("_", " "): value for name, value in measured.items()}


def tables(**frames: list[dict[str, Any]]) -> Tables:
    nothing = pd.DataFrame(columns=[*KEY, "seed"])
    return Tables(**{name: pd.DataFrame(frames[name]) if name in frames else nothing for name in Tables._fields})


BASE, GOLD = row("base", retain_ROUGE=1.0), row("retain-only", forget_ROUGE=0.36, forget_leaks=0.25)
PAIRS = [row(method, "npo", "demo", seed) for method in ("offset", "direct") for seed in (0, 1)]


def differences(column: str, *means: float | None, persons: int = 4) -> list[dict[str, Any]]:
    own = {"method": "offset less direct", "objective": "npo", "reference": "", "column": column, "questions": 40}
    return [
        {**own, "seed": seed, "persons": persons, "difference": mean, "low": mean and mean - 0.1, "high": mean and mean + 0.1}
        for seed, mean in enumerate(means)
    ]  # fmt: skip


def test_nothing_is_said_of_tables_without_rows() -> None:
    empty = tables()
    assert words_short.in_short(empty) == []
    assert words.matched_words(empty) == ""
    assert words.row_of(empty.main, "base") is None
    assert page.page(empty, set(), set(), "").count("## ") == 1, "a page without runs has its first heading alone"


def test_an_objective_of_one_seed_is_named_and_not_counted_among_those_compared() -> None:
    said = words.main_words(tables(main=[BASE, GOLD, *PAIRS, row("offset", "simnpo", "demo")]))
    assert "2 of 2 rows lie lower" in said
    assert "simnpo" not in said.partition("Of one seed")[0]
    assert said.endswith("Of one seed, so leads and not results: offset simnpo.")


def test_the_noise_floor_is_named_where_there_is_a_second_seed() -> None:
    twin = row("retain-only, second seed", forget_ROUGE=0.34, **{"AUC − retain-only": -0.04, "forget quality": 0.9})
    assert "noise floor" not in words.main_words(tables(main=[BASE, GOLD, *PAIRS]))
    said = words.main_words(tables(main=[BASE, GOLD, *PAIRS, twin]))
    assert "forget ROUGE 0.340 (0.360)" in said
    assert "p = 0.9 and an AUC that differs by -0.040" in said


def test_a_utility_of_zero_is_traced_to_the_part_that_is_zero() -> None:
    none = [row("offset", "npo", "demo", 2, model_utility=0.0, authors_ROUGE=0.0)]
    said = words.main_words(tables(main=[BASE, GOLD, *PAIRS, *none]))
    assert "Utility is 0 in 1 of 5 runs; in 1 of them no answer about a real author scores at all" in said


def test_a_pair_of_which_it_is_not_known_whether_it_comes_so_low_is_none_that_does() -> None:
    rows = pd.DataFrame([{"reached": True}, {"reached": False}, {"reached": None}], dtype=object)
    assert list(words.reached(rows).index) == [0]
    assert words.reached(pd.DataFrame(columns=["alpha"])).empty


def test_paired_differences_say_how_sure_they_are_and_leave_out_the_unknown() -> None:
    four = pd.DataFrame(differences("retain ROUGE", 0.3, -0.3, 0.05, None))
    assert words._paired_words(four, "retain ROUGE", "keeps more") == (
        "keeps more in 2 of 3 comparisons (the 95 % interval over 4 persons, a rough one, lies above 0 in 1 and below it in 1)"
    )
    assert words._paired_words(four, "world ROUGE", "keeps more world facts") == ""
    two = pd.DataFrame(differences("forget leaks", 0.3, -0.3, persons=2))
    assert words._paired_words(two, "forget leaks", "tells more").endswith(
        "(with both persons in 1, with neither in 1)"
    )


def test_in_short_rests_on_paired_differences_and_says_what_keeps_most() -> None:
    matched = [{**pair, "reached": True} for pair in PAIRS] + [
        {**row("direct", "relabelling", retain_ROUGE=0.9), "reached": True},
        {**row("offset", "relabelling", "demo"), "reached": None},
    ]
    crossings = [{"reached": True}, {"reached": False}]
    paired = [*differences("retain ROUGE", 0.2, -0.4), *differences("world ROUGE", -0.1, -0.1, persons=0)]
    kept, told, lost, quality = words_short.in_short(
        tables(main=[BASE, GOLD, *PAIRS], matched=matched, crossings=crossings, paired=paired)
    )
    assert "in 1 of 2 pairs of runs; the median difference is -0.10" in kept
    assert "Most is kept by direct relabelling, 0.90; 1 of 2 runs never come so low." in kept
    assert "offset 0.40, direct 0.40 (retain-only 0.25)" in told
    assert told.endswith("medians of 2 pairs of runs."), "one whose other half is unknown is left out"
    assert "in 0 of 2 pairs of runs; the median difference is -0.10" in lost
    assert "passes 0.05 at α = 1 in 0 of 4 runs" in quality


def test_a_reference_is_named_by_what_was_done_to_it() -> None:
    names = ("4-layers", "unhealed-4-layers", "30-layers", "demo")
    found = words_leaks.by_reference(pd.DataFrame([row("offset", "npo", name) for name in names]))
    assert list(found["reference"]) == ["healed-4-layers", "unhealed-4-layers", "whole-30-layers", "demo"]


def test_a_probe_is_told_by_those_above_its_floor() -> None:
    rows = [
        {"objective": "npo", "reference": "taught", "found": 0.9, "floor": 0.25},
        {"objective": "npo", "reference": "demo", "found": 0.1, "floor": 0.25},
        {"objective": "npo", "reference": "unhealed", "found": None, "floor": None},
    ]
    leaks = pd.DataFrame(rows)
    assert words_leaks.above_floor("Asked", leaks) == (
        "*Asked* finds more of the forget questions than its floor of 0.25 with taught 0.90, of 2 pairs."
    )
    assert "with none, of 1 pair." in words_leaks.above_floor("Asked", leaks[1:2])
    assert words_leaks.above_floor("Asked", leaks[2:]) == ""


def test_a_rate_at_the_end_of_those_tried_is_said_to_be_there() -> None:
    tried = [("offset", 1e-3, 0.7), ("offset", 3e-4, 0.5), ("direct", 1e-4, 0.3), ("direct", 3e-4, 0.1)]
    rates = pd.DataFrame([{"method": method, "rate": rate, "gain": gain} for method, rate, gain in tried])
    assert words_side.highest_rates(rates) == (
        "The highest rate tried was chosen for offset (0.001, gain 0.70): a better one may lie above."
    )
    assert words_side.highest_rates(rates[2:]) == ""
    assert words_side.highest_rates(rates[:0]) == ""
