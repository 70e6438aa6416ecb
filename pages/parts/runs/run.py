"""One run: its state, its losses, its figures, and where it came from."""

import pandas as pd
import streamlit as st

from engine.analysis import chosen_alpha
from engine.analysis.exact_curves import mapped_share
from engine.analysis.floor import Floor, floor_of
from engine.analysis.retain_only import noise_words, quality_figure
from engine.data.examples import SECRETS
from engine.evaluation.metrics import METRICS
from engine.kinds import TasksSpec
from engine.runs import runner
from engine.store import history
from engine.store.history import RunDetail
from engine.store.judged_by import rouge_note
from engine.wording import count, cut_words, run_label, split_word
from pages.parts.review.table import run_answers
from pages.parts.runs.judge_again import judge_button, show_judged_again
from pages.parts.runs.measures import aggregates_of, show_measures
from pages.parts.runs.origin import origin
from pages.parts.runs.probes import show_probes
from pages.parts.runs.samples import show_samples
from pages.parts.runs.tasks import show_task_figures
from pages.parts.runs.three_figures import show_three_figures
from pages.parts.shared import access, address, charts, frame
from pages.parts.shared.intervals import MEANING, bounded_words, figures_of, table_of
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.published import figures_of_run
from pages.parts.shared.ruined import ruins, warn_if_ruined
from pages.parts.shared.run_choice import shown_alpha
from pages.parts.shared.run_progress import ACTIVE, POLL_SECONDS
from pages.parts.shared.wording import CLOPPER, INTERVAL, KS_TEST, MISSING, NATS, plain, status_word

ADDRESS = {"answers": "shown", "map": "map", "published": "published"}  # of what a run found, on Trade-off


def show_run(run_id: int) -> None:
    """Polls while the run goes on; the losses grow as the steps are stored."""
    live = history.run_detail(run_id).summary.status in ACTIVE
    st.fragment(_draw, run_every=POLL_SECONDS * 2 if live else None)(run_id)


@frame.fenced
def _draw(run_id: int) -> None:
    detail = history.run_detail(run_id)
    run = detail.summary
    st.subheader(plain(f"{run_label(run)}: {status_word(run.status)}"), anchor=False)
    if run.message:
        (st.error if run.status == "failed" else st.warning)(plain(run.message))
    warn_if_ruined(run.pair, ruins())
    if run.facts.finds == "map" and run.status not in ACTIVE:
        _mapped(detail)
    show_judged_again(detail)
    if run.status == "finished" and run.facts.finds == "answers" and history.alphas_of(run_id):
        alpha = chosen_alpha.report_alpha(run_id)
        run_answers(detail, alpha)
        show_three_figures(run_id, alpha)
    steps = history.steps(run_id)
    show_samples(run_id, live=run.status in ACTIVE)
    if len(steps):
        charts.losses(steps)
    if run.facts.finds == "published":
        figures_of_run(run_id)
    if run.facts.finds == "probes":
        show_probes(run_id)
    if run.status == "finished":
        if isinstance(detail.spec, TasksSpec):
            show_task_figures(run_id, detail.spec)
        else:
            _figures(detail)
        _links(detail)
    judge_button(detail)
    if run.status not in ACTIVE and not run.recorded and run.facts.finds != "published" and _wants_again(run_id):
        access.require("operator", "Starting a run")
        st.session_state["start-done"] = runner.retry(run_id)
        st.rerun()  # the whole page, not this fragment: it turns to the new run
    with st.expander("Settings and origin"):
        st.dataframe(
            origin(detail), hide_index=True, placeholder=MISSING, alt="Settings, versions and hashes of this run."
        )


def _mapped(detail: RunDetail) -> None:
    """What a map run has found, or what of it stays where it was stopped."""
    mapped, asked = mapped_share(detail.summary.id)
    if detail.summary.status == "finished":
        st.text(
            f"Mapped: {count(mapped, 'question')}, every answer from α = {min(detail.spec.alphas):g} to"
            f" {max(detail.spec.alphas):g}."
        )
    elif asked:
        st.text(f"{mapped} of {count(asked, 'question')} are mapped and stay. Start again goes on with the others.")


def _wants_again(run_id: int) -> bool:
    return access.may("operator") and st.button(
        "Start again", key=f"retry-{run_id}", help="A new run with the same settings."
    )


def _figures(detail: RunDetail) -> None:
    """Mean of every measure by split, one column per α, and the floor beside them."""
    means = _means(detail.summary.id)
    if means.empty:
        return
    floor = floor_of(detail)
    if floor is not None and floor.run_id != detail.summary.id:
        means = pd.concat([means, _floor_means(floor)])
    means = means.assign(
        part=_parts(means),
        measure=[_measure(name, split) for name, split in zip(means["metric"], means["split"], strict=True)],
    )
    # On kept questions a flagged answer is a remembered one: only what must not be known is shown as leaks at first.
    # Beside it stands what greedy answers hide: how likely the secret stays once its beginning is given.
    secret = means["split"].isin(SECRETS) & means["metric"].isin(["leak", "probability"])
    looped = means["metric"].eq("degenerate") & means["mean"].gt(0)
    chosen = means[(means["metric"] == "rouge") | secret | looped]
    words = (
        "Means over n questions by part and α."
        + (" No retain-only run gives a baseline." if floor is None else f" The baseline is over {floor.words}.")
        + f" {cut_words(detail.spec.max_new_tokens, rouge_note(detail))}"
    )
    _show(_by_alpha(chosen), words)
    with st.expander("All measures"):
        st.caption(plain(words))
        _show(_by_alpha(means), words)
        _with_intervals(detail)
        shown = means[["metric", "split"]].drop_duplicates().itertuples(index=False, name=None)
        show_meanings([*shown, *aggregates_of(list(means["metric"]))], (INTERVAL, CLOPPER, KS_TEST, NATS), "meanings")


def _with_intervals(detail: RunDetail) -> None:
    """Every mean at one α with its interval, n and people, and forget quality there; what is n/a says why."""
    run = detail.summary
    st.markdown("**With intervals, at one α**")
    alphas, default = history.alphas_of(run.id), chosen_alpha.report_alpha(run.id)
    alpha = address.select("α", alphas, "at", default, names=shown_alpha, format_func=shown_alpha)
    found = figures_of(run, alpha)
    places = pd.DataFrame([item[:4] for item in found], columns=["set", "split", "half", "metric"])
    names = [_measure(item.metric, item.split) for item in found]
    table = table_of(found, _parts(places), names)
    words = f"Means of run {run.name} at α = {alpha:g}. {MEANING} {bounded_words(list(table['95 % interval']))}".strip()
    st.dataframe(
        table,
        hide_index=True,
        placeholder=MISSING,
        alt=words,
        column_config={"mean": st.column_config.NumberColumn(format="%.3f")},
    )
    st.caption(plain(words))
    quality = quality_figure(run.id, alpha)
    noise = noise_words(run.id, quality)
    st.caption(plain(f"Forget quality at α = {alpha:g}: {quality.words}." + (f" Beside it, {noise}." if noise else "")))
    show_measures(run.id, alpha)


def _show(table: pd.DataFrame, words: str) -> None:
    """Numbers in narrow columns, so that the floor is seen without scrolling."""
    numbers = [str(name) for name in table if name not in ("part", "measure")]
    width = {"n": 40, "retain-only": 80}
    columns = {name: st.column_config.NumberColumn(width=width.get(name, 55)) for name in numbers}
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=words, column_config=columns)


def _means(run_id: int) -> pd.DataFrame:
    """The known means of a run with the column each belongs in: its α."""
    means = history.trade_off([run_id])
    means = means[means["mean"].notna()]
    return means.assign(column=[f"α = {alpha:g}" for alpha in means["alpha"]])


def _measure(name: str, split: str) -> str:
    return f"{METRICS[name].label_on(split)} ({METRICS[name].direction(split)})" if name in METRICS else name


def _parts(means: pd.DataFrame) -> list[str]:
    """Which questions a mean is over, in words; the set is named where there is more than one."""
    several = means["set"].nunique() > 1
    places = zip(means["set"], means["split"], means["half"], strict=True)
    return [
        (f"{name}: " if several else "") + split_word(split) + (f", {half} half" if half else "")
        for name, split, half in places
    ]


def _floor_means(floor: Floor) -> pd.DataFrame:
    """The same means of the retain model, over the questions it shares."""
    known = floor.scores.dropna(subset=["value"])
    means = known.groupby(["set", "split", "half", "metric"], sort=False).agg(
        mean=("value", "mean"), count=("value", "count")
    )
    return means.reset_index().assign(column="retain-only")


def _by_alpha(means: pd.DataFrame) -> pd.DataFrame:
    """One row per part and measure, one column per α; `n` questions have that score."""
    order = list(dict.fromkeys(means["column"]))
    keys = ["part", "measure"]
    table = means.pivot(index=keys, columns="column", values="mean").round(3)
    table = table.reindex(pd.MultiIndex.from_frame(means[keys].drop_duplicates()))
    table.insert(0, "n", means.groupby(keys)["count"].max())
    flat: pd.DataFrame = table[["n", *order]].reset_index()
    return flat


def _links(detail: RunDetail) -> None:
    run = detail.summary
    with st.container(horizontal=True):
        if run.facts.finds == "answers":
            st.page_link(
                frame.REPORT,
                label="Open in Report",
                icon=":material/description:",
                query_params={"report": str(run.id)},
            )
        if run.facts.finds in ADDRESS:
            st.page_link(
                frame.TRADE_OFF,
                label="Open in Trade-off",
                icon=":material/show_chart:",
                query_params={ADDRESS[run.facts.finds]: str(run.id)},
            )
        if detail.manifest:
            st.page_link(
                frame.COMPARE,
                label="Open its pair in Compare",
                icon=":material/search:",
                query_params={"pair": run.pair},
            )
