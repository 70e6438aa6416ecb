"""`python -m engine score-logs`, `import-log` and `export`: evaluation logs in and out. Loads no model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.cli import basics
from engine.cli.command import Adder, Arguments, Command
from engine.evaluation.aggregates import FORGET_QUALITY
from engine.evaluation.logs.reading import STYLE_WORDS, Log, read_log
from engine.evaluation.logs.scores import AS_PUBLISHED, VARIANT_UNKNOWN, LogFigure, Scored, score_log
from engine.report import export as export_
from engine.settings import check_alpha
from engine.store import history
from engine.store.imported_logs import import_log as store_log
from engine.terminal import Printed

FORMATS = ("csv", "openunlearning")


def score_logs(arguments: Arguments) -> Printed:
    """Forget quality and model utility of a log. Stores nothing."""
    log = read_log(arguments.model)
    retain = None if arguments.retain is None else read_log(arguments.retain)
    found = score_log(log, retain, arguments.variant)
    quality, notes = found.forget_quality, [*log.notes, *found.notes]
    data = {
        "model": log.name,
        "retain": None if retain is None else retain.name,
        "style": log.style,
        "variant": found.variant,
        "rows": found.rows,
        "forget_quality": None if quality is None else quality.p_value,
        "forget_quality_reason": found.quality_reason,
        "statistic": None if quality is None else quality.statistic,
        "reference_rows": None if quality is None else quality.retain_rows,
        "model_utility": found.model_utility,
        "model_utility_reason": found.utility_reason,
        "figures": _rows(found.figures),
        "published": log.published,
        "notes": notes,
    }
    head = (
        f"{log.name}: {STYLE_WORDS[log.style]}, {found.rows} rows of the forget set, truth ratio in variant"
        f" {found.variant}"
    )
    return Printed(data, "\n".join([head, *_headline(found, log), _table(found.figures), *_noted(notes)]))


def _headline(found: Scored, log: Log) -> list[str]:
    quality, utility = found.forget_quality, found.model_utility
    said = found.quality_reason
    if quality is None and FORGET_QUALITY in log.published:
        said += f"; the log itself states {log.published[FORGET_QUALITY]:.4g}, {AS_PUBLISHED}, {VARIANT_UNKNOWN}"
    if quality is not None:
        said = (
            f"{quality.p_value:.4g}  p-value of a KS test against the retain reference, {quality.rows} rows against "
            f"{quality.retain_rows}; higher is better, and it depends on the number of rows"
        )
    return [
        f"forget quality  {said}",
        (
            "model utility  "
            f" {found.utility_reason if utility is None else f'{utility:.4f}  harmonic mean of nine; higher is better'}"
        ),
    ]


def import_log(arguments: Arguments) -> Printed:
    """Store what others published as a run of kind imported."""
    found = store_log(
        arguments.file,
        arguments.name,
        arguments.method,
        model=arguments.model,
        label=arguments.label,
        retain=arguments.retain,
    )
    data = {"run": found.name, "run_id": found.run_id, "figures": _rows(found.figures), "notes": list(found.notes)}
    head = f"run {found.run_id} ({found.name}) stored as imported: {len(found.figures)} figures that others published"
    return Printed(data, "\n".join([head, _table(found.figures), *_noted(found.notes)]))


def export(arguments: Arguments) -> Printed:
    """The report of a run as CSV, or the run as an OpenUnlearning log."""
    if arguments.format == "csv":
        return basics.export(arguments)
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    run = history.find_run(arguments.run)
    found = export_.export_log(run.id, arguments.out, alpha)
    data = {
        "run": run.name,
        "alpha": found.alpha,
        "rows": found.rows,
        "out": str(arguments.out),
        "format": arguments.format,
        "notes": list(found.notes),
    }
    head = f"{found.rows} questions at alpha {found.alpha:g} written to {arguments.out} as an OpenUnlearning log"
    return Printed(data, "\n".join([head, *_noted(found.notes)]))


def _rows(figures: Mapping[str, LogFigure]) -> list[dict[str, Any]]:
    return [{"name": name, **figure._asdict()} for name, figure in figures.items()]


def _table(figures: Mapping[str, LogFigure]) -> str:
    return "\n".join(f"{name:<24} {_words(figure)}" for name, figure in figures.items())


def _words(figure: LogFigure) -> str:
    between = "" if figure.low is None else f"  {figure.low:.4f} to {figure.high:.4f}"
    over = "" if figure.rows is None else f"  n = {figure.rows}"
    return f"{figure.value:.4g}{between}{over}" + (f"  ({figure.note})" if figure.note else "")


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"note: {note}" for note in notes]


def add_commands(add: Adder) -> None:
    """Hand the parsers of these commands to the program's; `add` makes one."""
    score = add(
        "score-logs",
        score_logs,
        "forget quality and model utility of an evaluation log (TOFU's or OpenUnlearning's)",
    )
    score.option("model", type=Path, metavar="MODEL.json")
    score.option("--variant", choices=("A", "B"), default="A", help="of the truth ratio (default: A)")
    _add_retain(score)

    stored = add("import-log", import_log, "store an evaluation log that others published, to stand beside own runs")
    stored.option("file", type=Path, metavar="FILE.json")
    stored.option("--name", required=True, help="name of the run that holds its figures")
    stored.option("--method", required=True, help="what was done, such as NPO")
    stored.option("--model", default="", help="the model it was done to, such as Llama-3.2-1B")
    stored.option("--label", default="", help="anything else that is to be said of it")
    _add_retain(stored)

    out = add("export", export, "write a run as a CSV report, or as an OpenUnlearning log")
    out.option("--run", required=True, help="name or number of a run")
    out.option("--out", required=True, type=Path, metavar="FILE", help="the file to write")
    out.option("--alpha", help="offset strength (default: the pair's recommended one)")
    out.option("--format", choices=FORMATS, default="csv", help="csv or openunlearning (default: csv)")


def _add_retain(command: Command) -> None:
    command.option(
        "--retain",
        type=Path,
        metavar="RETAIN.json",
        help="log of a model that never saw the forget set, over the same rows",
    )
