"""Pieces of the HTML report: escaped text, tables, checks, excerpts. Every text goes through `text` and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from engine.data.examples import KEPT
from engine.report.parts import Check, Excerpt, Mean, Measured, State
from engine.wording import figure, part_words

_CONTROLS = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}
MARKS: dict[State, str] = {"pass": "✔ pass", "fail": "✖ fail", "note": "ℹ note"}


def text(value: object) -> str:
    """Escaped for HTML; control characters are shown as their pictures, nothing is "n/a"."""
    return "n/a" if value is None else escape(str(value).translate(_CONTROLS))


def block(value: object) -> str:
    """A text of several lines, letter by letter."""
    return f'<div class="text">{text(value)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """`rows` are escaped already; the first cell of each names it."""
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    top = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{said}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(caption: str, found: Mapping[str, str]) -> str:
    """Names and values, letter by letter; "" where there are none."""
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{f"<code>{text(value)}</code>" if value else "n/a"}</td></tr>'
        for name, value in found.items()
    )
    return (
        f'<div class="wide"><table class="facts"><caption>{text(caption)}</caption><tbody>{rows}</tbody></table></div>'
        if rows
        else ""
    )


def mark(state: State) -> str:
    return f'<span class="mark {state}">{MARKS[state]}</span>'


def checks_list(found: Sequence[Check]) -> str:
    return f'<ul class="checks">{"".join(f"<li>{mark(check.state)}{text(check.words)}</li>" for check in found)}</ul>'


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    ends = f"[{figure(low, digits)}, {figure(high, digits)}]"
    return "[n/a]" if low is None or high is None else ends.replace("-", "−")


def signed(value: float | None) -> str:
    """A difference with its sign; what rounds to nothing has none."""
    if value is None:
        return "n/a"
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def mean_cell(mean: Mean) -> str:
    if mean.mean is None:
        return '<span class="num">n/a</span>'
    star = "*" if mean.bounded else ""
    return (
        f'<span class="num">{mean.mean:.3f}</span> <span class="num dim">{interval(mean.low, mean.high)}{star} '
        f"n {mean.questions}</span>"
    )


def difference_cell(mean: Mean) -> str:
    if mean.difference is None:
        return "n/a"
    return (
        f'<span class="num">{signed(mean.difference)}</span> <span class="num dim">{interval(mean.difference_low, mean.difference_high)} '
        f"n {mean.difference_questions}</span>"
    )


def comparison_table(found: Sequence[Measured], metrics: Sequence[str], caption: str) -> str:
    """One row per part and measure: the four models, then unlearned minus each of the others that was asked at all."""
    shown = [item for item in found if item.metric in metrics]
    if not shown:
        return "<p>n/a: none of these measures was scored on these questions.</p>"
    names = [mean.model for mean in shown[0].means]
    apart = [
        name
        for name in names
        if name != "unlearned" and any(m.model == name and m.difference_questions for item in shown for m in item.means)
    ]
    head = ["measure", *names, *(f"unlearned − {name}" for name in apart)]
    rows, part = [], None
    for item in shown:
        if (item.set, item.split, item.half) != part:
            part = item.set, item.split, item.half
            title = f"{text(item.set)}: {text(part_words(item.split, item.half))}"
            rows.append(f'<tr><th class="part" scope="rowgroup" colspan="{len(head)}">{title}</th></tr>')
        by_name = {mean.model: mean for mean in item.means}
        cells = [mean_cell(by_name[name]) for name in names] + [difference_cell(by_name[name]) for name in apart]
        remembered = ": key terms remembered" if item.metric.startswith("leak") and item.split in KEPT else ""
        label = f'{text(item.label)}{remembered}<br><span class="dim">{text(item.direction)}</span>'
        rows.append(f'<tr><th scope="row">{label}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>')
    top = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    return (
        f'<div class="wide"><table><caption>{text(caption)}</caption><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def excerpt_card(item: Excerpt, number: int | None = None) -> str:
    title = " · ".join(
        filter(
            None, (f"{number}." if number else "", item.subject, part_words(item.split, item.half), f"set {item.set}")
        )
    )
    asked = "question" if item.wording == "question" else "question, paraphrased"
    rows = [
        (asked, block(item.question)),
        ("true answer", block(item.true_answer)),
        (f"base, ROUGE-L {figure(item.rouge_base)}", block(item.base_answer)),
        (f"unlearned, ROUGE-L {figure(item.rouge_unlearned)}", block(item.unlearned_answer)),
    ]
    if item.key_terms:
        rows.append(("key terms", block(" | ".join(item.key_terms))))
    pairs = "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in rows)
    return f'<article class="card"><h3>{text(title)}</h3><dl>{pairs}</dl></article>'
