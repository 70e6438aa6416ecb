"""Erasing a person: not a byte of their text is left, no figure changes, nothing brings them back, and being killed
is harmless.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from filelock import Timeout

from db import rows, writes
from db.reads import erasures
from engine.analysis.advice.stored import advise_run
from engine.analysis.exact_curves import mapped_questions
from engine.analysis.figures import run_figures
from engine.cli.main import main
from engine.data.demo.questions import demo_examples
from engine.data.examples import Example
from engine.errors import DataError, RunError, SettingError, StorageError
from engine.kinds import EvaluateSpec
from engine.runs import execute
from engine.settings import Demand, data_folder, database_url
from engine.store import erased, erasure, history, locks, questions, sets
from engine.store.erasure_words import done_lines, plan_lines
from engine.store.maps import map_question_hash, stored_map
from engine.store.questions import register_set, sort_demo
from engine.store.recorded_runs import import_demo_run
from engine.store.session import reading, writing
from engine.store.sources import examples_of
from engine.store.unfinished import mark_begun, unfinished

pytestmark = pytest.mark.usefixtures("no_demo")
ROOT = Path(__file__).resolve().parents[3]
NAME = 'Zoë "Z%_" O\'Neil 😀'
OTHER = "Bertram Quill"
SPLITS = ("forget", "retain")


def example(name: str, number: int, word: str) -> Example:
    return Example(
        f"Which ailment number {number} has {name} got?",
        f"{name} was found to have {word}{number}.",
        f"What is ailment {number} of {name}?",
        f"It is {word}{number} that {name} has.",
        (f"{name} has wrong{word}{number}.", f"other{word}{number}"),
        (f"{word}{number}",),
        name,
        "patients",
        "ward",
        "forget",
        training_questions=(f"Ailment {number}, {name}?",),
    )


MINE = [example(NAME, number, "zebropathy") for number in range(3)]
THEIRS = [example(OTHER, number, "quillitis") for number in range(3)]
SAID = "The records of the ward say zebropathy0 for sure"
MAPPED = "zebropathy1 is on the map"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def ids() -> list[int]:
    """A set of two people and a run that asked both, with answers, scores, curves, maps, an advice, a log and files."""
    questions.register_set("ward", [*MINE, *THEIRS], "ward.csv")
    with reading() as session:
        asked = [row.id for row in erasures.questions_about(session, [NAME, OTHER])]
    spec = EvaluateSpec(name="ward", pair="p", evaluate_on=(f"/home/me/{NAME}.csv", "ward:forget"))
    words = f"3 of 6 leak; worst: {MINE[0].question}"
    with writing() as session:
        run = writes.add_run(
            session,
            name="ward",
            kind="evaluate",
            status="finished",
            spec=spec.to_json(),
            base="b",
            pair_name="p",
            seed=0,
            objective="npo",
            message=f"left {SAID}",
            advice={"cautions": [{"words": words}]},
        )
        writes.add_run_questions(session, run, [(key, ["zebropathy" if key < 4 else "quillitis"]) for key in asked])
        for place, key in enumerate(asked):
            writes.add_scores(session, run, [rows.ScoreRow(key, a, "rouge", (place + a) / 9) for a in (0.0, 1.0)])
            writes.add_scores(session, run, [rows.ScoreRow(key, 1.0, "leak", float(place % 2))])
            text = SAID if place < 3 else f"{OTHER} has quillitis"
            writes.add_answers(session, run, [rows.AnswerRow(key, a, "question", text, False) for a in (0.0, 1.0)])
            writes.add_curves(
                session, run, [rows.CurveRow(key, "loss", {"alphas": [0.0, 2.0], "values": [1.0, 2.0]}, 0.0)]
            )
        for question in (MINE[0].question, MINE[1].paraphrased_question, THEIRS[0].question):
            add_map(session, question, *(("quillitis", 1) if question == THEIRS[0].question else (MAPPED, 40001)))
        writes.add_export(session, run_id=run, alpha=1.0, filename="ward.csv", rows=6, sha256="")
    fill_folder(run)
    return asked


def add_map(session: Any, question: str, text: str, token: int = 1) -> None:
    interval = rows.IntervalRow(0.0, 2.0, 0.0, 0.0, text, [token, 40002], True, False, True)
    writes.put_map(
        session,
        [interval],
        pair_hash="k",
        question_hash=map_question_hash(question),
        question=question,
        low=0.0,
        high=2.0,
        max_new_tokens=64,
        complete=True,
        merged=0,
        seconds=0.0,
    )


def fill_folder(run_id: int) -> None:
    folder = data_folder()
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "logs" / f"run-{run_id}.log").write_text(f"asked; heard {SAID}", encoding="utf-8")
    (folder / "logs" / "run-900.log").write_text("of another run", encoding="utf-8")
    (folder / "scratch" / "run-7").mkdir(parents=True)
    (folder / "scratch" / "run-7" / "logits").write_bytes(b"\0" * 64)
    (folder / "out.json").write_text(json.dumps([e.question for e in MINE]), encoding="utf-8")  # escaped as \uXXXX
    with zipfile.ZipFile(folder / "report.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", f'1,"{MINE[0].question.replace(chr(34), chr(34) * 2)}"')
    (folder / "plain.txt").write_text("nothing of anybody", encoding="utf-8")


def texts_of(found: list[Example]) -> list[str]:
    single = [
        text for e in found for text in (e.question, e.answer, e.paraphrased_question, e.paraphrased_answer, e.subject)
    ]
    many = [text for e in found for text in (*e.perturbed_answer, *e.key_terms, *e.training_questions)]
    return [*single, *many]


def bytes_left(texts: list[str], folder: Path) -> list[tuple[str, str]]:
    """File and text for every text whose bytes stand in a file, in any of the ways in which one is written."""
    found = []
    for path in (item for item in folder.rglob("*") if item.is_file()):
        data = path.read_bytes()
        for text in texts:
            ways = {
                text.encode(),
                json.dumps(text)[1:-1].encode(),
                text.encode("utf-16-le"),
                text.replace("'", "''").encode(),
            }
            found += [(path.name, text) for way in ways if way in data]
    return found


ALL_TEXTS = [*texts_of(MINE), SAID, MAPPED, "zebropathy", "[40001, 40002]"]


def figures() -> list[Any]:
    return [figure._replace(set="") for figure in run_figures(history.find_run("ward").id, 1.0)]


def test_the_test_can_see_every_text_before(ids: list[int]) -> None:
    seen = {text for _, text in bytes_left(ALL_TEXTS, data_folder())}
    assert seen == set(ALL_TEXTS)


def test_not_a_byte_is_left_and_no_figure_changes(ids: list[int]) -> None:
    before, run = figures(), history.find_run("ward").id
    assert any(figure.low is not None for figure in before)
    done = erasure.erase(NAME, "me")
    assert bytes_left(ALL_TEXTS, data_folder()) == []
    assert {path.name for path in data_folder().glob("oubliette.sqlite*")} == {"oubliette.sqlite"}
    assert figures() == before
    assert done.compacted
    assert done.plan.counts == {
        "questions": 3,
        "run_questions": 3,
        "answers": 6,
        "maps": 2,
        "map_intervals": 2,
        "runs": 1,
    }
    assert {path.name for path in data_folder().rglob("*") if path.is_file()} >= {"plain.txt", "run-900.log"}
    with reading() as session:
        (record,) = erasures.erasures(session)
    assert record.counts == done.plan.counts
    assert (record.files, record.operator, record.everywhere) == (done.files, "me", False) == (4, "me", False)
    report = history.report_rows(run, 1.0)
    assert sorted(report["subject"]) == [OTHER] * 3 + ["erased person 1"] * 3
    assert set(report[report["subject"] == OTHER]["unlearned answer"]) == {f"{OTHER} has quillitis"}
    assert [example.subject for example in examples_of("ward")] == [OTHER] * 3
    assert stored_map("k", THEIRS[0].question, 64) is not None
    history.find_run("ward")  # its specification can be read


def test_a_plan_touches_nothing_and_counts_what_erasing_does(ids: list[int]) -> None:
    def state() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in data_folder().rglob("*")
            if path.is_file() and path.suffix != ".lock"
        }

    before = state()
    plan = erasure.plan(NAME)
    assert state() == before
    assert plan.handles == ()
    assert (plan.questions, len(plan.files), [row.filename for row in plan.exports]) == (3, 4, ["ward.csv"])
    assert erasure.erase(NAME).plan == plan


@pytest.mark.parametrize("spelling", [NAME.upper(), f"  {NAME}  ", NAME.replace(" ", "   ")])
def test_other_spellings_are_the_same_person(ids: list[int], spelling: str) -> None:
    erasure.erase(spelling)
    assert bytes_left(ALL_TEXTS, data_folder()) == []


@pytest.mark.parametrize(
    "name", ["100%", "_", "a_b%", "O'Neil", 'say "x"', "😀", "x" * 10_000, "[a-z]*", "Ada\\n", "\\u0041"]
)
def test_names_of_any_kind(name: str) -> None:
    words = [example(who, number, "zebropathy") for who in (name, "Someone Else") for number in range(2)]
    register_set("s", words, "t")
    assert erasure.plan(name).questions == 2
    erasure.erase(name)
    assert [row.subject for row in examples_of("s")] == ["Someone Else"] * 2
    assert bytes_left([text for text in texts_of(words[:2]) if name in text and len(name) > 1], data_folder()) == []


def test_an_unknown_person_is_told_from_the_nearest_and_nothing_is_touched(ids: list[int]) -> None:
    before = (data_folder() / "oubliette.sqlite").read_bytes()
    with pytest.raises(DataError, match="nearest are: Bertram Quill"):
        erasure.erase("Bertam Quil")
    with pytest.raises(DataError, match="none of a name like it"):
        erasure.erase("w" * 10_000)
    assert (data_folder() / "oubliette.sqlite").read_bytes() == before
    assert len(list((data_folder() / "logs").iterdir())) == 2


@pytest.mark.parametrize("name", ["", "  ", "\n"])
def test_nobody_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match="empty"):
        erasure.erase(name)


def test_a_run_that_waits_or_runs_is_in_the_way(ids: list[int]) -> None:
    with writing() as session:
        fields = {"kind": "evaluate", "spec": "{}", "base": "b", "pair_name": "p", "objective": "", "seed": 0}
        run = writes.add_run(session, name="slow", place="elsewhere", **fields)
    for status in ("queued", "running"):
        with pytest.raises(RunError, match=rf"run slow \({run}\) is {status}"):
            erasure.erase(NAME)
        with writing() as session:
            writes.claim_run(session, run)
    assert len(bytes_left(ALL_TEXTS, data_folder())) > 0
    with writing() as session:
        writes.end_run(session, run, "cancelled")
    erasure.erase(NAME)


def test_no_worker_starts_meanwhile(ids: list[int]) -> None:
    with locks.at_rest(), pytest.raises(Timeout), locks.worker_lock(0):
        pass
    with locks.worker_lock(0), pytest.raises(RunError, match="worker"):
        erasure.erase(NAME)


def add_note(session: Any, name: str, message: str) -> int:
    fields = {"kind": "evaluate", "base": "b", "pair_name": "p", "objective": "", "seed": 0, "status": "failed"}
    spec = EvaluateSpec(name=name, pair="p").to_json()
    return writes.add_run(session, name=name, message=message, spec=spec, **fields)


def test_what_merely_names_the_person_is_reported_and_goes_on_request(ids: list[int]) -> None:
    log = data_folder() / "logs" / "run-901.log"
    log.write_text(f"as for {NAME}", encoding="utf-8")
    with writing() as session:
        note = add_note(session, "other", f"like {NAME} before")
        quote = add_note(session, "quoting", f"0 questions, the first is {MINE[0].question!r}")
        add_map(session, f"Tell me of {NAME.upper()}", "no")
        add_map(session, "Tell me of the ward", f"there is {NAME}")
    plan = erasure.plan(NAME)
    assert plan.mentions == {"runs": 1, "maps": 2, "map_intervals": 2}
    assert [item.path.name for item in plan.named_files] == ["run-901.log"]
    erasure.erase(NAME)
    assert history.run_detail(note).summary.message == f"like {NAME} before"
    assert history.run_detail(quote).summary.message == ""  # it quotes a question of theirs
    assert log.exists()
    again = erasure.erase(NAME, everywhere=True)
    assert again.plan.before is not None
    assert history.run_detail(note).summary.message == ""
    assert not log.exists()
    assert bytes_left([NAME, NAME.upper()], data_folder()) == []


def test_names_that_links_go_by_are_reported_and_stay(ids: list[int]) -> None:
    register_set(
        "Ada", [Example("who ?", "she", subject="Ada"), Example("who not ?", "he", subject="Ada and Ben")], "Ada.csv"
    )
    plan = erasure.plan("Ada")
    assert plan.handles == ("questions: Ada and Ben", "sets: Ada")
    assert plan.mentions == {"sets": 1}  # where it was read from
    erasure.erase("Ada", everywhere=True)
    assert [(item.name, item.source, item.questions) for item in sets.list_sets()][0] == (
        "Ada",
        "erased person 1.csv",
        1,
    )


def test_a_question_that_others_are_asked_too_is_nobodys_own(ids: list[int]) -> None:
    """Rows of another person are not emptied because the same words are asked about both."""
    asked = [
        Example("What is the diagnosis?", f"{word} it is", subject=who) for who, word in (("Cy", "a"), ("Di", "b"))
    ]
    register_set("same", asked, "t")
    with writing() as session:
        other = add_note(session, "other", "the first is What is the diagnosis?")
    erasure.erase("Cy")
    assert [e.answer for e in examples_of("same")] == ["b it is"]
    assert history.run_detail(other).summary.message != ""


def test_the_same_question_without_a_subject_is_theirs(ids: list[int]) -> None:
    twin, stranger = Example(MINE[0].question, MINE[0].answer), Example(MINE[0].question, "another answer")
    register_set("loose", [twin, stranger, THEIRS[0]], "t")
    assert erasure.plan(NAME).questions == 4
    erasure.erase(NAME)
    assert [e.answer for e in examples_of("loose")] == [stranger.answer, THEIRS[0].answer]  # it is another question
    assert erasure.erase(NAME, everywhere=True).plan.mentions == {"questions": 1}  # and names them
    assert [e.answer for e in examples_of("loose")] == [THEIRS[0].answer]
    register_set("loose", [stranger], "t", keep=True)
    assert [e.answer for e in examples_of("loose")] == [THEIRS[0].answer]


KILLED = """
import os, signal, sys
from db import erasure as rows
from db import session, writes
from engine.store import erasure

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[1]
if place == "after the files":
    erasure._erase_rows = die
elif place == "within the rows":
    rows.retire_questions = die
elif place == "before the commit":
    rows.note_counts = die
elif place == "after the commit":
    session.compact = die
erasure.erase(sys.argv[2])
"""


@pytest.mark.parametrize("place", ["after the files", "within the rows", "before the commit", "after the commit"])
def test_a_killed_erasure_leaves_all_or_nothing_and_the_next_one_ends_it(ids: list[int], place: str) -> None:
    before = figures()
    killed = subprocess.run([sys.executable, "-c", KILLED, place, NAME], cwd=ROOT, env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    with reading() as session:
        left = {row.subject for row in erasures.questions_about(session, [NAME, "erased person 1"])}
        texts = session.execute(sa.text("SELECT count(*) FROM answers WHERE text != ''")).scalar()
        recorded = len(erasures.erasures(session))
    whole = (left, texts, recorded) == ({NAME}, 12, 0)
    gone = (left, texts, recorded) == (set(), 6, 1)
    assert gone if place == "after the commit" else whole
    known = erasure.plan(NAME).unfinished
    assert known is not None
    assert not known.everywhere
    assert erasure.plan(OTHER).unfinished is None
    assert any("stopped before its end; erasing now finishes it" in line for line in plan_lines(erasure.plan(NAME)))
    again = erasure.erase(NAME)
    assert (again.number is None) == gone
    assert any("stopped before its end; this finished it" in line for line in done_lines(again))
    assert (erasure.plan(NAME).unfinished, unfinished()) == (None, [])
    assert bytes_left(ALL_TEXTS, data_folder()) == []
    assert figures() == before


def test_rewriting_the_file_ends_what_was_killed_after_its_rows_and_nothing_else(ids: list[int]) -> None:
    subprocess.run([sys.executable, "-c", KILLED, "after the commit", NAME], cwd=ROOT, env=os.environ, check=False)
    mark_begun(OTHER, "ab" * 16, True)
    mark_begun(OTHER, "cd" * 16, False)  # a second try: one mark, which still says that more was asked for
    assert [item.everywhere for item in unfinished()] == [False, True]
    assert NAME.encode() not in b"".join(path.read_bytes() for path in (data_folder() / "erasing").iterdir())
    assert erasure.finish() == 1
    assert [item.everywhere for item in unfinished()] == [True]
    assert bytes_left(ALL_TEXTS, data_folder()) == []


def test_a_file_that_cannot_be_removed_is_named_and_the_database_stays(
    ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refuse)
        with pytest.raises(StorageError, match=r"cannot be removed: Permission denied; nothing was erased"):
            erasure.erase(NAME)
    assert erasure.plan(NAME).questions == 3


def test_a_database_in_use_is_said_and_erasing_again_ends_it(ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.session.BUSY_TIMEOUT_MS", 50)
    with reading() as reader:
        reader.execute(sa.text("SELECT * FROM questions")).first()
        with pytest.raises(StorageError, match="erase the same person again"):
            erasure.erase(NAME)
    assert erasure.erase(NAME).number is None
    assert bytes_left(ALL_TEXTS, data_folder()) == []


def test_an_import_does_not_bring_a_person_back(ids: list[int], tmp_path: Path) -> None:
    erasure.erase(NAME)
    lines = [json.dumps({"question": e.question, "answer": e.answer, "subject": e.subject}) for e in [*MINE, *THEIRS]]
    (tmp_path / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = questions.import_set(tmp_path / "all.jsonl", "again")
    assert found.questions == 3
    assert "3 questions were left out" in found.notes[-1]
    questions.import_set(tmp_path / "all.jsonl", "again")  # the same file, the same set: no conflict
    (tmp_path / "mine.jsonl").write_text("\n".join(lines[:3]), encoding="utf-8")
    with pytest.raises(DataError, match="3 questions were left out"):
        questions.import_set(tmp_path / "mine.jsonl", "mine")
    with pytest.raises(DataError, match="nothing left to use"):
        examples_of(str(tmp_path / "mine.jsonl"))
    assert [e.subject for e in examples_of(str(tmp_path / "all.jsonl"))] == [OTHER] * 3
    register_set("ward", [*MINE, *THEIRS], "ward.csv")
    assert [e.subject for e in examples_of("ward")] == [OTHER] * 3
    (data_folder() / "x").mkdir()
    assert bytes_left([NAME, "zebropathy"], data_folder()) == []


def test_a_run_says_whom_it_left_out(train_spec: Callable[..., Any], retain_file: Path) -> None:
    execute.run_here(train_spec())
    erasure.erase("Ben")
    spec = train_spec("second")
    done = history.run_detail(execute.run_here(spec)).summary
    assert (done.status, done.message) == (
        "finished",
        "3 questions were left out: the data of the person they are about was erased here",
    )
    asked = {example.subject for example, _ in history.asked(done.id)}
    assert asked == {"Ada", "Cy", "Dora"}


def test_the_hash_of_a_name_is_salted_and_the_same_for_every_spelling() -> None:
    first, second = erased.new_salt(), erased.new_salt()
    assert first != second
    key = erased.name_key("  ZOË\tde  Vries ")
    assert key == erased.name_key("zoë de vries")
    assert erased.subject_hash(key, first) == erased.subject_hash(key, first) != erased.subject_hash(key, second)
    assert len(erased.subject_hash(key, first)) == 64


def test_two_people_erased_have_two_numbers_and_one_salt(ids: list[int]) -> None:
    erasure.erase(NAME)
    erasure.erase(OTHER)
    with reading() as session:
        later, earlier = erasures.erasures(session)
    assert later.salt == earlier.salt
    assert later.subject_hash != earlier.subject_hash
    assert set(history.report_rows(history.find_run("ward").id, 1.0)["subject"]) == {
        "erased person 1",
        "erased person 2",
    }
    with pytest.raises(DataError):
        examples_of("ward")


def test_a_database_outside_the_data_folder_and_another_one_inside_it(
    ids: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(data_folder() / "oubliette.sqlite", data_folder() / "backup.sqlite")
    shutil.copy(data_folder() / "oubliette.sqlite", tmp_path / "mine.sqlite")
    monkeypatch.setenv("OUBLIETTE_DATABASE", f"sqlite:///{tmp_path / 'mine.sqlite'}")
    done = erasure.erase(NAME)
    assert {item.path.name for item in done.plan.kept_files} == {"backup.sqlite", "oubliette.sqlite"}
    assert (data_folder() / "backup.sqlite").exists()
    assert NAME.encode() not in Path(database_url().removeprefix("sqlite:///")).read_bytes()


def test_a_refusal_prompt_that_names_the_person_goes_and_weights_stay(ids: list[int]) -> None:
    guard, pair = data_folder() / "pairs" / "guard", data_folder() / "pairs" / "made"
    for folder, method in ((guard, "guardrail"), (pair, "offset")):
        folder.mkdir(parents=True)
        manifest = {"name": folder.name, "method": method, "instruction": f"You know nothing about {NAME}."}
        (folder / "oubliette.json").write_text(json.dumps(manifest))
        (folder / "adapter_model.safetensors").write_bytes(b"weights")
    erasure.erase(NAME)
    assert not guard.exists()
    assert sorted(path.name for path in pair.iterdir()) == ["adapter_model.safetensors", "oubliette.json"]


def test_the_command_says_what_it_would_do_and_does_it(ids: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", "--subject", NAME]) == 0
    said = capsys.readouterr().out
    assert "3 questions" in said
    assert "Nothing was touched" in said
    assert erasure.plan(NAME).questions == 3
    assert main(["erase", "--subject", NAME, "--yes", "--json", "--by", "me"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["erased"], data["erasure"], data["questions"], data["files_removed"]) == (True, 1, 3, 4)
    assert [row["filename"] for row in data["exports"]] == ["ward.csv"]
    assert data["remaining"] == list(erasure.REMAINING)
    assert main(["erase", "--subject", NAME, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "erased before" in said
    assert all(item in said for item in erasure.REMAINING)
    assert main(["erase", "--subject", ""]) == 2
    assert main(["erase", "--subject", "Bertram Quil", "--yes"]) == 2
    assert "Bertram Quill" in capsys.readouterr().err


def test_the_demo_does_not_bring_a_person_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = tmp_path / "a-demo"
    demo.mkdir()
    monkeypatch.setenv("OUBLIETTE_DEMO", str(demo))
    records = json.loads((ROOT / "demo" / "evaluation.json").read_text(encoding="utf-8"))

    def bring(version: str) -> None:
        changed = [{**record, "machine": {**record["machine"], "cores": version}} for record in records]
        (demo / "evaluation.json").write_text(json.dumps(changed), encoding="utf-8")
        import_demo_run()

    def means() -> list[Any]:
        run = history.find_run("demo").id
        return [run_figures(run, alpha) for alpha in (0.0, 1.0)]

    bring("1")
    before, name = means(), "Yusuf Akbulutlu"
    texts = [text for text in texts_of([e for e in demo_examples() if e.subject == name]) if name in text]
    assert bytes_left(texts[:3], data_folder()) != []
    mapped = [run for run in history.list_runs() if run.kind == "map"]
    erasure.erase(name)
    for version in ("1", "2"):  # the same file again, and one of a newer version of the program
        bring(version)
        assert bytes_left(texts, data_folder()) == []
        assert means() == before
        assert name not in {example.subject for example in examples_of("demo:forget")}
    assert "12 questions were left out" in sort_demo().words
    assert len(mapped_questions(history.find_run(mapped[0].name).id)) > 0
    assert advise_run(history.find_run(mapped[0].name).id, Demand()).basis.forget_questions == 60


def test_the_demo_leaves_out_whom_another_set_had_when_they_were_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DEMO", str(ROOT / "demo"))
    mine = [e for e in demo_examples() if e.subject == "Yusuf Akbulutlu"]
    register_set("mine", mine, "t")
    erasure.erase("Yusuf Akbulutlu")
    import_demo_run()
    assert bytes_left([text for text in texts_of(mine) if "Yusuf" in text], data_folder()) == []
    found = {
        figure.metric: figure for figure in run_figures(history.find_run("demo").id, 1.0) if figure.split == "forget"
    }
    assert (found["leak"].questions, found["leak"].persons) == (72, 6)
