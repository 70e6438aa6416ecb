"""Base and unlearned answer side by side, with what differs marked. Everything a model or a person wrote is escaped."""

from collections.abc import Sequence
from html import escape

from engine.analysis.ruined import MARK
from engine.evaluation.token_readings import TextPiece
from engine.inks import BASE, FAIL, PASS, QUIET, Ink
from pages.parts.shared.looks import style

STYLE = style("""
.card{border:1px solid $line;border-left-width:6px;
 border-radius:4px;padding:.6rem .8rem;min-height:7.5rem}
.card h4{margin:0 0 .4rem;padding:0;font-size:.95rem}
.card p{margin:0;font-size:1.05rem;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere}
.card mark{background:$mark;color:inherit;font-weight:600;text-decoration:underline;
 text-decoration-thickness:2px;text-underline-offset:3px;padding:0 .1em}
.card small{display:block;margin-top:.5rem;color:$quiet}
.terms{border-collapse:collapse;width:100%;font-size:.9rem}
.terms th,.terms td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid light-dark(#e3e1ea,#33374a);
 font-weight:400;overflow-wrap:anywhere}
.terms th{color:$quiet}
""")


def card(title: str, ink: Ink, pieces: Sequence[TextPiece], note: str = "") -> str:
    """One answer in its frame; an empty answer says so."""
    text = "".join(f"<mark>{escape(piece.text)}</mark>" if piece.differs else escape(piece.text) for piece in pieces)
    body = text if text.strip() else "<em>(an empty answer)</em>"
    foot = f"<small>{escape(note)}</small>" if note else ""
    return (
        f'{STYLE}<section class="card"'
        f' style="border-left-color:{ink.css}"><h4>{escape(title)}</h4><p>{body}</p>{foot}</section>'
    )


def base_card(pieces: Sequence[TextPiece], note: str = "") -> str:
    return card("Base (α = 0)", BASE, pieces, note)


def terms_table(
    terms: Sequence[str], in_base: Sequence[str], in_unlearned: Sequence[str], kept: bool, sound: bool = True
) -> str:
    """Each key term, and whether the leak rule found it in the two answers; `kept`: it is to be there. `sound` as in
    `leak_verdict`, of the unlearned one.
    """
    rows = "".join(
        f"<tr><td>{escape(term)}</td><td>{_found(term in in_base, kept)}</td>"
        f"<td>{_found(term in in_unlearned, kept, sound)}</td></tr>"
        for term in terms
    )
    head = "<tr><th>key term</th><th>base</th><th>unlearned</th></tr>"
    return f'{STYLE}<table class="terms"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def leak_verdict(flagged: bool, kept: bool, sound: bool = True) -> str:
    """What the leak rule's finding means: icon, word and colour; the word alone says it too.

    `kept`: the question is not to be forgotten, so an answer that the rule flags is a remembered one. Not `sound`: the
    answer is noise or of a ruined pair, so that it tells nothing shows nothing.
    """
    if kept:
        return _mark(PASS, "✔ remembered") if flagged else _mark(FAIL, "✖ not remembered")
    if flagged:
        return _mark(FAIL, "✖ leaks")
    return _mark(PASS, "✔ no leak found") if sound else _mark(QUIET, f"{MARK}: no leak found shows nothing")


def _found(found: bool, kept: bool, sound: bool = True) -> str:
    if kept:
        return _mark(PASS, "✔ found") if found else _mark(FAIL, "✖ not found")
    if found:
        return _mark(FAIL, "✖ found")
    return _mark(PASS, "✔ not found") if sound else _mark(QUIET, "– not found")


def _mark(ink: Ink, words: str) -> str:
    return f'<span style="color:{ink.css};font-weight:600">{words}</span>'
