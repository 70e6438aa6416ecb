"""What the command line promises: names, options, defaults and choices; exit codes; the keys of `--json`."""

import json
from pathlib import Path
from typing import Any

import click

from tests.kept.doors import called, said, shape
from tests.logs import legacy_log, written
from tests.tiny import save_model

# Command lines that must be refused with exit code 2, nothing on standard output and one line on standard error.
REFUSED: tuple[tuple[str, ...], ...] = (
    (),
    ("nothing",),
    ("--nothing",),
    ("questions", "--set", "nowhere"),
    ("questions", "--split", "nowhere"),
    ("ask",),
    ("ask", " "),
    ("ask", "x", "--alpha", "9"),
    ("ask", "x", "--alpha", "x"),
    ("ask", "x", "--max-new-tokens", "0"),
    ("ask", "x", "--max-new-tokens", "x"),
    ("ask", "x", "--temperature", "11"),
    ("ask", "x", "--seed", "1"),
    ("map",),
    ("map", "x", "--range", "0"),
    ("map", "x", "--range", "0,9"),
    ("map", "x", "--on", "folk"),
    ("advise", "--leaks", "x"),
    ("advise", "--max-loss", "0.7"),
    ("train",),
    ("train", "--name", "n", "--objective", "x"),
    ("train", "--name", "n", "--tuning", "x"),
    ("train", "--name", "n", "--epochs", "x"),
    ("train", "--name", "n", "--alpha-choice", "x"),
    ("train", "--name", "n", "--delta", "1"),
    ("teach", "--name", "n"),
    ("evaluate",),
    ("evaluate", "--pair", "nowhere"),
    ("evaluate", "--pair", "p", "--alphas", ","),
    ("tasks",),
    ("tasks", "--pair", "p", "--task", "x"),
    ("audit",),
    ("audit", "--pair", "p", "--probe", "x"),
    ("curves",),
    ("curves", "--run", "nowhere"),
    ("curves", "--run", "pair", "--alphas", "3"),
    ("figures",),
    ("figures", "--run", "nowhere"),
    ("figures", "--run", "pair", "--alpha", "9"),
    ("verdicts", "--run", "again", "--phrasing", "x"),
    ("score-logs", "nowhere.json"),
    ("score-logs", "nowhere.json", "--variant", "C"),
    ("import-log", "nowhere.json"),
    ("export", "--out", "x.csv"),
    ("export", "--run", "again", "--out", "x.csv", "--format", "x"),
    ("report", "--run", "again"),
    ("report", "--run", "nowhere", "--out", "x"),
    ("report", "--run", "again", "--out", "x", "--show", "x"),
    ("verify", "nowhere.zip"),
    ("erase",),
    ("erase", "--subject", "Nobody At All"),
    ("import", "nowhere.csv", "--name", "n"),
    ("import", "nowhere.csv"),
)

# What is not promised: `--study` moves to the benchmarks, and `export` needs its `--run` from then on.
FREE = {"export": ("--study", "--run")}


def described() -> dict[str, dict[str, Any]]:
    """Every command with its arguments, read from the program's own parser.

    The only function here that knows what the parser is made with. An argument is its names and `required`, `default`
    (as text; None where there is none), `choices`, `flag` (it takes no value), `many` (it may be repeated) and `type`:
    int, float or text, None for a flag.
    """
    from engine.cli.main import make_program

    found = {}
    for name, command in sorted(make_program().commands.items()):
        context = click.Context(command, info_name=name, help_option_names=["-h", "--help"])
        found[name] = {"arguments": [_argument(one) for one in command.get_params(context)]}
    return found


def _argument(one: click.Parameter) -> dict[str, Any]:
    flag, default = isinstance(one, click.Option) and one.is_flag, one.to_info_dict()["default"]
    return {
        "names": list(one.opts),
        "positional": isinstance(one, click.Argument),
        "required": one.required,
        "default": None if flag or default in (None, "") else str(default),
        "choices": [str(choice) for choice in one.type.choices] if isinstance(one.type, click.Choice) else None,
        "flag": flag,
        "many": one.multiple,
        "type": None if flag else {click.INT: "int", click.FLOAT: "float"}.get(one.type, "text"),
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
        "questions": ("--set", "folk"),
        "runs": (),
        "methods": (),
        "curves": ("--run", "pair", "--alphas", "0,1"),
        "figures": ("--run", "pair", "--against", "pair2"),
        "verdicts": ("--run", "again", "--alpha", "1"),
        "score-logs": (model, "--retain", retain),
        "import-log": (model, "--name", "shown", "--method", "NPO", "--retain", retain),
        "export": ("--run", "again", "--out", str(folder / "again.csv"), "--alpha", "1"),
        "export --format": ("--run", "again", "--out", str(folder / "again.json"), "--format", "openunlearning"),
        "report": ("--run", "again", "--out", str(report), "--alpha", "1"),
        "verify": (str(report / "report.zip"),),
        "erase": ("--subject", "Ada"),
        "erase --yes": ("--subject", "Cy", "--yes"),
        "import": (str(table), "--name", "few"),
    }
    return {name: shape(said(name.split()[0], *argv)) for name, argv in lines.items()}


def model_shapes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The keys of `--json` of the commands that call a model, over tiny ones; the set `folk` must be stored.

    `train` speaks for all commands that start a run and say it when it has ended.
    """
    base, reference = save_model(folder / "base", seed=1), save_model(folder / "reference", seed=2, padding=7)
    short, pair = ("--max-new-tokens", "4"), ("--pair", "shown")
    sources = ("--forget", "folk:forget", "--retain", "folk:retain/train", "--on", "folk:retain/eval")
    trained = said(
        "train",
        "--name",
        "shown",
        "--base",
        str(base),
        "--reference",
        str(reference),
        *sources,
        "--epochs",
        "1",
        "--rank",
        "2",
        "--alphas",
        "0,1",
        "--no-curves",
        *short,
    )
    question = "which colour did Ada like ?"
    found = {
        "train": trained,
        "ask": said("ask", question, *pair, *short),
        "ask --temperature": said("ask", question, *pair, *short, "--temperature", "1"),
        "map": said("map", question, *pair, "--set", "folk", "--range", "0,1", *short),
    }
    return {name: shape(document) for name, document in found.items()}
