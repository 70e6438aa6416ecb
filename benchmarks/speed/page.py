"""The text of `docs/performance.md`: what each figure means, its bar, what was measured, and why it is what it is."""

from typing import Any

FIGURES = {  # meaning, bar, aim; the sign says which way is better
    "decode_vs_base": ("offset decoding at α = 1 ÷ the base alone through transformers' `generate`, tokens per second", "≥ 1.0", "≥ 1.5"),
    "decode_vs_own_base": ("the same ÷ the base alone in our own loop: what the method costs", "≥ 0.85", "≥ 1.2"),
    "decode_vs_plain": ("the same ÷ the plain loop of three models, each with transformers' own forward pass", "≥ 1.5", "≥ 2"),
    "map_vs_answer": ("exact map of [0, 2] ÷ one undrafted offset decode as long as the map's longest branch, our loop, seconds", "≤ 2.0", "≤ 1.2"),
    "map_vs_grid": ("the map ÷ 41 such decodes that may end, seconds", "≤ 0.06", "≤ 0.03"),
    "curve_vs_point": ("scores of given answers at every α ÷ those at one α, seconds", "≤ 1.3", "≤ 1.1"),
    "train_vs_naive": ("a training step with stored logits ÷ one that runs all three models, seconds", "≤ 0.6", ""),
    "train_vs_naive_with_storing": ("the same, with the pass that stores them spread over the training", "≤ 0.6", ""),
    "train_vs_direct": ("a step of the pair ÷ a step of tuning M itself, same objective, rank and batches, seconds", "≤ 0.5", "0.25"),
    "slider_ms": ("milliseconds on the wire from a move of α on a mapped question to the card with its answer", "≤ 100", "≤ 30"),
    "undrafted_vs_own_base": ("offset decoding without drafts ÷ the base in our own loop, tokens per second", "", ""),
    "answer_vs_own_base": ("decode_vs_own_base where answers may end: what a person waits for", "", ""),
    "plain_vs_base": ("the plain loop of three models ÷ `generate`, tokens per second", "", ""),
    "curve_and_point_vs_point": ("an evaluation (scores at α and the curves) ÷ the scores alone, seconds", "", ""),
    "offset_ms_a_token": ("milliseconds a token of offset decoding", "", ""),
    "map_seconds": ("seconds of a map", "", ""),
    "step_seconds": ("seconds of a training step (4 batches of 8 questions)", "", ""),
}  # fmt: skip

WHY = """
A second start shows its first screen after about 2.6 s and its first answer after about 5.3 s (`python -m benchmarks.speed.startup`).
[robustness.md](robustness.md) has many visitors at once and killed processes.

## Where the time goes, and what was done

- **The matrix product first.** In the plain loop four fifths of the time went into `linear` on one to five rows, at a quarter of what the
  memory delivers, because torch uses MKL there. oneDNN, which torch carries too, with weights packed once, is about three times
  faster. `engine/models/kernels.py` measures both when a model is first read and takes the faster. The products agree within fp32 rounding.
- **Then Python.** `engine/models/fast_llama.py` reads a Llama in some twenty calls a layer, keys and values in one tensor. Other
  families are read by transformers; so is a model too large to be held twice, since packed weights are copies (0.8 GB for the demo).
- **Reference and trained in one pass.** Both rows go through one set of weights; the adapter's own products are joined (queries, keys
  and values as one, gate and up as one). A pair of two full models is read in two passes, because one stacked product over both
  was slower on a CPU than two packed ones.
- **One output layer.** Where base, reference and trained share it, the formula is taken on the last hidden states and the layer is read once.
- **Drafts.** M'o drafts a small tree, the base checks it in one pass, and the text is that of the plain loop, greedy and sampled. The
  depth of the tree follows from how many drafted tokens were right; where none are, nothing is drafted. On the 64 forced tokens most of the
  text is what the base says after its answer, where an eight-layer M'o guesses badly (its likeliest token is right in 24 %, one of its
  four likeliest in 47 %; within answers 66 % and 82 %).
- **True answers given.** Scoring reads through the same fast models; terms that cannot matter at any α are dropped with a bound on their mass.
- **bf16 is not used.** A training step of M'o in bf16 takes about 0.55 of the time here, but its logits move by up to 0.4 nats while
  the stored logits of the reference do not: an untrained pair would start with an offset. Answers are fp32 by rule.
- **Threads** are torch's own choice, or half of them where that multiplies clearly faster; measured once, unless `OMP_NUM_THREADS` is set.
"""


def page(figures: dict[str, Any], growth: dict[str, dict[str, list[tuple[int, float]]]], picture: str) -> str:
    machine = figures["machine"]
    return f"""# Performance

Written by `python -m benchmarks.speed.growth` from what `python -m benchmarks.speed --json` printed; no figure of the tables is typed.
Ratios are taken within each round, the contenders in turn, in one process: median (smallest to largest). fp32,
{machine["cores"]} cores, {machine["threads"]} threads, {machine["processor"]}, no GPU, torch {machine["torch"]}, kernel: {machine["kernel"]}.
Decoding: 64 forced tokens of questions of the retain and world sets, one at a time (refusals and loops would flatter drafts).

| figure | meaning | bar | aim | measured |
|---|---|---|---|---|
{_rows(figures)}
{WHY}
## How cost grows

![Seconds over tokens, branches and questions]({picture})

{_growth(growth)}
"""


def _rows(figures: dict[str, Any]) -> str:
    lines = []
    for name, (meaning, bar, aim) in FIGURES.items():
        if name in figures:
            seen = figures[name]
            lines.append(
                f"| {name} | {meaning} | {bar or '–'} | {aim or '–'} | **{_number(seen['median'])}** "
                f"({_number(seen['min'])} to {_number(seen['max'])}) |"
            )
    return "\n".join(lines)


def _growth(growth: dict[str, dict[str, list[tuple[int, float]]]]) -> str:
    """Each part as a table: sizes across, one row a line of the plot."""
    words = {
        "lengths": "Seconds by tokens of one answer",
        "branches": "Seconds a token, by branches read together",
        "sets": "Seconds by questions evaluated at one α",
    }
    tables = []
    for name, lines in growth.items():
        sizes = [str(size) for size, _ in next(iter(lines.values()))]
        rows = [
            f"| {line} | " + " | ".join(_number(seconds) for _, seconds in points) + " |"
            for line, points in lines.items()
        ]
        tables.append(
            "\n".join([f"| {words[name]} | " + " | ".join(sizes) + " |", "|---|" + "---|" * len(sizes), *rows])
        )
    return "\n\n".join(tables)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"
