"""The program by its front door, and what of its output can be compared: no module of its rooms is imported here."""

import gzip
import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

KEPT = Path(__file__).parent
# Fields that hold sentences for a person. They may be put in other words: only whether there is one is compared.
PROSE = frozenset(
    "words said failure label sentence note reason demand advice forget forget_quality utility limits leak_rule "
    "rouge_words floor_reason source command verdict_words scope quality_words remaining message stage why formula "
    "difference_reason holdout".split()
)
# Fields that differ from one call, machine or installation to the next; one of the checks holds what is installed here
# against what a run was made with.
PASSING = frozenset(
    "made versions_here checks times out path seconds manifest_hash erased_before compacted created started "
    "finished".split()
)


def called(*argv: str) -> tuple[int, str, str]:
    """`python -m engine ARGV` in this process: exit code, standard output, standard error."""
    from engine.__main__ import run

    out, err = io.StringIO(), io.StringIO()
    mask = os.umask(0o077)
    os.umask(mask)
    with patch.object(sys, "argv", ["python -m engine", *argv]), redirect_stdout(out), redirect_stderr(err):
        try:
            code: object = run()
        except SystemExit as stop:
            code = stop.code
        finally:
            os.umask(mask)  # the program narrows that of its process, here the tests'
    return (code if isinstance(code, int) else 0 if code is None else 1), out.getvalue(), err.getvalue()


def said(*argv: str) -> Any:
    """What a command that must succeed prints with `--json`."""
    code, out, err = called(*argv, "--json")
    assert code == 0, f"{' '.join(argv)}: {err}"
    return json.loads(out)


def comparable(value: Any, name: str = "") -> Any:
    """The same without what passes, with a mark in place of every sentence; `name` is the field that holds the value.

    Numbers have 9 digits: another processor may give another last one.
    """
    if name in PASSING:
        return "(passing)"
    if isinstance(value, dict):
        return {key: comparable(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [comparable(part, name) for part in value]
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, str) and (name in PROSE or (name == "verdict" and " " in value)):
        return "(words)" if value else ""
    return value


def shape(value: Any) -> dict[str, list[str]]:
    """Every path of a JSON document, such as `rows[].name`, and the types that stand there."""
    found: dict[str, set[str]] = {}

    def walk(part: Any, path: str) -> None:
        kind = "number" if isinstance(part, int | float) and not isinstance(part, bool) else type(part).__name__
        found.setdefault(path, set()).add(kind)
        if isinstance(part, dict):
            for key, inner in part.items():
                walk(inner, f"{path}.{key}" if path else key)
        if isinstance(part, list):
            for inner in part:
                walk(inner, f"{path}[]")

    walk(value, "")
    return {path: sorted(kinds) for path, kinds in sorted(found.items())}


def golden(name: str) -> Any:
    """A kept JSON document, packed or plain."""
    data = (KEPT / name).read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else data)


def keep(name: str, value: Any) -> None:
    """Write a kept JSON document; only `write_golden` calls this."""
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (KEPT / name).write_bytes(gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode())
