"""The tunings of M'o and what a user is shown of each: one entry per tuning. Imports no torch."""

from dataclasses import dataclass

from engine.training_settings import Tuning


@dataclass(frozen=True)
class TuningEntry:
    """`size` says what the setting `rank` means here, "" where it has no meaning."""

    name: Tuning
    label: str
    formula: str
    source: str
    size: str


_TUNINGS = (
    TuningEntry(
        "lora",
        "an adapter on every linear layer (LoRA)",
        "W + 2 B A on every linear layer but the output",
        "arXiv 2106.09685",
        "rank",
    ),
    TuningEntry("full", "all parameters", "every weight but the embeddings", "arXiv 2404.11045", ""),
    TuningEntry(
        "p_adapter",
        "a network behind the embeddings (P-Adapter)",
        "e + U gelu(D e) on each embedding e, Mo itself frozen",
        "Newman et al., ICLR 2022; arXiv 2110.07280",
        "width",
    ),
)
TUNINGS: dict[Tuning, TuningEntry] = {entry.name: entry for entry in _TUNINGS}
