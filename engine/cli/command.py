"""What a command is made of: click, and how this program reads arguments where click reads them otherwise."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import click
from click.core import ParameterSource

from engine.terminal import Printed

NUMBER = re.compile(r"-[\d.]")  # `-1`, `-.5`, `-1,0`: a value, not an option
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
AS_JSON = click.option("--json", is_flag=True, help="one JSON document on standard output, nothing else")


class Arguments(SimpleNamespace):
    """The values of a command's options by name; `given` holds the names of those on the command line."""

    given: set[str]


Run = Callable[[Arguments], Printed]


class Command(click.Command):
    """One command. An option may be shortened to an unambiguous beginning, and `--alphas -1,0` is a value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._spelled_out(ctx, args))

    def invoke(self, ctx: click.Context) -> tuple[Run, Arguments]:
        """The function to call and its arguments: the caller decides what is printed."""
        given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        assert self.callback is not None
        return self.callback, Arguments(**ctx.params, given=given)

    def _spelled_out(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options with whole names first, then `--` and the arguments: click would take `-1` for an option."""
        known = {name: p for p in self.get_params(ctx) if isinstance(p, click.Option) for name in p.opts}
        options: list[str] = []
        others: list[str] = []
        left = list(args)
        while left:
            word = left.pop(0)
            if word == "--":
                others += left
                break
            if not _is_option(word):
                others.append(word)
                continue
            name, equals, value = word.partition("=")
            name = _whole(ctx, name, list(known))
            options.append(f"{name}{equals}{value}")
            if equals or name not in known or known[name].is_flag:
                continue
            if not left or _is_option(left[0]):
                ctx.fail(f"argument {name}: expected one argument")
            options[-1] += f"={left.pop(0)}"
        return [*options, "--", *others]


def _is_option(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and not NUMBER.match(word) and " " not in word.partition("=")[0]


def _whole(ctx: click.Context, name: str, known: list[str]) -> str:
    if name in known or not name.startswith("--"):
        return name
    found = [one for one in known if one.startswith(name)]
    if len(found) > 1:
        ctx.fail(f"ambiguous option: {name} could match {', '.join(found)}")
    return found[0] if found else name


def command(name: str, summary: str) -> Callable[[Run], Command]:
    """Make a function the command `name`, which takes `--json` too; `summary` is its line in `--help`.

    What it takes besides is declared between the two by `click.option` and `click.argument`.
    """
    made = click.command(
        name,
        cls=Command,
        help=f"{summary[0].upper()}{summary[1:]}.",
        short_help=summary,
        context_settings=dict(SETTINGS),
    )
    return lambda run: made(AS_JSON(run))


class Program(click.Group):
    """The commands, which `--help` lists under the title of their group."""

    def __init__(self, groups: dict[str, list[Command]], summary: str) -> None:
        commands = [one for group in groups.values() for one in group]
        super().__init__(commands=commands, help=summary, context_settings=dict(SETTINGS), no_args_is_help=False)
        self.groups = groups

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in self.groups.items():
            with formatter.section(title):
                formatter.write_dl([(one.name or "", one.short_help or "") for one in commands])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            ctx.fail(f"argument COMMAND: invalid choice: {args[0]!r} (choose from {', '.join(self.commands)})")
        return super().resolve_command(ctx, args)
