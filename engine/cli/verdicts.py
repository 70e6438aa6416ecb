"""`python -m engine verdicts`: what reviewers said of a run's answers, and every event behind it. Loads no model."""

from collections import Counter
from typing import Any

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.data.examples import Example
from engine.errors import StorageError
from engine.review import queue
from engine.review.queue import ReviewRow
from engine.review.verdicts import PHRASINGS, verdict_word
from engine.store import history
from engine.store.history import RunSummary
from engine.terminal import Printed
from engine.wording import named_run


@command("verdicts", "what reviewers said of a run's answers")
@options.run
@options.alpha
@click.option(
    "--phrasing",
    type=click.Choice(PHRASINGS),
    default=PHRASINGS[0],
    help="which phrasing of the questions (default: as asked)",
)
def verdicts(arguments: Arguments) -> Printed:
    """The verdicts that count at one alpha, stale and disputed ones marked, and the events of the run."""
    run = history.find_run(arguments.run)
    alpha = options.report_alpha(arguments.alpha, run.id)
    counts = queue.queue(run.id, alpha, phrasing=arguments.phrasing).counts
    rows = queue.report_verdicts(run.id, alpha, arguments.phrasing)
    given = [row for row in rows if row.verdict]
    # By question, so that they and those in dispute add up to those that are reviewed, however many reviewed one.
    agreed = {row.question_id: row.verdict for row in given if not row.stale and not row.disputed}
    said = dict(sorted(Counter(agreed.values()).items()))
    places = {place.question_id: place for place in history.question_places(run.id)}
    asked = [example for example, _ in history.asked(run.id)]
    if len(asked) != len(places):
        raise StorageError(f"run {run.id} asks a question whose set is not stored: the database is damaged")
    questions = dict(zip(places, asked, strict=True))
    data: dict[str, Any] = {
        "run": run.name,
        "run_number": run.id,
        "pair": run.pair,
        "alpha": alpha,
        "phrasing": arguments.phrasing,
        "counts": counts,
        "said": said,
        "verdicts": [
            {
                **row._asdict(),
                "created": row.created.isoformat() if row.created else None,
                "set": places[row.question_id].set,
                "position": places[row.question_id].position,
                "split": questions[row.question_id].split,
                "question": questions[row.question_id].question,
            }
            for row in given
        ],
        "events": [{**event._asdict(), "created": event.created.isoformat()} for event in queue.events_of_run(run.id)],
    }
    lines = [_title(run, alpha, counts, said)]
    lines += [_line(row, questions[row.question_id]) for row in given]
    return Printed(data, "\n".join(lines))


def _title(run: RunSummary, alpha: float, counts: dict[str, int], said: dict[str, int]) -> str:
    words = ", ".join(f"{number} {verdict_word(name)}" for name, number in said.items()) or "no verdict agreed"
    reviewed = counts["all"] - counts["unreviewed"]
    return (
        f"{named_run(run)}, pair {run.pair}, alpha {alpha:g}: {reviewed} of {counts['all']} questions"
        f" reviewed, {words}, {counts['disputed']} disputed"
    )


def _line(row: ReviewRow, asked: Example) -> str:
    """On one line whatever a note holds, and without what a terminal would obey."""
    marks = [f"stale: {row.stale}"] if row.stale else []
    marks += ["disputed"] if row.disputed else []
    note = f" | {row.note}" if row.note.strip() else ""
    when = f"{row.created:%Y-%m-%d %H:%M} UTC" if row.created else ""
    text = (
        f"{verdict_word(row.verdict, asked.split):<15} {row.reviewer}, {when} "
        f" {asked.question}{note}{''.join(f'  [{mark}]' for mark in marks)}"
    )
    return "".join(character if character.isprintable() else " " for character in text)
