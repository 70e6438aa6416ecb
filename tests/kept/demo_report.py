"""The report of the demo's recorded run, and the advice for its pair, as far as they are the same each time."""

import json
from pathlib import Path
from typing import Any

from tests.kept.doors import comparable, said
from tests.kept.skeleton import skeleton


def made(folder: Path) -> dict[str, Any]:
    """The report of run `demo` beside `demo-first`'s audit and map, made in a new folder. The demo must be stored."""
    told = said("report", "--run", "demo", "--out", str(folder))
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    page = skeleton((folder / "report.html").read_text(encoding="utf-8"))
    heads = {path.name: path.read_text(encoding="utf-8-sig").splitlines()[0] for path in folder.glob("*.csv")}
    advice = comparable(said("advise"))
    return {"told": comparable(told), "json": comparable(document), "html": page, "csv": heads, "advice": advice}
