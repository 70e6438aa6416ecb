"""A report as one HTML page that needs nothing but itself: no script, no request, escaped text, a strict policy."""

import base64
import hashlib

from engine.report.excerpts import ORDINARY, WORST_LEAKS, WORST_LOSSES
from engine.report.parts import Excerpt, Report
from engine.report.sections import against, origin, probes, verdicts
from engine.report.style import CSS
from engine.report.svg import trade_off_svg, trade_off_words
from engine.report.tables import checks_list, comparison_table, excerpt_card, interval, mark, table, text
from engine.wording import ACCESS_CONTROL, count, cut_words, figure

FIRST_SHOWN = ("leak", "leak_paraphrase", "rouge", "rouge_paraphrase", "probability")
_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
INTERVALS = (
    "In brackets: 95 % interval over persons, who are resampled with all of their questions (2,000 draws, fixed seed); "
    "* Clopper and Pearson's over persons, where all score the same 0 or 1. n: questions. "
    "Differences are taken question by question over those that both models were asked."
)


def html_bytes(report: Report) -> bytes:
    """UTF-8. The same report gives the same bytes."""
    sections = [
        ("checks", "Checks", checks_list(report.checks)),
        ("claim", "The claim, and what would count as failure", _claim(report)),
        ("verdicts", "Verdicts of reviewers", verdicts(report)),
        ("comparison", "Comparison", _comparison(report)),
        ("trade-off", "Trade-off", _trade_off(report)),
        ("leaks", "Worst leaks", _worst(report.leaks, report.leaks_in_all, WORST_LEAKS, "leak")),
        ("losses", "Worst losses", _worst(report.losses, report.losses_in_all, WORST_LOSSES, "loss", "losses")),
        ("ordinary", "One ordinary example", _ordinary(report)),
        ("missing", "Questions without an answer", _missing(report)),
        ("probes", "Leak probes", probes(report)),
        *([("against", "Beside another run", against(report.against))] if report.against else []),
        ("limits", "Limits", f"<ul>{''.join(f'<li>{text(line)}</li>' for line in report.limits)}</ul>"),
        ("origin", "Where this comes from", origin(report)),
    ]
    links = "".join(f'<a href="#{key}">{text(title)}</a>' for key, title, _ in sections)
    body = "".join(f'<section id="{key}"><h2>{text(title)}</h2>{inside}</section>' for key, title, inside in sections)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{text(_title(report))}</title>'
        f"<style>{CSS}</style></head><body><header>{_head(report)}</header><nav>{links}</nav><main>{body}</main></body></html>\n"
    )
    return page.encode("utf-8", errors="replace")


def _title(report: Report) -> str:
    return f"Report of run {report.origin.run}, pair {report.origin.pair}, α = {report.origin.alpha:g}"


def _head(report: Report) -> str:
    source = report.origin
    redacted = (
        "Redacted: questions, answers, notes and names are left out; figures and hashes are those of the full report."
    )
    banners = [f"A selection: {report.selection}."] if report.selection else []
    banners += [redacted] if report.redacted else []
    chosen, made = count(len(report.questions), "question"), report.made[:19].replace("T", " ")
    over = f"all {chosen}" if len(report.questions) == report.asked else f"{chosen} of the {report.asked}"
    return (
        f"<h1>{text(_title(report))}</h1>"
        f'<p class="dim">Oubliette · run {source.run_id} · {over} of the run · made {text(made)} UTC</p>'
        f"<p><strong>{text(ACCESS_CONTROL)}</strong></p>"
        + "".join(f'<p class="banner">{text(line)}</p>' for line in banners)
    )


def _claim(report: Report) -> str:
    claim = report.claim
    rows = [
        (
            text(item.words),
            text(item.failure),
            f'<span class="num">{figure(item.value, 3)}</span> <span class="num dim">{interval(item.low, item.high)} n {item.questions}</span>',
            "n/a"
            if item.floor is None
            else f'<span class="num">{figure(item.floor, 3)}</span> <span class="num dim">{interval(item.floor_low, item.floor_high)} n {item.floor_questions}</span>',
            f"{mark(item.state)}{text(item.said)}",
        )
        for item in claim.criteria
    ]
    head = ["what is claimed", "threshold", "unlearned", "floor (retain-only)", "outcome"]
    return (
        f"<p>{text(claim.words)}</p><p>{text(claim.demand)}</p>"
        + (
            table(head, rows, "In brackets: 95 % interval over persons; n: questions")
            if rows
            else "<p>n/a: on these questions nothing can be claimed.</p>"
        )
        + f"<p>{text(claim.advice)}</p>"
        f'<p class="dim">{text(report.origin.leak_rule)}</p>'
    )


def _comparison(report: Report) -> str:
    runs = "; ".join(
        f"{model.model}: n/a, {model.reason}" if model.run_id is None else
        f"{model.model}: run {model.run} ({model.run_id}) at α = {model.alpha or 0.0:g}"
        for model in report.models
    )  # fmt: skip
    others = [item.metric for item in report.comparison if item.metric not in FIRST_SHOWN]
    more = (
        f"Further measures ({', '.join(dict.fromkeys(others))}) stand in summary.csv and report.json." if others else ""
    )
    return (
        f"<p>{text(runs)}.</p>{comparison_table(report.comparison, FIRST_SHOWN, 'Means per part of the questions')}"
        f'<p class="dim">{text(INTERVALS)} {text(cut_words(report.origin.max_new_tokens, report.origin.rouge_words))} {text(more)}</p>'
        f"<p>Forget quality: {text(report.forget_quality)}.</p>"
    )


def _trade_off(report: Report) -> str:
    found = report.trade_off
    if not found.points:
        return f"<p>n/a: {text(found.reason)}.</p>"
    rows = [
        (
            text(point.model),
            f'<span class="num">{point.alpha:g}</span>',
            f'<span class="num">{point.forget:.3f} {interval(point.forget_low, point.forget_high)}</span>',
            f'<span class="num">{point.utility:.3f} {interval(point.utility_low, point.utility_high)}</span>',
        )
        for point in found.points
    ]
    head = ["model", "α", f"forget: {found.forget} (lower is better)", f"utility: {found.utility} (higher is better)"]
    return (
        f"{trade_off_svg(found, report.origin.alpha)}"
        f'<p class="dim">Ring: the α of this report. Lines through a mark: 95 % intervals.</p>'
        f'{table(head, rows, "The same figures")}<p class="dim">{text(trade_off_words(found))}</p>'
    )


def _worst(found: tuple[Excerpt, ...], in_all: int, rule: str, one: str, many: str = "") -> str:
    if not found:
        return f"<p>None on these questions. Looked for: {text(rule)}.</p>"
    said = f"{len(found)} of {count(in_all, one, many)}: {rule}."
    return f"<p>{text(said)}</p>" + "".join(excerpt_card(item, number) for number, item in enumerate(found, 1))


def _ordinary(report: Report) -> str:
    if report.ordinary is None:
        return "<p>n/a: no forget question of these was scored.</p>"
    return f"<p>By rule, not by choice: {text(ORDINARY)}.</p>{excerpt_card(report.ordinary)}"


def _missing(report: Report) -> str:
    if not report.missing:
        return f"<p>None: all {count(len(report.questions), 'question')} were answered and judged.</p>"
    rows = [
        (text(item.question), text(item.subject), text(f"{item.set}:{item.split}"), text(item.lacks))
        for item in report.missing
    ]
    said = f"{len(report.missing)} of {count(len(report.questions), 'question')}; they enter no mean, and n says over how many each is."
    return f"<p>{text(said)}</p>{table(['question', 'person', 'part', 'lacks'], rows)}"
