"""How far two reviewers agree on the answers that both have judged: Cohen's kappa.

Cohen, A coefficient of agreement for nominal scales, 1960: kappa = (p_o − p_e) / (1 − p_e), where p_o is the share of
answers with the same verdict, and p_e the share expected if both gave their verdicts at random as often as they did.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from engine.review.queue import ReviewRow


class Agreement(NamedTuple):
    """Of two reviewers. `kappa` is None where both gave one and the same verdict throughout: chance would do it too."""

    first: str
    second: str
    both: int  # answers that both have judged as they are now
    same: int
    kappa: float | None

    @property
    def words(self) -> str:
        """ "Ada and Ben: the same verdict on 31 of 40 answers (κ = 0.55)"."""
        kappa = "κ not defined: one verdict throughout" if self.kappa is None else f"κ = {self.kappa:.2f}"
        return f"{self.first} and {self.second}: the same verdict on {self.same} of {self.both} answers ({kappa})"


def agreements(rows: Sequence[ReviewRow]) -> list[Agreement]:
    """Of every two reviewers with an answer in common; verdicts on answers that have changed since do not count."""
    given: dict[str, dict[int, str]] = {}
    for row in rows:
        if row.reviewer and not row.stale:
            given.setdefault(row.reviewer, {})[row.question_id] = row.verdict
    pairs = ((first, second, given[first], given[second]) for first, second in combinations(sorted(given), 2))
    return [_of(first, second, one, two) for first, second, one, two in pairs if one.keys() & two.keys()]


def _of(first: str, second: str, one: dict[int, str], two: dict[int, str]) -> Agreement:
    both = sorted(one.keys() & two.keys())
    verdicts = [(one[key], two[key]) for key in both]
    same = sum(left == right for left, right in verdicts)
    return Agreement(first, second, len(both), same, cohens_kappa(verdicts))


def cohens_kappa(verdicts: Sequence[tuple[str, str]]) -> float | None:
    """None without verdicts, and where chance alone would agree on all of them."""
    total = len(verdicts)
    ours, theirs = (Counter(side) for side in zip(*verdicts, strict=True)) if verdicts else (Counter(), Counter())
    by_chance = sum(ours[word] * theirs[word] for word in ours)  # times total squared, in whole numbers
    if by_chance == total**2:
        return None
    agreed = sum(left == right for left, right in verdicts) * total
    return (agreed - by_chance) / (total**2 - by_chance)
