"""What a report is checked for before it is handed in, and its shares by split with their baseline."""

from collections.abc import Iterator, Sequence

import pandas as pd

from engine.analysis.figures import figure_of, share_words
from engine.analysis.floor import Floor
from engine.analysis.ruined import ruin_words
from engine.data.examples import KEPT
from engine.evaluation.leak_rule import LEAK_RULE, LEAK_RULE_1, LEAK_RULE_VERSION, reads_alike
from engine.evaluation.rouge import ROUGE_SCORE, UNICODE, VARIANT, rouge_words
from engine.models.manifest import PairManifest
from engine.report.parts import ReportCheck, Verdicts
from engine.review.judged_again import judged_again
from engine.store import history
from engine.store.history import RunDetail
from engine.store.judged_by import unread_words
from engine.versions import versions
from engine.wording import count, figure, part_words

CLOSE_TO_BASELINE = 0.05  # of probability per token
ASKED_COLUMNS = ("question", "paraphrased question", "true answer")  # columns that the leak rule reads
TOLD_COLUMNS = ("base answer", "unlearned answer", "base answer to paraphrase", "unlearned answer to paraphrase")
_COUNTED = {"leaks": "the secret is told in", "remembered": "it is remembered in"}
_COLUMNS = [
    "part",
    "questions",
    "counted",
    "base",
    "unlearned",
    "baseline",
    "baseline over",
    "ROUGE-L: base",
    "ROUGE-L: unlearned",
]


def checks(
    detail: RunDetail,
    rows: pd.DataFrame,
    alpha: float,
    pairs: Sequence[PairManifest],
    floor: Floor | None,
    verdicts: Verdicts | None = None,
    selection: str = "",
    ruin: str = "",
) -> list[ReportCheck]:
    """Same data, same measures, same pair, same versions, a baseline for the leaks, and what is unreviewed.

    `selection` describes `rows`, "" for all questions of the run; `ruin` says why the pair is ruined, "" where not.
    """
    return [
        *(
            [ReportCheck("note", f"Not the whole run: {selection}. Every figure is over these questions.")]
            if selection
            else []
        ),
        *([ReportCheck("fail", ruin_words(detail.summary.pair, ruin))] if ruin else []),
        _answers_complete(rows, alpha),
        _set_unchanged(rows),
        _pair_unchanged(detail, pairs),
        _same_rule(rows),
        *_judged_again(detail),
        *_rouge_reads(rows),
        _same_versions(detail),
        _floor(floor, detail.summary.id),
        _loops(rows),
        *([] if ruin else _still_likely(rows, alpha, floor)),
        *([] if verdicts is None else [_reviewed(verdicts)]),
    ]


def _answers_complete(rows: pd.DataFrame, alpha: float) -> ReportCheck:
    missing = int(rows[["base answer", "unlearned answer"]].isna().any(axis=1).sum())
    if missing:
        return ReportCheck(
            "fail", f"Without an answer of the base or at α = {alpha:g}: {count(missing, 'question')} of {len(rows)}."
        )
    return ReportCheck("pass", f"Same data: all {len(rows)} questions were answered by the base and at α = {alpha:g}.")


def _set_unchanged(rows: pd.DataFrame) -> ReportCheck:
    gone = int(rows["position"].isna().sum())
    if gone:
        return ReportCheck(
            "fail", f"The set has changed since: it no longer holds {count(gone, 'question')} of this run."
        )
    return ReportCheck("pass", "The set still holds every question of this run, unchanged.")


def _pair_unchanged(detail: RunDetail, pairs: Sequence[PairManifest]) -> ReportCheck:
    name = detail.summary.pair
    if not detail.pair_hash:
        return ReportCheck("note", "This run has no pair: base and unlearned are the same model.")
    here = [pair.hash for pair in pairs if pair.name == name]
    if not here:
        return ReportCheck(
            "note", f"Pair {name} is not on this machine, so it cannot be checked against its hash {detail.pair_hash}."
        )
    if detail.pair_hash in here:
        return ReportCheck(
            "pass", f"Pair {name} on this machine is the one that was evaluated (hash {detail.pair_hash})."
        )
    return ReportCheck(
        "fail", f"Pair {name} has been made again since: hash {detail.pair_hash} was evaluated, {here[0]} is here."
    )


def _same_rule(rows: pd.DataFrame) -> ReportCheck:
    rule = rows["leak rule"].iloc[0]
    if rule in ("", LEAK_RULE):
        return ReportCheck("pass", "Same measures: the leak rule is the one this program uses now.")
    if (
        rule == LEAK_RULE_1
        and reads_alike(_texts(rows, ASKED_COLUMNS), _texts(rows, TOLD_COLUMNS))
        and not _unread(rows)
    ):
        return ReportCheck(
            "pass",
            f"Same measures: the leak rule is version 1; version {LEAK_RULE_VERSION}, which this program uses now, "
            "reads every text here the same way.",
        )
    return ReportCheck(
        "note", "The leak rule has changed since this run; the run's own rule is printed below and in the file."
    )


def _judged_again(detail: RunDetail) -> list[ReportCheck]:
    """That the answers are another run's, and what the leak rule says otherwise of them."""
    found = judged_again(detail.summary.id)
    if found is None:
        return []
    fewer = sum(item.no_longer_told for item in found.changed)
    lost = f"{count(fewer, 'answer')} no longer {'counts' if fewer == 1 else 'count'} as told."
    said = [f"Judged again from run {found.judged_from}.", found.words, *([lost] if found.changed else [])]
    return [ReportCheck("note", " ".join(said))]


def _texts(rows: pd.DataFrame, names: Sequence[str]) -> Iterator[str]:
    """The texts of these columns; with what was asked also the key terms."""
    for name in names:
        yield from (text for text in rows[name] if isinstance(text, str))
    if names is ASKED_COLUMNS:
        yield from (term for terms in rows["key terms"] for term in terms or ())


def _unread(rows: pd.DataFrame) -> int:
    """True answers that ROUGE cannot read, in a run from before the variant that can."""
    pairs = zip(rows["true answer"], rows["rouge words"], strict=True)
    return sum(reads == ROUGE_SCORE != rouge_words(answer) for answer, reads in pairs)


def _rouge_reads(rows: pd.DataFrame) -> list[ReportCheck]:
    """The reader of the words for ROUGE, where the package did not read all of them."""
    if unread := _unread(rows):
        return [ReportCheck("fail", unread_words(unread))]
    other = int((rows["rouge words"] == UNICODE).sum())
    return [ReportCheck("note", f"For {count(other, 'question')} ROUGE reads words by {VARIANT}.")] if other else []


def _same_versions(detail: RunDetail) -> ReportCheck:
    now = versions()
    unlike = [
        f"{name} {detail.versions[name]} then, {now[name]} now"
        for name in now
        if detail.versions.get(name, now[name]) != now[name]
    ]
    if unlike:
        return ReportCheck("note", f"This run was made with other versions: {'; '.join(unlike)}.")
    return ReportCheck("pass", "Same versions: this run was made with the packages installed here.")


def _floor(floor: Floor | None, run_id: int) -> ReportCheck:
    if floor is None:
        return ReportCheck(
            "note", "No baseline for the leaks: no run of a retain model here answered any of these questions."
        )
    words = f"A retain model answered {floor.words} of this run (run {floor.run_id}): its leaks are the baseline."
    own, known = history.terms_of(run_id), history.terms_of(floor.run_id)
    unlike = sum(own[key] != known[key] for key in own.keys() & known.keys())
    if unlike:
        others = count(unlike, "of these questions has", "of these questions have")
        return ReportCheck("note", f"{words} For it {others} other key terms: judge it again by the same.")
    return ReportCheck("pass" if floor.shared == floor.asked else "note", words)


def _reviewed(verdicts: Verdicts) -> ReportCheck:
    if not verdicts.rows:
        return ReportCheck("note", f"These answers are unreviewed: {verdicts.reason.removeprefix('n/a: ')}.")
    said = f"{verdicts.reviewed} of {count(verdicts.reviewed + verdicts.unreviewed, 'question')} have a verdict"
    open_ = [(verdicts.unreviewed, "unreviewed"), (verdicts.disputed, "disputed"), (verdicts.stale, "stale")]
    left = ", ".join(f"{number} {word}" for number, word in open_ if number)
    return ReportCheck("note" if left else "pass", f"{said}{f' ({left})' if left else ', none disputed or stale'}.")


def _loops(rows: pd.DataFrame) -> ReportCheck:
    looped = int(rows["degenerate unlearned"].fillna(False).astype(bool).sum())
    if looped:
        return ReportCheck(
            "note",
            f"{looped} of {len(rows)} unlearned answers fell into a loop and were cut: a low ROUGE there is noise, "
            "not forgetting.",
        )
    return ReportCheck("pass", f"None of the {len(rows)} unlearned answers fell into a loop.")


def _still_likely(rows: pd.DataFrame, alpha: float, floor: Floor | None) -> list[ReportCheck]:
    """Whether secrets are still likely once their beginning is given, which the likeliest answer does not show."""
    forget = rows[(rows["split"] == "forget") & rows["probability unlearned"].notna()]
    if forget.empty:
        return []
    base, left = (float(forget[f"probability {side}"].astype(float).mean()) for side in ("base", "unlearned"))
    known = _floor_scores(floor, forget["question_id"], "probability")
    lowest = float(known.mean()) if len(known) else None
    words = (
        f"With its beginning given, the true answer to a forget question has probability {figure(left)} per token "
        f"at α = {alpha:g} (base {figure(base)}, retain model {figure(lowest)})"
    )
    if lowest is not None and left <= lowest + CLOSE_TO_BASELINE:
        return [ReportCheck("pass", f"{words}: no more than for a model that never saw it.")]
    return [
        ReportCheck(
            "note",
            f"{words}: someone who supplies the first words may get the rest, "
            "which the likeliest answer does not show.",
        )
    ]


def shares(rows: pd.DataFrame, floor: Floor | None) -> pd.DataFrame:
    """Per split and half: the share of questions that leak, or to be kept are remembered, with its interval, beside its
    baseline, and mean ROUGE-L recall; then the same for their paraphrases, where there are any.
    """
    table = []
    for key, part in rows.groupby(["split", "half"], sort=False):
        split, half = (str(name) for name in key) if isinstance(key, tuple) else (str(key), "")
        table.append(_share_row(part, floor, part_words(split, half), ""))
        reworded = part[part["leak paraphrase unlearned"].notna()]
        if len(reworded):
            table.append(_share_row(reworded, floor, f"{part_words(split, half)}, paraphrased", " paraphrase"))
    return pd.DataFrame(table, columns=_COLUMNS)


def _share_row(part: pd.DataFrame, floor: Floor | None, name: str, wording: str) -> tuple[object, ...]:
    same = _floor_scores(floor, part["question_id"], f"leak{wording}".replace(" ", "_"))
    return (
        name,
        len(part),
        "remembered" if set(part["split"]) <= set(KEPT) else "leaks",
        _share(part[f"leak{wording} base"], part["subject"]),
        _share(part[f"leak{wording} unlearned"], part["subject"]),
        _share(same, part.set_index("question_id").loc[same.index, "subject"]),
        f"{len(same)} of {len(part)}",
        figure(part[f"rouge{wording} base"].astype(float).mean()),
        figure(part[f"rouge{wording} unlearned"].astype(float).mean()),
    )


def _floor_scores(floor: Floor | None, questions: pd.Series, metric: str) -> pd.Series:
    if floor is None:
        return pd.Series(dtype=float)
    scores = floor.scores
    wanted = (scores["metric"] == metric) & scores["question_id"].isin(questions)
    return scores.loc[wanted].set_index("question_id")["value"].dropna()


def shares_words(table: pd.DataFrame) -> str:
    parts = [
        f"{row['part']}: {_COUNTED[row['counted']]} {row['unlearned']} of {row['questions']} unlearned answers and"
        f" {row['base']} of those of the base; "
        + (
            "there is no baseline, as no retain model was asked"
            if row["baseline"] == "n/a"
            else f"the baseline, a retain model, has {row['baseline']} over {row['baseline over']}"
        )
        for row in table.to_dict("records")
    ]
    return ". ".join(parts) + ". On the forget part lower is better; of what is to be kept, higher."


def _share(leaks: pd.Series, subjects: pd.Series) -> str:
    """With its 95 % interval over the people asked about."""
    values = [None if pd.isna(value) else float(value) for value in leaks]
    return share_words(figure_of(values, [str(name) for name in subjects], "leak"))
