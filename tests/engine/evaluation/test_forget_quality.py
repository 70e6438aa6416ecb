"""Forget quality and utility against figures from the TOFU authors' own logs (docs/measures.md, "TOFU's figures")."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from engine.evaluation.forget_quality import forget_quality
from engine.evaluation.metrics import kept_truth_ratio, normalised_probability, probability, truth_ratio
from engine.evaluation.utility import UtilityParts, model_utility

LR = {"llama2-7b": "1e-05", "phi": "2e-05"}


def read(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))


def ratios(table: dict[str, Any]) -> list[float]:
    rows = zip(table["avg_paraphrased_loss"].values(), table["average_perturb_loss"].values(), strict=True)
    return [ratio for right, wrong in rows if (ratio := truth_ratio(right, wrong)) is not None]


def parts(table: dict[str, Any], normalised: bool) -> UtilityParts:
    right, wrong = list(table["avg_gt_loss"].values()), list(table["average_perturb_loss"].values())
    if normalised:
        shares = [normalised_probability(a, b) or 0.0 for a, b in zip(right, wrong, strict=True)]
    else:
        shares = [probability(loss) for loss in right]
    return UtilityParts(
        fmean(shares), fmean(table["rougeL_recall"].values()), fmean(map(kept_truth_ratio, ratios(table)))
    )


def test_model_utility_agrees_with_the_authors_logs(tofu_logs: Path) -> None:
    golden = read(tofu_logs, "GOLDEN")["per_model"]
    assert len(golden) >= 2
    for name, expected in golden.items():
        log = read(tofu_logs, name)
        retain = parts(log["eval_log.json"], normalised=False)
        authors = parts(log["eval_real_author_wo_options.json"], normalised=True)
        world = parts(log["eval_real_world_wo_options.json"], normalised=True)
        for label, found in (("Retain", retain), ("RA", authors), ("WF", world)):
            wanted = [expected[f"{part} {label}"] for part in ("Prob", "ROUGE", "TR")]
            assert list(found) == pytest.approx(wanted, abs=1e-6)
        assert model_utility(retain, authors, world) == pytest.approx(expected["MU"], abs=1e-6)


def test_forget_quality_agrees_with_the_authors_logs(tofu_logs: Path) -> None:
    golden = read(tofu_logs, "GOLDEN")["forget_quality"]
    assert golden
    for title, expected in golden.items():
        family, decay = title.split(":")[0].split(" ")
        stem = f"ft_epoch5_lr{LR[family]}_{family}"
        full, retain = (
            ratios(read(tofu_logs, f"{stem}_{split}_{decay}")["eval_log_forget.json"]) for split in ("full", "retain90")
        )
        found = forget_quality(full, retain)
        assert found is not None
        assert (found.rows, found.retain_rows) == (300, 300)
        assert found.p_value == pytest.approx(expected["p"], rel=1e-6)
        assert found.statistic == pytest.approx(expected["ks"], abs=1e-6)


def test_the_same_model_cannot_be_told_apart() -> None:
    found = forget_quality([0.1, 0.5, 0.9], [0.1, 0.5, 0.9])
    assert found is not None
    assert found.p_value == 1.0


def test_two_rows_each_by_hand() -> None:
    """Of the six orders of two and two, two are as far apart as this: p = 2/6."""
    found = forget_quality([0.1, 0.2, None], [0.8, 0.9])
    assert found is not None
    assert (found.p_value, found.statistic, found.rows) == (pytest.approx(1 / 3), 1.0, 2)


@pytest.mark.parametrize("reference", [None, [], [None]])
def test_without_a_reference_there_is_no_figure(reference: list[float | None] | None) -> None:
    assert forget_quality([0.5], reference) is None
