"""`python -m engine advise`: which alpha to use, from stored maps."""

import click

from engine.analysis.advice import words
from engine.analysis.advice.cautions import RULES
from engine.analysis.advice.stored import advise_run, map_run_of
from engine.analysis.ruined import ruin_of_run, ruin_words
from engine.cli.command import Arguments, command
from engine.errors import SettingError
from engine.models.manifest import read_manifest
from engine.models.pairs import find_pair
from engine.settings import Demand
from engine.store import history
from engine.terminal import Printed

FLOOR = "floor"


@command("advise", "say which alpha meets a demand, from stored maps")
@click.option("--pair", default="demo", help="name or folder of a pair whose sets are mapped (default: demo)")
@click.option("--run", help="name or number of the map run to read (default: the pair's newest)")
@click.option(
    "--max-loss", default="0.02", metavar="SHARE", help="largest loss of the base's utility, 0 to 0.5 (default: 0.02)"
)
@click.option(
    "--leaks",
    default=FLOOR,
    metavar="SHARE",
    help=(
        "largest share of the forget questions that may leak, 0 to 1; or floor: no more than the retain model's"
        " (default: floor)"
    ),
)
def advise(arguments: Arguments) -> Printed:
    """From the newest finished run that mapped the pair as it is now, or from the run that is named. Calls no model."""
    demand = Demand(_share("max-loss", arguments.max_loss), _limit(arguments.leaks))
    if arguments.run is not None:
        run = history.find_run(arguments.run)
    else:
        run = map_run_of(read_manifest(find_pair(arguments.pair)))
    found = advise_run(run.id, demand)
    said = [
        words.verdict(found),
        words.SCOPE,
        *words.figures_words(found),
        words.spans_words(found),
        words.sureness(found),
    ]
    said += [words.knee_words(found), *(f"warning: {item.words} (rule: {RULES[item.kind]})" for item in found.cautions)]
    why = ruin_of_run(history.run_detail(run.id), found.alpha)
    ruined = [ruin_words(run.pair, why)] if why else []
    lines = [*ruined, f"demand: {words.demand_words(found)}", *said, words.basis_words(found)]
    data = {
        "run": run.name,
        "run_number": run.id,
        "pair": run.pair,
        **({"ruined": why} if why else {}),
        "verdict": said[0],
        "scope": words.SCOPE,
        **found.to_json(),
    }
    return Printed(data, "\n".join(lines))


def _limit(text: str) -> float | None:
    return None if text == FLOOR else _share("leaks", text, f" or the word {FLOOR}")


def _share(name: str, text: str, otherwise: str = "") -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingError(f"{name} must be a share such as 0.02{otherwise}, got {text!r}") from None
