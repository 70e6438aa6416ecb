"""Evaluation logs by TOFU's authors: two of their sixteen are kept here, all sixteen are read where they are.

Kept is what figures need of Llama 2 7B, tuned on all questions and on 90 % of them (weight decay 0.01): each number
with nine decimals, and the answers to the forget questions. `GOLDEN.json` holds their figures, worked out apart from
this program. From github.com/locuslab/tofu (MIT, see NOTICE), commit bdc209e, `data/`.
"""

import gzip
import json
import os
from pathlib import Path

from tests.kept.doors import KEPT


def logs_folder(into: Path) -> Path:
    """The folder in OUBLIETTE_TOFU_LOGS, which holds all sixteen; without it `into`, filled with the two."""
    named = os.environ.get("OUBLIETTE_TOFU_LOGS")
    if named:
        return Path(named)
    for name, content in json.loads(gzip.decompress((KEPT / "tofu_logs.json.gz").read_bytes())).items():
        (into / name).write_text(json.dumps(content), encoding="utf-8")
    return into
