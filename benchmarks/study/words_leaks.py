"""What the study says of references: how a pair on each forgets and keeps, and what each gives away."""

import pandas as pd

from benchmarks.study.plan import FIRST
from benchmarks.study.tables import Tables, pooled
from benchmarks.study.words import ONE_SEED, compared

# As they are shown: what a cut was healed by, or was not, is in its name.
NAMED = {"4-layers": "healed-4-layers", "15-layers": "healed-15-layers", "30-layers": "whole-30-layers"}
FOUND = (
    "A question is found by *membership from the offset's size* where the pair's offset is larger on it than on 95 % of the control questions: "
    "it does not tell the answer, but that there is one."
)


def by_reference(main: pd.DataFrame) -> pd.DataFrame:
    """Offset pairs of the first seed, which every reference has: one row a pair."""
    own = main[(main["method"] == "offset") & (main["seed"] == FIRST) & main["objective"].isin(("npo", "relabelling"))]
    return pooled(named(own)).drop(columns="seeds")


def named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(reference=rows["reference"].replace(NAMED))


def references_words(tables: Tables) -> str:
    rows, leaks = by_reference(tables.main), named(tables.leaks)
    there = set(rows["reference"])
    healed = [name for name in ("healed-4-layers", "healed-15-layers") if name in there]
    kinds = [
        "*demo* is the clean, healed cut of 8 layers",
        "*taught* is the same, told all 200 questions",
        "*unhealed* cuts, of 8 layers where no other number stands, come straight from the public weights",
        *([f"{' and '.join(f'*{name}*' for name in healed)}: cut and healed as the demo's"] if healed else []),
        *(["*whole-30-layers* is the public model whole"] if "whole-30-layers" in there else []),
    ]
    told = [
        f"By {objective}: {'; '.join(map(_figures, own.to_dict('records')))}."
        for objective, own in rows.groupby("objective", sort=False)
    ]
    of_npo = rows[rows["objective"] == "npo"]
    unlike = (
        f"They do not forget alike (by npo forget ROUGE is {of_npo['forget ROUGE'].min():.3f} to {of_npo['forget ROUGE'].max():.3f}), so what stays does "
        "not rank them."
    )
    quality = " ".join(
        filter(None, [f"{'; '.join(kinds)}.", *told, unlike, ONE_SEED, _seed_noise(tables.main, of_npo)])
    )
    found = probes_told(leaks)
    return "\n\n".join(filter(None, [quality, " ".join([*found, FOUND] if found else [])]))


def _figures(row: dict[str, object]) -> str:
    return f"{row['reference']} forget {row['forget ROUGE']:.3f}, retain {row['retain ROUGE']:.3f}, world {row['world ROUGE']:.3f}"


def _seed_noise(main: pd.DataFrame, by_npo: pd.DataFrame) -> str:
    """How far the seeds of one reference lie apart: what differences between references are to be held against."""
    own = compared(main)
    own = own[(own["method"] == "offset") & (own["objective"] == "npo")]
    if own["seed"].nunique() < 2:
        return ""
    low, high = own["retain ROUGE"].min(), own["retain ROUGE"].max()
    outside = by_npo[(by_npo["retain ROUGE"] < low) | (by_npo["retain ROUGE"] > high)]["reference"]
    return (
        f"Over {own['seed'].nunique()} seeds the demo reference's own pair by npo has a retain ROUGE of {low:.3f} to {high:.3f}; beyond these lie "
        f"{', '.join(outside) or 'none'}."
    )


def probes_told(leaks: pd.DataFrame) -> list[str]:
    """A sentence for each probe that was tried."""
    if leaks.empty:
        return []
    return [said for probe, rows in leaks.groupby("probe", sort=False) if (said := above_floor(str(probe), rows))]


def above_floor(probe: str, rows: pd.DataFrame) -> str:
    """With which pairs a probe finds more than its floor, most first; "" where it was tried with none."""
    tried = rows[rows["found"].notna()]
    if tried.empty:
        return ""
    floors = tried["floor"].fillna(0.0)
    more = tried[tried["found"] > floors].sort_values("found", ascending=False)
    several = tried["objective"].nunique() > 1
    told = ", ".join(
        f"{row['reference']}{' by ' + row['objective'] if several else ''} {row['found']:.2f}"
        for row in more.to_dict("records")
    )
    spread = f"{floors.min():.2f}" if floors.min() == floors.max() else f"{floors.min():.2f} to {floors.max():.2f}"
    return f"*{probe}* finds more of the forget questions than its floor of {spread} with {told or 'none'}, of {len(tried)} {'pair' if len(tried) == 1 else 'pairs'}."
