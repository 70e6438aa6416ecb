"""The commands of `python -m engine`: each takes the parsed arguments and returns what is to be printed."""

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import experiment, history, recorded_runs, runner
from engine.data.examples import Example
from engine.errors import DataError, RunError, SettingError
from engine.estimate import Estimate
from engine.figures import with_intervals
from engine.questions import evaluation_sources, examples_of, known_question, sort_demo
from engine.remaining_leaks import LeakShare, leak_shares
from engine.settings import ExperimentSpec, TrainingSettings, check_alpha, check_range, parse_alphas
from engine.terminal import Bar, Interrupts, Printed

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

MAX_TEMPERATURE = 10.0
SHOWN_METRICS = ("rouge", "rouge_paraphrase", "leak", "probability")
TRAINING_OPTIONS = {
    "epochs": "at most this many passes over the forget set",
    "learning_rate": "AdamW's",
    "batch_size": "questions per batch",
    "rank": "of a LoRA; the width of a P-Adapter",
    "retain_batches": "retain batches per forget batch",
    "forget_weight": "weight of the loss on the forget questions",
    "retain_weight": "weight of the retain term",
    "beta": "sharpness of npo, simnpo and dpo",
    "delta": "margin of simnpo, in nats per answer token",
    "target_forget_probability": "training stops at this probability per answer token of the forget set",
    "clip_norm": "largest norm of a gradient",
    "seed": "the same seed and settings give the same pair",
}


Command = Callable[[argparse.Namespace], Printed]


def demo(arguments: argparse.Namespace) -> Printed:
    from engine.demo import fetch_demo

    with Bar() as bar:
        if arguments.rebuild:
            from engine.rebuild import rebuild_demo

            rebuild_demo(bar)
        else:
            fetch_demo(bar)
    runs = recorded_runs.import_demo_run()
    names = [history.run_detail(run_id).summary.name for run_id in runs]
    gone = sort_demo()
    data = {"ready": True, "runs": names, "erased_questions": len(gone.gone)}
    words = f"the demo is ready; recorded runs: {', '.join(names) or 'none'}"
    return Printed(data, "; ".join(filter(None, (words, gone.words))))


def questions(arguments: argparse.Namespace) -> Printed:
    source = f"{arguments.set}:{arguments.split}" if arguments.split else arguments.set
    examples = examples_of(source)
    if not examples:
        raise DataError(f"{source} holds no questions")
    return Printed([_shown(e) for e in examples], "\n".join(f"{e.question}\t{e.answer}" for e in examples))


def _shown(example: Example) -> dict[str, Any]:
    fields = asdict(example)
    del fields["training_questions"]  # phrasings for teaching the base, no questions of the set
    return fields


def ask(arguments: argparse.Namespace) -> Printed:
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    if not arguments.question.strip():
        raise SettingError("the question must hold some text, got an empty one")
    _check_tokens(arguments.max_new_tokens)
    if not 0 <= arguments.temperature <= MAX_TEMPERATURE:
        raise SettingError(f"temperature must be between 0 and {MAX_TEMPERATURE:g}, got {arguments.temperature}")
    if not 0 <= arguments.seed < 2**31:
        raise SettingError(f"seed must be between 0 and {2**31 - 1}, got {arguments.seed}")
    from engine.models.loading import load_pair

    with Bar() as bar:
        pair = load_pair(arguments.pair, lambda stage: bar(0.1, stage))
        strength = pair.manifest.recommended_alpha if alpha is None else alpha
        bar(0.7, "answering")
        # One after the other: what is printed is then exactly what either gives alone.
        base, unlearned = (_answer(pair, arguments, value) for value in (0.0, strength))
    data = {"question": arguments.question, "alpha": strength, "base": base, "unlearned": unlearned}
    if arguments.temperature:
        data |= {"temperature": arguments.temperature, "seed": arguments.seed}
    return Printed(data, f"base             {base}\nalpha {strength:<10g} {unlearned}")


def _check_tokens(limit: int) -> None:
    if not 1 <= limit <= 512:
        raise SettingError(f"max-new-tokens must be between 1 and 512, got {limit}")


def _answer(pair: "LoadedPair", arguments: argparse.Namespace, alpha: float) -> str:
    """Greedy, or drawn with the seed where a temperature is asked for."""
    from engine.decoding.answers import answer_questions, stream_answers

    question, limit = arguments.question, arguments.max_new_tokens
    if not arguments.temperature:
        return answer_questions(pair, [question], alpha, limit)[0].text
    *_, last = stream_answers(pair, question, [alpha], limit, arguments.temperature, arguments.seed)
    return last[0].text


def map_alphas(arguments: argparse.Namespace) -> Printed:
    """Every greedy answer over a range of alpha, of one question or, in a run, of whole sets.

    Judged where the question is one of a set, by the set's own terms.
    """
    bounds = arguments.range.split(",")
    if len(bounds) != 2:
        raise SettingError(f"range must be LOW,HIGH, such as 0,2, got {arguments.range!r}")
    low, high = check_range(*bounds)
    _check_tokens(arguments.max_new_tokens)
    if arguments.on:
        if arguments.question:
            raise SettingError("map takes a question or --on SOURCE, not both")
        name = arguments.name or f"map-{Path(arguments.pair).name.replace(':', '-')}"
        spec = ExperimentSpec(
            kind="map", name=name, pair=arguments.pair, alphas=(low, high), evaluate_on=tuple(arguments.on),
            max_new_tokens=arguments.max_new_tokens,
        )  # fmt: skip
        return _execute(spec, arguments)
    if not (arguments.question or "").strip():
        raise SettingError("map needs a question that holds some text, or --on SOURCE")
    from engine.audit.leaks import find_leak
    from engine.maps import map_question
    from engine.models.loading import load_pair

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


def train(arguments: argparse.Namespace) -> Printed:
    training = TrainingSettings(
        objective=arguments.objective,
        method=arguments.method,
        retain_term=arguments.retain_term,
        tuning=arguments.tuning,
        **{setting: getattr(arguments, setting) for setting in TRAINING_OPTIONS},
    )
    retain = tuple(arguments.retain or ("demo:retain/train", "demo:world/train"))
    spec = ExperimentSpec(
        kind="train",
        name=arguments.name,
        base=arguments.base,
        reference=arguments.reference,
        forget=arguments.forget,
        retain=retain,
        evaluate_on=tuple(arguments.on or evaluation_sources(arguments.forget, retain)),
        alphas=(0.0, 1.0) if training.method == "guardrail" else parse_alphas(arguments.alphas),
        training=training,
        parent=arguments.parent,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return _execute(spec, arguments)


TEACHING_OPTIONS = {"epochs": 10, "learning_rate": 1e-3, "batch_size": 8, "rank": 32, "seed": 0}


def teach(arguments: argparse.Namespace) -> Printed:
    training = TrainingSettings(**{name: getattr(arguments, name) for name in TEACHING_OPTIONS})
    spec = ExperimentSpec(
        kind="teach",
        name=arguments.name,
        base=arguments.start,
        retain=tuple(arguments.teach),
        retain_only_of=arguments.retain_only_of,
        evaluate_on=tuple(arguments.on or arguments.teach),
        alphas=(0.0,),
        training=training,
        max_new_tokens=arguments.max_new_tokens,
    )
    return _execute(spec, arguments)


def evaluate(arguments: argparse.Namespace) -> Printed:
    alphas = parse_alphas(arguments.alphas)
    name = arguments.name or arguments.pair.rstrip("/").rpartition("/")[2].replace(":", "-")
    if not arguments.name and any(run.recorded and run.name == name for run in history.list_runs()):
        name = f"evaluate-{name}"  # the recorded run keeps its name to itself
    on = tuple(arguments.on or ExperimentSpec.evaluate_on)
    spec = ExperimentSpec(
        kind="evaluate",
        name=name,
        pair=arguments.pair,
        alphas=alphas,
        evaluate_on=on,
        max_new_tokens=arguments.max_new_tokens,
        curves=not arguments.no_curves,
        alpha_choice=arguments.alpha_choice,
    )
    return _execute(spec, arguments)


def execute(spec: ExperimentSpec, arguments: argparse.Namespace) -> history.RunSummary:
    """Start a run, say what it will take, wait for its end with a bar; Ctrl-C cancels it. `RunError` unless it finishes."""
    with Interrupts() as interrupts:
        run_id = runner.start(spec)
        if not arguments.json:
            print(_estimate_words(runner.estimate(spec)), file=sys.stderr)
        with Bar() as bar:
            for summary in runner.follow(run_id):
                if interrupts.take():
                    runner.cancel(run_id)
                bar(summary.progress or 0.0, summary.stage or summary.status)
    if summary.status != "finished":
        raise RunError(f"run {run_id} ({spec.name}) was {_ended(summary)}")
    return summary


def _execute(spec: ExperimentSpec, arguments: argparse.Namespace) -> Printed:
    """Execute a run; what it found."""
    summary = execute(spec, arguments)
    run_id = summary.id
    if spec.kind == "map":
        asked = len(history.asked(run_id))
        return Printed({**run_data(summary), "questions": asked}, f"run {run_id} finished: {asked} questions mapped")
    means = history.trade_off([run_id])
    means = means[means["metric"].isin(SHOWN_METRICS) & (means["count"] > 0)]
    columns = ["alpha", "set", "split", "half", "metric", "mean", "low", "high", "count"]
    means = with_intervals(run_id, means)
    table = means[columns].to_string(index=False, float_format="{:.3f}".format, na_rep="n/a")
    shares = leak_shares(run_id)
    rule = history.run_detail(run_id).versions.get(history.LEAK_RULE, "")
    known = means[columns].astype(object).where(means[columns].notna(), None)  # JSON has no NaN
    data = {"means": known.to_dict("records"), "leaks": [row._asdict() for row in shares], "leak_rule": rule}
    lines = [
        f"run {run_id} finished: means, with the ends of their 95 % intervals over persons",
        table,
        "",
        *_leak_words(shares),
        rule,
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


def runs(_: argparse.Namespace) -> Printed:
    runner.tend()
    found = history.list_runs()
    lines = [
        f"{run.id:>4}  {run.status:<12} {run.kind:<9} {run.name:<24} {run.pair:<20} {run.created:%Y-%m-%d %H:%M} UTC"
        for run in found
    ]
    return Printed(
        [run_data(run) for run in found], "\n".join(lines) or "no runs yet: `python -m engine demo` stores the first"
    )


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


def export(arguments: argparse.Namespace) -> Printed:
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    run = history.find_run(arguments.run)
    rows = experiment.export_run(run.id, arguments.out, alpha)
    strength = experiment.report_alpha(run.id) if alpha is None else alpha
    data = {"run": run.name, "alpha": strength, "rows": rows, "out": str(arguments.out)}
    return Printed(data, f"{rows} rows at alpha {strength:g} written to {arguments.out}")


def import_file(arguments: argparse.Namespace) -> Printed:
    found = experiment.import_set(arguments.file, arguments.name, split=arguments.split)
    merged = f", {found.merged} identical rows merged" if found.merged else ""
    notes = "".join(f"\n{note}" for note in found.notes)
    return Printed(found._asdict(), f"set {found.name} stored: {found.questions} questions{merged}{notes}")
