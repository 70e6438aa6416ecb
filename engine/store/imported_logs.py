"""Published results, stored: a log as a run of kind `imported`, its aggregates as figures. Loads no model."""

from pathlib import Path
from typing import NamedTuple

from db import writes
from db.reads import runs
from db.rows import FigureRow
from engine.errors import RunError, SettingError
from engine.evaluation.logs.reading import STYLE_WORDS, Log, read_log
from engine.evaluation.logs.scores import LogFigure, all_figures
from engine.kinds import ImportedSpec
from engine.store.session import writing

NO_ALPHA = 0.0  # as for every model alone
LONGEST = {"method": 120, "model": 120, "label": 200}


class ImportedLog(NamedTuple):
    """What an import stored."""

    run_id: int
    name: str
    figures: dict[str, LogFigure]
    notes: tuple[str, ...]


def import_log(
    path: Path, name: str, method: str, *, model: str = "", label: str = "", retain: Path | None = None
) -> ImportedLog:
    """Store the figures of a log as an imported run called `name`.

    `method`, `model` and `label` are what a person says of it: the log names none of them. `retain`: the log of a model
    that never saw the forget set. `DataError` for a log that cannot be used, `RunError` where the name is taken.
    """
    for what, text in (("method", method), ("model", model), ("label", label)):
        _check_text(what, text)
    spec = ImportedSpec(name=name, base=model.strip())
    log, retain_log = read_log(path), None if retain is None else read_log(retain)
    figures, notes = all_figures(log, retain_log)
    with writing() as session:
        taken = [row.id for row in runs.runs(session) if row.kind == spec.kind and row.name == name]
        if taken:
            raise RunError(f"an imported run is called {name!r} already (run {taken[0]}); choose another name")
        now = writes.now()
        run_id = writes.add_run(
            session,
            name=name,
            kind=spec.kind,
            status="finished",
            spec=spec.to_json(),
            base=spec.base,
            pair_name="",
            objective=method.strip(),
            seed=0,
            started=now,
            finished=now,
            progress=1.0,
            versions=_source(log, retain_log, label.strip(), notes),
        )
        writes.add_figures(session, run_id, [FigureRow(NO_ALPHA, key, *figure) for key, figure in figures.items()])
    return ImportedLog(run_id, name, figures, tuple(notes))


def _check_text(what: str, text: str) -> None:
    if what == "method" and not text.strip():
        raise SettingError("method must name what was done, such as NPO, got an empty text")
    if len(text) > LONGEST[what] or not text.isprintable():
        raise SettingError(f"{what} must be at most {LONGEST[what]} printable letters, got {text[:40]!r}")


def _source(log: Log, retain_log: Log | None, label: str, notes: list[str]) -> dict[str, str]:
    """The origin of the figures, kept where other runs keep the versions their figures depend on."""
    known = {
        "imported from": log.name,
        "sha256": log.sha256,
        "read as": STYLE_WORDS[log.style],
        "label": label,
        **{f"made by: {name}": text for name, text in log.origin.items()},
        "retain reference": "" if retain_log is None else f"{retain_log.name} ({retain_log.sha256[:16]})",
        "notes": "; ".join(notes),
    }
    return {key: value for key, value in known.items() if value}
