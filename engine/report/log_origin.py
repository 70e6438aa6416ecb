"""What an exported log says besides its figures: how its questions were asked, and how it differs from others."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from engine.errors import ModelError
from engine.evaluation.logs.names import NEVER_BELOW, PROMPT, QUESTION_ALONE, STRENGTH, WHOLE_PROMPT
from engine.evaluation.rouge import UNICODE
from engine.evaluation.rouge import VARIANT as UNICODE_WORDS
from engine.evaluation.tofu_figures import VARIANT
from engine.report.log_asking import Asking, asking_of
from engine.store import history
from engine.store.history import RunDetail

TOFU_TOKENS = 200


class ExportedRun(NamedTuple):
    """A run at one alpha: its questions, their scores (a column per metric, by question id), how they were asked."""

    id: int
    alpha: float
    detail: RunDetail
    texts: pd.DataFrame
    scores: pd.DataFrame
    asking: Asking | None  # None where it cannot be known here

    def known(self, key: int, metric: str) -> float | None:
        value: Any = self.scores.at[key, metric] if metric in self.scores and key in self.scores.index else None
        return None if value is None or pd.isna(value) else float(value)


def how_asked(detail: RunDetail, alpha: float, texts: pd.DataFrame) -> tuple[Asking | None, list[str]]:
    try:
        return asking_of(detail, alpha, texts), []
    except ModelError as reason:
        return None, [f"{PROMPT}: the question alone, without its template, which is not known here ({reason})"]


def origin_of(run: ExportedRun, loops: str) -> dict[str, str]:
    """What OpenUnlearning's names do not say about these figures; a log that has it is checked against it on
    reading.
    """
    detail = run.detail
    return {
        "program": f"oubliette {detail.versions.get('oubliette', '')}".strip(),
        "run": f"{detail.summary.name}, pair {detail.summary.pair}, alpha {run.alpha:g}",
        "sets": ", ".join(map(str, dict.fromkeys(run.texts["set"]))),
        "answer_tokens": str(detail.spec.max_new_tokens),
        "loops": loops or "not recorded",
        "template": detail.versions.get(history.TEMPLATE, ""),
        "reading": detail.versions.get(history.READING, ""),
        PROMPT: WHOLE_PROMPT if run.asking is not None else QUESTION_ALONE,
        STRENGTH: NEVER_BELOW,
        "variant": VARIANT,
    }


def loops_of(run: ExportedRun, keys: Sequence[int]) -> str:
    """For the exported questions; "" where the run does not say."""
    flags = [flag for key in keys if (flag := run.known(key, "degenerate")) is not None]
    return f"{round(sum(flags))} of {len(flags)} answers were cut where they went round in a loop" if flags else ""


def unlike_tofu(run: ExportedRun, loops: str) -> list[str]:
    """How these rows differ from those that others publish under the same names."""
    others = [str(name) for name in dict.fromkeys(run.texts["set"]) if name != "tofu"]
    notes = [f"these are questions of {', '.join(others)}, not TOFU's"] if others else []
    most = run.detail.spec.max_new_tokens
    if most != TOFU_TOKENS:
        notes.append(f"ROUGE: answers were cut at {most} tokens, TOFU's published figures at {TOFU_TOKENS}")
    if loops and not loops.startswith("0 "):
        notes.append(f"ROUGE: {loops}; OpenUnlearning lets them go on")
    if other := int((run.texts["rouge words"] == UNICODE).sum()):
        notes.append(
            f"ROUGE: {other} of these true answers cannot be read as OpenUnlearning reads them; "
            f"these are read by {UNICODE_WORDS}"
        )
    template = run.detail.versions.get(history.TEMPLATE, "")
    return [*notes, f"questions were asked in the template {template!r}; published figures use each model's own"]
