"""A small world to look at, for the tests of pages and those in a browser: a set of one's own, a pair trained on it,
and the run that did both.
"""

from pathlib import Path

import pytest

from engine.kinds import TrainSpec
from engine.runs import execute
from engine.store import questions
from engine.training_settings import TrainingSettings

ROWS = """question,answer,key_terms,subject,split,half
Where does Ada work?,Ada works in Rome,Rome,Ada,forget,
Which colour does Ada like?,red,red,Ada,forget,
Where does Ben work?,Ben works in Oslo,Oslo,Ben,retain,train
Which job does Ben like?,painter,painter,Ben,retain,train
Where does Cy work?,Cy works in Lima,Lima,Cy,retain,eval
"""


def build_world(
    folder: Path, base: Path, reference: Path, rows: str, training: TrainingSettings, database: str = ""
) -> Path:
    """Fill the data folder `folder`, and the database at its own address where one is given: set `folk` of `rows`, pair
    and run `tiny`. Made once a session; tests work on copies.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUBLIETTE_DATA", str(folder))
        patch.delenv("OUBLIETTE_DATABASE", raising=False)
        if database:
            patch.setenv("OUBLIETTE_DATABASE", database)
        questions.import_set(rows.encode(), "folk", "folk.csv")
        execute.run_here(
            TrainSpec(
                name="tiny",
                base=str(base),
                reference=str(reference),
                forget="folk:forget",
                retain=("folk:retain/train",),
                evaluate_on=("folk:forget", "folk:retain/eval"),
                alphas=(0.0, 0.5, 1.0),
                max_new_tokens=8,
                training=training,
            )
        )
    return folder
