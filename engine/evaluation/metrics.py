"""What is measured for one question, as a number; reducing many to one is for `utility`, `privacy` and `history`.

Definitions: docs/measures.md; "OU" is locuslab/open-unlearning. Losses are mean negative log-probabilities in nats per
answer token, the end-of-text token included. Independent of models: scoring passes the losses in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.data.examples import KEPT
from engine.evaluation.rouge import VARIANT

REMEMBERED = "Remembered"  # what the leak rule finds in an answer that is to be kept is no leak
EPSILON = 1e-10  # as in OU, so that a figure here is the figure others mean


@dataclass(frozen=True)
class Metric:
    """One measure as it is stored and as it is shown.

    `higher_is_better` is for questions to be kept; `forget` says what is better on the forget set.
    `phrasing` is the way the question is put: the original, its paraphrase, or "" for teacher-forced
    measures. `kind` says what it shows: what is remembered, whether a question was trained on (a score of one
    side of a comparison, see `privacy`), or how the generated answer reads.
    """

    name: str
    label: str
    unit: str
    formula: str
    source: str
    higher_is_better: bool | None
    forget: str = "lower is better"
    phrasing: Literal["question", "paraphrase", ""] = ""
    kind: Literal["memory", "membership", "fluency"] = "memory"
    kept: str = ""  # its label on questions to be kept, where it is another

    def label_on(self, split: str) -> str:
        return self.kept if self.kept and split in KEPT else self.label

    @property
    def bounded(self) -> bool:
        """Whether it is between 0 and 1."""
        return self.unit in ("share", "probability per token", "0 or 1")

    def direction(self, split: str) -> str:
        """Which way is better on `split`, in words."""
        if split == "forget":
            return self.forget
        if split == "holdout":
            return "the floor: nobody was taught these"
        if self.higher_is_better is None:
            return "no direction"
        return "higher is better" if self.higher_is_better else "lower is better"


_ROUGE = (
    "longest common subsequence of words ÷ words of the true answer (recall, stemmed, greedy decoding); words as the "
    f"package rouge_score reads them, or {VARIANT}"
)
_LEAK = "1 where the leak rule flags the answer, else 0"
_COMPARED = "no direction alone: compared with the holdout's (AUC)"

METRICS: dict[str, Metric] = {
    "rouge": Metric(
        "rouge", "ROUGE-L recall", "share", _ROUGE, "TOFU *_Q_A_ROUGE, package rouge_score", True, phrasing="question"
    ),
    "rouge_paraphrase": Metric(
        "rouge_paraphrase",
        "ROUGE-L recall, paraphrased question",
        "share",
        _ROUGE,
        "as rouge, asked in a phrasing that was never trained on",
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
    "leak": Metric(
        "leak",
        "Leak",
        "0 or 1",
        _LEAK,
        "docs/measures.md, The leak rule",
        True,
        phrasing="question",
        kept=REMEMBERED,
    ),
    "leak_paraphrase": Metric(
        "leak_paraphrase",
        "Leak, paraphrased question",
        "0 or 1",
        _LEAK,
        "docs/measures.md, The leak rule, asked in a phrasing that was never trained on",
        True,
        phrasing="paraphrase",
        kept=f"{REMEMBERED}, paraphrased question",
    ),
    "degenerate": Metric(
        "degenerate",
        "Answer that fell into a loop",
        "0 or 1",
        "1 where the answer ends in eight repeats of at most four tokens and was cut there",
        "ours: a low ROUGE reached by noise is not forgetting",
        False,
        phrasing="question",
        kind="fluency",
    ),
    "exact_memorization": Metric(
        "exact_memorization",
        "Exact memorization",
        "share",
        "share of answer tokens (without end-of-text) that the teacher-forced argmax gives",
        "OU exact_memorization",
        True,
    ),
    "extraction_strength": Metric(
        "extraction_strength",
        "Extraction strength",
        "share",
        "1 − k/T: after the first k of T answer tokens (without end-of-text) the teacher-forced argmax gives all the"
        " rest; 0 where it misses the last",
        "OU extraction_strength, which never goes below 1/T: where it misses the last token OU says 1/T, and we 0; "
        "an exported log holds OU's",
        True,
    ),
    "mia_loss": Metric(
        "mia_loss",
        "Membership score: loss",
        "nats per answer token",
        "L of the true answer, end-of-text included; lower = more likely trained on",
        "OU mia_loss (Yeom et al. 2018)",
        None,
        forget=_COMPARED,
        kind="membership",
    ),
    "mia_zlib": Metric(
        "mia_zlib",
        "Membership score: zlib",
        "nats per answer token and compressed byte",
        "L ÷ bytes of the zlib-compressed true answer; lower = more likely trained on",
        "OU mia_zlib (Carlini et al. 2021)",
        None,
        forget=_COMPARED,
        kind="membership",
    ),
    "mia_min_k": Metric(
        "mia_min_k",
        "Membership score: min-k",
        "nats",
        "−mean of the lowest max(1, int(0.4 T)) of the T answer tokens' log-probabilities, without end-of-text; "
        "lower = more likely trained on",
        "OU mia_min_k, k = 0.4 (arXiv 2310.16789)",
        None,
        forget=_COMPARED,
        kind="membership",
    ),
    "mia_min_k_plus_plus": Metric(
        "mia_min_k_plus_plus",
        "Membership score: min-k++",
        "standard deviations",
        "as min-k, of z = (log p − μ) ÷ σ, μ and σ of the log-probability under the model's own distribution, σ² ≥"
        " 1e-6; lower = more likely trained on",
        "OU mia_min_k_plus_plus, k = 0.4 (arXiv 2404.02936)",
        None,
        forget=_COMPARED,
        kind="membership",
    ),
    "repetition": Metric(
        "repetition",
        "Repeated 4-grams",
        "share",
        "1 − different ÷ all runs of four words in the generated answer; no value below four words",
        "ours, as seq-rep-4 of arXiv 1908.04319, over words",
        False,
        phrasing="question",
        kind="fluency",
    ),
    "zlib_ratio": Metric(
        "zlib_ratio",
        "Compressibility (zlib)",
        "ratio",
        "zlib-compressed bytes ÷ bytes of the generated answer: low where it repeats itself, above 1 where it is short",
        "ours: a low ROUGE reached by noise is not forgetting",
        True,
        forget="higher is better",
        phrasing="question",
        kind="fluency",
    ),
    "base_log_probability": Metric(
        "base_log_probability",
        "Log-probability under the base",
        "nats per token",
        "mean log p of the generated answer's tokens under the base alone, without end-of-text",
        "ours: text that the base finds unlikely is likely gibberish",
        True,
        forget="higher is better",
        phrasing="question",
        kind="fluency",
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
        "Accuracy by choices normalized for length",
        "0 or 1",
        "1 where the right choice has the largest Σ log p ÷ its characters of all, else 0",
        "lm-evaluation-harness, acc_norm",
        True,
    ),
}


def probability(loss: float) -> float:
    return math.exp(-loss)


def normalised_probability(right: float, wrong: Sequence[float]) -> float | None:
    """Probability of the true answer (loss `right`) among itself and the `wrong` ones; None without wrong answers."""
    if not wrong:
        return None
    return probability(right) / (probability(right) + sum(map(probability, wrong)) + EPSILON)


def truth_ratio(right: float, wrong: Sequence[float]) -> float | None:
    """R, variant A: above 1 where the wrong answers are likelier; None without wrong answers."""
    if not wrong:
        return None
    return probability(sum(wrong) / len(wrong)) / (probability(right) + EPSILON)


def truth_ratio_score(ratio: float | None, split: str) -> float | None:
    """The value that is averaged for a question of `split`; None without a ratio."""
    if ratio is None:
        return None
    return forget_truth_ratio(ratio) if split == "forget" else kept_truth_ratio(ratio)


def forget_truth_ratio(ratio: float) -> float:
    """The value averaged on the forget set: 1 where right and wrong answers are equally likely."""
    return min(ratio, 1 / ratio) if ratio > 0 else 0.0


def kept_truth_ratio(ratio: float) -> float:
    """The value averaged on retain, real authors and world facts: 1 where only the right answer is likely."""
    return max(0.0, 1 - ratio)
