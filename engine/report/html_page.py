"""A report as one HTML page that needs nothing but itself: no script, no request, escaped text, a strict policy.

Its looks are in `templates/`. Every value passes through `_shown` and autoescape on its way to the page.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.analysis.kept import State as Outcome
from engine.analysis.standing import MARKS as STATE_MARKS
from engine.analysis.standing import RULE, WORD_MARKS, WORD_STATES, Standing, WayRow
from engine.audit.found import ProbeOutput
from engine.data.examples import KEPT
from engine.evaluation.marked_terms import marked_pieces
from engine.inks import in_css
from engine.report.drawing import FRAME, drawing_of, trade_off_words
from engine.report.excerpts import ORDINARY, WORST_LEAKS, WORST_LOSSES
from engine.report.parts import Measured, Report, ReportVerdict, State, model_word
from engine.review.verdicts import verdict_word
from engine.wording import ACCESS_CONTROL, count, cut_words, figure, part_words

FIRST_SHOWN = ("leak", "leak_paraphrase", "rouge", "rouge_paraphrase", "probability")
SHOWN_VERDICTS = 100
SHOWN_OUTPUTS = 12  # of one probe
MARKS: dict[State, str] = {"pass": "✔ pass", "fail": "✖ fail", "note": "ℹ note"}
OUTCOMES: dict[Outcome, str] = {
    "fail": "comes out",
    "note": "a little",
    "pass": "no more",
    "none": "shows nothing",  # what a ruined pair does not tell
}
EXCERPT_RULES = {"leaks": WORST_LEAKS, "losses": WORST_LOSSES, "ordinary": ORDINARY}
_VERDICTS_FIRST = {"leaks": 0, "utility_harmed": 1, "unsure": 2}
CONTROL_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}


def html_bytes(report: Report) -> bytes:
    """UTF-8. The same report gives the same bytes."""
    style = _style()
    metrics = [item.metric for item in report.comparison]
    page = (
        _templates()
        .get_template("report.html.j2")
        .render(
            report=report,
            style=Markup(style),
            policy=policy_of(style),
            verdicts_shown=_verdicts_shown(report),
            outputs_shown=_outputs_shown(report),
            compared_first=[item for item in report.comparison if item.metric in FIRST_SHOWN],
            compared_further=[name for name in dict.fromkeys(metrics) if name not in FIRST_SHOWN],
            times={name: _moment(time) for name, time in report.origin.times.items()},
        )
    )
    return page.encode("utf-8", errors="replace")  # a lone surrogate has no UTF-8 form


def standing_html(found: Standing, whole: bool = False) -> str:
    """The standing of a pair as a picture, escaped, for a screen; its looks are `standing_css`. `whole`: every way."""
    pieces = _templates().get_template("standing.html.j2").make_module()
    return str(pieces.standing_block(found, found.rows if whole else found.shown))  # type: ignore[attr-defined]


def outcomes_html(rows: Sequence[WayRow]) -> str:
    """The table of the standing alone, over any rows."""
    pieces = _templates().get_template("standing.html.j2").make_module()
    return f'<div class="standing">{pieces.standing_table(rows)}</div>'  # type: ignore[attr-defined]


@cache
def standing_css() -> str:
    widths = "".join(f".standing .w{share}{{width:{share}%}}" for share in range(101))  # no inline style is allowed
    return f"{_css('standing.css')}\n{widths}"


def policy_of(style: str) -> str:
    """The page's Content-Security-Policy: nothing may be loaded or run, and this style alone applies."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("engine.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "counts_memory": _counts_memory,
        "figure": figure,
        "g": _short,
        "model_word": model_word,
        "moment": _moment,
        "percent": _percent,
        "signed": signed,
        "verdict_word": verdict_word,
    }
    found.globals |= {
        "access_control": ACCESS_CONTROL,
        "count": count,
        "cut_words": cut_words,
        "interval": interval,
        "marked_pieces": marked_pieces,
        "marks": MARKS,
        "drawing_of": drawing_of,
        "frame": FRAME,
        "others_asked": _others_asked,
        "part_words": part_words,
        "rules": EXCERPT_RULES,
        "standing_rule": RULE,
        "state_marks": STATE_MARKS,
        "state_words": OUTCOMES,
        "trade_off_words": trade_off_words,
        "word_marks": WORD_MARKS,
        "word_states": WORD_STATES,
    }
    return found


@cache
def _style() -> str:
    return f"{_css('style.css')}\n{standing_css()}"


def _css(name: str) -> str:
    loader = _templates().loader
    assert loader is not None
    return in_css(loader.get_source(_templates(), name)[0].strip())


def _shown(value: object) -> object:
    """Before autoescape: None becomes "n/a", control characters become visible; what a template made stays as it is."""
    if value is None:
        return "n/a"
    return value if isinstance(value, Markup) else str(value).translate(CONTROL_PICTURES)


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    ends = f"[{figure(low, digits)}, {figure(high, digits)}]"
    return "[n/a]" if low is None or high is None else ends.replace("-", "−")


def signed(value: float | None) -> str:
    """A difference with its sign; a value that rounds to 0 has none."""
    if value is None:
        return "n/a"
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def _short(value: float) -> str:
    return f"{value:g}"


def _percent(share: float) -> int:
    """For the width of a bar: what is not nothing is seen."""
    return max(1, round(100 * share)) if share > 0 else 0


def _moment(time: str) -> str:
    """A time to the second, without its zone, which the page names."""
    return time[:19].replace("T", " ")


def _counts_memory(item: Measured) -> bool:
    """Whether a leak here means that something to be kept is still known."""
    return item.metric.startswith("leak") and item.split in KEPT


def _others_asked(found: Sequence[Measured]) -> dict[str, str]:
    """Models that share a question with the unlearned one, and the heading of its difference from each."""
    means = [mean for item in found for mean in item.means]
    asked = {mean.model for mean in means if mean.difference_questions}
    names = dict.fromkeys(mean.model for mean in means if mean.model in asked and mean.model != "unlearned")
    return {name: f"unlearned − {model_word(name)}" for name in names}


def _outputs_shown(report: Report) -> list[tuple[ProbeOutput, list[ProbeOutput], int]]:
    """For each probe its first output, those that are shown, and how many are not."""
    found: dict[tuple[int, str], list[ProbeOutput]] = {}
    for item in report.outputs:
        found.setdefault((item.run_id, item.probe), []).append(item)
    return [(items[0], items[:SHOWN_OUTPUTS], len(items[SHOWN_OUTPUTS:])) for items in found.values()]


def _verdicts_shown(report: Report) -> list[tuple[ReportVerdict, Any, str]]:
    """The verdicts that a reader should see first, each with its question and in the words for its split."""
    questions = {row["question_id"]: row["question"] for row in report.questions}
    splits = {row["question_id"]: str(row["split"] or "") for row in report.questions}
    ranked = sorted(
        report.verdicts.rows, key=lambda row: (not row.disputed, _VERDICTS_FIRST.get(row.verdict, 3), not row.note)
    )
    return [
        (row, questions.get(row.question_id), _said(row, splits.get(row.question_id, "")))
        for row in ranked[:SHOWN_VERDICTS]
    ]


def _said(row: ReportVerdict, split: str) -> str:
    word = verdict_word(row.verdict, split)
    return word if row.wording == "question" else f"{word} ({row.wording})"
