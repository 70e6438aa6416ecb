"""`python -m engine questions`: the questions of a set."""

from dataclasses import asdict
from typing import Any

import click

from engine.cli.command import Arguments, command
from engine.data.examples import Example
from engine.errors import DataError
from engine.store.sources import examples_of
from engine.terminal import Printed


@command("questions", "list the questions of a set")
@click.option("--split", default="", help="forget, retain, world or holdout; retain/eval for one half")
@click.option("--set", default="demo", help="demo, tofu or the name of an imported set (default: demo)")
def questions(arguments: Arguments) -> Printed:
    source = f"{arguments.set}:{arguments.split}" if arguments.split else arguments.set
    examples = examples_of(source)
    if not examples:
        raise DataError(f"{source} holds no questions")
    return Printed([_shown(e) for e in examples], "\n".join(f"{e.question}\t{e.answer}" for e in examples))


def _shown(example: Example) -> dict[str, Any]:
    fields = asdict(example)
    del fields["training_questions"]  # phrasings for teaching the base, not questions of the set
    return fields
