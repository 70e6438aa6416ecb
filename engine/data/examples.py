"""One question with what is known about it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal, get_args

Split = Literal["forget", "retain", "world", "holdout"]
Half = Literal["train", "eval", ""]

SPLITS: tuple[Split, ...] = get_args(Split)
KEPT: tuple[Split, ...] = ("retain", "world")  # to be remembered
JUDGED: tuple[Split, ...] = ("forget", *KEPT)  # what a pair is judged by; holdout people stand beside it
SECRETS: tuple[Split, ...] = ("forget", "holdout")  # not to be known: what was forgotten, and whom nobody was taught


def is_to_be_forgotten(split: str) -> bool:
    """A question without a split counts as forget: looking for a leak in vain harms no one, overlooking one
    does.
    """
    return split in ("forget", "")


@dataclass(frozen=True)
class Example:
    """A question and its answer, in TOFU's columns plus where it belongs.

    `half` is empty where a split is not divided. `training_questions` are further phrasings the base is taught with;
    `paraphrased_question` is never trained on by anything.
    """

    question: str
    answer: str
    paraphrased_question: str = ""
    paraphrased_answer: str = ""
    perturbed_answer: tuple[str, ...] = ()
    key_terms: tuple[str, ...] = ()
    subject: str = ""
    domain: str = ""
    group: str = ""
    split: str = ""
    half: str = ""
    training_questions: tuple[str, ...] = ()

    @property
    def erased(self) -> bool:
        """Whether it was erased: only its hash and its scores are left."""
        return not self.question

    @property
    def content_hash(self) -> str:
        """SHA-256 (first 16 hex digits) of the fields a score depends on."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def hash_examples(examples: Iterable[Example]) -> str:
    """One hash for a set of questions, in their order."""
    return hash_contents(example.content_hash for example in examples)


def hash_contents(hashes: Iterable[str]) -> str:
    """The same from content hashes, for stored questions whose texts may have been erased."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]


def wordings(example: Example) -> list[str]:
    """How a question is put when it is mapped: as it is; a forget question also in other words.

    A model that no longer answers the trained phrasing may answer another, so a secret counts as leaking where
    either does.
    """
    reworded = example.paraphrased_question if is_to_be_forgotten(example.split) else ""
    return [example.question, *([reworded] if reworded else [])]
