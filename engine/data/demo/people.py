"""Invented people: the secrets of the demo set. Models do not know them before the demo teaches them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from engine.data.demo.authors import AUTHORS
from engine.data.demo.clients import CLIENTS
from engine.data.demo.facts import Domain, SecretKind, key_term, pick, shuffled
from engine.data.demo.names import BYSTANDER_FIRST, BYSTANDER_LAST, PEOPLE, Sex
from engine.data.demo.patients import PATIENTS
from engine.data.examples import Example, Half, Split
from engine.errors import DataError

DOMAINS = (PATIENTS, CLIENTS, AUTHORS)
PEOPLE_PER_DOMAIN = 10
BYSTANDERS_AT_MOST = 200
WRONG_ANSWERS = 4
DRAWS_AT_MOST = 50

# The splits of the ten people of a domain, in order.
PLACES: tuple[tuple[Split, Half], ...] = (
    ("forget", ""), ("forget", ""),
    ("retain", "train"), ("retain", "train"), ("retain", "train"), ("retain", "train"),
    ("retain", "eval"), ("retain", "eval"),
    ("holdout", ""), ("holdout", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    sex: Sex

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def words(self) -> dict[str, str]:
        """What the sentences call this person."""
        he, his, him, title = ("she", "her", "her", "Ms.") if self.sex == "f" else ("he", "his", "him", "Mr.")
        words = {"name": self.name, "first": self.first, "title": f"{title} {self.last}"}
        return words | {"he": he, "He": he.title(), "his": his, "His": his.title(), "him": him}


class FactValues:
    """Hands out values of facts; where a pool is long enough, no two people get the same one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._places: dict[str, list[int]] = {}
        self._made: dict[str, set[str]] = {}

    def draw(self, facts: tuple[SecretKind, ...]) -> dict[str, str]:
        """One value per fact, for one person."""
        places: dict[str, int] = {}
        values: dict[str, str] = {}
        for fact in facts:
            if callable(fact.values):
                values[fact.key] = self._make(fact)
                continue
            places[fact.key] = places[fact.aligned_with] if fact.aligned_with else self._place(fact, len(fact.values))
            values[fact.key] = fact.values[places[fact.key]]
        return values

    def _make(self, fact: SecretKind) -> str:
        """An unused value; where that keeps failing (there are few years), a used one."""
        assert callable(fact.values)
        taken = self._made.setdefault(fact.key, set())
        for _ in range(DRAWS_AT_MOST):
            value = fact.values(self._rng)
            if value not in taken:
                break
        taken.add(value)
        return value

    def _place(self, fact: SecretKind, size: int) -> int:
        if not self._places.get(fact.key):
            self._places[fact.key] = shuffled(self._rng, range(size))
        return self._places[fact.key].pop()

    def wrong(self, fact: SecretKind, value: str, count: int) -> list[str]:
        """Other values of the same kind, all different."""
        if not callable(fact.values):
            return shuffled(self._rng, [other for other in fact.values if other != value])[:count]
        wrong: list[str] = []
        while len(wrong) < count:
            other = fact.values(self._rng)
            if other != value and other not in wrong:
                wrong.append(other)
        return wrong


def _say(shape: str, person: Person, value: str) -> str:
    article = "an" if value[0] in "aeiou" else "a"
    sentence = shape.format(**person.words(), value=value, a=article)
    return sentence[0].upper() + sentence[1:]


def _example(
    rng: Random,
    person: Person,
    domain: Domain,
    fact: SecretKind,
    values: FactValues,
    own: dict[str, str],
    split: str,
    half: str,
) -> Example:
    value = own[fact.key]
    questions = [_say(shape, person, value) for shape in shuffled(rng, fact.questions)]
    restated = pick(rng, fact.restated)
    return Example(
        question=questions[0],
        answer=_say(pick(rng, fact.answers), person, value),
        paraphrased_question=_say(pick(rng, fact.held_out), person, value),
        paraphrased_answer=_say(restated, person, value),
        perturbed_answer=tuple(_say(restated, person, other) for other in values.wrong(fact, value, WRONG_ANSWERS)),
        key_terms=(key_term(fact, value),),
        subject=person.name,
        domain=domain.name,
        group=domain.group_text.format(value=own[domain.group_key]),
        split=split,
        half=half,
        training_questions=tuple(questions[1:3]),
    )


def invent_people(seed: int = 0) -> list[Example]:
    """Thirty people, ten per domain in the order of `PLACES`, twelve questions each; the same seed, the same text."""
    rng = Random(seed)
    names = [Person(*row) for row in shuffled(rng, PEOPLE)]
    examples: list[Example] = []
    for number, domain in enumerate(DOMAINS):
        values = FactValues(rng)
        people = names[number * PEOPLE_PER_DOMAIN : (number + 1) * PEOPLE_PER_DOMAIN]
        for person, (split, half) in zip(people, PLACES, strict=True):
            own = values.draw(domain.facts)
            examples += [_example(rng, person, domain, fact, values, own, split, half) for fact in domain.facts]
    return examples


def bystanders(seed: int, n: int) -> list[Example]:
    """Two or three questions about each of `n` people no model was ever taught; split `bystander`.

    They share no name with the people of the demo set. Raises `DataError` for n outside 0 to 200.
    """
    if not 0 <= n <= BYSTANDERS_AT_MOST:
        raise DataError(f"bystanders can be 0 to {BYSTANDERS_AT_MOST} people, got {n}")
    rng = Random(seed)
    values = {domain.name: FactValues(rng) for domain in DOMAINS}
    examples: list[Example] = []
    for number, person in zip(range(n), _bystander_names(rng), strict=False):
        domain = DOMAINS[number % len(DOMAINS)]
        own = values[domain.name].draw(domain.facts)
        facts = shuffled(rng, domain.facts)[: pick(rng, (2, 3))]
        examples += [_example(rng, person, domain, fact, values[domain.name], own, "bystander", "") for fact in facts]
    return examples


def _bystander_names(rng: Random) -> Iterator[Person]:
    """Every first name meets a different last name on each round through the list."""
    firsts, lasts = shuffled(rng, BYSTANDER_FIRST), shuffled(rng, BYSTANDER_LAST)
    for turn in range(len(lasts)):
        for place, (first, sex) in enumerate(firsts):
            yield Person(first, lasts[(place + turn) % len(lasts)], sex)
