"""Checks as a list: icon, word and colour for each, so that colour never stands alone."""

from collections.abc import Sequence
from html import escape

from engine.inks import FAIL, PASS
from engine.report.parts import ReportCheck


def checks_html(found: Sequence[ReportCheck]) -> str:
    """Everything in it is escaped."""
    marks = {
        "pass": f'<b style="color:{PASS.css}">✔ pass</b>',
        "fail": f'<b style="color:{FAIL.css}">✖ fail</b>',
        "note": "<b>ℹ note</b>",
    }
    items = "".join(f"<li>{marks[check.state]} · {escape(check.words)}</li>" for check in found)
    return f'<ul style="list-style:none;padding:0;margin:0;line-height:1.7">{items}</ul>'
