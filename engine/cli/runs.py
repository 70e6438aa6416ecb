"""`python -m engine runs`: the stored runs."""

from engine.analysis.ruined import marked, ruins_of
from engine.analysis.stored_standing import standings
from engine.cli.command import Arguments, command
from engine.cli.running import run_data
from engine.models.pairs import list_pairs
from engine.runs import runner
from engine.store import history
from engine.terminal import Printed


@command("runs", "list the stored runs, newest first")
def runs(_: Arguments) -> Printed:
    runner.tend()
    found, known = history.list_runs(), ruins_of(standings(list_pairs()))
    lines = [
        f"{run.id:>4}  {run.status:<12} {run.kind:<9} {run.name:<24} {marked(run.pair, known):<20}"
        f" {run.created:%Y-%m-%d %H:%M} UTC" + ("" if run.facts.asks_models else f"  {history.kind_words(run)}")
        for run in found
    ]
    data = [{**run_data(run), **({"ruined": known[run.pair]} if run.pair in known else {})} for run in found]
    return Printed(data, "\n".join(lines) or "no runs yet: `python -m engine demo` stores the first")
