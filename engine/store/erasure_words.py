"""An erasure in sentences, before and after, for the command line and the page alike. Plain text."""

from engine.store import erasure
from engine.store.erasure import REMAINING, Erasure, Plan


def plan_lines(found: Plan) -> list[str]:
    """What an erasure is about, for a person: counts, files, who else is named. Plain text."""
    shown = found.subject[: erasure.SHOWN]
    if found.before is not None:
        return [
            f"{shown} was erased on {found.before:%Y-%m-%d %H:%M} UTC. Erasing again rewrites the database file.",
            *_stopped(found, "erasing now finishes it"),
            *_elsewhere(found),
        ]
    names = ", ".join(name[: erasure.SHOWN] for name in found.spellings)
    lines = [f"{names}: {_count(found.questions, 'question')}", *_table(found.counts), *_files(found)]
    lines[:0] = _stopped(found, "erasing now finishes it")
    return [*lines, *_elsewhere(found)]


def done_lines(done: Erasure) -> list[str]:
    """What was done, and what no erasure here can reach."""
    found = done.plan
    rows = _count(found.rows, "row") if done.number is not None else "no further row"
    head = f"Erased {found.subject[: erasure.SHOWN]}: {rows} and {_count(done.files, 'file')}"
    head += f" (erasure {done.number})." if done.number is not None else "; the person had been erased before."
    file = (
        "The database file was rewritten; its WAL and journal are gone."
        if done.compacted
        else (
            "This database is not SQLite: removed rows stay in its files until its own vacuum (PostgreSQL: VACUUM"
            " FULL), and in its log."
        )
    )
    rest = [] if done.everywhere else _elsewhere(found)
    return [
        head,
        *_stopped(found, "this finished it"),
        file,
        *rest,
        *export_lines(found),
        "What is left, and out of reach here:",
        *(f"- {item}" for item in REMAINING),
    ]


def export_lines(found: Plan) -> list[str]:
    if not found.exports:
        return ["No report of these runs was exported."]
    lines = [
        f"- {row.filename}, {_count(row.rows, 'row')}, {row.created:%Y-%m-%d %H:%M} UTC"
        + (f", of run {row.run}" if row.run else "")
        for row in found.exports
    ]
    return ["Reports that left the program and may hold the person's answers:", *lines]


def _table(counts: dict[str, int]) -> list[str]:
    return [f"  {table:<16} {_count(number, 'row')}" for table, number in sorted(counts.items())]


def _files(found: Plan) -> list[str]:
    return [f"  {item.path}: {item.why}" for item in found.files]


def _elsewhere(found: Plan) -> list[str]:
    """What names the person and is not theirs, which only `--everywhere` empties, and what stays all the same."""
    lines = []
    if found.mentions or found.named_files:
        where = [f"{number} of {table}" for table, number in sorted(found.mentions.items())]
        where += [str(item.path) for item in found.named_files]
        lines.append(f"Also named in others' rows and files, which --everywhere empties: {', '.join(where)}")
    lines += [f"Stays, for links go by it: the name of {handle}" for handle in found.handles]
    return lines + [f"Stays: {item.path}, {item.why}" for item in found.kept_files]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _stopped(found: Plan, then: str) -> list[str]:
    return [] if found.unfinished is None else [f"An erasure of this person was {found.unfinished.words}; {then}."]
