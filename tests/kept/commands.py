"""What the command line promises: names, options, defaults and choices; exit codes; the keys of `--json`."""

import argparse
import json
from pathlib import Path
from typing import Any, cast

from tests.kept.doors import called, said, shape
from tests.logs import legacy_log, written
from tests.tiny import save_model

# Command lines that must be refused with exit code 2, nothing on standard output and one line on standard error.
REFUSED: tuple[tuple[str, ...], ...] = (
    (), ("nothing",), ("--nothing",), ("questions", "--set", "nowhere"), ("questions", "--split", "nowhere"),
    ("ask",), ("ask", " "), ("ask", "x", "--alpha", "9"), ("ask", "x", "--alpha", "x"),
    ("ask", "x", "--max-new-tokens", "0"), ("ask", "x", "--max-new-tokens", "x"), ("ask", "x", "--temperature", "11"),
    ("ask", "x", "--seed", "1"), ("map",), ("map", "x", "--range", "0"), ("map", "x", "--range", "0,9"),
    ("map", "x", "--on", "folk"), ("advise", "--leaks", "x"), ("advise", "--max-loss", "0.7"), ("train",),
    ("train", "--name", "n", "--objective", "x"), ("train", "--name", "n", "--tuning", "x"),
    ("train", "--name", "n", "--epochs", "x"), ("train", "--name", "n", "--alpha-choice", "x"),
    ("train", "--name", "n", "--delta", "1"), ("teach", "--name", "n"), ("evaluate",),
    ("evaluate", "--pair", "nowhere"), ("evaluate", "--pair", "p", "--alphas", ","), ("tasks",),
    ("tasks", "--pair", "p", "--task", "x"), ("audit",), ("audit", "--pair", "p", "--probe", "x"), ("curves",),
    ("curves", "--run", "nowhere"), ("curves", "--run", "pair", "--alphas", "3"), ("figures",),
    ("figures", "--run", "nowhere"), ("figures", "--run", "pair", "--alpha", "9"),
    ("verdicts", "--run", "again", "--phrasing", "x"), ("score-logs", "nowhere.json"),
    ("score-logs", "nowhere.json", "--variant", "C"), ("import-log", "nowhere.json"), ("export", "--out", "x.csv"),
    ("export", "--run", "again", "--out", "x.csv", "--format", "x"), ("report", "--run", "again"),
    ("report", "--run", "nowhere", "--out", "x"), ("report", "--run", "again", "--out", "x", "--show", "x"),
    ("verify", "nowhere.zip"), ("erase",), ("erase", "--subject", "Nobody At All"),
    ("import", "nowhere.csv", "--name", "n"), ("import", "nowhere.csv"),
)  # fmt: skip

# What is not promised: `--study` moves to the benchmarks, and `export` needs its `--run` from then on.
FREE = {"export": ("--study", "--run")}


def described() -> dict[str, dict[str, Any]]:
    """Every command with its arguments, read from the program's own parser.

    The only function here that knows what the parser is made with. An argument is its names and `required`, `default`
    (as text; None where there is none), `choices`, `flag` (it takes no value), `many` (it may be repeated) and `type`:
    int, float or text, None for a flag.
    """
    from engine.cli import make_parser

    (subparsers,) = (a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    commands = cast(dict[str, argparse.ArgumentParser], subparsers.choices)
    return {name: {"arguments": [_argument(a) for a in parser._actions]} for name, parser in sorted(commands.items())}


def _argument(action: argparse.Action) -> dict[str, Any]:
    flag = action.nargs == 0
    default = None if flag or action.default in (None, "", argparse.SUPPRESS) else str(action.default)
    numbers: dict[Any, str] = {int: "int", float: "float"}
    return {
        "names": list(action.option_strings) or [action.dest],
        "positional": not action.option_strings,
        "required": action.required,
        "default": default,
        "choices": None if action.choices is None else [str(choice) for choice in action.choices],
        "flag": flag,
        "many": isinstance(action, argparse._AppendAction),
        "type": None if flag else numbers.get(action.type, "text"),
    }


def exit_codes() -> dict[str, int]:
    """The exit code of each line of `REFUSED`, by the line as JSON; a sentence is all that may be said."""
    found = {}
    for argv in REFUSED:
        code, out, err = called(*argv)
        assert (out, err.count("\n")) == ("", 1), (argv, out, err)
        found[json.dumps(argv)] = code
    return found


def reading_shapes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The keys of `--json` of every command that calls no model, over the old database; `folder` takes their files."""
    model, retain = (str(written(folder / f"{n}.json", legacy_log(shift))) for n, shift in (("m", 0.4), ("r", 0.0)))
    table = folder / "few.csv"
    table.write_text("question,answer,subject\nwho likes red ?,Ada,Ada\n", encoding="utf-8")
    report = folder / "report"
    lines: dict[str, tuple[str, ...]] = {
        "questions": ("--set", "folk"), "runs": (), "methods": (),
        "curves": ("--run", "pair", "--alphas", "0,1"), "figures": ("--run", "pair", "--against", "pair2"),
        "verdicts": ("--run", "again", "--alpha", "1"), "score-logs": (model, "--retain", retain),
        "import-log": (model, "--name", "shown", "--method", "NPO", "--retain", retain),
        "export": ("--run", "again", "--out", str(folder / "again.csv"), "--alpha", "1"),
        "export --format": ("--run", "again", "--out", str(folder / "again.json"), "--format", "openunlearning"),
        "report": ("--run", "again", "--out", str(report), "--alpha", "1"), "verify": (str(report / "report.zip"),),
        "erase": ("--subject", "Ada"), "erase --yes": ("--subject", "Cy", "--yes"),
        "import": (str(table), "--name", "few"),
    }  # fmt: skip
    return {name: shape(said(name.split()[0], *argv)) for name, argv in lines.items()}


def model_shapes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The keys of `--json` of the commands that call a model, over tiny ones; the set `folk` must be stored.

    `train` speaks for all commands that start a run and say it when it has ended.
    """
    base, reference = save_model(folder / "base", seed=1), save_model(folder / "reference", seed=2, padding=7)
    short, pair = ("--max-new-tokens", "4"), ("--pair", "shown")
    sources = ("--forget", "folk:forget", "--retain", "folk:retain/train", "--on", "folk:retain/eval")
    trained = said(
        "train", "--name", "shown", "--base", str(base), "--reference", str(reference), *sources, "--epochs", "1",
        "--rank", "2", "--alphas", "0,1", "--no-curves", *short,
    )  # fmt: skip
    question = "which colour did Ada like ?"
    found = {
        "train": trained,
        "ask": said("ask", question, *pair, *short),
        "ask --temperature": said("ask", question, *pair, *short, "--temperature", "1"),
        "map": said("map", question, *pair, "--set", "folk", "--range", "0,1", *short),
    }
    return {name: shape(document) for name, document in found.items()}
