"""Which questions a report is about: by split and by what was found, with the same words in address and option."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from engine.data.examples import KEPT, is_to_be_forgotten
from engine.errors import SettingError
from engine.wording import split_word

SHOWS = {
    "all": "all questions",
    "leaks": "forget questions whose answer leaks, as asked or paraphrased",
    "losses": "questions to be kept whose ROUGE-L recall fell",
    "different": "questions that base and unlearned answer differently",
    "missing": "questions without an answer",
    "unreviewed": "questions without a verdict",
    "disputed": "questions on which reviewers differ",
}
BY_OUTCOME = ("leaks", "losses", "different", "disputed")


@dataclass(frozen=True)
class Selection:
    """`split` "" is every split. `SettingError` for an unknown `show`."""

    split: str = ""
    show: str = "all"

    def __post_init__(self) -> None:
        if self.show not in SHOWS:
            raise SettingError(f"show must be one of {', '.join(SHOWS)}, got {self.show[:60]!r}")

    @property
    def everything(self) -> bool:
        return not self.split and self.show == "all"

    @property
    def by_outcome(self) -> bool:
        """Whether the questions were chosen by their outcome, so that shares over them say nothing about the pair."""
        return self.show in BY_OUTCOME

    def words(self, chosen: int, asked: int) -> str:
        """ "" where all were chosen."""
        if self.everything:
            return ""
        split = f" in the part {split_word(self.split)}" if self.split else ""
        bias = (
            "; they were chosen by their outcome, so shares over them say nothing about the pair"
            if self.by_outcome
            else ""
        )
        return f"{chosen} of the {asked} questions: {SHOWS[self.show]}{split}{bias}"

    def choose(self, rows: pd.DataFrame, reviewed: Collection[int], disputed: Collection[int]) -> pd.DataFrame:
        """The rows of a report that are chosen; `reviewed` and `disputed` are question ids.

        `SettingError` for a split that the rows do not have.
        """
        if self.split:
            known = list(dict.fromkeys(rows["split"]))
            if self.split not in known:
                raise SettingError(f"split must be one of {', '.join(map(str, known))}, got {self.split[:60]!r}")
            rows = rows[rows["split"] == self.split]
        return rows[_wanted(rows, self.show, reviewed, disputed)].reset_index(drop=True)


def to_be_forgotten(rows: pd.DataFrame) -> pd.Series:
    return rows["split"].map(is_to_be_forgotten).astype(bool)


def lacks_answer(rows: pd.DataFrame) -> pd.Series:
    return rows[["base answer", "unlearned answer"]].isna().any(axis=1)


def leaking(rows: pd.DataFrame) -> pd.Series:
    """Forget questions that leak in either phrasing."""
    either = (rows["leak unlearned"] == 1) | (rows["leak paraphrase unlearned"] == 1)
    return either.fillna(False).astype(bool) & to_be_forgotten(rows)


def lost(rows: pd.DataFrame) -> pd.Series:
    """Questions to be kept whose answer got worse."""
    fell = rows["rouge base"].astype(float) > rows["rouge unlearned"].astype(float)
    return fell & rows["split"].isin(KEPT)


def _wanted(rows: pd.DataFrame, show: str, reviewed: Collection[int], disputed: Collection[int]) -> pd.Series:
    if show == "leaks":
        return leaking(rows)
    if show == "losses":
        return lost(rows)
    if show == "different":
        return (rows["base answer"] != rows["unlearned answer"]) & ~lacks_answer(rows)
    if show == "missing":
        return lacks_answer(rows)
    if show == "unreviewed":
        return ~rows["question_id"].isin(list(reviewed))
    if show == "disputed":
        return rows["question_id"].isin(list(disputed))
    return pd.Series(True, index=rows.index)
