"""Forget quality against a retain-only run: found, and refused over other rows."""

from typing import Any

import pytest
from scipy.stats import ks_2samp

from engine.analysis.retain_only import noise_floor, noise_words, quality_against, quality_figure
from engine.errors import RunError
from engine.kinds import TeachSpec
from tests.stored_runs import EXAMPLES, store_run, store_set

RATIOS = (0.5, 1.5, 0.7, 2.0)


def gold(ratios: dict[int, float | None], **fields: object) -> int:
    values: dict[str, Any] = {"base": "retain-only:b", "pair_name": "retain-only:b", **fields}
    return store_run("gold", {"truth_ratio": ratios}, alpha=0.0, **values)


def test_the_same_rows_are_tested() -> None:
    ids = store_set()[:4]
    run_id = store_run("r", {"truth_ratio": dict(zip(ids, RATIOS, strict=True))})
    other = (0.4, 1.4, 0.9, 3.0)
    reference = gold(dict(zip(ids, other, strict=True)))
    found = quality_figure(run_id, 1.0)
    assert found == quality_against(run_id, 1.0, reference)
    assert found.p_value == pytest.approx(ks_2samp(RATIOS, other).pvalue)
    assert (found.rows, found.retain_rows, found.retain_id) == (4, 4, reference)
    assert "4 rows against 4 of run gold" in found.words


def test_a_reference_over_other_rows_is_refused_and_says_which() -> None:
    ids = store_set()[:4]
    run_id = store_run("r", {"truth_ratio": dict.fromkeys(ids[:3], 0.5)})
    reference = gold(dict.fromkeys(ids[1:], 0.5))
    with pytest.raises(RunError) as caught:
        quality_against(run_id, 1.0, reference)
    said = str(caught.value)
    assert f"run gold ({reference}) lacks 1 of the 3 that run r ({run_id}) has (“{EXAMPLES[0].question}”)" in said
    assert f"run r ({run_id}) lacks 1 of the 3 that run gold ({reference}) has (“{EXAMPLES[3].question}”)" in said
    found = quality_figure(run_id, 1.0)
    assert (found.p_value, found.reason) == (None, said)


def test_an_older_reference_over_the_same_rows_is_taken() -> None:
    ids = store_set()[:4]
    run_id = store_run("r", {"truth_ratio": dict.fromkeys(ids, 0.5)})
    older = gold(dict.fromkeys(ids, 0.5))
    gold(dict.fromkeys(ids[:2], 0.5))
    assert quality_figure(run_id, 1.0).retain_id == older


def test_the_same_question_of_another_set_is_the_same_and_twice_is_twice() -> None:
    ids, copies = store_set("one")[:4], store_set("two")[:4]
    run_id = store_run("r", {"truth_ratio": dict.fromkeys(ids, 0.5)})
    assert quality_against(run_id, 1.0, gold(dict.fromkeys(copies, 0.5))).p_value == 1.0
    with pytest.raises(RunError, match="lacks 4 of the 8"):
        quality_against(run_id, 1.0, gold(dict.fromkeys([*ids, *copies], 0.5)))


def test_where_there_is_none_the_reason_is_said() -> None:
    ids = store_set()[:4]
    assert "no forget question of this run has" in quality_figure(store_run("r", {"rouge": {ids[0]: 1.0}}), 1.0).reason
    run_id = store_run("s", {"truth_ratio": dict.fromkeys(ids, 0.5)})
    assert "no run of a retain model of base b" in quality_figure(run_id, 1.0).reason
    reference = gold(dict.fromkeys(ids, 0.5))
    assert "is a retain model itself" in quality_figure(reference, 0.0).reason
    with pytest.raises(RunError, match="its pair is p, and retain-only:b is needed"):
        quality_against(run_id, 1.0, run_id)


def test_another_template_is_flagged() -> None:
    ids = store_set()[:4]
    run_id = store_run("r", {"truth_ratio": dict.fromkeys(ids, 0.5)})
    gold(dict.fromkeys(ids, 0.5), versions={"torch": "2", "template": "chat", "leak rule": "two"})
    assert quality_figure(run_id, 1.0).unlike == ("other template: plain in the first, chat in the second",)


def test_a_second_seed_of_the_retain_only_model_is_the_noise_floor() -> None:
    ids = store_set()[:4]
    run_id = store_run("r", {"truth_ratio": dict.fromkeys(ids, 9.0)})
    gold(dict(zip(ids, RATIOS, strict=True)))
    assert noise_words(run_id, quality_figure(run_id, 1.0)) == ""
    spec = TeachSpec(name="gold-2", retain_only_of="b").to_json()
    twin = store_run(
        "gold-2",
        {"truth_ratio": dict(zip(ids, reversed(RATIOS), strict=True))},
        alpha=0.0,
        kind="teach",
        spec=spec,
        pair_name="base:gold-2",
    )
    assert quality_figure(run_id, 1.0).p_value == pytest.approx(ks_2samp([9.0] * 4, RATIOS).pvalue)
    quality = quality_figure(run_id, 1.0)
    assert {name: figure.p_value for name, figure in noise_floor(run_id, quality).items()} == {
        f"run gold-2 ({twin})": 1.0
    }
    assert f"run gold-2 ({twin}) p = 1 " in noise_words(run_id, quality)
    assert noise_words(twin, quality_figure(twin, 0.0)) == "", "it is no floor of itself"
    other = store_run("few", {"truth_ratio": dict.fromkeys(ids[:2], 9.0)})
    gold(dict.fromkeys(ids[:2], 0.5))
    assert noise_words(other, quality_figure(other, 1.0)) == "", "the second seed was asked others"
