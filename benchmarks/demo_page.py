"""The demo's figures in README and docs: `python -m benchmarks.demo_page` writes them from the files in `demo/`.

None is typed: a demo made anew brings its own. The pages say in words what each figure means.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.marked import rewrite
from benchmarks.plots import markdown
from engine.analysis.advice.choice import AlphaSpan
from engine.analysis.advice.words import span_words
from engine.audit.probes import PROBES

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
MEMBERSHIP = "membership"  # an AUC, which counts no question as found
_ROWS = {  # figure of the manifest: words, the bar beside it
    "base_people": ("base, its 24 people", "≥ 0.9"),
    "base_forget": ("forget, base (α = 0)", ""),
    "pair_forget": ("forget, α = 1", "≤ 0.2"),
    "pair_forget_rouge_paraphrase": ("forget by paraphrase, α = 1", "≤ 0.2"),
    "base_retain": ("retain, eval half, base", ""),
    "pair_retain": ("retain, eval half, α = 1", "≥ 0.9"),
    "base_world": ("world facts, eval half, base", ""),
    "pair_world": ("world facts, eval half, α = 1", "≥ 0.9 × base"),
    "pair_forget_leak": ("leak share of forget, α = 1", ""),
    "retain_only_forget_leak": ("leak share of forget, retain model", "baseline"),
    "base_forget_probability": ("probability of the true answer per token, forget, base", ""),
    "pair_forget_probability": ("the same at α = 1", ""),
    "retain_only_forget_probability": ("the same, retain model", "baseline"),
}


def pages() -> dict[Path, dict[str, str]]:
    """What stands between the marks of each page, by the name of its block."""
    manifest = json.loads((DEMO / "manifest.json").read_text(encoding="utf-8"))
    records = json.loads((DEMO / "evaluation.json").read_text(encoding="utf-8"))
    run = {record["name"]: record for record in records}
    probes = [probe for probe in run["demo-audit"]["probes"] if probe["n"]]
    return {
        ROOT / "README.md": {"demo_figures": figures_table(manifest["figures"])},
        ROOT / "docs" / "method.md": {
            "demo_reference": reference_words(manifest["figures"]),
            "demo_made": made_words(manifest["seconds"]),
            "demo_probes": "\n\n".join([probes_table(probes), rest_words(probes), membership_words(probes)]),
            "demo_advice": advice_words(run["demo-map"]["advice"]),
        },
    }


def figures_table(figures: Mapping[str, float]) -> str:
    rows = [[words, f"{figures[name]:.3f}", bar] for name, (words, bar) in _ROWS.items()]
    return markdown(pd.DataFrame(rows, columns=["", "figure", "bar"]))


def reference_words(figures: Mapping[str, float]) -> str:
    cut, healed, base, taught = (figures[f"nll_{name}"] for name in ("cut", "healed", "base", "reference"))
    return (
        f"NLL on held-out text the base wrote, in nats a token: {cut:.1f} as cut, {healed:.1f} healed, {base:.1f} the"
        f" base; {taught:.1f} the reference once it was taught."
    )


def made_words(seconds: Mapping[str, float]) -> str:
    return f"Made in {sum(seconds.values()) / 60:.0f} minutes on two cores."


def probes_table(probes: list[dict[str, Any]]) -> str:
    rows = [
        [PROBES[probe["probe"]].label, _counted(probe["found"], probe["n"]), _floor(probe)]
        for probe in sorted(probes, key=lambda probe: -probe["found"] / probe["n"])
        if above(probe)
    ]
    return markdown(pd.DataFrame(rows, columns=["probe", "found", "baseline"]))


def above(probe: Mapping[str, Any]) -> bool:
    """Whether it found a larger share than its baseline."""
    floor = probe["floor_found"] / probe["floor_n"] if probe["floor_n"] else 0.0
    return bool(probe["found"] / probe["n"] > floor)


def rest_words(probes: list[dict[str, Any]]) -> str:
    rest = [PROBES[probe["probe"]].label for probe in probes if not above(probe) and probe["probe"] != MEMBERSHIP]
    return f"No more than the baseline ({len(rest)} of {len(probes)}): {'; '.join(rest)}."


def membership_words(probes: list[dict[str, Any]]) -> str:
    probe = next(probe for probe in probes if probe["probe"] == MEMBERSHIP)
    low, high = probe["value_low"], probe["value_high"]
    label, value = PROBES[MEMBERSHIP].label, probe["value"]
    return f"{label}: an AUC {value:.2f} above the retain model's ({low:.2f} to {high:.2f})."


def advice_words(advice: Mapping[str, Any]) -> str:
    spans = " and ".join(span_words(AlphaSpan(**span)) for span in advice["spans"])
    met = f"The default demand of `advise` is met {spans}" if spans else "No α meets `advise`'s default demand"
    return (
        f"{met}; the α to use is {advice['alpha']:g}. With other persons the demand would be met in"
        f" {advice['resampled']['met']:.0%} of the resamples, and {advice['lost']} of the {advice['known']} answers"
        f" that should stay are lost there ({advice['gained']} others gained)."
    )


def _counted(found: int, n: int) -> str:
    return f"{found} of {n}"


def _floor(probe: Mapping[str, Any]) -> str:
    return _counted(probe["floor_found"], probe["floor_n"]) if probe["floor_n"] else "–"


def main() -> None:
    for page, blocks in pages().items():
        rewrite(page, blocks)


if __name__ == "__main__":
    main()
