"""Erasing a person: their questions, answers, maps and logits go everywhere; figures and verdicts stay under hashes.

The order makes a killed erasure harmless. Files go first: until then the database still says which. Then one
transaction empties every row and records that it did. Last the database file is rewritten, without the bytes of what
was removed. Killed before the transaction ends, the database holds everything and the next erasure starts again;
killed after it, the next one finds the person among those erased and rewrites the file. A mark (unfinished.py) tells
that one was killed.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from db import erasure as rows
from db import session as database
from db.errors import DatabaseError
from db.reads import erasures as erasure_reads
from db.rows import ExportRow, QuestionRow
from db.session import Session
from engine.errors import DataError, SettingError, StorageError
from engine.settings import database_url
from engine.store import erased, handing_out, locks, unfinished
from engine.store.erasure_files import FoundFile, find_files, remove_files
from engine.store.maps import map_question_hash
from engine.store.session import reading, write_patiently
from engine.store.traces import Traces
from engine.store.unfinished import Unfinished

NEAREST = 5
SHOWN = 60  # characters of a name in a sentence

REMAINING = (
    "backups and copies of the data folder or the database, and blocks of the disk that the system has not used again",
    "reports that were handed out, and whoever has read them",
    "the models: the base still knows everything, and the weights of a pair carry what they were trained on",
    "the person's own files outside the data folder, from which the questions were once read",
    "for a person of the demo, the program and the demo files of its repository, which anybody can read",
    "the hash of each question: whoever knows a question in full, but for a word, can try words until it fits",
)


class Plan(NamedTuple):
    """What an erasure will change, or has changed."""

    subject: str
    spellings: tuple[str, ...]  # the names it stands under
    questions: int
    counts: dict[str, int]  # rows by table: the person's, and those in which a text of theirs stands
    mentions: dict[str, int]  # rows by table that are others' and name the person
    handles: tuple[str, ...]  # names of sets, runs and pairs that name the person: they stay
    files: tuple[FoundFile, ...]
    named_files: tuple[FoundFile, ...]
    kept_files: tuple[FoundFile, ...]
    exports: tuple[ExportRow, ...]
    before: datetime | None  # when the person was erased already; then there is nothing left to count
    unfinished: Unfinished | None  # an erasure of them that was stopped before its end

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


class Erasure(NamedTuple):
    """What was done. `compacted` False: the backend is not SQLite, and its own vacuum is left to its administrator."""

    plan: Plan
    number: int | None  # of its record; None where the person had been erased before
    files: int
    everywhere: bool
    compacted: bool


class _Search(NamedTuple):
    found: list[QuestionRow]
    person: rows.PersonRows
    traces: Traces


def subjects() -> dict[str, int]:
    """How many questions are stored about each person, by name."""
    with reading() as session:
        return dict(sorted(erasure_reads.subjects(session).items()))


def erasures() -> int:
    """How many there were."""
    with reading() as session:
        return len(erasure_reads.erasures(session))


def plan(subject: str) -> Plan:
    """What erasing a person would do; changes nothing. `DataError` with similar names where the person is unknown."""
    _check(subject)
    with reading() as session:
        before = erased.erasure_of(subject, erasure_reads.erasures(session))
        spellings = _spellings(session, subject)
        if not spellings and before is None:
            raise _unknown(session, subject)
        search = _search(session, spellings or [subject], erased.PSEUDONYM.format(""))
        changes = rows.find(session, search.person, search.traces).changes
        exports = erasure_reads.exports_of(session, search.person.runs)
    files = find_files(search.person.runs, search.traces, database.file_of(database_url()))
    return Plan(
        subject,
        tuple(spellings),
        len(search.found),
        counts=rows.counted(change for change in changes if change.kind == "own"),
        mentions=rows.counted(change for change in changes if change.kind == "named"),
        handles=_handles(changes, spellings),
        files=_of_kind(files, "own"),
        named_files=_of_kind(files, "named"),
        kept_files=_of_kind(files, "kept"),
        exports=tuple(exports),
        before=None if spellings or before is None else before.created,
        unfinished=unfinished.unfinished_of(subject),
    )


def erase(subject: str, operator: str = "", *, everywhere: bool = False) -> Erasure:
    """Erase a person; with `everywhere` also what merely names them: notes of other questions, files, ...

    `RunError` while a run is queued or running, `DataError` for an unknown person, `StorageError` where a file
    cannot be removed (then nothing is erased from the database) or the database is in use (said is how far it came).
    """
    with locks.at_rest():
        handing_out.sweep()  # a report that was killed half-way may hold the person's answers
        found = plan(subject)
        salt = _salt()
        unfinished.mark_begun(subject, salt, everywhere)
        files = remove_files([*found.files, *(found.named_files if everywhere else ())])
        number = None
        if found.spellings or (everywhere and found.mentions):
            number = write_patiently(lambda session: _erase_rows(session, subject, operator, everywhere, files, salt))
        compacted = _compact()
        unfinished.end(erased.subject_hash(erased.name_key(subject), salt))
    return Erasure(found, number, files, everywhere, compacted)


def finish() -> int:
    """Rewrite the database file, which ends the erasures that were killed after their rows were gone.

    How many are still to be asked for again, with the person's name. `StorageError` where the database is in use.
    """
    with locks.at_rest():
        _compact()
        with reading() as session:
            gone = {row.subject_hash for row in erasure_reads.erasures(session)}
    for item in unfinished.unfinished():
        if item.subject_hash in gone:
            unfinished.end(item.subject_hash)
    return len(unfinished.unfinished())


def _salt() -> str:
    with reading() as session:
        known = erasure_reads.erasures(session)
    return known[0].salt if known else erased.new_salt()


def _erase_rows(session: Session, subject: str, operator: str, everywhere: bool, files: int, salt: str) -> int:
    locks.check_at_rest(session)  # a run of another data folder may have come meanwhile
    rows.delete_securely(session)
    known = erasure_reads.erasures(session)  # an erasure too, whose salt then holds
    salt = known[0].salt if known else salt
    digest = erased.subject_hash(erased.name_key(subject), salt)
    number = rows.add_erasure(
        session, salt=salt, subject_hash=digest, counts={}, files=files, everywhere=everywhere, operator=operator[:120]
    )
    pseudonym = erased.PSEUDONYM.format(number)
    spellings = _spellings(session, subject) or [subject]
    search = _search(session, spellings, pseudonym)
    found = rows.find(session, search.person, search.traces)
    changes = [change for change in found.changes if change.kind == "own" or (everywhere and change.kind == "named")]
    rows.apply(session, changes)
    rows.retire_questions(session, found.own | (found.named if everywhere else set()), spellings, pseudonym)
    rows.note_counts(session, number, rows.counted(changes))
    return number


def _compact() -> bool:
    try:
        return database.compact(database_url())
    except DatabaseError as error:
        raise StorageError(
            "every row of the person is erased, but the file of the database could not be rewritten, and may hold what"
            f" was removed: {error}; end what uses it and erase the same person again"
        ) from error


def _check(subject: str) -> None:
    if not subject.strip():
        raise SettingError("the subject must be the name of a person, got an empty text")


def _spellings(session: Session, subject: str) -> list[str]:
    """The stored subjects that are this name."""
    key = erased.name_key(subject)
    return [name for name in erasure_reads.subjects(session) if erased.name_key(name) == key]


def _search(session: Session, spellings: Sequence[str], mark: str) -> _Search:
    found = erasure_reads.questions_about(session, spellings)
    ids, wordings = [row.id for row in found], list(dict.fromkeys(_wordings(found)))
    person = rows.person(session, ids, [map_question_hash(text) for text in wordings])
    shared = erasure_reads.asked_of_others(session, ids)
    told = erasure_reads.answers_of_others(session, ids).casefold()
    answers = [text for text in dict.fromkeys(_answers(found)) if text.casefold() not in told]
    return _Search(
        found, person, Traces(spellings, [text for text in (*wordings, *answers) if text not in shared], mark)
    )


def _wordings(found: Iterable[QuestionRow]) -> Iterator[str]:
    for row in found:
        yield from filter(None, (row.question, row.paraphrased_question, *row.training_questions))


def _answers(found: Iterable[QuestionRow]) -> Iterator[str]:
    """What is told of the person: it may stand in another's row, where a probe put both questions into one prompt."""
    for row in found:
        yield from filter(None, (row.answer, row.paraphrased_answer, *row.key_terms))


def _unknown(session: Session, subject: str) -> DataError:
    known = {name[:SHOWN]: name for name in erasure_reads.subjects(session)}
    near = difflib.get_close_matches(subject[:SHOWN], known, NEAREST, 0.5)
    words = f"the nearest are: {', '.join(near)}" if near else f"{len(known)} people are stored, none of a name like it"
    return DataError(f"no question is stored about {subject[:SHOWN]!r}; {words}")


def _handles(changes: Iterable[rows.RowChange], spellings: Sequence[str]) -> tuple[str, ...]:
    """Names that name the person and stay; the subject of their own questions does not."""
    named = ((change.table, change.shown) for change in changes if change.kind == "handle")
    return tuple(
        dict.fromkeys(f"{table}: {name}" for table, name in named if table != "questions" or name not in spellings)
    )


def _of_kind(files: Sequence[FoundFile], kind: str) -> tuple[FoundFile, ...]:
    return tuple(item for item in files if item.kind == kind)
