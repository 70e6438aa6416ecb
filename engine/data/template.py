"""How a question is put to a base. Imports no torch."""

from dataclasses import dataclass
from typing import NamedTuple


class Parts(NamedTuple):
    """What a template writes before a question, after it, between that and an answer (a space or nothing), and after
    one.
    """

    before: str
    after: str
    lead: str
    tail: str


@dataclass(frozen=True)
class Template:
    """Belongs to the base's manifest and is stored with every run; `chat` asks the tokenizer's own template.

    `{answer}` in `text` says where the answer goes, with or without a space before it, and what follows it. Without
    it the answer follows after a space, unless the text ends in white space.
    """

    name: str = "plain"
    text: str = "Question: {question}\nAnswer:"
    chat: bool = False

    def __post_init__(self) -> None:
        """Raises `ValueError` for a template that would leave out the question."""
        if not self.chat and (not isinstance(self.text, str) or "{question}" not in self.text):
            raise ValueError(f"its text must hold {{question}}, got {self.text!r}")
        before, _, after = str(self.text).partition("{question}")
        if not self.chat and ("{question}" in after or "{answer}" in before or after.count("{answer}") > 1):
            raise ValueError(
                f"its text must hold {{question}} once and {{answer}} at most once after it, got {self.text!r}"
            )

    def put(self, question: str) -> str:
        """What is put in the place of the question."""
        return question

    @property
    def parts(self) -> Parts:
        """For a template with its own text."""
        before, _, rest = self.text.partition("{question}")
        after, place, tail = rest.partition("{answer}")
        if place:
            return Parts(before, after.rstrip(" "), after[len(after.rstrip(" ")) :], tail)
        return Parts(before, after, "" if after[-1:].isspace() else " ", "")


@dataclass(frozen=True)
class Guarded(Template):
    """A template with a text before every question: a guardrail. The text is put in the question's place,
    before the question.
    """

    instruction: str = ""

    @classmethod
    def around(cls, template: Template, instruction: str) -> "Guarded":
        return cls(template.name, template.text, template.chat, instruction)

    def put(self, question: str) -> str:
        return f"{self.instruction}\n\n{question}"


PLAIN = Template()
CHAT = Template(name="chat", text="", chat=True)
