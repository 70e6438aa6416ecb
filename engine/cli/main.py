"""`python -m engine COMMAND`: every use case without a screen.

With `--json` one JSON document goes to standard output and nothing else does. An error leaves standard output empty
and one sentence on standard error; the exit code is 2.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from engine.cli import advise, audit, basics, erase, figures, logs, methods, report, runs, tasks, verdicts
from engine.cli import curves as curve_command
from engine.cli.command import Adder, Command, Program, Run
from engine.cli.runs import SOURCE, add_answer_limit
from engine.errors import UnlearningError, shortened
from engine.runs.progress import ending_of
from engine.settings import FORMATS
from engine.store import handing_out
from engine.terminal import libraries_unheard, say, to_json, visible

NAME = "python -m engine"
GROUPS = {
    "look": ("questions", "ask", "map", "advise", "curves", "figures", "verdicts", "runs", "methods"),
    "run": ("train", "teach", "evaluate", "tasks", "audit"),
    "report": ("report", "verify", "export", "score-logs"),
    "data": ("demo", "import", "import-log", "erase"),
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


def make_program() -> Program:
    """The program with its commands, each with its options."""
    program = Program(GROUPS, "Oubliette, a bench for offset unlearning.")
    add = partial(_add, program)

    demo = add("demo", basics.demo, "fetch the demo's base and store its recorded evaluation")
    demo.option(
        "--rebuild",
        is_flag=True,
        help=(
            "make the demo's weights again from the seed (about 84 minutes on two cores; a stopped one goes on where it"
            " was)"
        ),
    )

    questions = add("questions", basics.questions, "list the questions of a set")
    questions.option("--split", default="", help="forget, retain, world or holdout; retain/eval for a half")
    questions.option("--set", default="demo", help="demo, tofu or the name of an imported set (default: demo)")

    _add_ask(add)
    _add_map(add)
    advise.add_command(add)
    runs.add_commands(add)
    tasks.add_command(add)
    audit.add_command(add)

    curves = add("curves", curve_command.curves, "what a stored evaluation measures at any strength, without a model")
    curves.option("--run", required=True, help="name or number of a run")
    curves.option("--alphas", help="strengths, as 0,0.37,1 (default: every one that the dial can show)")

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
    import_.option("file", type=Path)
    import_.option("--name", required=True, help="name of the new set")
    import_.option("--split", default="", help="of rows that name none: forget, retain, world or holdout")
    return program


def _add_ask(add: Adder) -> None:
    ask = add("ask", basics.ask, "answer a question with the base and with the ensemble")
    ask.option("question")
    ask.option("--pair", default="demo", help="name or folder of a pair (default: demo)")
    ask.option("--alpha", help="offset strength, -4 to 8 (default: the pair's recommended one)")
    add_answer_limit(ask)
    ask.option("--temperature", type=float, default=0.0, help="0 is greedy, above it answers are drawn (default: 0)")
    ask.option("--seed", type=int, default=0, help="of the draws (default: 0)")


def _add_map(add: Adder) -> None:
    mapped = add("map", basics.map_alphas, "every answer that any alpha of a range gives, and where it changes")
    mapped.option("question", required=False)
    mapped.option("--on", multiple=True, metavar="SOURCE", help=f"map whole sets in a run: {SOURCE}; may be repeated")
    mapped.option("--name", default="", help="name of that run (default: map-PAIR)")
    mapped.option("--pair", default="demo", help="name or folder of a pair (default: demo)")
    mapped.option("--set", default="demo", help="set whose true answer and key terms judge the answers (default: demo)")
    mapped.option("--range", default="0,2", metavar="LOW,HIGH", help="of alpha, -4 to 8 (default: 0,2)")
    add_answer_limit(mapped)


def _add(program: Program, name: str, run: Run, help: str) -> Command:
    command = Command(name, run, help)
    command.option("--json", is_flag=True, help="one JSON document on standard output, nothing else")
    program.add_command(command)
    return command
