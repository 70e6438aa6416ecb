"""What the measures mean, as a table and in words."""

from engine.evaluation.metrics import METRICS
from pages.parts.shared.meanings import meanings
from pages.parts.shared.wording import GLOSSARY, TERMS


def test_every_measure_has_all_that_is_shown_of_it() -> None:
    table = meanings((name, split) for name in METRICS for split in ("forget", "retain", "world", "holdout"))
    assert set(table["measure"]) == {metric.label for metric in METRICS.values()}
    assert list(table.columns) == ["measure", "better", "unit", "formula", "source"]
    assert all(cell for row in table.itertuples(index=False) for cell in row)


def test_parts_with_one_direction_stand_together_and_unknown_measures_are_left_out() -> None:
    table = meanings([("rouge", "world"), ("ours", "forget"), ("rouge", "retain"), ("rouge", "forget")])
    assert list(table["better"]) == ["lower is better (Forget)", "higher is better (Retain, World facts)"]


def test_terms_explain_no_word_twice() -> None:
    assert not set(TERMS) & set(GLOSSARY)
