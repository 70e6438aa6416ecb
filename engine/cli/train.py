"""`python -m engine train`: a pair, or with `--method` a comparison method, trained and evaluated in a run."""

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import run_and_show
from engine.cli.unused_options import refuse_unused
from engine.kinds import TrainSpec
from engine.settings import parse_alphas
from engine.specification import DEMO_KEPT
from engine.store.questions import evaluation_sources
from engine.terminal import Printed
from engine.unlearning.settings_table import settings_of, settings_table


@command("train", "train a pair and evaluate it")
@click.option("--name", required=True, help="name of the run and of the pair it makes")
@click.option("--base", default="demo", help="demo, a model folder, a GGUF file or a hub name")
@click.option("--reference", default="demo", help="the same, for the small model")
@click.option("--forget", default="demo:forget", metavar="SOURCE", help=f"what to forget, {options.SOURCE}")
@click.option("--retain", multiple=True, metavar="SOURCE", help="what to keep; may be repeated")
@click.option("--on", multiple=True, metavar="SOURCE", help="what to evaluate; may be repeated")
@options.settings(settings_table().values())
@click.option("--alphas", default="0,0.5,1", help="alphas to evaluate at (training is at 1)")
@options.alpha_choice
@options.answer_limit
@options.no_curves
@click.option("--parent", default="", metavar="PAIR", help="the pair that this one succeeds")
def train(arguments: Arguments) -> Printed:
    training = settings_of(vars(arguments))
    refuse_unused(arguments, training)
    retain = tuple(arguments.retain or DEMO_KEPT)
    alphas = parse_alphas(arguments.alphas)
    if training.method == "guardrail" and "alphas" not in arguments.given:
        alphas = (0.0, 1.0)
    spec = TrainSpec(
        name=arguments.name,
        base=arguments.base,
        reference=arguments.reference,
        forget=arguments.forget,
        retain=retain,
        evaluate_on=tuple(arguments.on or evaluation_sources(arguments.forget, retain)),
        alphas=alphas,
        training=training,
        parent=arguments.parent,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return run_and_show(spec, arguments)
