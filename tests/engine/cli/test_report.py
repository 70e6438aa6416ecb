"""`python -m engine report` and `verify`: what is written, printed and refused."""

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.reports import store_report


def test_a_report_is_written_and_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_report()
    folder = tmp_path / "out"
    assert main(["report", "--run", "audit", "--out", str(folder), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["questions"], data["missing"], data["alpha"]) == (5, 1, 1.0)
    assert data["files"] == sorted(path.name for path in folder.iterdir())
    archive = str(folder / "report.zip")
    assert main(["verify", archive, "--manifest-hash", data["manifest_hash"]]) == 0
    said = capsys.readouterr().out
    assert "4 files are as the manifest says" in said
    assert "without --manifest-hash" not in said


def test_a_hash_is_printed_and_said_to_be_kept_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_report()
    assert (
        main(
            [
                "report",
                "--run",
                "audit",
                "--alpha",
                "1",
                "--split",
                "forget",
                "--redacted",
                "--out",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "a selection: 3 of the 5 questions" in said
    assert "keep it apart" in said
    assert "Zanzibar" not in said


def test_what_differs_is_said_with_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_report()
    main(["report", "--run", "audit", "--out", str(tmp_path / "out")])
    archive = tmp_path / "out" / "report.zip"
    archive.write_bytes(archive.read_bytes().replace(b"Zanzibar", b"Zanzibaz", 1))
    capsys.readouterr()
    assert main(["verify", str(archive), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert not data["verified"]
    assert data["differences"] == ["questions.csv: its bytes are damaged"]
    assert main(["verify", str(archive)]) == 1
    assert "without --manifest-hash" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--run", "none"], "there is no run 'none'"),
        (["--run", "audit", "--alpha", "9"], "alpha must be between -4 and 8"),
        (["--run", "audit", "--alpha", "0.5"], "no scores at alpha 0.5"),
        (["--run", "audit", "--split", "holdout"], "split must be one of"),
        (["--run", "audit", "--show", "good"], "is not one of"),
        (["--run", "audit", "--against", "none"], "there is no run 'none'"),
    ],
)
def test_what_cannot_be_reported_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    store_report()
    try:
        code: object = main(["report", *options, "--out", str(tmp_path / "out")])
    except SystemExit as end:
        code = end.code
    found = capsys.readouterr()
    assert code == 2
    assert (found.out, said in found.err) == ("", True)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_report()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert main(["report", "--run", "audit", "--out", str(tmp_path / "out")]) == 2
    assert "it holds other files" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]
