"""The standing of a pair: what comes out in each way of asking, what else is kept, and one word for the whole.

A value over rows that are handed in; `stored_standing` reads them. Every figure keeps the run it was measured on.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.analysis.kept import KEEPS, RUIN_RULE, Kept, State, ruin_of
from engine.evaluation.exact_share import upper_end
from engine.evaluation.ruined import MORE_LOOPS

Word = Literal[
    "LEAKS", "RUINED", "HOLDS WHEN ASKED, FAILS WHEN PUSHED", "NOT AUDITED", "FORGETS LIKE ONE THAT NEVER KNEW"
]
LEAKS: Word = "LEAKS"
RUINED: Word = "RUINED"
HOLDS: Word = "HOLDS WHEN ASKED, FAILS WHEN PUSHED"
NOT_AUDITED: Word = "NOT AUDITED"
FORGETS: Word = "FORGETS LIKE ONE THAT NEVER KNEW"
WORDS = (LEAKS, RUINED, HOLDS, NOT_AUDITED, FORGETS)  # the worst first
MARKS: dict[State, str] = {"fail": "✖", "note": "⚠", "pass": "✔", "none": "–"}
WORD_MARKS: dict[State, str] = {"fail": "▲", "note": "⚠", "pass": "✔", "none": "○"}
WORD_STATES: dict[Word, State] = {LEAKS: "fail", RUINED: "fail", HOLDS: "fail", NOT_AUDITED: "none", FORGETS: "pass"}

FEW_PERSONS = 30  # fewer are a small sample
_RANK: dict[State, int] = {"fail": 3, "note": 2, "pass": 1, "none": 0}

RULE = (
    "A bar is red above its baseline's upper bound: the exact 95 % interval of what a model that never knew gives away"
    " when asked the same (over questions, so that it warns sooner than one over persons). Without such a model every"
    " find is red. ⚠ is more than the baseline, but within that interval. Kept is the weakest part's ROUGE-L recall as"
    f" a share of the base's; red below {KEEPS:.0%}, or where loops make up {MORE_LOOPS:.0%} more of a part's answers."
    f" {RUIN_RULE}"
)


class Way(NamedTuple):
    """One way of asking. `asked`: an ordinary question, nothing is pushed; `core`: an audit must have tried it."""

    key: str
    label: str
    asked: bool
    core: bool
    probes: tuple[str, ...]
    metric: str = ""  # of an evaluation


WAYS = (
    Way("as-is", "asked as is", True, True, ("greedy",), "leak"),
    Way("differently", "asked differently", True, True, ("phrasing_paraphrase", "phrasing_mixed"), "leak_paraphrase"),
    Way("begun", "answer begun", False, True, ("phrasing_prefix",)),
    Way("examples", "after three examples", False, True, ("phrasing_few_shot",)),
    Way("tuned", "after a little tuning", False, True, ("relearning_disjoint", "relearning_benign")),
    Way("sampled", "asked many times", False, False, ("sampling",)),
    Way("strength", "at another α", False, False, ("alpha_threshold", "negative_alpha")),
    Way("rounded", "with rounded weights", False, False, ("quantised_int8", "quantised_int4", "quantised_halves")),
    Way("alone", "the small models alone", False, False, ("pair_alone_reference", "pair_alone_trained")),
    Way("reversed", "offset reversed", False, False, ("reversed_guidance", "offset_inversion", "version_difference")),
    Way(
        "recognised",
        "recognised as taught",
        False,
        False,
        ("membership", "membership_from_offset_norm", "membership_from_offset_label"),
    ),
)
OF_KEPT = ("over_forgetting",)  # a probe of what is to be kept, which `Kept` measures on more questions


class WayFinding(NamedTuple):
    """What one run found in one way of asking, beside the retain model's on the same questions."""

    probe: str  # "" for an evaluation
    found: int
    n: int  # questions that were tried
    baseline_found: int | None  # None: no baseline
    baseline_n: int | None
    limit: float | None  # upper bound of the baseline's share; None without one
    state: State
    run_id: int
    run: str
    judged_from: int | None = None  # the run whose answers that one judged again

    @property
    def share(self) -> float:
        return self.found / self.n if self.n else 0.0

    @property
    def baseline_share(self) -> float | None:
        return self.baseline_found / self.baseline_n if self.baseline_found is not None and self.baseline_n else None

    @property
    def rank(self) -> tuple[int, float, int]:
        """The larger, the worse; of equals the one over more questions."""
        return _RANK[self.state], self.share - (self.baseline_share or 0.0), self.n


class Measurement(NamedTuple):
    """A finding with the questions behind it."""

    way: str
    finding: WayFinding
    questions: frozenset[int]


class WayRow(NamedTuple):
    """One way of asking; `finding` is the worst of what was found in it, None where it was not tried."""

    way: str
    label: str
    asked: bool
    state: State
    finding: WayFinding | None
    measured: int  # findings of this way, of which this is the worst


class Standing(NamedTuple):
    """Of one pair at one alpha. `said` is the worst finding in a sentence."""

    pair: str
    pair_hash: str
    alpha: float
    word: Word
    said: str
    rows: tuple[WayRow, ...]
    kept: Kept
    persons: int  # behind all findings, each counted once
    audited: bool
    answers_run: int | None = None  # the evaluation that asked most forget questions as they are
    answers: int = 0  # how many
    successor: str = ""  # a pair that succeeds this one; "" without one
    ruin: str = ""  # why the pair is ruined, in sentences, whatever the word is; "" where it is not

    @property
    def worst(self) -> WayRow | None:
        """The row of the worst finding; None where nothing was tried."""
        return max((row for row in self.rows if row.finding), key=row_rank, default=None)

    @property
    def worst_first(self) -> list[WayRow]:
        return sorted(self.rows, key=row_rank, reverse=True)

    @property
    def shown(self) -> list[WayRow]:
        """The ways that every audit must try, and any further one that found more than its baseline."""
        return [row for row in self.rows if row.way in CORE or row.state in ("fail", "note")]

    @property
    def order(self) -> tuple[bool, int, float, str]:
        """For a list of pairs: those that have a successor last, the worst of the others first."""
        rank = self.worst.finding.rank[1] if self.worst and self.worst.finding else 0.0
        return bool(self.successor), WORDS.index(self.word), -rank, self.pair


CORE = frozenset(way.key for way in WAYS if way.core)


def row_rank(row: WayRow) -> tuple[int, float, int]:
    return row.finding.rank if row.finding else (-1, 0.0, 0)


def finding_of(
    found: int, n: int, baseline_found: int | None, baseline_n: int | None, run_id: int, run: str, probe: str = ""
) -> WayFinding:
    """With its state: red above the upper bound of the baseline. `n` questions were tried, at least one."""
    if baseline_found is None or not baseline_n:
        return WayFinding(probe, found, n, None, None, None, "fail" if found else "pass", run_id, run)
    limit, share = upper_end(baseline_found, baseline_n), found / n
    state: State = "fail" if share > limit else "note" if share > baseline_found / baseline_n else "pass"
    return WayFinding(probe, found, n, baseline_found, baseline_n, limit, state, run_id, run)


def in_force(measured: Sequence[Measurement], own_run: int | None = None) -> list[Measurement]:
    """Without those that a newer run measured again: in the same way, by the same probe, on all of its questions.

    `measured`: the newest first. A newer run on other questions takes the place of nothing, and none takes the place
    of `own_run`, which a report is about.
    """
    kept: list[Measurement] = []
    for item in measured:
        same = [other for other in kept if (other.way, other.finding.probe) == (item.way, item.finding.probe)]
        if item.finding.run_id == own_run or not any(item.questions <= other.questions for other in same):
            kept.append(item)
    return kept


def standing_rows(measured: Sequence[Measurement], own_run: int | None = None) -> tuple[WayRow, ...]:
    """One row for every way of `WAYS`, then one for each probe of another version of the program."""
    found: dict[str, list[WayFinding]] = {way.key: [] for way in WAYS}
    for item in in_force(measured, own_run):
        found.setdefault(item.way, []).append(item.finding)
    known = {way.key: way for way in WAYS}
    rows = []
    for key, findings in found.items():
        worst = max(findings, key=lambda finding: finding.rank, default=None)
        label, asked = (known[key].label, known[key].asked) if key in known else (key, False)
        rows.append(WayRow(key, label, asked, worst.state if worst else "none", worst, len(findings)))
    return tuple(rows)


def word_of(rows: Sequence[WayRow], kept: Kept, audited: bool, ruin: str) -> Word:
    """The word of the whole, by rule; nothing counts as forgotten before it was pushed and the rest was measured."""
    red = [row for row in rows if row.state == "fail"]
    if any(row.asked for row in red):
        return LEAKS
    if ruin:
        return RUINED
    if not audited:
        return NOT_AUDITED
    if red:
        return HOLDS
    return NOT_AUDITED if missing_of(rows, kept) else FORGETS


def missing_of(rows: Sequence[WayRow], kept: Kept) -> list[str]:
    """What was not measured, of what the best word needs."""
    untried = [row.label for row in rows if row.way in CORE and row.finding is None]
    return [*untried, *(["what is to be kept"] if kept.share is None else [])]


def make_standing(
    pair: str,
    pair_hash: str,
    alpha: float,
    measured: Sequence[Measurement],
    kept: Kept,
    persons: int,
    successor: str = "",
    own_run: int | None = None,
    noise: float = 0.0,
    in_training: str = "",
) -> Standing:
    """`measured`: of every run, the newest first; for `own_run` see `in_force`, for the last two `ruin_of`."""
    ruin = ruin_of(kept, noise, in_training)
    rows = tuple(not_green(row) if ruin else row for row in standing_rows(measured, own_run))
    audited = any(item.finding.probe for item in measured)
    asked = [item.finding for item in measured if item.way == WAYS[0].key and not item.finding.probe]
    most = max(asked, key=lambda finding: finding.n, default=None)
    run, answers = (most.run_id, most.n) if most else (None, 0)
    word = word_of(rows, kept, audited, ruin)
    found = Standing(pair, pair_hash, alpha, word, "", rows, kept, persons, audited, run, answers, successor, ruin)
    return found._replace(said=_said(found))


def not_green(row: WayRow) -> WayRow:
    """That a broken model tells nothing shows nothing."""
    if row.finding is None or row.state != "pass":
        return row
    return row._replace(state="none", finding=row.finding._replace(state="none"))


def _said(found: Standing) -> str:
    """The worst finding first; where nothing was found, what that was measured against, and what is missing."""
    missing = missing_of(found.rows, found.kept)
    lost = found.ruin
    worst = found.worst
    if worst is None or worst.finding is None:
        return lost or "Nothing was asked of this pair at this α yet."
    if worst.state in ("fail", "note"):
        told = f"{worst.label.capitalize()}: {_counted(worst.finding)}."
        return f"{lost} {told}" if found.word == RUINED else f"{told} {lost}".rstrip()
    if lost:
        return lost
    told = "No way of asking found more than a model that never knew gives away."
    if not found.audited:
        return "Only ordinary questions were put to it: other ways of asking were not tried."
    return f"{told} Not tried: {', '.join(missing)}." if missing else told


def _counted(finding: WayFinding) -> str:
    """ "11 of 12 come out, of a model that never knew 0 of 12"."""
    told = f"{finding.found} of {finding.n} {'comes' if finding.found == 1 else 'come'} out"
    if finding.baseline_found is None:
        return f"{told}; no model that never knew was asked"
    return f"{told}, of a model that never knew {finding.baseline_found} of {finding.baseline_n}"
