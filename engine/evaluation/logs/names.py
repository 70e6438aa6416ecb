"""What TOFU's two kinds of logs call their parts and figures: the authors' own ("legacy") and OpenUnlearning's."""

from typing import NamedTuple

ORIGIN = "made_by"  # a key of our own exports beside the metrics: texts that say where the figures come from
STRENGTH = "extraction_strength"
NEVER_BELOW = "as OpenUnlearning has it: never below 1/T, T the answer's tokens, also where the last of them is missed"
OURS_ZERO = "as this program has it: 0 where the answer's last token is missed"
PROMPT = "input"  # the field of a row that holds what the model read; in `made_by`, which of these two that is:
WHOLE_PROMPT = "the whole prompt with its template, without special tokens"
QUESTION_ALONE = "the question alone, without its template"


class PartNames(NamedTuple):
    """The names of one part of TOFU in either kind of log."""

    legacy: str
    probability: str
    rouge: str
    truth_ratio: str
    right: str  # losses of the answer that the truth ratio takes for true
    wrong: str


PARTS: dict[str, PartNames] = {
    "forget": PartNames(
        "eval_log_forget.json",
        "forget_Q_A_Prob",
        "forget_Q_A_ROUGE",
        "forget_truth_ratio",
        "forget_Q_A_PARA_Prob",
        "forget_Q_A_PERT_Prob",
    ),
    "retain": PartNames(
        "eval_log.json",
        "retain_Q_A_Prob",
        "retain_Q_A_ROUGE",
        "retain_Truth_Ratio",
        "retain_Q_A_PARA_Prob",
        "retain_Q_A_PERT_Prob",
    ),
    "ra": PartNames(
        "eval_real_author_wo_options.json",
        "ra_Q_A_Prob_normalised",
        "ra_Q_A_ROUGE",
        "ra_Truth_Ratio",
        "ra_Q_A_Prob",
        "ra_Q_A_PERT_Prob",
    ),
    "wf": PartNames(
        "eval_real_world_wo_options.json",
        "wf_Q_A_Prob_normalised",
        "wf_Q_A_ROUGE",
        "wf_Truth_Ratio",
        "wf_Q_A_Prob",
        "wf_Q_A_PERT_Prob",
    ),
}
# Aggregates that OpenUnlearning prints, by which a summary is recognized; all but PrivLeak are shares or p-values.
BOUNDED = frozenset(
    ["forget_quality", "model_utility", "exact_memorization", "extraction_strength"]
    + [f"mia_{name}" for name in ("loss", "zlib", "min_k", "min_k_plus_plus", "gradnorm", "reference")]
    + [name for names in PARTS.values() for name in (names.probability, names.rouge, names.truth_ratio)]
)
KNOWN = BOUNDED | {"privleak"}
NORMALISED = ("ra", "wf")  # parts whose probability is the one among the given answers
