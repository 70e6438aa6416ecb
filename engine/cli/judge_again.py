"""`python -m engine judge-again`: stored answers of a run judged anew, without a model."""

from typing import Any

import click

from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import execute, run_data
from engine.review.judged_again import VERDICTS_STAY, ChangedJudgement, judged_again
from engine.runs.kinds.judge import judge_spec
from engine.store import history
from engine.terminal import Printed
from engine.wording import named_run


@command("judge-again", "judge a run's stored answers again, by today's leak rule or other key terms")
@click.argument("run")
@click.option(
    "--key-terms",
    multiple=True,
    metavar="SOURCE",
    help=f"questions with other key terms, {options.SOURCE}; may be repeated (default: those of the run)",
)
@click.option("--name", default="", help="name of the new run (default: RUN-again)")
def judge_again(arguments: Arguments) -> Printed:
    """RUN is the name or number of a finished run. It stays as it is; the new run lists what changed."""
    spec = judge_spec(history.find_run(arguments.run).id, arguments.key_terms, arguments.name)
    summary = execute(spec, arguments)
    found = judged_again(summary.id)
    assert found is not None  # it has just judged another's answers
    data: dict[str, Any] = {
        **run_data(summary),
        "judged_from": found.judged_from,
        "judged": found.judged,
        "other_terms": found.other_terms,
        "changed": [item._asdict() for item in found.changed],
    }
    head = f"{named_run(summary)} judged the answers of run {found.judged_from} again. {found.words}"
    lines = [head, *(line for item in found.changed for line in _lines(item)), VERDICTS_STAY]
    return Printed(data, "\n".join(lines))


def _lines(item: ChangedJudgement) -> list[str]:
    where = f"α = {item.alpha:g}" + (", in other words" if item.phrasing == "paraphrase" else "")
    terms = f"{', '.join(item.terms_before) or 'none'} → {', '.join(item.terms_after) or 'none'}"
    same = item.terms_before == item.terms_after
    return [
        f"{item.before} → {item.after}: {item.question} ({where})",
        f"    {item.answer}",
        *([] if same else [f"    key terms: {terms}"]),
    ]
