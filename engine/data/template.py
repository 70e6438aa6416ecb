"""How a question is put to a base. Imports no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """Belongs to the base's manifest and is stored with every run; `chat` asks the tokenizer's own template."""

    name: str = "plain"
    text: str = "Question: {question}\nAnswer:"
    chat: bool = False


PLAIN = Template()
CHAT = Template(name="chat", text="", chat=True)
