"""`python -m engine report` and `verify`: a report in every format, and whether one is still what it was. Loads no
model.
"""

from pathlib import Path

from engine.cli.command import Adder, Arguments
from engine.report import files, gather
from engine.report.archive import verify as verify_zip
from engine.report.selection import SHOWS, Selection
from engine.settings import check_alpha
from engine.store import history
from engine.terminal import Printed

KEEP_APART = "keep it apart from the report: it shows whether the archive was changed"
ONLY_INSIDE = (
    "without --manifest-hash this shows only that the files fit the manifest that lies beside them; whoever changed"
    " both is not found"
)


def report(arguments: Arguments) -> Printed:
    """Write the report of a run to a new folder."""
    alpha = None if arguments.alpha is None else check_alpha(arguments.alpha)
    files.check_folder(arguments.out)  # before the work, not after it
    run = history.find_run(arguments.run)
    other = None if arguments.against is None else history.find_run(arguments.against).id
    chosen = gather.choose(run.id, alpha, Selection(arguments.split, arguments.show))
    gathered = gather.gather(chosen, other=other, redacted=arguments.redacted)
    made = files.make_files(gathered, arguments.redacted)
    files.write_files(made, arguments.out)
    shown = made.report
    states = [check.state for check in shown.checks]
    data = {
        "run": run.name,
        "run_number": run.id,
        "alpha": chosen.alpha,
        "questions": len(shown.questions),
        "missing": len(shown.missing),
        "selection": shown.selection,
        "redacted": shown.redacted,
        "checks": {state: states.count(state) for state in ("pass", "note", "fail")},
        "claim": [{"words": item.words, "state": item.state, "said": item.said} for item in shown.claim.criteria],
        "files": sorted(made.files),
        "out": str(arguments.out),
        "manifest_hash": made.manifest_hash,
    }
    lines = [
        (
            f"report of {len(shown.questions)} questions at alpha {chosen.alpha:g} written to {arguments.out}:"
            f" {', '.join(sorted(made.files))}"
        ),
        *([f"a selection: {shown.selection}"] if shown.selection else []),
        f"checks: {', '.join(f'{number} {state}' for state, number in data['checks'].items())}",  # type: ignore[attr-defined]
        *(f"{item.state}: {item.words}: {item.said}" for item in shown.claim.criteria),
        f"manifest hash {made.manifest_hash}",
        KEEP_APART,
    ]
    return Printed(data, "\n".join(lines))


def verify(arguments: Arguments) -> Printed:
    """Hold an archive against its manifest. The exit code is 1 where something differs."""
    found = verify_zip(arguments.archive, arguments.manifest_hash or "")
    data = {"verified": not found.differences, **found._asdict(), "manifest_hash_given": bool(arguments.manifest_hash)}
    said = [f"differs: {words}" for words in found.differences] or [f"{found.files} files are as the manifest says"]
    hint = [] if arguments.manifest_hash else [ONLY_INSIDE]
    return Printed(
        data, "\n".join([*said, f"manifest hash {found.manifest_hash or 'n/a'}", *hint]), int(bool(found.differences))
    )


def add_commands(add: Adder) -> None:
    """Hand the parsers of these commands to the program's; `add` makes one."""
    out = add("report", report, "write the report of a run: HTML, JSON, CSV, and a zip with a manifest of SHA-256")
    out.option("--run", required=True, help="name or number of a run")
    out.option("--out", required=True, type=Path, metavar="FOLDER", help="a new or empty folder")
    out.option("--alpha", help="offset strength (default: the pair's recommended one)")
    out.option("--redacted", is_flag=True, help="leave out questions, answers, names and notes")
    out.option("--against", metavar="RUN", help="a second run beside it; only what differs is shown")
    out.option("--split", default="", help="only questions of this split")
    out.option("--show", default="all", choices=list(SHOWS), help="only questions of this kind (default: all)")

    check = add("verify", verify, "check the zip of a report against its manifest and say what differs")
    check.option("archive", type=Path, metavar="REPORT.zip")
    check.option("--manifest-hash", metavar="HASH", help="the hash that was shown when the report was made")
