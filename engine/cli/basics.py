"""`demo`, `questions`, `ask`, `map`, `runs`, `export` and `import`: each takes the parsed arguments and returns what
is to be printed.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.analysis import chosen_alpha
from engine.cli.command import Arguments
from engine.cli.runs import run_and_show, run_data
from engine.cli.unused_options import refuse_given
from engine.data.cells import is_visible
from engine.data.examples import Example
from engine.errors import DataError, SettingError
from engine.kinds import MapSpec
from engine.report import export as exported
from engine.runs import runner
from engine.settings import check_alpha, check_range
from engine.store import history, recorded_runs
from engine.store.questions import import_set, known_question, sort_demo
from engine.store.sources import examples_of
from engine.terminal import Bar, Printed

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

MAX_TEMPERATURE = 10.0


def demo(arguments: Arguments) -> Printed:
    from engine.models.demo import fetch_demo

    with Bar() as bar:
        if arguments.rebuild:
            from engine.runs.demo.rebuild import rebuild_demo

            rebuild_demo(bar)
        else:
            fetch_demo(bar)
    runs = recorded_runs.import_demo_run()
    names = [history.run_detail(run_id).summary.name for run_id in runs]
    gone = sort_demo()
    data = {"ready": True, "runs": names, "erased_questions": len(gone.gone)}
    words = f"the demo is ready; recorded runs: {', '.join(names) or 'none'}"
    return Printed(data, "; ".join(filter(None, (words, gone.words))))


def questions(arguments: Arguments) -> Printed:
    source = f"{arguments.set}:{arguments.split}" if arguments.split else arguments.set
    examples = examples_of(source)
    if not examples:
        raise DataError(f"{source} holds no questions")
    return Printed([_shown(e) for e in examples], "\n".join(f"{e.question}\t{e.answer}" for e in examples))


def _shown(example: Example) -> dict[str, Any]:
    fields = asdict(example)
    del fields["training_questions"]  # phrasings for teaching the base, no questions of the set
    return fields


def ask(arguments: Arguments) -> Printed:
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    if not is_visible(arguments.question):
        raise SettingError(f"the question must hold some text that can be seen, got {arguments.question[:40]!r}")
    _check_tokens(arguments.max_new_tokens)
    if not 0 <= arguments.temperature <= MAX_TEMPERATURE:
        raise SettingError(f"temperature must be between 0 and {MAX_TEMPERATURE:g}, got {arguments.temperature}")
    if not 0 <= arguments.seed < 2**31:
        raise SettingError(f"seed must be between 0 and {2**31 - 1}, got {arguments.seed}")
    if not arguments.temperature:
        refuse_given(arguments, {"seed": "at temperature 0 nothing is drawn"})
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


def _answer(pair: "LoadedPair", arguments: Arguments, alpha: float) -> str:
    """Greedy, or drawn with the seed where a temperature is asked for."""
    from engine.decoding.answers import answer_questions, stream_answers

    question, limit = arguments.question, arguments.max_new_tokens
    if not arguments.temperature:
        return answer_questions(pair, [question], alpha, limit)[0].text
    *_, last = stream_answers(pair, question, [alpha], limit, arguments.temperature, arguments.seed)
    return last[0].text


def map_alphas(arguments: Arguments) -> Printed:
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
        refuse_given(arguments, {"set": "with --on every question is judged by its own set"})
        name = arguments.name or f"map-{Path(arguments.pair).name.replace(':', '-')}"
        spec = MapSpec(
            name=name,
            pair=arguments.pair,
            alphas=(low, high),
            evaluate_on=tuple(arguments.on),
            max_new_tokens=arguments.max_new_tokens,
        )
        return run_and_show(spec, arguments)
    if not is_visible(arguments.question or ""):
        raise SettingError("map needs a question that holds some text that can be seen, or --on SOURCE")
    refuse_given(arguments, {"name": "one question is mapped without a run"})
    from engine.evaluation.leak_rule import find_leak
    from engine.models.loading import load_pair
    from engine.store.maps import map_question

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


def runs(_: Arguments) -> Printed:
    runner.tend()
    found = history.list_runs()
    lines = [
        f"{run.id:>4}  {run.status:<12} {run.kind:<9} {run.name:<24} {run.pair:<20} {run.created:%Y-%m-%d %H:%M} UTC"
        for run in found
    ]
    return Printed(
        [run_data(run) for run in found], "\n".join(lines) or "no runs yet: `python -m engine demo` stores the first"
    )


def export(arguments: Arguments) -> Printed:
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    run = history.find_run(arguments.run)
    rows = exported.export_run(run.id, arguments.out, alpha)
    strength = chosen_alpha.report_alpha(run.id) if alpha is None else alpha
    data = {"run": run.name, "alpha": strength, "rows": rows, "out": str(arguments.out)}
    return Printed(data, f"{rows} rows at alpha {strength:g} written to {arguments.out}")


def import_file(arguments: Arguments) -> Printed:
    found = import_set(arguments.file, arguments.name, split=arguments.split)
    merged = f", {found.merged} identical rows merged" if found.merged else ""
    notes = "".join(f"\n{note}" for note in (*found.mapping, *found.notes))
    return Printed(found._asdict(), f"set {found.name} stored: {found.questions} questions{merged}{notes}")
