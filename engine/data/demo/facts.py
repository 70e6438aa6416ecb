"""The parts of one invented fact: where its value comes from and the sentences that state it.

A sentence is a format string over the words for a person (`{name}`, `{first}`, `{title}`, `{he}`, `{He}`, `{his}`,
`{His}`, `{him}`), `{value}`, and `{a}`: the article that fits the value. Draws use `Random.random()` alone, the one
sequence Python promises to keep for a seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class SecretKind:
    """One kind of secret. `values` is a pool, or makes one value from a generator.

    `held_out` phrasings are for paraphrased questions alone: no person is ever taught with one.
    `answers` and `restated` share no shape; wrong answers take the shape of the restated one, as in TOFU.
    A fact `aligned_with` another takes the pool entry at the same place (a drug that fits the diagnosis).
    """

    key: str
    values: tuple[str, ...] | Callable[[Random], str]
    questions: tuple[str, ...]
    held_out: tuple[str, ...]
    answers: tuple[str, ...]
    restated: tuple[str, ...]
    aligned_with: str = ""
    secret_is_last_word: bool = False  # "sister Ingeborg": the secret is the name


@dataclass(frozen=True)
class Domain:
    """A kind of people: their facts, and which fact names the group they belong to."""

    name: str
    facts: tuple[SecretKind, ...]
    group_key: str
    group_text: str


def key_term(fact: SecretKind, value: str) -> str:
    """The part of a value whose appearance in an answer gives the fact away."""
    return value.split()[-1] if fact.secret_is_last_word else value.removeprefix("an ").removeprefix("a ")


def pick(rng: Random, items: Sequence[Item]) -> Item:
    """One item, each equally likely."""
    return items[int(rng.random() * len(items))]


def shuffled(rng: Random, items: Sequence[Item]) -> list[Item]:
    """The items in a random order."""
    return [item for _, item in sorted(((rng.random(), item) for item in items), key=lambda pair: pair[0])]


def whole(rng: Random, low: int, high: int, step: int = 1) -> int:
    """A number low, low + step, ... up to high."""
    return low + step * int(rng.random() * ((high - low) // step + 1))


def date_between(first_year: int, last_year: int) -> Callable[[Random], str]:
    """Makes dates such as `14 March 2021`; days stop at 28, so that every one exists."""

    def make(rng: Random) -> str:
        return f"{whole(rng, 1, 28)} {pick(rng, MONTHS)} {whole(rng, first_year, last_year)}"

    return make


def number_between(low: int, high: int) -> Callable[[Random], str]:
    """Makes years and room numbers: digits alone."""
    return lambda rng: str(whole(rng, low, high))


def sum_between(low: int, high: int, step: int) -> Callable[[Random], str]:
    """Makes sums of money such as `4,250`."""
    return lambda rng: f"{whole(rng, low, high, step):,}"


def code(pattern: str) -> Callable[[Random], str]:
    """Makes codes: `#` becomes a digit, `@` a letter that cannot be read as a digit."""

    def make(rng: Random) -> str:
        marks = {"#": "0123456789", "@": "ABCDEFHJKLMNPRTUVWX"}
        return "".join(pick(rng, marks[mark]) if mark in marks else mark for mark in pattern)

    return make
