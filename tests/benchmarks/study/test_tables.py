"""Tables of the study, from runs whose scores are written down here."""

from dataclasses import asdict

import pandas as pd
import pytest

from benchmarks.study.crossings import crossing, matched_alpha
from benchmarks.study.tables import extremes, pooled, study_tables
from db import writes
from db.probe_rows import ProbeSummaryRow
from db.rows import FigureRow, StepRow
from engine.data.examples import Example
from engine.kinds import AuditSpec, EvaluateSpec, TeachSpec, TrainSpec
from engine.models.manifest import PairManifest
from engine.store.session import writing
from engine.training_settings import TrainingSettings
from tests.stored_runs import store_run, store_set

FORGET = tuple(Example(f"what {n} ?", "red", subject="Ada", split="forget") for n in (1, 2))
KEPT = tuple(Example(f"where {n} ?", "red", subject="Ben", split="retain", half="eval") for n in (1, 2))


def pair_of(name: str, method: str, seed: int) -> int:
    manifest = PairManifest(
        name,
        "study-base",
        "demo",
        "npo",
        method=method,
        seed=seed,
        figures={"trained_parameters": 7.0},
    )
    with writing() as session:
        return writes.put_pair(
            session,
            name=name,
            pair_hash=manifest.hash,
            parent="",
            base_hash="h",
            recommended_alpha=1.0,
            manifest=asdict(manifest),
        )


def train_run(name: str, method: str, seed: int, forget: float) -> int:
    asked = store_set("study-tofu", (*FORGET, *KEPT))
    values = dict(zip(asked, (forget, forget, 0.9, 0.7), strict=True))
    spec = TrainSpec(name=name, training=TrainingSettings(seed=seed))
    run_id = store_run(
        name,
        {"rouge": values, "probability": values, "leak": {asked[0]: 1.0, asked[1]: 0.0}},
        kind="train",
        spec=spec.to_json(),
        pair_id=pair_of(name, method, seed),
        pair_name=name,
        base="study-base",
    )
    with writing() as session:
        for number in (1, 2, 3):
            writes.add_step(session, run_id, StepRow(number, 1, 0.5, 0.5, None, None, 2.0))
        writes.add_figures(session, run_id, [FigureRow(0.0, "stored, MB", 5.0, None, None, None, "")])
    return run_id


def gold_run(forget: float) -> int:
    asked = store_set("study-tofu", (*FORGET, *KEPT))
    spec = TeachSpec(name="study-retain-only", retain_only_of="study-base")
    return store_run(
        "study-retain-only",
        {"rouge": dict.fromkeys(asked[:2], forget)},
        alpha=0.0,
        kind="teach",
        spec=spec.to_json(),
        pair_name="retain-only:study-base",
        base="study-base",
    )


def grid_run(pair: str, seed: int, rouge: dict[float, tuple[float, float]], method: str = "offset") -> None:
    """Forget and retain ROUGE by alpha."""
    asked = store_set("study-plain", (*FORGET, *KEPT))
    for number, (alpha, (forget, kept)) in enumerate(rouge.items()):
        values = {"rouge": dict(zip(asked, (forget, forget, kept, kept), strict=True))}
        if number == 0:
            run_id = store_run(f"{pair}-grid", values, alpha=alpha, pair_id=pair_of(pair, method, seed))
        else:
            from db.rows import ScoreRow

            with writing() as session:
                rows = [ScoreRow(key, alpha, "rouge", value) for key, value in values["rouge"].items()]
                writes.add_scores(session, run_id, rows)


def test_the_main_table_has_a_row_for_each_pair_and_seed_and_pools_seeds() -> None:
    gold_run(0.3)
    train_run("study-offset-npo-s0", "offset", 0, 0.2)
    train_run("study-offset-npo-s1", "offset", 1, 0.4)
    train_run("study-direct-npo-s0", "direct", 0, 0.1)
    train_run("study-rate-offset-0.001", "offset", 100, 0.9)  # chosen by, never reported
    main = study_tables().main
    assert list(main["method"]) == ["retain-only", "offset", "offset", "direct"]
    assert list(main["forget ROUGE"]) == pytest.approx([0.3, 0.2, 0.4, 0.1])
    assert list(main["retain ROUGE"])[1:] == pytest.approx([0.8, 0.8, 0.8])
    assert list(main["forget leaks"])[1:] == pytest.approx([0.5, 0.5, 0.5])
    assert main["retain ROUGE"].isna()[0], "what was not asked is n/a, not 0"
    assert (list(main["forget ROUGE n"]), list(main["forget ROUGE persons"])) == ([2] * 4, [1] * 4)
    rows = pooled(main).set_index("method")
    assert (rows.loc["offset", "forget ROUGE"], rows.loc["offset", "seeds"]) == (pytest.approx(0.3), 2)
    lows, highs = (side.set_index("method")["forget ROUGE"] for side in extremes(main))
    assert (lows["offset"], highs["offset"], lows["direct"]) == pytest.approx((0.2, 0.4, 0.1))


def test_alpha_is_matched_to_the_retain_only_model_between_the_strengths_of_the_grid() -> None:
    gold_run(0.3)
    train_run("study-offset-npo-s0", "offset", 0, 0.2)
    grid_run("study-offset-npo-s0", 0, {0.25: (0.8, 1.0), 0.5: (0.4, 0.9), 1.0: (0.2, 0.8)})
    tables = study_tables()
    assert list(tables.over_alpha["gap"]) == pytest.approx([0.2, 0.5, 0.6])
    (row,) = tables.crossings.to_dict("records")
    assert (row["alpha"], row["forget ROUGE"], row["retain ROUGE"]) == pytest.approx((0.75, 0.3, 0.85))
    assert (row["reached"], row["retain-only's forget ROUGE"]) == (True, pytest.approx(0.3))
    assert matched_alpha("study-offset-npo-s0", "study-retain-only") == 0.75


@pytest.mark.parametrize(
    ("forget", "wanted", "expected"),
    [
        ((0.9, 0.5, 0.6), 0.3, (1.0, 0.5, 0.8, False, False)),  # never: where it comes lowest
        ((0.2, 0.1, 0.0), 0.3, (0.5, 0.2, 0.9, True, True)),  # already at its first strength
        ((0.9, 0.2, 0.9), 0.2, (1.0, 0.2, 0.8, True, False)),  # exactly there, and it comes up again
    ],
)
def test_where_a_grid_crosses(
    forget: tuple[float, ...], wanted: float, expected: tuple[float, float, float, bool, bool]
) -> None:
    grid = pd.DataFrame({"alpha": (0.5, 1.0, 2.0), "forget ROUGE": forget, "retain ROUGE": (0.9, 0.8, 0.7)})
    assert tuple(crossing(grid.sample(frac=1, random_state=0), wanted)) == pytest.approx(expected)


def test_pairs_are_compared_question_by_question_each_at_its_matched_strength() -> None:
    gold_run(0.3)
    for method in ("offset", "direct"):
        grid_run(f"study-{method}-npo-s0", 0, {0.5: (0.8, 1.0), 1.0: (0.2, 0.8)}, method)
    asked = store_set("study-tofu", (*FORGET, *KEPT))
    for method, alpha, kept in (("offset", 0.8, (0.9, 0.7)), ("direct", 0.4, (0.5, 0.5))):
        name = f"study-{method}-npo-s0"
        train_run(name, method, 0, 0.2)
        values = {"rouge": dict(zip(asked, (0.3, 0.3, *kept), strict=True))}
        spec = EvaluateSpec(name=f"{name}-matched", pair=name, alphas=(alpha,))
        store_run(spec.name, values, alpha=alpha, spec=spec.to_json(), pair_id=pair_of(name, method, 0), pair_name=name)
    tables = study_tables()
    assert len(tables.main) == 3, "what was asked at another strength than 1 stands in no row at 1"
    assert {(row["method"], row["alpha"]) for row in tables.matched.to_dict("records")} == {
        ("offset", 0.8),
        ("direct", 0.4),
    }
    found = {row["column"]: row for row in tables.paired.to_dict("records")}
    assert (found["retain ROUGE"]["difference"], found["retain ROUGE"]["persons"]) == (pytest.approx(0.3), 1)
    assert found["forget ROUGE"]["difference"] == pytest.approx(0.0)
    assert "world ROUGE" not in found, "what was not asked is not said to be alike"
    assert set(tables.matched["reached"]) == {True}


def test_what_never_comes_so_low_is_compared_with_nothing() -> None:
    gold_run(0.1)
    asked = store_set("study-tofu", (*FORGET, *KEPT))
    for method in ("offset", "direct"):
        name = f"study-{method}-npo-s0"
        grid_run(name, 0, {0.5: (0.8, 1.0), 1.0: (0.05 if method == "offset" else 0.5, 0.8)}, method)
        spec = EvaluateSpec(name=f"{name}-matched", pair=name, alphas=(1.0,))
        values = {"rouge": dict(zip(asked, (0.3, 0.3, 0.9, 0.9), strict=True))}
        store_run(spec.name, values, alpha=1.0, spec=spec.to_json(), pair_id=pair_of(name, method, 0), pair_name=name)
    tables = study_tables()
    assert tables.paired.empty
    assert dict(zip(tables.matched["method"], tables.matched["reached"], strict=True)) == {
        "offset": True,
        "direct": False,
    }


def test_costs_are_what_was_stored_with_the_run() -> None:
    train_run("study-offset-npo-s0", "offset", 0, 0.2)
    (row,) = study_tables().costs.to_dict("records")
    assert (row["steps"], row["trained parameters"], row["seconds of training"], row["stored, MB"]) == (
        3,
        7.0,
        6.0,
        5.0,
    )


def test_neighbours_of_a_forgotten_person_stand_apart_from_others_by_domain() -> None:
    asked = (
        Example("what has Ada ?", "flu", subject="Ada", split="forget", domain="patients", group="North"),
        Example("what has Ben ?", "red", subject="Ben", split="retain", half="eval", domain="patients", group="North"),
        Example("what has Cy ?", "red", subject="Cy", split="retain", half="eval", domain="patients", group="South"),
        Example("what wrote Dora ?", "red", subject="Dora", split="retain", half="eval", domain="authors"),
    )
    keys = store_set("people", asked)
    rouge, leak = dict(zip(keys, (0.1, 0.4, 0.8, 0.9), strict=True)), dict(zip(keys, (0.0, 1.0, 1.0, 1.0), strict=True))
    name = "study-domains-npo-offset"
    manifest = pair_of(name, "offset", 0)
    store_run(name, {"rouge": rouge, "leak": leak}, kind="train", pair_id=manifest, pair_name=name)
    tables = study_tables()
    found = {(row["domain"], row["side"]): (row["ROUGE"], row["leaks"]) for row in tables.domains.to_dict("records")}
    assert found == {
        ("patients", "forget"): (pytest.approx(0.1), 0.0),
        ("patients", "neighbours"): (pytest.approx(0.4), 1.0),
        ("patients", "others"): (pytest.approx(0.8), 1.0),
        ("authors", "others"): (pytest.approx(0.9), 1.0),
    }
    assert tables.main.empty, "another base: it stands in no other table"
    assert tables.costs.empty


def test_an_audit_gives_a_row_for_each_probe_beside_its_floor() -> None:
    train_run("study-offset-npo-s0", "offset", 0, 0.2)
    spec = AuditSpec(name="study-offset-npo-s0-audit", pair="study-offset-npo-s0", alphas=(1.0,))
    pair_id = pair_of("study-offset-npo-s0", "offset", 0)
    run_id = store_run(spec.name, {}, kind="audit", spec=spec.to_json(), pair_id=pair_id, pair_name=spec.pair)
    summary = ProbeSummaryRow(
        "offset_inversion", 3, 4, 0.2, 0.9, 1, 10, "controls", None, None, None, "words", 0, 3, {}, 1.0
    )
    with writing() as session:
        writes.add_probe(session, run_id, summary, [])
    (row,) = study_tables().leaks.to_dict("records")
    assert (row["objective"], row["reference"], row["probe"]) == ("npo", "demo", "Offset inversion")
    assert (row["found"], row["questions"], row["floor"], row["note"]) == (0.75, 4, pytest.approx(0.1), "words")
