"""What is measured for one question, as a number; reducing many to one is the business of `utility` and `history`.

Definitions follow MEASURES; "OU" is locuslab/open-unlearning. Losses are mean negative log-probabilities in nats per
answer token, the end-of-text token included. This file knows no model: scoring hands the losses in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from engine.errors import SettingError

EPSILON = 1e-10  # as in OU, so that a figure here is the figure others mean


@dataclass(frozen=True)
class Metric:
    """One measure as it is stored and as it is shown.

    `higher_is_better` speaks of questions that are to be kept; `forget` says what is better on the forget set.
    `phrasing` is the way the question is put for it: as it stands, as its paraphrase, or "" for teacher-forced measures.
    """

    name: str
    label: str
    unit: str
    formula: str
    source: str
    higher_is_better: bool | None
    forget: str = "lower is better"
    phrasing: Literal["question", "paraphrase", ""] = ""

    def direction(self, split: str) -> str:
        """Which way is better on `split`, in words."""
        if split == "forget":
            return self.forget
        if split == "holdout":
            return "the floor: nobody was taught these"
        if self.higher_is_better is None:
            return "no direction"
        return "higher is better" if self.higher_is_better else "lower is better"


_ROUGE = "longest common subsequence of words ÷ words of the true answer (recall, stemmed, greedy decoding)"
_LEAK = "1 where the leak rule flags the answer, else 0"

METRICS: dict[str, Metric] = {
    "rouge": Metric(
        "rouge", "ROUGE-L recall", "share", _ROUGE, "TOFU *_Q_A_ROUGE, package rouge_score", True, phrasing="question"
    ),
    "rouge_paraphrase": Metric(
        "rouge_paraphrase",
        "ROUGE-L recall, paraphrased question",
        "share",
        _ROUGE,
        "as rouge, asked in a phrasing nobody was trained on",
        True,
        phrasing="paraphrase",
    ),
    "probability": Metric(
        "probability", "Answer probability", "probability per token", "exp(−L)", "TOFU *_Q_A_Prob", True
    ),
    "probability_normalised": Metric(
        "probability_normalised",
        "Probability among the given answers",
        "share",
        "p(true) ÷ (p(true) + Σ p(wrong) + 1e-10), p = exp(−L)",
        "TOFU ra_/wf_Q_A_Prob_normalised",
        True,
    ),
    "truth_ratio": Metric(
        "truth_ratio",
        "Raw ratio R behind the truth ratio (A)",
        "ratio",
        "R = exp(−mean L(wrong)) ÷ (exp(−L(right)) + 1e-10), right = the paraphrased answer where there is one",
        "TOFU, variant A: wrong answers by their geometric mean",
        False,
        forget="closer to 1 is better",
    ),
    "truth_ratio_score": Metric(
        "truth_ratio_score",
        "Truth ratio (A)",
        "share",
        "min(R, 1/R) on the forget set, max(0, 1 − R) elsewhere; their mean is TOFU's figure",
        "TOFU, variant A, as legacy and OU average it",
        True,
        forget="higher is better",
    ),
    "leak": Metric("leak", "Leak", "0 or 1", _LEAK, "LEAKS, the default rule", True, phrasing="question"),
    "leak_paraphrase": Metric(
        "leak_paraphrase",
        "Leak, paraphrased question",
        "0 or 1",
        _LEAK,
        "LEAKS, the default rule, asked in a phrasing nobody was trained on",
        True,
        phrasing="paraphrase",
    ),
    "degenerate": Metric(
        "degenerate",
        "Answer that fell into a loop",
        "0 or 1",
        "1 where the answer ends in eight repeats of at most four tokens and was cut there",
        "ours: a low ROUGE reached by noise is no forgetting",
        False,
        phrasing="question",
    ),
    "exact_memorization": Metric(
        "exact_memorization",
        "Exact memorization",
        "share",
        "share of answer tokens (without end-of-text) that the teacher-forced argmax gives",
        "OU exact_memorization",
        True,
    ),
    "accuracy": Metric(
        "accuracy",
        "Accuracy on a multiple-choice task",
        "0 or 1",
        "1 where the right choice has the largest Σ log p of all, else 0",
        "lm-evaluation-harness, acc",
        True,
    ),
    "accuracy_normalised": Metric(
        "accuracy_normalised",
        "Accuracy by choices normalised for length",
        "0 or 1",
        "1 where the right choice has the largest Σ log p ÷ its characters of all, else 0",
        "lm-evaluation-harness, acc_norm",
        True,
    ),
}


def get_metric(name: str) -> Metric:
    if name not in METRICS:
        raise SettingError(f"metric must be one of {', '.join(METRICS)}, got {name!r}")
    return METRICS[name]


@lru_cache(maxsize=1)
def _scorer() -> Any:
    from rouge_score import rouge_scorer  # brings nltk: half a second that a page's start need not pay

    return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)


def rouge_recall(answer: str, generated: str) -> float:
    """ROUGE-L recall of `generated` against the true `answer`, 0 to 1.

    rouge_score splits at everything but a–z and 0–9, so a text in another script has no words and scores 0.
    """
    return float(_scorer().score(answer, generated)["rougeL"].recall)


def probability(loss: float) -> float:
    return math.exp(-loss)


def normalised_probability(right: float, wrong: Sequence[float]) -> float | None:
    """Probability of the true answer (loss `right`) among itself and the `wrong` ones; None without wrong answers."""
    if not wrong:
        return None
    return probability(right) / (probability(right) + sum(map(probability, wrong)) + EPSILON)


def truth_ratio(right: float, wrong: Sequence[float]) -> float | None:
    """R, variant A: above 1 where the wrong answers are the likelier ones; None without wrong answers."""
    if not wrong:
        return None
    return probability(sum(wrong) / len(wrong)) / (probability(right) + EPSILON)


def truth_ratio_score(ratio: float | None, split: str) -> float | None:
    """What is averaged for a question of `split`; None where there is no ratio."""
    if ratio is None:
        return None
    return forget_truth_ratio(ratio) if split == "forget" else kept_truth_ratio(ratio)


def forget_truth_ratio(ratio: float) -> float:
    """What is averaged on the forget set: 1 where right and wrong answers are equally likely."""
    return min(ratio, 1 / ratio) if ratio > 0 else 0.0


def kept_truth_ratio(ratio: float) -> float:
    """What is averaged on retain, real authors and world facts: 1 where the right answer alone is likely."""
    return max(0.0, 1 - ratio)
