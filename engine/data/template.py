"""How a question is put to a base. Imports no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """Belongs to the base's manifest and is stored with every run; `chat` asks the tokenizer's own template."""

    name: str = "plain"
    text: str = "Question: {question}\nAnswer:"
    chat: bool = False

    def __post_init__(self) -> None:
        """Raises `ValueError` for a template that would not put the question."""
        if not self.chat and (not isinstance(self.text, str) or "{question}" not in self.text):
            raise ValueError(f"its text must hold {{question}}, got {self.text!r}")

    def put(self, question: str) -> str:
        """What stands in the place of the question."""
        return question


@dataclass(frozen=True)
class Guarded(Template):
    """A template with a text before every question: a guardrail. The text is part of what the question's place holds."""

    instruction: str = ""

    @classmethod
    def around(cls, template: Template, instruction: str) -> "Guarded":
        return cls(template.name, template.text, template.chat, instruction)

    def put(self, question: str) -> str:
        return f"{self.instruction}\n\n{question}"


PLAIN = Template()
CHAT = Template(name="chat", text="", chat=True)
