"""`python -m engine COMMAND`: every use case without a screen.

With `--json` one JSON document goes to standard output and nothing else does. An error leaves standard output empty
and one sentence on standard error; the exit code is 2.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from engine.cli import advise, audit, basics, erase, figures, logs, methods, report, runs, tasks, verdicts
from engine.cli import curves as curve_command
from engine.cli.runs import SOURCE, add_answer_limit
from engine.errors import UnlearningError, shortened
from engine.runs.progress import ending_of
from engine.settings import FORMATS
from engine.store import handing_out
from engine.terminal import Adder, Command, libraries_unheard, say, to_json, visible

TAKES_NUMBERS = ("--alpha", "--alphas", "--range", "--against-alpha")


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is a `--help` away."""

    def error(self, message: str) -> NoReturn:
        self.exit(_fail(f"{shortened(message)} (see {self.prog} --help)"))

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As ever, and `given` holds the names of what the command line says: a default is not somebody's wish."""
        defaults = {action.dest: action.default for action in self._actions}
        for action in self._actions:
            action.default = argparse.SUPPRESS
        found, rest = super().parse_known_args(args, namespace)
        found.given = getattr(found, "given", None) or set(vars(found))  # a command's parser comes before the program's
        for name, default in defaults.items():
            if not hasattr(found, name) and default is not argparse.SUPPRESS:
                setattr(found, name, default)
        return found, rest


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    for text in given:
        if text.encode(errors="ignore").decode() != text:
            return _fail(f"an argument is not valid UTF-8 text: {text!r}")
    arguments = make_parser().parse_args(_join_negative_numbers(given))
    try:
        with libraries_unheard():
            handing_out.sweep()
            result = arguments.command(arguments)
        text = to_json(result.data) if arguments.json else visible(result.text)
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


def _join_negative_numbers(argv: list[str]) -> list[str]:
    """`--alphas -1,0` as `--alphas=-1,0`: argparse would take `-1,0` for an option."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in TAKES_NUMBERS and argument[:1] == "-" and argument[1:2] in "0123456789.":
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def make_parser() -> argparse.ArgumentParser:
    parser = OneSentenceParser(prog="python -m engine", description="Oubliette, a bench for offset unlearning.")
    add = partial(_add, parser.add_subparsers(metavar="COMMAND", required=True))

    demo = add("demo", basics.demo, "fetch the demo's base and store its recorded evaluation")
    demo.add_argument(
        "--rebuild",
        action="store_true",
        help="make the demo's weights again from the seed (about 84 minutes on two cores; a stopped one goes on where it was)",
    )

    questions = add("questions", basics.questions, "list the questions of a set")
    questions.add_argument("--split", default="", help="forget, retain, world or holdout; retain/eval for a half")
    questions.add_argument("--set", default="demo", help="demo, tofu or the name of an imported set (default: demo)")

    _add_ask(add)
    _add_map(add)
    advise.add_command(add)
    runs.add_commands(add)
    tasks.add_command(add)
    audit.add_command(add)

    curves = add("curves", curve_command.curves, "what a stored evaluation measures at any strength, without a model")
    curves.add_argument("--run", required=True, help="name or number of a run")
    curves.add_argument("--alphas", help="strengths, as 0,0.37,1 (default: every one that the dial can show)")

    figures.add_command(add)
    verdicts.add_command(add)
    add(
        "methods",
        methods.methods,
        "list methods, objectives and tunings, each with its formula and source",
    )

    add("runs", basics.runs, "list the stored runs, newest first")

    logs.add_commands(add)
    report.add_commands(add)
    erase.add_command(add)

    import_ = add("import", basics.import_file, f"store a {FORMATS} file of questions as a set")
    import_.add_argument("file", type=Path)
    import_.add_argument("--name", required=True, help="name of the new set")
    import_.add_argument("--split", default="", help="of rows that name none: forget, retain, world or holdout")
    return parser


def _add_ask(add: Adder) -> None:
    ask = add("ask", basics.ask, "answer a question with the base and with the ensemble")
    ask.add_argument("question")
    ask.add_argument("--pair", default="demo", help="name or folder of a pair (default: demo)")
    ask.add_argument("--alpha", help="offset strength, -4 to 8 (default: the pair's recommended one)")
    add_answer_limit(ask)
    ask.add_argument(
        "--temperature", type=float, default=0.0, help="0 is greedy, above it answers are drawn (default: 0)"
    )
    ask.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")


def _add_map(add: Adder) -> None:
    mapped = add("map", basics.map_alphas, "every answer that any alpha of a range gives, and where it changes")
    mapped.add_argument("question", nargs="?")
    mapped.add_argument(
        "--on", action="append", metavar="SOURCE", help=f"map whole sets in a run: {SOURCE}; may be repeated"
    )
    mapped.add_argument("--name", default="", help="name of that run (default: map-PAIR)")
    mapped.add_argument("--pair", default="demo", help="name or folder of a pair (default: demo)")
    mapped.add_argument(
        "--set", default="demo", help="set whose true answer and key terms judge the answers (default: demo)"
    )
    mapped.add_argument("--range", default="0,2", metavar="LOW,HIGH", help="of alpha, -4 to 8 (default: 0,2)")
    add_answer_limit(mapped)


def _add(adds: Any, name: str, command: Command, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = adds.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, nothing else")
    parser.set_defaults(command=command)
    return parser
