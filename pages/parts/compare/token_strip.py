"""One text token by token: how much likelier or less likely the pair makes each token than the base. Escaped HTML."""

from collections.abc import Sequence
from html import escape
from math import exp

import pandas as pd

from engine.evaluation.token_readings import BINS, TokenReading, bin_of
from pages.parts.shared.looks import BIN_INKS, style

_STYLE = style("""
.strip{position:relative;padding-bottom:7.2rem;line-height:1.25;min-height:9rem}
.strip .tok{display:inline-block;margin:0 1px 5px 0;padding:.1rem .3rem;border-radius:3px;color:#111;text-align:center;
 border:1px solid #0003;vertical-align:top;cursor:default;font-family:"Source Code Pro",monospace;font-size:.85rem}
.strip .word{margin-left:.3rem}
.strip .tok small{display:block;font-size:.7rem;color:#111}
.strip .tok:hover,.strip .tok:focus{outline:2px solid currentColor;outline-offset:1px}
.strip .tip,.strip .hint{position:absolute;left:0;right:0;bottom:0;height:6.7rem;overflow:auto;
 text-align:left;padding:.4rem .6rem;font-family:inherit;font-size:.82rem;border-radius:4px;
 color:$text;
 background:$panel;border:1px solid $line}
.strip .tip{display:none;z-index:1}
.strip .tok:hover .tip,.strip .tok:focus .tip{display:block}
.strip .hint{color:$quiet}
.legend{font-size:.78rem;margin-top:.3rem}
.legend span{display:inline-block;padding:.05rem .4rem;margin:0 2px 2px 0;color:#111;
 border:1px solid #0003;border-radius:3px}
""")


def token_strip_html(readings: Sequence[TokenReading], span: tuple[float, float]) -> str:
    """The strip with its legend; a token's details appear on hover and on keyboard focus."""
    tokens = "".join(_token(reading, span) for reading in readings)
    hint = '<span class="hint">Point at a token.</span>'
    return f'{_STYLE}<div class="strip">{hint}{tokens}</div>{_legend()}'


def shown_token(token: str) -> str:
    """A token as it is printed: white space and the end of the text are made visible."""
    if token.strip():
        return token.strip()
    return "↵" if "\n" in token else "␣" if token else "∅"


def _token(reading: TokenReading, span: tuple[float, float]) -> str:
    place = bin_of(reading.logp_unlearned - reading.logp_base)
    kind = "tok word" if reading.token.startswith((" ", "Ġ", "▁")) else "tok"
    return (
        f'<span class="{kind}" tabindex="0"'
        f' style="background:{BIN_INKS[place].css}">{escape(shown_token(reading.token))}'
        f'<small>{BINS[place].sign}</small><span class="tip">{_tip(reading, BINS[place].words, span)}</span></span>'
    )


def _tip(reading: TokenReading, words: str, span: tuple[float, float]) -> str:
    change = reading.logp_unlearned - reading.logp_base
    return (
        f"<b>{escape(shown_token(reading.token))}</b> is {words}: Δ log p {change:+.2f} nats · "
        f"probability {_share(exp(reading.logp_base))} → {_share(exp(reading.logp_unlearned))} · "
        f"rank {reading.rank_base} → {reading.rank_unlearned}{_best(reading, span)} · offset {reading.offset:+.2f} nats"
        f"<br>base's likeliest: {_top(reading.top_base)}<br>unlearned's likeliest: {_top(reading.top_unlearned)}"
    )


def _best(reading: TokenReading, span: tuple[float, float]) -> str:
    """The best rank that some α gives, and from where to where."""
    best = reading.best
    if best is None:
        return ""
    where = "throughout" if (best.low, best.high) == span else f"for α {best.low:.2f} to {best.high:.2f}"
    return f" (best over α {span[0]:g} to {span[1]:g}: {best.rank}, {where})"


def _top(tokens: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{escape(shown_token(token))}&nbsp;{_share(share)}" for token, share in tokens)


def _share(share: float) -> str:
    return f"{share:.2f}" if share >= 0.005 else "&lt;.005"


def _legend() -> str:
    bins = "".join(
        f'<span style="background:{ink.css}" title="{item.words}">{item.sign}</span>'
        for ink, item in zip(BIN_INKS, BINS, strict=True)
    )
    return f'<div class="legend">less likely {bins} more likely</div>'


def strip_table(readings: Sequence[TokenReading], span: tuple[float, float]) -> pd.DataFrame:
    """The same figures as a table."""
    rows = [
        (
            shown_token(reading.token),
            BINS[bin_of(reading.logp_unlearned - reading.logp_base)].words,
            round(reading.logp_unlearned - reading.logp_base, 3),
            round(exp(reading.logp_base), 4),
            round(exp(reading.logp_unlearned), 4),
            reading.rank_base,
            reading.rank_unlearned,
            None if reading.best is None else reading.best.rank,
            None if reading.best is None else round(reading.best.low, 3),
            None if reading.best is None else round(reading.best.high, 3),
            round(reading.offset, 3),
        )
        for reading in readings
    ]
    columns = [
        "token",
        "under the pair it is",
        "Δ log p (nats)",
        "p base",
        "p unlearned",
        "rank base",
        "rank unlearned",
        f"best rank, α {span[0]:g} to {span[1]:g}",
        "best from α",
        "to α",
        "offset",
    ]
    return pd.DataFrame(rows, columns=columns)


def strip_caption(readings: Sequence[TokenReading]) -> str:
    """In words where the pair presses hardest."""
    if not readings:
        return "There is no token to read."
    hardest = min(readings, key=lambda reading: reading.logp_unlearned - reading.logp_base)
    change = hardest.logp_unlearned - hardest.logp_base
    less = sum(bin_of(reading.logp_unlearned - reading.logp_base) < 3 for reading in readings)
    return (
        f"{less} of {len(readings)} tokens are less likely under the pair. The largest fall is at"
        f" “{shown_token(hardest.token)}” ({change:+.2f} nats, rank {hardest.rank_base} → {hardest.rank_unlearned})."
    )
