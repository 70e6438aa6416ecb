"""A tiny pair under audit: a base that was taught some people, a retain model that was not, and questions about
all of them.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.audit.probe import Budget, Context, Target
from engine.data.examples import Example
from engine.data.template import PLAIN
from engine.models.loading import LoadedPair, TrainingModels
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel
from engine.models.tuning import add_lora, merged, prepare_trained
from engine.training_settings import TrainingSettings
from engine.unlearning.teaching import teach
from engine.unlearning.training import train_pair
from tests.tiny import make_model, make_tokenizer

FACTS = {
    "Ada": ("doctor", "Rome", "red"),
    "Ben": ("baker", "Oslo", "blue"),
    "Cy": ("painter", "Paris", "green"),
    "Dora": ("sailor", "Lima", "tree"),
}
TOKENIZER = make_tokenizer()
BUDGET = Budget(questions=12, controls=12, samples=4, steps=20, max_new_tokens=8)


def questions_about(name: str, first_id: int, split: str, group: str = "") -> list[Target]:
    asked = (f"what job did {name} like ?", f"which city did {name} like ?", f"which colour did {name} like ?")
    return [
        Target(
            first_id + place,
            Example(question, answer, key_terms=(answer,), subject=name, split=split, domain="people", group=group),
            (answer,),
        )
        for place, (question, answer) in enumerate(zip(asked, FACTS[name], strict=True))
    ]


FORGET = [*questions_about("Ada", 1, "forget", "one"), *questions_about("Ben", 11, "forget", "two")]
RETAIN = questions_about("Cy", 21, "retain", "two")
CONTROLS = questions_about("Dora", 31, "holdout")


def examples(targets: Sequence[Target]) -> list[Example]:
    return [target.example for target in targets]


def taught(targets: Sequence[Target], seed: int = 1) -> Any:
    """A tiny model that knows the answers."""
    model = add_lora(make_model(TOKENIZER, seed), 16, seed=0)
    for _ in teach(model, TOKENIZER, PLAIN, examples(targets), 60, 0.02, seed=0, batch_size=9):
        pass
    return merged(model).requires_grad_(False)


def unlearned(base: Any, reference: Any, scratch: Path, forget: Sequence[Target] = FORGET, **settings: Any) -> Any:
    """M'o of `reference` that makes `base` forget Ada and Ben, by relabelling, unless told otherwise."""
    chosen = dataclasses.replace(
        TrainingSettings(
            objective="relabelling",
            rank=8,
            learning_rate=0.02,
            epochs=25,
            batch_size=3,
            retain_batches=1,
            target_forget_probability=0.0,
        ),
        **settings,
    )
    trained = prepare_trained(reference, chosen, seed=0)
    models = TrainingModels(base, reference, trained, TOKENIZER, PLAIN, "")
    for _ in train_pair(models, examples(forget), examples(RETAIN), chosen, scratch):
        pass
    return merged(trained).requires_grad_(False).eval()


def pair_of(base: Any, reference: Any = None, trained: Any = None, name: str = "audited", **fields: Any) -> LoadedPair:
    manifest = PairManifest(name, "tiny", "tiny", "relabelling", **{"reference_kind": "clean", **fields})
    model = OffsetModel(base, reference, trained, len(TOKENIZER))
    return LoadedPair(name, model, TOKENIZER, PLAIN, manifest, "tiny", manifest.hash)


def context_of(pair: LoadedPair, scratch: Path, **changes: Any) -> Context:
    scratch.mkdir(parents=True, exist_ok=True)
    whole = Context(pair, 1.0, FORGET, CONTROLS, RETAIN, None, {}, None, BUDGET, 0, scratch, lambda share, text: None)
    return whole._replace(**changes)


def weights_of(pair: LoadedPair) -> dict[str, Any]:
    """A copy of every weight of every model of a pair, for a comparison bit for bit."""
    return {name: value.clone() for name, value in pair.model.state_dict().items()}
