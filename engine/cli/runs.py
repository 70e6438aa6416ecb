"""The commands that start a run and follow it to its end: `train`, `teach` and `evaluate`; what all such share."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.analysis.chosen_alpha import RULES
from engine.analysis.figures import with_intervals
from engine.analysis.remaining_leaks import LeakShare, leak_shares
from engine.bounds import Setting
from engine.cli.command import Adder, Arguments, Command
from engine.cli.unused_options import refuse_for_model_alone, refuse_unused
from engine.errors import RunError
from engine.kinds import EvaluateSpec, TeachSpec, TrainSpec
from engine.names import PUBLIC
from engine.runs import runner
from engine.runs.check import checked
from engine.runs.estimate import Estimate, estimate
from engine.runs.file_notes import file_notes
from engine.settings import FORMATS, parse_alphas
from engine.specification import DEMO_ASKED, ExperimentSpec
from engine.store import history
from engine.store.judged_by import rouge_note
from engine.store.questions import evaluation_sources
from engine.store.sources import SourcedSpec
from engine.terminal import Bar, Interrupts, Printed, say
from engine.training_settings import GENERAL, TrainingSettings
from engine.unlearning.settings_table import settings_of, settings_table

SHOWN_METRICS = ("rouge", "rouge_paraphrase", "leak", "probability")
TEACHING_OPTIONS = {"epochs": 10, "learning_rate": 1e-3, "batch_size": 8, "rank": 32, "seed": 0}
TEACHING_WORDS = {"epochs": "passes over the questions"}
SOURCE = f"SET:SPLIT, SET:SPLIT/HALF or a question file ({FORMATS})"


def train(arguments: Arguments) -> Printed:
    training = settings_of(vars(arguments))
    refuse_unused(arguments, training)
    retain = tuple(arguments.retain or ("demo:retain/train", "demo:world/train"))
    alphas = parse_alphas(arguments.alphas)
    if training.method == "guardrail" and "alphas" not in arguments.given:
        alphas = (0.0, 1.0)
    spec = TrainSpec(
        name=arguments.name,
        base=arguments.base,
        reference=arguments.reference,
        forget=arguments.forget,
        retain=retain,
        evaluate_on=tuple(arguments.on or evaluation_sources(arguments.forget, retain)),
        alphas=alphas,
        training=training,
        parent=arguments.parent,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return run_and_show(spec, arguments)


def teach(arguments: Arguments) -> Printed:
    training = TrainingSettings(**{name: getattr(arguments, name) for name in TEACHING_OPTIONS})
    spec = TeachSpec(
        name=arguments.name,
        base=arguments.start,
        retain=tuple(arguments.teach),
        retain_only_of=arguments.retain_only_of,
        evaluate_on=tuple(arguments.on or arguments.teach),
        training=training,
        max_new_tokens=arguments.max_new_tokens,
    )
    return run_and_show(spec, arguments)


def evaluate(arguments: Arguments) -> Printed:
    alphas = parse_alphas(arguments.alphas)
    refuse_for_model_alone(arguments, alphas)
    name = arguments.name or arguments.pair.rstrip("/").rpartition("/")[2].replace(":", "-")
    if not arguments.name and any(run.recorded and run.name == name for run in history.list_runs()):
        name = f"evaluate-{name}"  # the recorded run keeps its name to itself
    on = tuple(arguments.on or DEMO_ASKED)
    spec = EvaluateSpec(
        name=name,
        pair=arguments.pair,
        alphas=alphas,
        evaluate_on=on,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return run_and_show(spec, arguments)


def execute(spec: ExperimentSpec, arguments: Arguments) -> history.RunSummary:
    """Say what a run will take, start it, wait for its end with a bar; Ctrl-C cancels it. `RunError` unless it
    finishes.
    """
    with Interrupts() as interrupts:
        sourced = checked(SourcedSpec(spec))
        if not arguments.json:
            say("\n".join((_estimate_words(estimate(sourced)), *file_notes(sourced))))
        run_id = runner.enqueue(sourced)
        with Bar() as bar:
            for summary in runner.follow(run_id):
                if interrupts.take():
                    runner.cancel(run_id)
                bar(summary.progress or 0.0, summary.stage or summary.status)
    if summary.status != "finished":
        raise RunError(f"run {run_id} ({spec.name}) was {_ended(summary)}")
    return summary


def run_and_show(spec: ExperimentSpec, arguments: Arguments) -> Printed:
    """Execute a run; what it found."""
    summary = execute(spec, arguments)
    run_id = summary.id
    if spec.facts.finds == "map":
        asked = len(history.asked(run_id))
        return Printed({**run_data(summary), "questions": asked}, f"run {run_id} finished: {asked} questions mapped")
    means = history.trade_off([run_id])
    means = means[means["metric"].isin(SHOWN_METRICS) & (means["count"] > 0)]
    columns = ["alpha", "set", "split", "half", "metric", "mean", "low", "high", "count"]
    means = with_intervals(means)
    table = means[columns].to_string(index=False, float_format="{:.3f}".format, na_rep="n/a")
    shares = leak_shares(run_id)
    detail = history.run_detail(run_id)
    rule, reads = detail.versions.get(history.LEAK_RULE, ""), rouge_note(detail)
    known = means[columns].astype(object).where(means[columns].notna(), None)  # JSON has no NaN
    data = {
        "means": known.to_dict("records"),
        "leaks": [row._asdict() for row in shares],
        "leak_rule": rule,
        "rouge_words": reads,
    }
    lines = [
        f"run {run_id} finished: means, with the ends of their 95 % intervals over persons",
        table,
        "",
        *_leak_words(shares),
        rule,
        *filter(None, [reads]),
    ]
    return Printed({**run_data(summary), **data}, "\n".join(lines))


def _estimate_words(guess: Estimate) -> str:
    disk = f"{guess.disk_bytes / 1e9:.1f} GB of disk while it runs, " if guess.disk_bytes else ""
    return f"estimate: {max(1, round(guess.seconds / 60))} min, {disk}{guess.memory_bytes / 1e9:.1f} GB of memory"


def _leak_words(shares: Sequence[LeakShare]) -> list[str]:
    """Leak shares per split, half and alpha beside their floor where it is known."""
    lines = []
    for (split, half), group in itertools.groupby(
        sorted(shares, key=lambda row: (row.split, row.half, row.alpha)), lambda row: (row.split, row.half)
    ):
        part = list(group)
        at = ", ".join(f"{row.share:.0%} at alpha {row.alpha:g}" for row in part)
        asked, floor = part[0].questions, part[0].floor
        known = "not known" if floor is None else f"{floor:.0%} ({part[0].floor_questions} of {asked} questions)"
        where = "/".join(filter(None, (split, half))) or "all questions"
        lines.append(f"leaks, {where}: {at}; floor, a retain-only model: {known}")
    return lines


def _ended(summary: history.RunSummary) -> str:
    words = {"failed": "not finished", "cancelled": "cancelled", "interrupted": "interrupted"}
    return f"{words[summary.status]}: {summary.message}" if summary.message else words[summary.status]


def run_data(run: history.RunSummary) -> dict[str, Any]:
    """Plain JSON values; times as ISO 8601 in UTC."""
    data: dict[str, Any] = {}
    for name, value in run._asdict().items():
        if hasattr(value, "isoformat"):
            value = value.isoformat()
        elif isinstance(value, float) and not math.isfinite(value):
            value = None
        data[name] = list(value) if isinstance(value, tuple) else value
    return data


def add_commands(add: Adder) -> None:
    """Hand the parsers of these commands to the program's; `add` makes one."""
    _add_train(add)
    _add_teach(add)
    _add_evaluate(add)


def _add_train(add: Adder) -> None:
    parser = add("train", train, "train a pair and evaluate it")
    parser.option("--name", required=True, help="name of the run and of the pair it makes")
    parser.option("--base", default="demo", help="demo, a model folder, a GGUF file or a hub name")
    parser.option("--reference", default="demo", help="the same, for the small model")
    parser.option("--forget", default="demo:forget", metavar="SOURCE", help=f"what to forget, {SOURCE}")
    parser.option("--retain", multiple=True, metavar="SOURCE", help="what to keep; may be repeated")
    parser.option("--on", multiple=True, metavar="SOURCE", help="what to evaluate; may be repeated")
    for setting in settings_table().values():
        _add_setting(parser, setting)
    parser.option("--alphas", default="0,0.5,1", help="strengths to evaluate at (training is at 1)")
    _add_alpha_choice(parser)
    add_answer_limit(parser)
    _add_curves(parser)
    parser.option("--parent", default="", metavar="PAIR", help="the pair that this one succeeds")


def _add_teach(add: Adder) -> None:
    parser = add("teach", teach, "teach a model questions by name: a base, or the retain-only model of one")
    parser.option("--name", required=True, help="name of the run and of the model it makes")
    parser.option(
        "--start",
        default=PUBLIC,
        help=f"the model to teach, as for train --base (default: {PUBLIC}, the demo's untaught)",
    )
    parser.option(
        "--teach", multiple=True, required=True, metavar="SOURCE", help=f"what to teach, {SOURCE}; may be repeated"
    )
    parser.option("--on", multiple=True, metavar="SOURCE", help="what to evaluate (default: what was taught)")
    parser.option(
        "--retain-only-of",
        default="",
        metavar="BASE",
        help="the base whose gold reference this is: teach it all that BASE was taught, but not the forget set",
    )
    for name, default in TEACHING_OPTIONS.items():
        words = TEACHING_WORDS.get(name, GENERAL[name].help)
        _add_setting(parser, replace(GENERAL[name], default=default, help=words))
    add_answer_limit(parser)


def _add_setting(parser: Command, setting: Setting) -> None:
    metavar = {int: "N", float: "X"}.get(setting.type)
    parser.option(setting.option, type=setting.type, default=setting.default, metavar=metavar, help=setting.explained)


def _add_evaluate(add: Adder) -> None:
    parser = add("evaluate", evaluate, "evaluate a pair at several strengths")
    parser.option("--pair", required=True, help="name or folder of a pair; base:demo and retain-only:demo too")
    parser.option("--alphas", default="0,0.5,1", help="strengths, as 0,0.5,1; 0 is always among them")
    _add_alpha_choice(parser)
    parser.option("--on", multiple=True, metavar="SOURCE", help=f"what to ask, {SOURCE}; may be repeated")
    add_answer_limit(parser)
    _add_curves(parser)
    parser.option("--name", help="name of the run (default: the pair's; evaluate-PAIR where that is a recorded run)")


def add_answer_limit(command: Command) -> None:
    command.option(
        "--max-new-tokens",
        type=int,
        default=64,
        metavar="N",
        help="answers are cut after so many tokens, 1 to 512 (default: 64; TOFU's published figures use 200)",
    )


def _add_alpha_choice(command: Command) -> None:
    words = "; ".join(f"{name}: {rule}" for name, rule in RULES.items())
    command.option(
        "--alpha-choice",
        choices=tuple(RULES),
        default="recommended",
        help=f"at which of these the run is judged where one is asked for. {words} (default: recommended)",
    )


def _add_curves(command: Command) -> None:
    command.option(
        "--no-curves",
        is_flag=True,
        help=(
            "read true answers at the alphas named and not between them: quicker, above all where a pair ruins its"
            " answers"
        ),
    )
