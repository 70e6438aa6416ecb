"""The options that several commands share, and how their values are read."""

from collections.abc import Callable, Iterable

import click

from engine.analysis import chosen_alpha
from engine.analysis.chosen_alpha import RULES
from engine.analysis.recommended import recommended_alpha
from engine.bounds import Setting
from engine.cli.command import Arguments, Run
from engine.errors import SettingError
from engine.models.manifest import read_manifest
from engine.models.pairs import find_pair
from engine.names import is_alone
from engine.settings import FORMATS, check_alpha

SOURCE = f"SET:SPLIT, SET:SPLIT/HALF or a question file ({FORMATS})"

run = click.option("--run", required=True, help="name or number of a run")

alpha = click.option("--alpha", help="alpha, the offset strength, -4 to 8 (default: the pair's recommended one)")

pair = click.option("--pair", default="demo", help="name or folder of a pair (default: demo)")

pair_or_model = click.option(
    "--pair", required=True, help="name or folder of a pair, or a model alone: base:demo, retain-only:demo"
)

csv_columns = click.option(
    "--columns",
    default="all",
    metavar="NAMES",
    help="columns of the CSV: all, readable (the first twelve), or names separated by commas (default: all)",
)

csv_delimiter = click.option(
    "--delimiter",
    default="comma",
    metavar="NAME",
    help="what separates the columns of the CSV: comma, semicolon, tab or bar (default: comma)",
)

answer_limit = click.option(
    "--max-new-tokens",
    type=int,
    default=64,
    metavar="N",
    help="answers are cut after so many tokens, 1 to 512 (default: 64; TOFU's published figures use 200)",
)

alpha_choice = click.option(
    "--alpha-choice",
    type=click.Choice(tuple(RULES)),
    default="recommended",
    help=(
        "the alpha at which the run is judged where only one is asked for."
        f" {'; '.join(f'{name}: {rule}' for name, rule in RULES.items())} (default: recommended)"
    ),
)

no_curves = click.option(
    "--no-curves",
    is_flag=True,
    help="read true answers only at the given alphas: quicker, above all where a pair ruins its answers",
)


def settings(table: Iterable[Setting]) -> Callable[[Run], Run]:
    """An option for each setting of a training, in their order."""
    options = [
        click.option(
            one.option,
            type=one.type,
            default=one.default,
            metavar={int: "N", float: "X"}.get(one.type),
            help=one.explained,
        )
        for one in table
    ]

    def declare(command: Run) -> Run:
        for option in reversed(options):  # decorators apply from the last to the first
            command = option(command)
        return command

    return declare


def given_alpha(arguments: Arguments) -> float | None:
    """The `--alpha` given, None where there is none. Raises `SettingError` for one that is not allowed."""
    return None if arguments.alpha is None else check_alpha(arguments.alpha)


def pair_alpha(arguments: Arguments) -> float:
    """The `--alpha` given, else the one recommended for `--pair`; 0 for a model alone, which has none."""
    given = given_alpha(arguments)
    if given is not None or is_alone(arguments.pair):
        return given or 0.0
    return recommended_alpha(read_manifest(find_pair(arguments.pair)))


def report_alpha(given: str | None, run_id: int) -> float:
    """The alpha given, else the one at which the run is reported. Raises `SettingError` for one that is not allowed."""
    return chosen_alpha.report_alpha(run_id) if given is None else check_alpha(given)


def check_answer_limit(arguments: Arguments) -> None:
    """Raise `SettingError` for a `--max-new-tokens` that is not allowed, before a model is loaded."""
    limit = arguments.max_new_tokens
    if not 1 <= limit <= 512:
        raise SettingError(f"max-new-tokens must be between 1 and 512, got {limit}")
