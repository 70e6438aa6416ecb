"""What a finished run found, in three figures under its answers."""

import streamlit as st

from engine.analysis.run_figures import run_figures_at
from engine.evaluation.ruined import NOISE_RULE
from pages.parts.shared.wording import plain


def show_three_figures(run_id: int, alpha: float) -> None:
    found = run_figures_at(run_id, alpha)
    told, kept, noise = st.columns(3)
    told.metric(
        f"Secrets told at α = {alpha:g}",
        f"{found.told} of {found.asked}" if found.asked else "n/a",
        help=plain(f"Answers to forget questions that the leak rule flags. The base: {found.told_by_base}."),
    )
    kept.metric(
        "Other knowledge kept",
        "n/a" if found.kept is None else f"{found.kept:.1%}",
        help="ROUGE-L recall on what is to be kept and was not trained on, as a share of the base's.",
    )
    noise.metric("Noise", f"{found.noise:.0%}", help=plain(f"Of a part's answers, beyond the base's. {NOISE_RULE}"))
