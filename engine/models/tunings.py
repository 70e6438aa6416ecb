"""Which tunings of M'o there are, and what a person is shown of each: one entry per tuning. Imports no torch."""

from dataclasses import dataclass

from engine.settings import Tuning


@dataclass(frozen=True)
class TuningEntry:
    """`size` says what the setting `rank` means here, "" where it means nothing."""

    label: str
    formula: str
    source: str
    size: str


TUNINGS: dict[Tuning, TuningEntry] = {
    "lora": TuningEntry(
        "an adapter on every linear layer (LoRA)", "W + 2 B A on every linear layer but the output", "arXiv 2106.09685", "rank",
    ),
    "full": TuningEntry("all parameters", "every weight but the embeddings", "arXiv 2404.11045", ""),
    "p_adapter": TuningEntry(
        "a network behind the embeddings (P-Adapter)", "e + U gelu(D e) on each embedding e, Mo itself frozen",
        "Newman et al., ICLR 2022; arXiv 2110.07280", "width",
    ),
}  # fmt: skip
