"""Forget quality and utility against figures from the TOFU authors' own logs (docs/measures.md, "TOFU's figures")."""

import json
import os
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from engine.evaluation.forget_quality import forget_quality
from engine.evaluation.metrics import kept_truth_ratio, normalised_probability, probability, truth_ratio
from engine.evaluation.utility import UtilityParts, model_utility

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
FOLDER = (
    Path(os.environ["OUBLIETTE_TOFU"]).parent if os.environ.get("OUBLIETTE_TOFU") else _SHARED
) / "tofu_reference_logs"
GOLDEN: dict[str, Any] = json.loads((FOLDER / "GOLDEN.json").read_text()) if (FOLDER / "GOLDEN.json").is_file() else {}
golden = pytest.mark.skipif(not GOLDEN, reason="the TOFU authors' logs (tofu_reference_logs) are not on this machine")

LR = {"llama2-7b": "1e-05", "phi": "2e-05"}


def read_log(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


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


@golden
@pytest.mark.parametrize("name", GOLDEN.get("per_model", {}))
def test_model_utility_agrees_with_the_authors_logs(name: str) -> None:
    log, expected = read_log(name), GOLDEN["per_model"][name]
    retain = parts(log["eval_log.json"], normalised=False)
    authors = parts(log["eval_real_author_wo_options.json"], normalised=True)
    world = parts(log["eval_real_world_wo_options.json"], normalised=True)
    for label, found in (("Retain", retain), ("RA", authors), ("WF", world)):
        wanted = [expected[f"{part} {label}"] for part in ("Prob", "ROUGE", "TR")]
        assert list(found) == pytest.approx(wanted, abs=1e-6)
    assert model_utility(retain, authors, world) == pytest.approx(expected["MU"], abs=1e-6)


@golden
@pytest.mark.parametrize("title", GOLDEN.get("forget_quality", {}))
def test_forget_quality_agrees_with_the_authors_logs(title: str) -> None:
    family, decay = title.split(":")[0].split(" ")
    stem = f"ft_epoch5_lr{LR[family]}_{family}"
    full, retain = (
        ratios(read_log(f"{stem}_{split}_{decay}")["eval_log_forget.json"]) for split in ("full", "retain90")
    )
    found = forget_quality(full, retain)
    assert found is not None
    assert (found.rows, found.retain_rows) == (300, 300)
    assert found.p_value == pytest.approx(GOLDEN["forget_quality"][title]["p"], rel=1e-6)
    assert found.statistic == pytest.approx(GOLDEN["forget_quality"][title]["ks"], abs=1e-6)


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
