"""Figures over many questions at once, as they are shown: formula, direction and source of each, beside `METRICS`."""

from engine.evaluation.answer_curves import CURVE_METRICS
from engine.evaluation.metrics import METRICS, Metric

FORGET_QUALITY, MODEL_UTILITY, AUC, PRIVLEAK = "forget_quality", "model_utility", "auc", "privleak"

AGGREGATES: dict[str, Metric] = {
    FORGET_QUALITY: Metric(
        FORGET_QUALITY,
        "Forget quality",
        "p-value",
        "two-sided two-sample Kolmogorov-Smirnov test between the ratios R (variant A) of the forget set and a"
        " retain model's, on the same questions; above 0.05 TOFU calls the two indistinguishable",
        "TOFU, arXiv 2401.06121",
        True,
        forget="higher is better",
    ),
    MODEL_UTILITY: Metric(
        MODEL_UTILITY,
        "Model utility",
        "share",
        "harmonic mean of nine: probability, ROUGE-L recall and truth ratio (A) of retain, real authors and world"
        " facts",
        "TOFU, arXiv 2401.06121",
        True,
    ),
    AUC: Metric(
        AUC,
        "Membership AUC",
        "share",
        "share of the pairs of a forget and a holdout question in which the forget one has the lower score, ties half",
        "OpenUnlearning mia_*",
        None,
        forget="closer to the retain model's is better",
    ),
    PRIVLEAK: Metric(
        PRIVLEAK,
        "PrivLeak",
        "percent",
        "((1 − AUC) − (1 − AUC_retain-only)) ÷ (1 − AUC_retain-only) · 100",
        "MUSE, arXiv 2407.06460, as OpenUnlearning has it",
        None,
        forget="closer to 0 is better: below it too little is forgotten, above it too much",
    ),
}
SHOWN: dict[str, Metric] = {**METRICS, "kl": CURVE_METRICS["kl"], **AGGREGATES}  # all that a screen may explain
