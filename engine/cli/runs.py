"""`python -m engine runs`: the stored runs."""

from engine.cli.command import Arguments, command
from engine.cli.running import run_data
from engine.runs import runner
from engine.store import history
from engine.terminal import Printed


@command("runs", "list the stored runs, newest first")
def runs(_: Arguments) -> Printed:
    runner.tend()
    found = history.list_runs()
    lines = [
        f"{run.id:>4}  {run.status:<12} {run.kind:<9} {run.name:<24} {run.pair:<20} {run.created:%Y-%m-%d %H:%M} UTC"
        + ("" if run.facts.asks_models else f"  {history.kind_words(run)}")
        for run in found
    ]
    return Printed(
        [run_data(run) for run in found], "\n".join(lines) or "no runs yet: `python -m engine demo` stores the first"
    )
