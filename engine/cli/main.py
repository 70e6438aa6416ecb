"""`python -m engine COMMAND`: every use case without a screen.

With `--json` one JSON document goes to standard output and nothing else does. An error leaves standard output empty
and one sentence on standard error (without `--json` the mistakes of a file are a line each); the exit code is 2.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from engine.cli.command import Command, Program
from engine.errors import FileError, UnlearningError, shortened
from engine.runs.progress import ending_of
from engine.store import handing_out
from engine.terminal import libraries_unheard, say, to_json, visible

NAME = "python -m engine"
GROUPS = {  # each command is a module of this folder; to add one, write its file and name it here
    "look": ("questions", "ask", "map", "advise", "curves", "figures", "verdicts", "runs", "methods"),
    "run": ("train", "teach", "evaluate", "tasks", "audit", "judge_again"),
    "report": ("report", "verify", "export", "score_logs"),
    "data": ("demo", "import_questions", "import_log", "add_pair", "erase", "backup", "restore"),
}


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    for text in given:
        if text.encode(errors="ignore").decode() != text:
            return _fail(f"an argument is not valid UTF-8 text: {text!r}")
    try:
        parsed = make_program().main(given, prog_name=NAME, standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        return _fail(f"{shortened(error.format_message())} (see {context.command_path if context else NAME} --help)")
    except click.Abort:
        return _fail("interrupted")
    if isinstance(parsed, int):  # `--help` has been printed
        return parsed
    run, arguments = parsed
    try:
        with libraries_unheard():
            handing_out.sweep()
            result = run(arguments)
        text = to_json(result.data) if arguments.json else visible(result.text)
    except FileError as error:
        return _fail(str(error)) if arguments.json else _fail_at(error)
    except UnlearningError as error:
        return _fail(str(error))
    except Exception as error:  # one sentence is promised whatever happens
        return _fail(ending_of(error)[1])
    except KeyboardInterrupt:
        return _fail("interrupted")
    return _print(text) or result.code


def _print(text: str) -> int:
    try:
        if text:
            print(text, flush=True)
        return 0
    except (OSError, UnicodeEncodeError) as error:
        # Python would complain again when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader went away: `| head`
            return 0
        return _fail(f"the result could not be printed: {getattr(error, 'strerror', None) or error}")


def _fail(sentence: str) -> int:
    """On one line, whatever the sentence quotes."""
    say(shortened(" ".join(sentence.split())))
    return 2


def _fail_at(error: FileError) -> int:
    """All that is wrong with the rows of a file, a line for each; on one line where it is one."""
    if len(error.mistakes) == 1:
        return _fail(str(error))
    say(f"{error.filename} has {len(error.mistakes)} mistakes:")
    for mistake in error.mistakes:
        say(f"  {' '.join(mistake.split())}")
    return 2


def make_program() -> Program:
    """The program with its commands, in the order of `GROUPS`."""
    groups = {title: [command_of(module) for module in modules] for title, modules in GROUPS.items()}
    return Program(groups, "Oubliette, a bench for offset unlearning.")


def command_of(module: str) -> Command:
    """The one command that a module of this folder holds."""
    [found] = [one for one in vars(import_module(f"engine.cli.{module}")).values() if isinstance(one, Command)]
    return found
