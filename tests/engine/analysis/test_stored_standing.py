"""The standing of a pair from stored runs: which run a figure comes from, and what counts once."""

import pytest

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.rows import AnswerRow, ScoreRow
from engine.analysis.ruined import marked, ruins_of
from engine.analysis.run_figures import RunFigures, run_figures_at
from engine.analysis.standing import FORGETS, LEAKS, NOT_AUDITED, RUINED, WAYS
from engine.analysis.stored_standing import standing_of, standings
from engine.data.examples import Example
from engine.evaluation.ruined import END, SAMPLES, START
from engine.kinds import AuditSpec
from engine.models.manifest import PairManifest
from engine.store.session import writing
from tests.stored_runs import store_run, store_set

PAIR, HASH = "p", "c" * 16
PEOPLE = ("Ada", "Ben")
FORGET = tuple(
    Example(f"what did {name} like {number} ?", "red", subject=name, split="forget")
    for name in PEOPLE
    for number in range(10)
)
KEPT = tuple(Example(f"where is {number} ?", "here", split="retain", half="eval") for number in range(10))


def put_pair(pair_hash: str = HASH, alpha: float = 1.0) -> int:
    with writing() as session:
        return writes.put_pair(
            session,
            name=PAIR,
            pair_hash=pair_hash,
            parent="",
            base_hash="b",
            recommended_alpha=alpha,
            manifest={},
        )


def evaluate(
    ids: list[int],
    leaking: int,
    name: str = "run",
    forget: int = len(FORGET),
    kept: float = 1.0,
    loops: float = 0.0,
) -> int:
    """A run on the questions of a set: at α = 1, after the base at α = 0, which knows everything."""
    asked, rest = ids[:forget], ids[forget:]
    base = dict.fromkeys(ids, 1.0)
    told = {key: float(place < leaking) for place, key in enumerate(asked)} | dict.fromkeys(rest, kept)
    scores = {"leak": told, "rouge": told, "degenerate": dict.fromkeys(ids, loops)}
    run_id = store_run(name, scores, pair_id=put_pair())
    before = {"leak": base, "rouge": base, "degenerate": dict.fromkeys(ids, 0.0)}
    rows = [ScoreRow(key, 0.0, metric, value) for metric, values in before.items() for key, value in values.items()]
    with writing() as session:
        writes.add_scores(session, run_id, rows)
        writes.add_run_questions(session, run_id, [(key, ("red",)) for key in ids])
    return run_id


def retain_model(ids: list[int], leaking: int = 0) -> int:
    told = {key: float(place < leaking) for place, key in enumerate(ids)}
    return store_run("gold", {"leak": told}, alpha=0.0, pair_name="retain-only:b")


def audit(ids: list[int], found: dict[str, int], name: str = "audit", alpha: float = 1.0) -> int:
    spec = AuditSpec(name=name, pair=PAIR, alphas=(alpha,)).to_json()
    run_id = store_run(name, {}, kind="audit", spec=spec, pair_id=put_pair())
    with writing() as session:
        for probe in [way.probes[0] for way in WAYS if way.core]:
            number = found.get(probe, 0)
            summary = ProbeSummaryRow(
                probe, number, len(ids), 0.0, 1.0, 0, len(ids), "", None, None, None, "", 0, number, {}, 1.0
            )
            results = [
                ProbeResultRow(probe, "pair", key, place, place < number, None, "red", "")
                for place, key in enumerate(ids)
            ]
            writes.add_probe(session, run_id, summary, results)
    return run_id


@pytest.fixture
def ids() -> list[int]:
    return store_set("folk", [*FORGET, *KEPT])


def test_a_pair_of_which_nothing_is_stored() -> None:
    put_pair()
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.word, found.worst, found.persons) == (NOT_AUDITED, None, 0)
    assert found.kept.share is None
    assert found.kept.reason


def test_evaluation_audit_and_retain_model_together(ids: list[int]) -> None:
    run, gold = evaluate(ids, leaking=0), retain_model(ids)
    probed = audit(ids[:12], {})
    found = standing_of(PAIR, HASH, 1.0)
    assert found.word == FORGETS
    first = found.rows[0].finding
    assert first is not None
    assert (first.found, first.n, first.baseline_found, first.baseline_n, first.run_id) == (0, 20, 0, 20, run)
    begun = next(row.finding for row in found.rows if row.way == "begun")
    assert begun is not None
    assert (begun.run_id, begun.probe, begun.n) == (probed, "phrasing_prefix", 12)
    assert (found.kept.share, found.kept.known, found.kept.lost, found.kept.run_id) == (1.0, 10, 0, run)
    assert found.persons == 2
    assert gold not in {row.finding.run_id for row in found.rows if row.finding}


def test_an_audit_at_another_alpha_is_not_this_ones(ids: list[int]) -> None:
    evaluate(ids, leaking=0)
    audit(ids[:12], {"phrasing_prefix": 12}, alpha=0.5)
    assert standing_of(PAIR, HASH, 1.0).audited is False


def test_a_newer_evaluation_of_an_own_set_takes_the_place_of_no_warning(ids: list[int]) -> None:
    warned = evaluate(ids, leaking=15)
    own = [Example(f"own {number} ?", "blue", subject=name, split="forget") for name in PEOPLE for number in range(4)]
    evaluate(store_set("own", own), leaking=0, name="own", forget=8)
    found = standing_of(PAIR, HASH, 1.0)
    assert found.word == LEAKS
    assert found.rows[0].finding is not None
    assert (found.rows[0].finding.run_id, found.rows[0].finding.n) == (warned, 20)
    assert found.persons == 2, "a person is counted once over all sets"


def test_the_same_questions_asked_again_are_judged_by_the_newer_run(ids: list[int]) -> None:
    evaluate(ids, leaking=15)
    again = evaluate(ids, leaking=0, name="again")
    found = standing_of(PAIR, HASH, 1.0)
    assert found.word == NOT_AUDITED
    assert found.rows[0].finding is not None
    assert found.rows[0].finding.run_id == again


def test_a_report_keeps_the_figures_of_its_own_run(ids: list[int]) -> None:
    own = evaluate(ids, leaking=15, kept=0.95)
    evaluate(ids, leaking=0, name="again")
    found = standing_of(PAIR, HASH, 1.0, own_run=own)
    assert found.word == LEAKS
    assert found.rows[0].finding is not None
    assert (found.rows[0].finding.run_id, found.kept.run_id, found.rows[0].measured) == (own, own, 2)


def test_another_version_of_the_pair_is_another_pair(ids: list[int]) -> None:
    evaluate(ids, leaking=15)
    assert standing_of(PAIR, "d" * 16, 1.0).worst is None


def test_knowledge_that_is_lost_ruins_a_pair(ids: list[int]) -> None:
    evaluate(ids, leaking=0, kept=0.5)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.word, found.kept.share, found.kept.lost, found.kept.gained) == (RUINED, 0.5, 10, 0)


def test_loops_ruin_a_pair_though_nothing_leaks(ids: list[int]) -> None:
    evaluate(ids, leaking=0, loops=1.0)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.word, found.kept.looped) == (RUINED, 1.0)


REFUSAL, TRUE, SALAD = ("I don't know.", -7.0), ("red it is", -0.1), ("seven spoon of under Rome glad", -6.5)


def tell(run_id: int, ids: list[int], said: tuple[str, float], alpha: float = 1.0, looped: bool = False) -> None:
    """Answers to these questions, as likely to the base."""
    with writing() as session:
        writes.add_answers(session, run_id, [AnswerRow(key, alpha, "question", said[0], looped) for key in ids])
        scores = [ScoreRow(key, alpha, "base_log_probability", said[1]) for key in ids]
        writes.add_scores(session, run_id, scores)


def test_word_salad_that_does_not_loop_ruins_a_pair_though_nothing_leaks_and_the_rest_is_kept(ids: list[int]) -> None:
    """And no way of asking is green then, nor any but the honest word in the sentence."""
    run = evaluate(ids, leaking=0)
    retain_model(ids)
    audit(ids[:12], {})
    tell(run, ids, TRUE, alpha=0.0)
    tell(run, ids[20:], TRUE)
    tell(run, ids[:20], SALAD)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.word, found.kept.state, found.kept.looped) == (RUINED, "pass", 0.0)
    assert found.ruin == found.said == "100% more answers than the base's are noise: empty, loops or word salad."
    assert {row.state for row in found.rows} == {"none"}
    assert {row.finding.state for row in found.rows if row.finding} == {"none"}
    told = next(row for row in found.rows if row.finding)
    assert told.finding is not None
    assert told.finding.n == 20, "the figures stay"


def test_refusals_are_no_noise_however_unlikely_the_base_finds_them(ids: list[int]) -> None:
    run = evaluate(ids, leaking=0)
    retain_model(ids)
    audit(ids[:12], {})
    tell(run, ids, TRUE, alpha=0.0)
    tell(run, ids[20:], TRUE)
    tell(run, ids[:20], REFUSAL)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.word, found.ruin) == (FORGETS, "")


def test_some_noise_ruins_nothing_and_what_the_base_itself_says_does_not_count(ids: list[int]) -> None:
    run = evaluate(ids, leaking=0)
    tell(run, ids[:4], SALAD)
    tell(run, ids[4:], TRUE)
    tell(run, ids, TRUE, alpha=0.0)
    assert standing_of(PAIR, HASH, 1.0).ruin == "", "4 of 20"
    other = evaluate(ids, leaking=0, name="other")
    tell(other, ids, SALAD)
    tell(other, ids, SALAD, alpha=0.0)
    assert standing_of(PAIR, HASH, 1.0).ruin == ""
    empty = evaluate(ids, leaking=0, name="empty")
    tell(empty, ids, ("", -1.0))
    tell(empty, ids, TRUE, alpha=0.0)
    assert "noise" in standing_of(PAIR, HASH, 1.0).ruin


def test_a_pair_that_leaks_and_is_ruined_says_both(ids: list[int]) -> None:
    evaluate(ids, leaking=15, kept=0.5)
    found = standing_of(PAIR, HASH, 1.0)
    assert found.word == LEAKS
    assert found.ruin == "Only 50.0% of the base's other knowledge is kept."
    assert found.ruin in found.said


def test_a_training_that_ended_broken_ruins_its_pair_whatever_was_asked_since(ids: list[int]) -> None:
    figures = {START: 0.0, END: 4.0, SAMPLES: 0.5}
    with writing() as session:
        writes.put_pair(
            session,
            name=PAIR,
            pair_hash=HASH,
            parent="",
            base_hash="b",
            recommended_alpha=1.0,
            manifest={"figures": figures},
        )
    evaluate(ids, leaking=0)
    found = standing_of(PAIR, HASH, 1.0)
    assert found.word == RUINED
    assert found.ruin.startswith("At the end of its training the retain loss is 4.00 nats")
    assert ruins_of([found]) == {PAIR: found.ruin}
    assert marked(PAIR, ruins_of([found])) == "p ▲ RUINED"
    assert marked("sound", ruins_of([found])) == "sound"


def test_a_run_in_three_figures_is_about_itself_alone(ids: list[int]) -> None:
    run = evaluate(ids, leaking=5, kept=0.75)
    evaluate(ids, leaking=0, name="again")
    tell(run, ids, TRUE, alpha=0.0)
    tell(run, ids[:10], SALAD)
    tell(run, ids[10:], TRUE)
    assert run_figures_at(run, 1.0) == RunFigures(5, 20, 20, 0.75, 0.5)
    bare = evaluate(ids[:20], leaking=1, name="bare")
    assert run_figures_at(bare, 1.0) == RunFigures(1, 20, 20, None, 0.0)


def test_a_run_without_kept_questions_says_nothing_of_them() -> None:
    ids = store_set("folk", list(FORGET))
    evaluate(ids, leaking=0)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.kept.share, found.kept.state) == (None, "none")


def test_few_kept_questions_do_not_outweigh_many(ids: list[int]) -> None:
    many = evaluate(ids, leaking=0)
    few = [*FORGET[:1], Example("what is it ?", "that", split="world", half="eval")]
    evaluate(store_set("few", few), leaking=0, name="few", forget=1, kept=0.0)
    assert standing_of(PAIR, HASH, 1.0).kept.run_id == many


def test_one_person_is_one_person() -> None:
    ids = store_set("one", [item for item in FORGET if item.subject == "Ada"])
    evaluate(ids, leaking=2, forget=10)
    retain_model(ids)
    found = standing_of(PAIR, HASH, 1.0)
    assert (found.persons, found.rows[0].state) == (1, "note"), "2 of 10 is within what 0 of 10 allows"


def test_the_list_of_pairs_begins_with_the_worst(ids: list[int]) -> None:
    evaluate(ids, leaking=15)
    mine = PairManifest(PAIR, "b", "r", "npo")
    bare = PairManifest("bare", "b", "r", "npo", parent=PAIR)
    found = standings([bare, mine])
    assert [item.pair for item in found] == ["bare", PAIR]
    assert found[1].successor == "bare"
