"""`python -m engine COMMAND`: every use case without a screen.

With `--json` one JSON document goes to standard output and nothing else does. An error leaves standard output empty
and one sentence on standard error; the exit code is 2.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from engine import (
    advice_command,
    audit_command,
    commands,
    curve_command,
    erase_command,
    figures_command,
    logs_command,
    methods_command,
    report_command,
    review_command,
    tasks_command,
)
from engine.chosen_alpha import RULES
from engine.data.tasks import FOLDER_VARIABLE, TASKS
from engine.errors import UnlearningError
from engine.models.taught import PUBLIC
from engine.progress import ending_of
from engine.settings import ExperimentSpec, TrainingSettings
from engine.verdicts import PHRASINGS

TAKES_NUMBERS = ("--alpha", "--alphas", "--range", "--against-alpha")


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is a `--help` away."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    for text in given:
        if text.encode(errors="ignore").decode() != text:
            return _fail(f"an argument is not valid UTF-8 text: {text!r}")
    arguments = make_parser().parse_args(_join_negative_numbers(given))
    try:
        # What libraries print goes to standard error: standard output holds the result alone.
        with contextlib.redirect_stdout(sys.stderr):
            result = arguments.command(arguments)
    except UnlearningError as error:
        return _fail(" ".join(str(error).split()))
    except Exception as error:  # one sentence is promised whatever happens
        return _fail(ending_of(error)[1])
    except KeyboardInterrupt:
        return _fail("interrupted")
    printed = _print(
        json.dumps(result.data, ensure_ascii=False, indent=1, allow_nan=False) if arguments.json else result.text
    )
    return printed or result.code


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
    print(sentence, file=sys.stderr)
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
    adds = parser.add_subparsers(metavar="COMMAND", required=True)

    demo = _add(adds, "demo", commands.demo, "fetch the demo's base and store its recorded evaluation")
    demo.add_argument(
        "--rebuild",
        action="store_true",
        help="make the demo's weights again from the seed (about 84 minutes on two cores; a stopped one goes on where it was)",
    )

    questions = _add(adds, "questions", commands.questions, "list the questions of a set")
    questions.add_argument("--split", default="", help="forget, retain, world or holdout; retain/eval for a half")
    questions.add_argument("--set", default="demo", help="demo, tofu or the name of an imported set (default: demo)")

    _add_ask(adds)
    _add_map(adds)
    _add_advise(adds)
    _add_train(adds)
    _add_teach(adds)
    _add_evaluate(adds)
    _add_tasks(adds)
    audit_command.add_command(adds, _add)

    curves = _add(
        adds, "curves", curve_command.curves, "what a stored evaluation measures at any strength, without a model"
    )
    curves.add_argument("--run", required=True, help="name or number of a run")
    curves.add_argument("--alphas", help="strengths, as 0,0.37,1 (default: every one that the dial can show)")

    _add_figures(adds)
    _add_verdicts(adds)
    _add(
        adds,
        "methods",
        methods_command.methods,
        "list methods, objectives and tunings, each with its formula and source",
    )

    _add(adds, "runs", commands.runs, "list the stored runs, newest first")

    logs_command.add_commands(adds, _add)
    report_command.add_commands(adds, _add)
    erase_command.add_command(adds, _add)

    import_ = _add(adds, "import", commands.import_file, "store a CSV or JSONL file of questions as a set")
    import_.add_argument("file", type=Path)
    import_.add_argument("--name", required=True, help="name of the new set")
    import_.add_argument("--split", default="", help="of rows that name none: forget, retain, world or holdout")
    return parser


SOURCE = "SET:SPLIT, SET:SPLIT/HALF or a CSV or JSONL file"


def _add_ask(adds: Any) -> None:
    ask = _add(adds, "ask", commands.ask, "answer a question with the base and with the ensemble")
    ask.add_argument("question")
    ask.add_argument("--pair", default="demo", help="name or folder of a pair (default: demo)")
    ask.add_argument("--alpha", help="offset strength, -4 to 8 (default: the pair's recommended one)")
    _add_answer_limit(ask)
    ask.add_argument(
        "--temperature", type=float, default=0.0, help="0 is greedy, above it answers are drawn (default: 0)"
    )
    ask.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")


def _add_map(adds: Any) -> None:
    mapped = _add(
        adds, "map", commands.map_alphas, "every answer that any alpha of a range gives, and where it changes"
    )
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
    _add_answer_limit(mapped)


def _add_advise(adds: Any) -> None:
    advise = _add(adds, "advise", advice_command.advise, "say which alpha meets a demand, from stored maps")
    advise.add_argument("--pair", default="demo", help="name or folder of a pair whose sets are mapped (default: demo)")
    advise.add_argument("--run", help="name or number of the map run to read (default: the pair's newest)")
    advise.add_argument(
        "--max-loss", default="0.02", metavar="SHARE", help="of the base's utility, 0 to 0.5 (default: 0.02)"
    )
    advise.add_argument(
        "--leaks", default=advice_command.FLOOR, metavar="SHARE",
        help="of the forget questions that may leak, 0 to 1, or floor: no more than on the retain-only model (default: floor)",
    )  # fmt: skip


def _add_figures(adds: Any) -> None:
    figures = _add(
        adds,
        "figures",
        figures_command.figures,
        "means of a stored run with intervals, and what changes to another run",
    )
    figures.add_argument("--run", required=True, help="name or number of a run")
    figures.add_argument("--alpha", help="offset strength (default: the pair's recommended one)")
    figures.add_argument("--against", metavar="RUN", help="a second run, paired with the first by question")
    figures.add_argument("--against-alpha", metavar="ALPHA", help="its offset strength (default: as for the first)")
    figures.add_argument(
        "--reference", metavar="RUN",
        help="the retain-only run for forget quality (default: the newest of the base over the same questions)",
    )  # fmt: skip


def _add_verdicts(adds: Any) -> None:
    verdicts = _add(adds, "verdicts", review_command.verdicts, "what reviewers said of a run's answers")
    verdicts.add_argument("--run", required=True, help="name or number of a run")
    verdicts.add_argument("--alpha", help="offset strength (default: the pair's recommended one)")
    verdicts.add_argument(
        "--phrasing", choices=PHRASINGS, default=PHRASINGS[0], help="which wording of the questions (default: as asked)"
    )


def _add_train(adds: Any) -> None:
    train = _add(adds, "train", commands.train, "train a pair and evaluate it")
    train.add_argument("--name", required=True, help="name of the run and of the pair it makes")
    train.add_argument("--base", default="demo", help="demo, a model folder, a GGUF file or a hub name")
    train.add_argument("--reference", default="demo", help="the same, for the small model")
    train.add_argument("--forget", default="demo:forget", metavar="SOURCE", help=f"what to forget, {SOURCE}")
    train.add_argument("--retain", action="append", metavar="SOURCE", help="what to keep; may be repeated")
    train.add_argument("--on", action="append", metavar="SOURCE", help="what to evaluate; may be repeated")
    train.add_argument("--objective", default="npo", help="the loss; `methods` lists them (default: npo)")
    train.add_argument(
        "--method", default="offset",
        help="offset, or a baseline: direct (M itself is tuned), uld (with --objective memorisation), guardrail (default: offset)",
    )  # fmt: skip
    train.add_argument("--retain-term", default="default", help="none, nll or kl (default: the objective's own)")
    train.add_argument("--tuning", default="lora", help="lora, full or p_adapter; see `methods` (default: lora)")
    for setting, meaning in commands.TRAINING_OPTIONS.items():
        default = getattr(TrainingSettings, setting)
        shown = "the objective's own" if default is None else f"{default:g}"
        train.add_argument(
            f"--{setting.replace('_', '-')}",
            type=float if default is None else type(default),
            default=default,
            metavar="N" if isinstance(default, int) else "X",
            help=f"{meaning} (default: {shown})",
        )
    train.add_argument("--alphas", default="0,0.5,1", help="strengths to evaluate at (training is at 1)")
    _add_alpha_choice(train)
    _add_answer_limit(train)
    _add_curves(train)
    train.add_argument("--parent", default="", metavar="PAIR", help="the pair that this one succeeds")


def _add_teach(adds: Any) -> None:
    teach = _add(
        adds, "teach", commands.teach, "teach a model questions by name: a base, or the retain-only model of one"
    )
    teach.add_argument("--name", required=True, help="name of the run and of the model it makes")
    teach.add_argument(
        "--start",
        default=PUBLIC,
        help=f"the model to teach, as for train --base (default: {PUBLIC}, the demo's untaught)",
    )
    teach.add_argument(
        "--teach", action="append", required=True, metavar="SOURCE", help=f"what to teach, {SOURCE}; may be repeated"
    )
    teach.add_argument("--on", action="append", metavar="SOURCE", help="what to evaluate (default: what was taught)")
    teach.add_argument(
        "--retain-only-of", default="", metavar="BASE",
        help="the base whose gold reference this is: teach it all that BASE was taught, but not the forget set",
    )  # fmt: skip
    for setting, default in commands.TEACHING_OPTIONS.items():
        teach.add_argument(
            f"--{setting.replace('_', '-')}", type=type(default), default=default, metavar="N",
            help=f"{commands.TRAINING_OPTIONS[setting] if setting != 'epochs' else 'passes over the questions'} (default: {default:g})",
        )  # fmt: skip
    _add_answer_limit(teach)


def _add_evaluate(adds: Any) -> None:
    evaluate = _add(adds, "evaluate", commands.evaluate, "evaluate a pair at several strengths")
    evaluate.add_argument("--pair", required=True, help="name or folder of a pair; base:demo and retain-only:demo too")
    evaluate.add_argument("--alphas", default="0,0.5,1", help="strengths, as 0,0.5,1; 0 is always among them")
    _add_alpha_choice(evaluate)
    evaluate.add_argument("--on", action="append", metavar="SOURCE", help=f"what to ask, {SOURCE}; may be repeated")
    _add_answer_limit(evaluate)
    _add_curves(evaluate)
    evaluate.add_argument(
        "--name", help="name of the run (default: the pair's; evaluate-PAIR where that is a recorded run)"
    )


def _add_tasks(adds: Any) -> None:
    tasks = _add(adds, "tasks", tasks_command.tasks, "multiple-choice tasks through lm-evaluation-harness")
    tasks.add_argument("--pair", required=True, help="name or folder of a pair; base:demo and retain-only:demo too")
    tasks.add_argument("--alphas", default="0,1", help="strengths, as 0,1; 0 is always among them (default: 0,1)")
    tasks.add_argument(
        "--task", action="append", metavar="NAME", help=f"{', '.join(TASKS)}; may be repeated (default: all)"
    )
    tasks.add_argument(
        "--limit", type=int, default=ExperimentSpec.limit, metavar="N",
        help=f"the first N items of each task, as the harness takes them (default: {ExperimentSpec.limit})",
    )  # fmt: skip
    tasks.add_argument(
        "--data", default="", metavar="FOLDER",
        help=f"folder of task files (default: the one in {FOLDER_VARIABLE}; without either, the hub's datasets)",
    )  # fmt: skip
    tasks.add_argument("--name", default="", help="name of the run (default: tasks-PAIR)")


def _add_answer_limit(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-new-tokens", type=int, default=64, metavar="N",
        help="answers are cut after so many tokens, 1 to 512 (default: 64; TOFU's published figures use 200)",
    )  # fmt: skip


def _add_alpha_choice(command: argparse.ArgumentParser) -> None:
    words = "; ".join(f"{name}: {rule}" for name, rule in RULES.items())
    command.add_argument(
        "--alpha-choice", choices=tuple(RULES), default="recommended",
        help=f"at which of these the run is judged where one is asked for. {words} (default: recommended)",
    )  # fmt: skip


def _add_curves(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-curves", action="store_true",
        help="read true answers at the alphas named and not between them: quicker, above all where a pair ruins its answers",
    )  # fmt: skip


def _add(adds: Any, name: str, command: commands.Command, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = adds.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, nothing else")
    parser.set_defaults(command=command)
    return parser
