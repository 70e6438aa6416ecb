"""What others published, beside what was measured here: marks of their own on Trade-off, a table, and in words what
is unlike.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.analysis.trade_off import Measure, Published, Table
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY
from engine.evaluation.logs.likeness import strength_words
from engine.evaluation.logs.names import OURS_ZERO, PARTS, STRENGTH
from engine.models.names import shown_model
from engine.report.log_origin import TOFU_TOKENS
from engine.report.openunlearning import OF_FORGET
from engine.store import history
from engine.store.history import RunDetail
from engine.wording import count, figure
from pages.parts.shared.wording import MISSING, moment, plain

_SPLITS = {"forget": "forget", "retain": "retain", "world": "wf"}  # of ours, and TOFU's part beside it
MADE_BY, TOFU = "made by: ", "tofu"
TRUTH_RATIO = "truth_ratio_score"


def counterpart(measure: Measure) -> str:
    """OpenUnlearning's name for what a measure is of ours; "" where there is none."""
    if measure.made_of_many:
        return measure.metric
    if measure.split not in _SPLITS:
        return ""
    names = PARTS[_SPLITS[measure.split]]
    found = {"rouge": names.rouge, TRUTH_RATIO: names.truth_ratio, "probability": names.probability}
    if measure.split == "world":
        found |= {"probability": names.right, "probability_normalised": names.probability}
    if measure.split == "forget":
        found |= {name: name for name in OF_FORGET}
    return found.get(measure.metric, "")


def marks(figures: pd.DataFrame, table: Table, forget: Measure, utility: Measure) -> tuple[Published, ...]:
    """One mark for each imported run that has both figures. `figures` are rows of `history.imported_figures`."""
    found = []
    for run_id, rows in figures.groupby("run_id", sort=False):
        by_name = {row["name"]: row for row in rows.to_dict("records")}
        sides = [by_name.get(counterpart(measure)) for measure in (forget, utility)]
        if sides[0] is None or sides[1] is None:
            continue
        first = sides[0]
        found.append(
            Published(
                int(str(run_id)),
                str(first["run"]),
                str(first["method"]),
                float(sides[1]["value"]),
                float(first["value"]),
                source_words(first["source"]),
                tuple(_unlike(sides[0], sides[1], table, forget, utility)),
            )
        )
    return tuple(found)


def source_words(source: dict[str, str]) -> str:
    """Whence imported figures come, with as much of the file's hash as tells it from others."""
    label = f", {source['label']}" if source.get("label") else ""
    return f"imported from {source.get('imported from', '?')} (SHA-256 {source.get('sha256', '')[:12]}){label}"


def _unlike(theirs: dict[Any, Any], kept: dict[Any, Any], table: Table, forget: Measure, utility: Measure) -> list[str]:
    """What keeps a published point from being compared with ours, in words."""
    details = [history.run_detail(run_id) for run_id in table.run_ids]
    models = list(dict.fromkeys(shown_model(item.summary.base) for item in details))
    said = []
    for name, side, ours in (("forget", theirs, sorted(set(table.frame["questions"]))), ("utility", kept, None)):
        rows = _rows(side)
        if rows is None:
            said.append(f"number of {name} rows not stated")
        elif ours and ours != [rows]:
            said.append(f"{rows} forget rows, ours {' or '.join(str(int(number)) for number in ours)}")
    said += _of_other_questions(theirs["source"], details, forget, utility)
    model = str(theirs["model"])
    if model not in models:
        said.append(f"model {model or 'not stated'}, ours {' and '.join(models) or 'none'}")
    for measure, side in ((forget, theirs), (utility, kept)):
        of_ratios = measure.metric == TRUTH_RATIO or measure.made_of_many
        if of_ratios and "variant A" not in str(side["note"]):
            what = measure.label.lower() if measure.made_of_many else "truth ratio"
            said.append(f"{what}: {side['note']}, ours variant A")
    tokens = theirs["source"].get(f"{MADE_BY}answer_tokens", str(TOFU_TOKENS))
    cut = {item.spec.max_new_tokens for item in details if str(item.spec.max_new_tokens) != tokens}
    if cut and (forget.of_answers or utility.of_answers):
        as_tofu = "" if f"{MADE_BY}answer_tokens" in theirs["source"] else " as TOFU has it"
        said.append(f"answers of up to {tokens} tokens{as_tofu}, ours cut at {max(cut)}")
    return said + _asked_otherwise(theirs["source"], details, forget, utility)


def _asked_otherwise(
    source: dict[str, str], details: Sequence[RunDetail], forget: Measure, utility: Measure
) -> list[str]:
    """Template, answers that were cut at a loop, and what an extraction strength is: as far as the log says."""
    said = []
    template = source.get(f"{MADE_BY}template")
    ours = sorted({item.versions.get(history.TEMPLATE, "") for item in details})
    if template is not None and ours != [template]:
        said.append(f"template {_line(template)}, ours {' and '.join(map(_line, ours)) or 'none'}")
    loops = source.get(f"{MADE_BY}loops", "")
    if loops and not loops.startswith("0 ") and (forget.of_answers or utility.of_answers):
        said.append(f"loops: {loops}")
    origin = {key.removeprefix(MADE_BY): text for key, text in source.items() if key.startswith(MADE_BY)}
    if STRENGTH in (forget.metric, utility.metric) and (words := strength_words(origin)) != OURS_ZERO:
        said.append(f"extraction strength {words}; ours is 0 where the answer's last token is missed")
    return said


def _line(text: str) -> str:
    return text.replace("\n", "\\n") or "not recorded"


def _of_other_questions(
    source: dict[str, str], details: Sequence[RunDetail], forget: Measure, utility: Measure
) -> list[str]:
    """A log of this program's says which sets it is of; of any other TOFU is taken for granted."""
    stated = source.get(f"{MADE_BY}sets")
    theirs = [TOFU] if stated is None else stated.split(", ")
    places = [_places(item, measure) for item in details for measure in (forget, utility)]
    ours = sorted({name for found in places for name, _ in found})
    said = []
    if others := [name for name in ours if name not in theirs]:
        whose = "TOFU's questions" if stated is None else f"questions of {stated}"
        said.append(f"{whose}, ours are those of {', '.join(others)}")
    halves = {half for found in places for _, half in found}
    if stated is None and "eval" in halves:
        said.append("retain rows as TOFU has them, trained on, ours are of the half that was not")
    if stated is not None and "train" in halves:
        said.append("retain rows that nothing was trained on, ours are of the half that was")
    return said


def _places(detail: RunDetail, measure: Measure) -> set[tuple[str, str]]:
    """Set and half of the questions that a measure of a run is over."""
    if not measure.made_of_many:
        return {(measure.set, measure.half)}
    scores = history.question_scores(detail.summary.id, history.alphas_of(detail.summary.id)[0])
    rows = scores[["metric", "set", "split", "half"]].drop_duplicates().itertuples(index=False, name=None)
    return {(str(row[1]), str(row[3])) for row in rows if measure.rests_on(*map(str, row))}


def _rows(side: dict[Any, Any]) -> int | None:
    return None if pd.isna(side["rows"]) else int(side["rows"])


def warn_published(points: Sequence[Published]) -> None:
    """Imported points are in the chart: say that they were not measured here, and of each what is unlike."""
    if not points:
        return
    lines = [
        f"- **{plain(point.label)}**: {plain('; '.join(point.unlike) or 'nothing known to differ')}" for point in points
    ]
    st.warning(
        f"{count(len(points), 'mark was', 'marks were')} imported, not measured here. What is unlike ours:\n\n"
        + "\n".join(lines),
        icon=":material/warning:",
    )


def show_published(figures: pd.DataFrame) -> None:
    """The headline figures of every imported run, with what they are over and where they come from."""
    st.subheader("Published by others (imported)", anchor=False)
    table = published_table(figures)
    words = " ".join(
        f"Imported {row['run']}, method {row['method']}: forget quality {row['forget quality']}, model utility"
        f" {figure(row['model utility'])}."
        for row in table.to_dict("records")
    )
    st.dataframe(table, hide_index=True, placeholder=MISSING, key="published-table", alt=words)
    st.caption(
        plain(
            "Forget quality is a p-value, higher is better; it depends on the number of rows and on the retain"
            " model, so only figures over the same rows compare. Model utility: higher is better. None of this"
            " enters advice, leak counts or reports."
        )
    )
    for source, rows in figures.groupby(figures["source"].map(source_words), sort=False):
        notes = rows["source"].iloc[0].get("notes", "")
        st.caption(plain(f"{rows['run'].iloc[0]}: {source}. {notes}".strip()))


def published_table(figures: pd.DataFrame) -> pd.DataFrame:
    """One row per imported run; a figure that it does not hold is n/a."""
    rows = []
    for _, part in figures.groupby("run_id", sort=False):
        by_name = {row["name"]: row for row in part.to_dict("records")}
        quality, over = by_name.get(FORGET_QUALITY), by_name.get(PARTS["forget"].truth_ratio)
        rows.append(
            {
                "run": part["run"].iloc[0],
                "method": part["method"].iloc[0],
                "model": part["model"].iloc[0] or "not stated",
                "forget rows": "not stated" if over is None or _rows(over) is None else str(_rows(over)),
                "forget quality": "n/a" if quality is None else f"{quality['value']:.2e}",
                "model utility": _value(by_name, MODEL_UTILITY),
                "forget ROUGE": _value(by_name, PARTS["forget"].rouge),
                "retain ROUGE": _value(by_name, PARTS["retain"].rouge),
            }
        )
    return pd.DataFrame(rows)


def _value(by_name: dict[Any, Any], name: str) -> float | None:
    return round(float(by_name[name]["value"]), 4) if name in by_name else None


def figures_of_run(run_id: int) -> None:
    """All figures of one imported run, for its own page."""
    found = history.imported_figures([run_id])
    words = f"{count(len(found), 'figure')} that others published, with what each is over."
    shown = found[["name", "value", "low", "high", "rows", "note"]].astype({"rows": "Int64"})
    st.dataframe(shown, hide_index=True, placeholder=MISSING, alt=words)
    st.caption(words + " Names are OpenUnlearning's; low and high bound the mean with 95 %, where its rows are known.")


def imported_origin(detail: RunDetail) -> dict[str, str]:
    """What is known of an imported run: nothing of it was run here."""
    run = detail.summary
    said = {"kind": "imported, not run here", "method": run.objective, "model": run.base or "not stated"}
    return {**said, "imported": moment(run.created), **detail.versions}
