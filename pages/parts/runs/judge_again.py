"""Judging the stored answers of a run again: the form, its button on a finished run, and what changed."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.data.files import SUFFIXES
from engine.names import LONGEST_NAME
from engine.report.terms_csv import terms_csv
from engine.review.judged_again import VERDICTS_STAY, ChangedJudgement, judged_again
from engine.runs.kinds.judge import again, asked_of, judge_spec
from engine.store import history, questions, sets
from engine.store.history import RunDetail, RunSummary
from engine.store.other_terms import other_terms
from engine.store.sources import SourcedSpec
from engine.wording import count, named_run, run_label
from pages.parts.runs.start_forms import SOURCE_HELP, estimate_and_start
from pages.parts.shared import access, frame
from pages.parts.shared.wording import MISSING, plain

ROWS_SHOWN = 100
LEAVES = "judge-leaves"


@st.fragment
@frame.fenced
def judge_form() -> None:
    """Choose a run and key terms, see which questions get others, start."""
    access.require("operator", "Starting a run")
    found = {run.id: run for run in history.list_runs() if run.status == "finished" and run.facts.finds == "answers"}
    if not found:
        st.info("There is no finished evaluation to judge again yet.")
        return
    if st.session_state.get("judge-run") not in found:
        of_pairs = (key for key, run in found.items() if run.facts.asks_models and run.objective)
        st.session_state["judge-run"] = next(of_pairs, [*found][0])
    left, right = st.columns(2)
    with left:
        run_id: int = st.selectbox(
            "Run", list(found), key="judge-run", format_func=lambda key: run_label(found[key]), help=VERDICTS_STAY
        )
        _correct(run_id, found[run_id])
        terms = _choose_terms()
    with right:
        default = again(found[run_id].name)
        name = st.text_input("Name of the new run", key="judge-name", placeholder=default, max_chars=LONGEST_NAME)
    spec = judge_spec(run_id, terms, name.strip())
    _show_other_terms(run_id, terms)
    estimate_and_start(spec, "Judge again")


def _choose_terms() -> list[str]:
    st.session_state.setdefault("judge-terms", [])
    options = dict.fromkeys([*(item.name for item in sets.list_sets()), *st.session_state["judge-terms"]])
    chosen = st.multiselect(
        "Key terms of",
        list(options),
        key="judge-terms",
        accept_new_options=True,
        placeholder="the run itself, by today's leak rule",
        help=SOURCE_HELP,
    )
    return [str(item) for item in chosen]


def _correct(run_id: int, run: RunSummary) -> None:
    """A file with the run's key terms to correct, and the way back in."""
    with st.expander("Correct key terms", icon=":material/edit:"):
        st.download_button(
            "1. Download them",
            terms_csv(run_id),
            f"{run.name}-key-terms.csv",
            "text/csv",
            key="judge-download",
            icon=":material/download:",
            on_click="ignore",
            help="One row a question; several key terms are separated by |. Rows you leave out keep theirs.",
        )
        upload = st.file_uploader("2. Bring them back", type=[item[1:] for item in SUFFIXES], key="judge-file")
        set_name = st.text_input("Kept as set", f"{run.name}-terms"[:LONGEST_NAME], key="judge-set", max_chars=60)
        if st.button("Use this file", key="judge-use", disabled=upload is None) and upload is not None:
            access.require("operator", "Importing questions")
            done = questions.import_set(upload.getvalue(), set_name.strip(), upload.name)
            chosen = [*st.session_state.get("judge-terms", []), done.name]
            st.session_state["judge-terms"] = list(dict.fromkeys(chosen))


def _show_other_terms(run_id: int, sources: Sequence[str]) -> None:
    """Which questions get other key terms, before anything is started."""
    if not sources:
        return
    asked, spec = asked_of(run_id), judge_spec(run_id, sources)
    other = other_terms(SourcedSpec(spec), sources, asked, named_run(history.run_detail(run_id).summary))
    rows = [
        (item.example.question, item.example.answer, ", ".join(item.terms), ", ".join(other[item.question_id]))
        for item in asked
        if other.get(item.question_id, item.terms) != item.terms
    ]
    words = f"{count(len(rows), 'question gets', 'questions get')} other key terms."
    st.text(words)
    if rows:
        columns = ["question", "true answer", "key terms", "other key terms"]
        _table(pd.DataFrame(rows[:ROWS_SHOWN], columns=columns), words)


def judge_button(detail: RunDetail) -> None:
    """On a finished run with answers: to the form, filled in with it."""
    run = detail.summary
    if run.status == "finished" and run.facts.finds == "answers" and access.may("operator"):
        st.button(
            "Judge again",
            key=f"judge-{run.id}",
            on_click=_to_form,
            args=(run.id,),
            help="The stored answers, by today's leak rule or other key terms: a new run, without a model.",
        )
    if st.session_state.pop(LEAVES, False):
        st.rerun()  # the whole page: another view of it


def _to_form(run_id: int) -> None:
    st.session_state["view"], st.session_state["judge-run"], st.session_state[LEAVES] = "judge", run_id, True


def show_judged_again(detail: RunDetail) -> None:
    """What changed, before everything else of such a run; nothing for a run that judged its own answers."""
    found = judged_again(detail.summary.id) if detail.summary.status == "finished" else None
    if found is None:
        return
    st.markdown(f"**Judged again from run {found.judged_from}**", help=VERDICTS_STAY)
    st.text(found.words)
    if found.changed:
        _table(_changes_table(found.changed[:ROWS_SHOWN]), found.words)
        if len(found.changed) > ROWS_SHOWN:
            st.caption(f"The first {ROWS_SHOWN} of {len(found.changed)}; the command judge-again lists all.")


def _changes_table(changed: Sequence[ChangedJudgement]) -> pd.DataFrame:
    rows = [
        (
            item.question,
            item.alpha,
            item.before,
            item.after,
            item.answer,
            ", ".join(item.terms_before),
            ", ".join(item.terms_after),
        )
        for item in changed
    ]
    columns = ["question", "α", "before", "after", "answer", "key terms before", "key terms now"]
    return pd.DataFrame(rows, columns=columns)


def _table(rows: pd.DataFrame, words: str) -> None:
    """Narrow enough that before and after are seen without scrolling."""
    texts = [name for name in ("question", "answer", "true answer") if name in rows]
    columns = {name: st.column_config.TextColumn(width="medium") for name in texts}
    st.dataframe(rows, hide_index=True, placeholder=MISSING, alt=plain(words), column_config=columns)
