"""`python -m engine erase`: a person's questions, answers, maps and logits removed; figures stay. Loads no model."""

from typing import Any

import click

from engine.cli.command import Arguments, command
from engine.runs import runner
from engine.store import erasure
from engine.store.erasure import REMAINING, Plan
from engine.store.erasure_words import done_lines, plan_lines
from engine.terminal import Printed


@command("erase", "erase a person: questions, answers, maps and logits; figures stay under hashes")
@click.option("--subject", required=True, help="the person's name, as the questions have it")
@click.option("--yes", is_flag=True, help="erase; without it the command only says what would be erased")
@click.option(
    "--everywhere",
    is_flag=True,
    help="also empty what only names the person: notes, answers and probes of other questions, files",
)
@click.option("--by", default="", metavar="NAME", help="who erases, kept with the record of it")
def erase(arguments: Arguments) -> Printed:
    """What would be erased; with `--yes` erase it."""
    if not arguments.yes:
        found = erasure.plan(arguments.subject)
        lines = [*plan_lines(found), "", "Nothing was touched. Add --yes to erase."]
        return Printed({"erased": False, **plan_data(found)}, "\n".join(lines))
    runner.tend()  # a run whose worker died is not in the way
    done = erasure.erase(arguments.subject, arguments.by, everywhere=arguments.everywhere)
    data = {
        "erased": True,
        "erasure": done.number,
        "files_removed": done.files,
        "everywhere": done.everywhere,
        "compacted": done.compacted,
    }
    return Printed({**data, **plan_data(done.plan)}, "\n".join(done_lines(done)))


def plan_data(found: Plan) -> dict[str, Any]:
    """Plain JSON values."""
    files = [("files", found.files), ("files_naming", found.named_files), ("files_kept", found.kept_files)]
    return {
        "subject": found.subject,
        "spellings": list(found.spellings),
        "questions": found.questions,
        "rows": found.counts,
        "also_named": found.mentions,
        "names_kept": list(found.handles),
        **{name: [{"path": str(item.path), "why": item.why} for item in items] for name, items in files},
        "exports": [{**row._asdict(), "created": row.created.isoformat()} for row in found.exports],
        "erased_before": None if found.before is None else found.before.isoformat(),
        "unfinished_since": None if found.unfinished is None else found.unfinished.begun.isoformat(),
        "remaining": list(REMAINING),
    }
