"""`python -m engine map`: every answer over a range of alpha, of one question or, in a run, of whole sets."""

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import run_and_show
from engine.cli.unused_options import refuse_given
from engine.data.cells import is_visible
from engine.errors import SettingError
from engine.kinds import MapSpec
from engine.settings import check_range
from engine.store.questions import known_question
from engine.terminal import Bar, Printed
from engine.wording import run_name


@command("map", "every answer that any alpha of a range gives, and where it changes")
@click.argument("question", required=False)
@click.option(
    "--on", multiple=True, metavar="SOURCE", help=f"map whole sets in a run: {options.SOURCE}; may be repeated"
)
@click.option("--name", default="", help="name of that run (default: map-PAIR)")
@options.pair
@click.option("--set", default="demo", help="set whose true answer and key terms judge the answers (default: demo)")
@click.option("--range", default="0,2", metavar="LOW,HIGH", help="range of alpha, within -4 to 8 (default: 0,2)")
@options.answer_limit
def map_alphas(arguments: Arguments) -> Printed:
    bounds = arguments.range.split(",")
    if len(bounds) != 2:
        raise SettingError(f"range must be LOW,HIGH, such as 0,2, got {arguments.range!r}")
    low, high = check_range(*bounds)
    options.check_answer_limit(arguments)
    if arguments.on:
        if arguments.question:
            raise SettingError("map takes a question or --on SOURCE, not both")
        refuse_given(arguments, {"set": "with --on every question is judged by its own set"})
        name = arguments.name or run_name("map", arguments.pair)
        spec = MapSpec(
            name=name,
            pair=arguments.pair,
            alphas=(low, high),
            evaluate_on=tuple(arguments.on),
            max_new_tokens=arguments.max_new_tokens,
        )
        return run_and_show(spec, arguments)
    if not is_visible(arguments.question or ""):
        raise SettingError("map needs a question that holds some text that can be seen, or --on SOURCE")
    refuse_given(arguments, {"name": "one question is mapped without a run"})
    return _map_one(arguments, low, high)


def _map_one(arguments: Arguments, low: float, high: float) -> Printed:
    """One question without a run; judged if the set holds it, by the set's own terms."""
    from engine.evaluation.leak_rule import find_leak
    from engine.models.loading import load_pair
    from engine.store.maps import map_question

    known = known_question(arguments.question, arguments.set)
    with Bar() as bar:
        pair = load_pair(arguments.pair, lambda stage: bar(0.05, stage))
        found = map_question(pair, arguments.question, arguments.max_new_tokens, low, high, bar)
    rows = []
    for answer in found.answers:
        judged = find_leak(known.example, answer.text, known.terms) if known else None
        rows.append(
            {
                "alpha_from": answer.low,
                "alpha_to": answer.high,
                "text": answer.text,
                "rouge": judged.rouge if judged else None,
                "leaks": judged.leaks if judged else None,
                "error": answer.high_error,
                "followed": answer.followed,
            }
        )
    data = {"question": found.question, "pair": pair.manifest.name, "intervals": rows, "complete": found.complete}
    lines = [
        f"{row['alpha_from']:.4f} to {row['alpha_to']:.4f}  {_leak_mark(row['leaks'])}{row['text']}" for row in rows
    ]
    return Printed({**data, "merged": found.merged, "seconds": found.seconds}, "\n".join(lines))


def _leak_mark(leaks: object) -> str:
    return "" if leaks is None else "leaks: " if leaks else "no leak: "
