"""`python -m engine ask`: one question, answered by the base and by the ensemble."""

from typing import TYPE_CHECKING

import click

from engine.analysis.recommended import recommended_alpha
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.unused_options import refuse_given
from engine.data.cells import is_visible
from engine.errors import SettingError
from engine.terminal import Bar, Printed

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

MAX_TEMPERATURE = 10.0


@command("ask", "answer a question with the base and with the ensemble")
@click.argument("question")
@options.pair
@options.alpha
@options.answer_limit
@click.option(
    "--temperature",
    type=float,
    default=0.0,
    help="0 gives the likeliest answer, above 0 answers are drawn (default: 0)",
)
@click.option("--seed", type=int, default=0, help="seed of the draws (default: 0)")
def ask(arguments: Arguments) -> Printed:
    alpha = options.given_alpha(arguments)
    if not is_visible(arguments.question):
        raise SettingError(f"the question must hold some text that can be seen, got {arguments.question[:40]!r}")
    options.check_answer_limit(arguments)
    if not 0 <= arguments.temperature <= MAX_TEMPERATURE:
        raise SettingError(f"temperature must be between 0 and {MAX_TEMPERATURE:g}, got {arguments.temperature}")
    if not 0 <= arguments.seed < 2**31:
        raise SettingError(f"seed must be between 0 and {2**31 - 1}, got {arguments.seed}")
    if not arguments.temperature:
        refuse_given(arguments, {"seed": "at temperature 0 nothing is drawn"})
    from engine.models.loading import load_pair

    with Bar() as bar:
        pair = load_pair(arguments.pair, lambda stage: bar(0.1, stage))
        if alpha is None:
            alpha = recommended_alpha(pair.manifest)
        bar(0.7, "answering")
        # One after the other: what is printed is then exactly what either gives alone.
        base, unlearned = (_answer(pair, arguments, value) for value in (0.0, alpha))
    data = {"question": arguments.question, "alpha": alpha, "base": base, "unlearned": unlearned}
    if arguments.temperature:
        data |= {"temperature": arguments.temperature, "seed": arguments.seed}
    return Printed(data, f"base             {base}\nalpha {alpha:<10g} {unlearned}")


def _answer(pair: "LoadedPair", arguments: Arguments, alpha: float) -> str:
    """The likeliest answer; where a temperature is given, one drawn with the seed."""
    from engine.decoding.answers import answer_questions, stream_answers

    question, limit = arguments.question, arguments.max_new_tokens
    if not arguments.temperature:
        return answer_questions(pair, [question], alpha, limit)[0].text
    *_, last = stream_answers(pair, question, [alpha], limit, arguments.temperature, arguments.seed)
    return last[0].text
