"""Trade-off's teacher-forced part: probability, truth ratio, KL and forget quality of a run at every α."""

import math
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.analysis import forced_curves
from engine.analysis.forced_curves import FORGET, STEP, Quality, quality_verdict
from engine.analysis.recommended import recommended_of_run
from engine.analysis.trade_off import LEAST
from engine.evaluation.forget_quality import CONVENTION
from engine.inks import BROWN, FORGET_INK, RETAIN_INK, RETAIN_MODEL, WORLD_INK
from engine.store import history
from engine.wording import figure, split_word
from pages.parts.shared import address
from pages.parts.shared.chart_text import LineEnd, label_ends
from pages.parts.shared.charts import add_level, csv_button, draw_chart
from pages.parts.shared.looks import shade
from pages.parts.shared.run_choice import names_of
from pages.parts.shared.wording import MISSING, bound, plain
from pages.parts.tradeoff.unlike import warn_other_forget_set

METRICS = ("probability", "truth_ratio_score", "kl")
FLOORED = ("probability", "truth_ratio_score")
_STYLES = {
    "forget": (FORGET_INK, "solid"),
    "retain": (RETAIN_INK, "dash"),
    "world": (WORLD_INK, "dot"),
}
_OTHER = BROWN, "dashdot"
_TITLES = {
    "probability": "Probability of the true answer, per token",
    "truth_ratio_score": "Truth ratio (A)",
    "kl": "KL from the base, nats per answer token",
}
_MEANINGS = {
    "probability": (
        "On the forget set lower is better, down to the retain model's: below that, what is hidden stands out."
        " Elsewhere higher is better."
    ),
    "truth_ratio_score": "Forget: near 1 means right and wrong answers are equally likely; elsewhere higher is better.",
    "kl": (
        "How far the answers' tokens move from what the base would give: where a question is to be kept, lower is"
        " better."
    ),
}

_SHORT = {
    "p ": "probability of the true answer, per token",
    "TR ": "truth ratio",
    "KL ": "divergence from the base, nats per answer token",
    "FQ": "forget quality, a p-value: no smaller than “at least” and no larger than “at most” is possible within the"
    " errors of the ratios",
}


class RetainMean(NamedTuple):
    """The retain model's mean on the forget questions that it was asked."""

    mean: float
    questions: int


class DrawnRun(NamedTuple):
    """What is drawn of a run; floors by measure, where they are known."""

    means: pd.DataFrame
    quality: Quality | None
    floors: dict[str, RetainMean]


def show_forced_curves() -> None:
    """Choose a run that stored curves and see them; a sentence where there is none."""
    st.subheader(
        "Under teacher forcing, at every α",
        anchor=False,
        help="The true answer is put before the models word by word, and what counts is how likely each next token of"
        " it is. A secret that no answer tells any more can stay likely here.",
    )
    runs = forced_curves.runs_with_curves()
    if not runs:
        st.caption("No evaluation of a pair has stored curves yet; Runs starts one.")
        return
    ids = sorted((run.id for run in runs), key=_of_other_questions)  # stable: newest first
    names = names_of(runs)
    chosen = address.select(
        "Evaluated by run", ids, "forced", ids[0], text=address.unless(ids[0]), format_func=names.__getitem__
    )
    warn_other_forget_set([chosen])
    floors = {name: forced_curves.retain_only_scores(chosen, name) for name in (*FLOORED, "truth_ratio")}
    drawn = _read(chosen, tuple((name, tuple(sorted(scores.items()))) for name, scores in floors.items()))
    _draw(drawn, recommended_of_run(history.run_detail(chosen)))


def _of_other_questions(run_id: int) -> bool:
    """Whether a run measures its pair on other questions than it was made to forget: none to begin with."""
    return history.asks_what_was_forgotten(run_id) is False


@st.cache_data(show_spinner="reading the curves", max_entries=8)
def _read(run_id: int, floors: tuple[tuple[str, tuple[tuple[int, float], ...]], ...]) -> DrawnRun:
    """The curves at the dial's alphas. `floors` is part of the key: a new retain-only run changes what is drawn."""
    questions = forced_curves.questions_of(run_id)
    alphas = forced_curves.grid(*forced_curves.reach(questions))
    asked = {item.question_id for item in questions if item.split == FORGET}
    known: dict[str, RetainMean] = {}
    for name, scores in floors:
        values = [value for key, value in scores if key in asked]
        if values:
            known[name] = RetainMean(sum(values) / len(values), len(values))
    means = forced_curves.means(questions, METRICS, alphas)
    return DrawnRun(means, forced_curves.quality(run_id, questions, alphas), known)


def _draw(drawn: DrawnRun, recommended: float | None) -> None:
    said = lead(drawn, 1.0 if recommended is None else recommended)
    if said:
        st.markdown(f"**{plain(said)}**")
    above, below = st.columns(2), st.columns(2)
    for place, metric in zip((*above, below[0]), METRICS, strict=True):
        part = drawn.means[drawn.means["metric"] == metric]
        with place:
            if len(part):
                _mean_chart(metric, part, drawn.floors.get(metric) if metric in FLOORED else None)
            else:
                st.markdown(f"**{_TITLES[metric]}**")
                st.caption("n/a: no question of this run has wrong answers to compare.")
    with below[1]:
        _quality_chart(drawn.quality)
    table = _table(drawn)
    st.dataframe(
        table,
        hide_index=True,
        placeholder=MISSING,
        height=220,
        alt="Every figure of the four charts, one row per α.",
        column_config={name: st.column_config.Column(help=text) for name, text in _columns(table).items()},
    )
    csv_button(table, "teacher-forced")


def _columns(table: pd.DataFrame) -> dict[str, str]:
    """What the short names of columns mean."""
    return {str(name): text for name in table for begin, text in _SHORT.items() if str(name).startswith(begin)}


def lead(drawn: DrawnRun, alpha: float) -> str:
    """What an auditor takes home: how likely the secret stays at the recommended α, beside the retain model; over
    both halves.
    """
    means = drawn.means[(drawn.means["metric"] == "probability") & (drawn.means["split"] == FORGET)]
    there, floor = means[(means["alpha"] - alpha).abs() < STEP / 2], drawn.floors.get("probability")
    if there.empty:
        return ""
    asked = int(there["questions"].sum())
    mean = float((there["value"] * there["questions"]).sum()) / asked
    at = float(there["alpha"].iloc[0])
    words = (
        f"At α = {at:g} each next token of a true answer that is to be forgotten keeps a probability of"
        f" {figure(mean)} (n = {asked})"
    )
    known = (
        f"a model that never saw it gives {figure(floor.mean)} (n = {floor.questions})"
        if floor
        else "no retain model says what a guess would get"
    )
    return f"{words}; {known}."


def _mean_chart(metric: str, part: pd.DataFrame, floor: RetainMean | None) -> None:
    chart = go.Figure()
    said, ends = [], list[LineEnd]()
    for (split, half), rows in part.groupby(["split", "half"], sort=False):
        ink, dash = _STYLES.get(str(split), _OTHER)
        name = _part_name(str(split), str(half))
        chart.add_scatter(
            x=rows["alpha"],
            y=rows["value"],
            name=name,
            mode="lines",
            showlegend=False,  # its name stands at its end
            line={"color": shade(ink), "dash": dash, "width": 2},
            hovertemplate="α %{x:.2f}: %{y:.3f}<extra>" + name + "</extra>",
        )
        alone = part.loc[part["split"] == split, "half"].nunique() == 1
        short = split_word(str(split)) if alone else name
        ends.append(LineEnd(short, float(rows["value"].iloc[-1]), ink))
        said.append(f"{name} {_at_marks(rows)} (n = {rows['questions'].iloc[0]})")
    across = float(part["alpha"].min()), float(part["alpha"].max())
    if floor is not None:
        name = f"retain-only, forget: {figure(floor.mean)}"
        add_level(chart, *across, floor.mean, name, shade(RETAIN_MODEL))
        ends.append(LineEnd("never knew", floor.mean, RETAIN_MODEL))
    low, high = (0.0, 1.05 * float(part["value"].max()) or 1.0) if metric == "kl" else (-0.03, 1.03)
    _layout(chart, {"range": [low, high]})
    label_ends(chart, across, ends, low, high, 0.075)
    words = f"{_TITLES[metric]}: {'; '.join(said)}."
    if floor is not None:
        words += f" A retain model has {figure(floor.mean)} on the forget questions (n = {floor.questions})."
    words = f"{words} {_MEANINGS[metric]} Error of any point: at most {bound(part['error'].max())}."
    table = part.drop(columns="metric")
    draw_chart(chart, table, f"forced-{metric}", words, title=_TITLES[metric], meaning=words)


def _part_name(split: str, half: str) -> str:
    return split_word(split) + (f", {half} half" if half else "")


def _at_marks(rows: pd.DataFrame) -> str:
    """The values at 0, 1 and 2, as far as the curve has them."""
    known = rows.set_index("alpha")["value"]
    return ", ".join(f"{figure(known[alpha])} at α = {alpha:g}" for alpha in (0.0, 1.0, 2.0) if alpha in known.index)


def _quality_chart(quality: Quality | None) -> None:
    if quality is None:
        st.markdown("**Forget quality**")
        st.caption(
            "n/a: it needs the truth ratios of a model that never saw the forget set (retain-only) on the same"
            " questions."
        )
        return
    steps = quality.steps
    across = steps.alphas[0], steps.high
    chart = go.Figure(
        go.Scatter(
            x=[*steps.alphas, steps.high],
            y=[*steps.values, steps.values[-1]],
            mode="lines",
            name="p-value",
            showlegend=False,
            line={"shape": "hv", "color": shade(FORGET_INK), "width": 2},
            hovertemplate="from α %{x:.3f}: p = %{y:.2e}<extra></extra>",
        )
    )
    add_level(chart, *across, CONVENTION, f"p = {CONVENTION:g}", shade(RETAIN_MODEL))
    places = [math.log10(max(value, LEAST)) for value in (*steps.values, CONVENTION)]
    low, high = min(places) - 0.5, max(places) + 0.5
    _layout(chart, {"type": "log", "exponentformat": "power", "title": "p-value, log", "range": [low, high]})
    ends = [
        LineEnd("p-value", places[-2], _STYLES["forget"][0]),
        LineEnd(f"p = {CONVENTION:g}", places[-1], RETAIN_MODEL),
    ]
    label_ends(chart, across, ends, low, high, 0.075)
    words, table = _quality_words(quality), pd.DataFrame({"from α": steps.alphas, "p-value": steps.values})
    draw_chart(chart, table, "forget-quality", words, title="Forget quality", meaning=words)


def _quality_words(quality: Quality) -> str:
    n = quality.retain_rows
    at = ", ".join(f"{p.quality.p_value:.1e} at α = {p.alpha:g}" for p in quality.points if p.alpha in (0.0, 1.0, 2.0))
    return (
        f"KS test of truth ratios against the retain model's, n = {n} on either side ({n} of {quality.rows} forget"
        f" questions): p = {at}; {quality_verdict(quality)}. p depends on n: never compare it with another n. A step"
        f" function: it changes only where a ratio passes one of the retain model's ({len(quality.steps.alphas)}"
        " steps)."
    )


def _layout(chart: go.Figure, yaxis: dict[str, object]) -> None:
    chart.update_layout(height=300, xaxis_title="α", yaxis=yaxis, hovermode="x unified")


def _table(drawn: DrawnRun) -> pd.DataFrame:
    """One row per α: forget quality, then every measure of every part."""
    short = {"probability": "p", "truth_ratio_score": "TR", "kl": "KL"}
    columns: dict[str, pd.Series] = {}
    if drawn.quality is not None:  # first: it would stand out of sight at the right
        alphas = [point.alpha for point in drawn.quality.points]
        columns["FQ"] = pd.Series([f"{point.quality.p_value:.2e}" for point in drawn.quality.points], alphas)
        columns["FQ at least"] = pd.Series([f"{point.least:.2e}" for point in drawn.quality.points], alphas)
        columns["FQ at most"] = pd.Series([f"{point.most:.2e}" for point in drawn.quality.points], alphas)
    for (split, half, metric), rows in drawn.means.groupby(["split", "half", "metric"], sort=False):
        name = f"{short[str(metric)]} {_part_name(str(split), str(half)).lower()}"
        columns[name] = rows.set_index("alpha")["value"].round(4)
    return pd.DataFrame(columns).rename_axis("α").reset_index()
