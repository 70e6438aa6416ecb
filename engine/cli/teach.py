"""`python -m engine teach`: a base, or the retain model of one, taught questions in a run."""

from dataclasses import replace

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import run_and_show
from engine.kinds import TeachSpec
from engine.names import PUBLIC
from engine.terminal import Printed
from engine.training_settings import GENERAL, TrainingSettings

DEFAULTS = {"epochs": 10, "learning_rate": 1e-3, "batch_size": 8, "rank": 32, "seed": 0}
HELP = {"epochs": "passes over the questions"}
TABLE = [
    replace(GENERAL[name], default=value, help=HELP.get(name, GENERAL[name].help)) for name, value in DEFAULTS.items()
]


@command("teach", "teach a model questions by name: a base, or the retain model of one")
@click.option("--name", required=True, help="name of the run and of the model it makes")
@click.option(
    "--start",
    default=PUBLIC,
    help=f"the model to teach, as for train --base (default: {PUBLIC}, the demo's base before it was taught)",
)
@click.option(
    "--teach", multiple=True, required=True, metavar="SOURCE", help=f"what to teach, {options.SOURCE}; may be repeated"
)
@click.option("--on", multiple=True, metavar="SOURCE", help="what to evaluate (default: what was taught)")
@click.option(
    "--retain-only-of",
    default="",
    metavar="BASE",
    help="the base whose retain model this is: teach it all that BASE was taught, but not the forget set",
)
@options.settings(TABLE)
@options.answer_limit
def teach(arguments: Arguments) -> Printed:
    training = TrainingSettings(**{name: getattr(arguments, name) for name in DEFAULTS})
    spec = TeachSpec(
        name=arguments.name,
        base=arguments.start,
        retain=tuple(arguments.teach),
        retain_only_of=arguments.retain_only_of,
        evaluate_on=tuple(arguments.on or arguments.teach),
        training=training,
        max_new_tokens=arguments.max_new_tokens,
    )
    return run_and_show(spec, arguments)
