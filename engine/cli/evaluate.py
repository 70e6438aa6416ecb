"""`python -m engine evaluate`: a pair, or a model alone, asked the questions of its sets in a run."""

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import run_and_show
from engine.cli.unused_options import refuse_for_model_alone
from engine.kinds import EvaluateSpec
from engine.settings import parse_alphas
from engine.specification import DEMO_ASKED
from engine.store import history
from engine.terminal import Printed


@command("evaluate", "evaluate a pair at several alphas")
@options.pair_or_model
@click.option("--alphas", default="0,0.5,1", help="alphas, as 0,0.5,1; 0 is always among them")
@options.alpha_choice
@click.option("--on", multiple=True, metavar="SOURCE", help=f"what to ask, {options.SOURCE}; may be repeated")
@options.answer_limit
@options.no_curves
@click.option("--name", help="name of the run (default: the pair's; evaluate-PAIR where that is a recorded run)")
def evaluate(arguments: Arguments) -> Printed:
    alphas = parse_alphas(arguments.alphas)
    refuse_for_model_alone(arguments, alphas)
    name = arguments.name or arguments.pair.rstrip("/").rpartition("/")[2].replace(":", "-")
    if not arguments.name and any(run.recorded and run.name == name for run in history.list_runs()):
        name = f"evaluate-{name}"  # the recorded run keeps its name to itself
    on = tuple(arguments.on or DEMO_ASKED)
    spec = EvaluateSpec(
        name=name,
        pair=arguments.pair,
        alphas=alphas,
        evaluate_on=on,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return run_and_show(spec, arguments)
