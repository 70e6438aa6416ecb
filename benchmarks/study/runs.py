"""The stored runs of the study, by their names, and the description of each, by its pair's manifest. Reads only."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from engine.kinds import TeachSpec
from engine.names import ModelRef
from engine.store import history
from engine.store.history import RunDetail, RunSummary

PREFIX, ON_GRID, RATE, DOMAINS = "study-", "-grid", "study-rate-", "study-domains-"
AT_GOLD = "-matched"  # asked everything again, at the strength of `crossing`
KEY = ["method", "objective", "reference"]


def study_runs() -> list[RunSummary]:
    """The finished runs of the study, oldest first; of equal names the newest."""
    ours = [run for run in history.list_runs() if run.name.startswith(PREFIX) and run.status == "finished"]
    latest = {run.name: run for run in reversed(ours)}
    return sorted(latest.values(), key=lambda run: run.id)


def frame(rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    found = list(rows)
    return pd.DataFrame(found) if found else pd.DataFrame(columns=[*KEY, "seed"])


def describe(detail: RunDetail) -> dict[str, Any]:
    """The description of a pair; a model alone is described by its name."""
    manifest = detail.manifest
    if not manifest:
        kind = ModelRef.parse(detail.summary.pair).role or detail.summary.pair
        twin = kind != "retain-only" and isinstance(detail.spec, TeachSpec) and detail.spec.retain_only_of
        method = "retain-only, second seed" if twin else kind
        return {"method": method, "objective": "", "reference": "", "seed": detail.summary.seed}
    reference = manifest["reference"].rpartition("/")[2] if manifest.get("method", "offset") == "offset" else ""
    own = {"method": manifest.get("method", "offset"), "objective": manifest["objective"], "reference": reference}
    return {**own, "seed": manifest["seed"]}


def judged(details: list[RunDetail]) -> Iterator[tuple[RunDetail, float]]:
    """Runs that were asked everything, each at the strength it is judged at. A stopped one was evaluated separately."""
    for detail in details:
        name, kind = detail.summary.name, detail.summary.kind
        elsewhere = name.startswith((RATE, DOMAINS)) or name.endswith((ON_GRID, AT_GOLD))
        if kind in ("train", "teach", "evaluate") and not elsewhere:
            yield detail, strength(detail)


def at_gold(details: list[RunDetail]) -> Iterator[tuple[RunDetail, float]]:
    yield from ((detail, detail.spec.alphas[0]) for detail in details if detail.summary.name.endswith(AT_GOLD))


def strength(detail: RunDetail) -> float:
    return 1.0 if detail.manifest.get("reference") else 0.0
