"""`python -m engine audit`: probes on a pair, in a run, each beside its baseline."""

from typing import Any

import click

from engine.analysis.figures import interval_words
from engine.audit.found import ProbeRow, probe_rows
from engine.audit.probes import chosen
from engine.audit.spec import audit_spec
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import execute, ruin_lines, run_data
from engine.store import history
from engine.terminal import Printed
from engine.wording import named_run


@command("audit", "try to get out what a pair should hide, by every probe beside its baseline")
@click.option("--pair", required=True, help="name or folder of a pair")
@options.alpha
@click.option("--quick", is_flag=True, help="12 questions and small fixed budgets")
@click.option(
    "--probe",
    multiple=True,
    metavar="NAME",
    help="one probe, or all whose names begin so (phrasing); may be repeated (default: all)",
)
@click.option("--forget", default="", metavar="SOURCE", help=f"what should be forgotten, {options.SOURCE}")
@click.option("--controls", default="", metavar="SOURCE", help="people whom no model was taught, for baselines")
@click.option("--retain", multiple=True, metavar="SOURCE", help="what should be kept; may be repeated")
@click.option("--seed", type=int, default=0, help="seed of the choice of questions and of draws (default: 0)")
@click.option("--name", default="", help="name of the run (default: audit-PAIR)")
def audit(arguments: Arguments) -> Printed:
    """Per probe what was found at one alpha, its baseline, n and interval."""
    spec = audit_spec(
        arguments.pair,
        arguments.name,
        alpha=options.pair_alpha(arguments),
        quick=arguments.quick,
        probes=tuple(arguments.probe or ()),
        forget=arguments.forget,
        controls=arguments.controls,
        retain=tuple(arguments.retain or ()),
        seed=arguments.seed,
    )
    chosen(spec.probes)
    summary = execute(spec, arguments)
    rows = probe_rows(summary.id)
    data = {
        "pair": spec.pair,
        "alpha": spec.alphas[0],
        "run": summary.id,
        "quick": spec.quick,
        "seed": spec.seed,
        "probes": [probe_data(row) for row in rows],
    }
    head = (
        f"{named_run(summary)} finished: pair {spec.pair} at alpha {spec.alphas[0]:g},"
        f" {'quick' if spec.quick else 'full'} budgets"
    )
    ruined = ruin_lines(history.run_detail(summary.id))
    data |= {"ruined": ruined[0]} if ruined else {}
    lines = [head, *ruined, *(line for row in rows for line in _lines(row))]
    return Printed({**data, "summary": run_data(summary)}, "\n".join(lines))


def probe_data(row: ProbeRow) -> dict[str, Any]:
    """Plain JSON values. `found` and `floor`, the baseline, count questions; `interval` is that of found / n."""
    return {
        "name": row.name,
        "label": row.label,
        "sentence": row.sentence,
        "source": row.source,
        "unit": row.unit,
        "found": row.found,
        "n": row.n,
        "share": row.share,
        "interval": None if row.low is None else [row.low, row.high],
        "floor": row.floor_found,
        "floor_n": row.floor_n,
        "floor_share": row.floor_share,
        "floor_reason": row.floor_reason,
        "value": row.value,
        "value_interval": None if row.value_low is None else [row.value_low, row.value_high],
        "greedy_found": row.greedy_found,
        "beyond_greedy": row.beyond_greedy,
        "note": row.note,
        "budget": row.budget,
        "seconds": round(row.seconds, 2),
    }


def _lines(row: ProbeRow) -> list[str]:
    if not row.n:
        return [f"{row.label}: not tried, {row.note or row.floor_reason}"]
    floor = "n/a" if row.floor_found is None else f"{row.floor_found} of {row.floor_n}"
    lines = [
        f"{row.label}: {row.found} of {row.n} {interval_words(row.low, row.high)};"
        f" baseline {floor} ({row.floor_reason}); beyond the likeliest answer {row.beyond_greedy}"
    ]
    return [*lines, f"    {row.note}"] if row.note else lines
