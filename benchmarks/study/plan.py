"""The runs of the study, most important first: one entry a stored run. Reads earlier results where a choice needs them.

Base: the demo's public model taught 200 TOFU questions. References: the demo's healed layer cut and others beside it.
Every method has the same data, batches, epochs, stopping rule (`TARGET`) and alpha: 1, and also the one
matched to the retain model. The learning rate is chosen once per method on another seed (`RATES`, `chosen_rate`).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from benchmarks.study.runs import AT_GOLD
from engine.kinds import AuditSpec, EvaluateSpec, TasksSpec, TeachSpec, TrainSpec
from engine.names import ModelRef, retain_only
from engine.specification import ExperimentSpec
from engine.training_settings import Method, TrainingSettings

BASE, GOLD, GOLD_TWIN = "study-base", "study-retain-only", "study-retain-only-2"
SEEDS, RATE_SEED, FIRST = (0, 1, 2), 100, 0
TARGET = 0.01  # training stops when the forget answers fall to this probability per token
OBJECTIVES = ("gradient_ascent", "gradient_difference", "kl_minimization", "relabelling", "npo")
RATES: dict[Method, tuple[float, ...]] = {"offset": (3e-4, 1e-3), "direct": (1e-4, 3e-4)}
# Beside the demo's reference, which has 8 layers, is clean and healed. Those without healing come first.
REFERENCES = ("taught", "unhealed", "unhealed 4 layers", "unhealed 15 layers", "30 layers", "4 layers", "15 layers")
CROSSED = ("taught", "unhealed")  # these with relabelling too: do leaks come from reference or objective?
PROBES = ("pair_alone_reference", "pair_alone_trained", "offset_inversion", "membership_from_offset_norm")
FORGET = "study-tofu:forget"
RETAIN = ("study-tofu:retain/train", "study-general:retain/train", "study-own-words:retain/train")
ASKED = (FORGET, "study-tofu:retain/eval", "study-authors:world", "study-world:world/eval", "study-holdout:holdout")
PLAIN = ("study-plain:forget", "study-plain:retain/train")  # the question and its answer alone: quick to ask
CURVED = ("npo", "relabelling")  # first seed: curves over alpha of broken pairs take longer than everything else
GRID = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
TASKS, ITEMS = ("arc_challenge", "hellaswag", "winogrande", "openbookqa"), 150
LIMIT = 64  # tokens of an answer
TEACHING = TrainingSettings(epochs=10, learning_rate=1e-3, batch_size=8, rank=32)
TRAINING = TrainingSettings(epochs=5, batch_size=8, retain_batches=3, rank=32, target_forget_probability=TARGET)


class Item(NamedTuple):
    """A run of the study. `spec` is called at its turn, as it may depend on earlier runs."""

    name: str
    part: str
    spec: Callable[[], ExperimentSpec]


def plan() -> list[Item]:
    base, gold, twin = _models()
    tasks = [_tasks(str(ModelRef("base", BASE)), 0.0), _tasks(retain_only(BASE), 0.0)]
    tasks += [_tasks(pair_name(method, objective, FIRST), 1.0) for objective in OBJECTIVES for method in RATES]
    unhealed, healed = REFERENCES[:-2], REFERENCES[-2:]
    first = [*_main((FIRST,)), *_grids((FIRST,)), *_floors(), *_references(unhealed), *_domains()]
    further = [part for seed in SEEDS[1:] for part in (*_main((seed,)), *_grids((seed,)))]
    matched = _matched(SEEDS)
    return [base, gold, *_rates(), *first, *tasks, *further, *matched, twin, *_others(), *_references(healed)]


def pair_name(method: str, objective: str, seed: int, reference: str = "") -> str:
    own = f"-{reference.replace(' ', '-')}" if reference else ""
    return f"study-{method}-{objective}{own}-s{seed}"


def _models() -> Iterator[Item]:
    everything, kept = ("study-tofu:forget", "study-tofu:retain"), ("study-tofu:retain",)
    for name, taught, gold_of, seed in ((BASE, everything, "", 0), (GOLD, kept, BASE, 0), (GOLD_TWIN, kept, BASE, 1)):
        spec = TeachSpec(
            name=name,
            base="demo-public",
            retain=taught,
            evaluate_on=ASKED,
            alphas=(0.0,),
            max_new_tokens=LIMIT,
            training=replace(TEACHING, seed=seed),
            retain_only_of=gold_of,
        )
        yield Item(name, "models", lambda spec=spec: spec)  # type: ignore[misc]


def settings_at(method: Method, objective: str, seed: int, rate: float) -> TrainingSettings:
    return replace(TRAINING, method=method, objective=objective, seed=seed, learning_rate=rate)


def _rates() -> Iterator[Item]:
    """npo at each rate, on a seed used only for this; judged by the training questions, see `chosen_rate`."""
    for method, rates in RATES.items():
        for rate in rates:
            yield Item(rate_run(method, rate), "learning rate", partial(_rate, method, rate))


def _rate(method: Method, rate: float) -> ExperimentSpec:
    spec = _train(rate_run(method, rate), settings_at(method, "npo", RATE_SEED, rate))
    return spec.but(evaluate_on=PLAIN, alphas=(1.0,), max_new_tokens=1)


def rate_run(method: str, rate: float) -> str:
    return f"study-rate-{method}-{rate:g}"


def chosen_rate(method: Method) -> float:
    """The rate with the best result on the training questions: retain minus forget probability at alpha 1."""
    from engine.store import history

    def gain(rate: float) -> float:
        means = history.trade_off([history.find_run(rate_run(method, rate)).id])
        asked = means[(means.metric == "probability") & (means.alpha == 1.0)]
        known = dict(zip(asked["split"], asked["mean"], strict=True))
        return float(known["retain"] - known["forget"])

    return max(RATES[method], key=gain)


def _train(name: str, settings: TrainingSettings, reference: str = "demo") -> ExperimentSpec:
    return TrainSpec(
        name=name,
        base=BASE,
        reference=reference,
        forget=FORGET,
        retain=RETAIN,
        evaluate_on=ASKED,
        alphas=(1.0,),
        max_new_tokens=LIMIT,
        training=settings,
        curves=reference == "demo" and settings.seed == FIRST and settings.objective in CURVED,
    )


def _compared(seeds: tuple[int, ...]) -> Iterator[tuple[str, Method, str, int]]:
    """Name, method, objective and seed of every pair that the study compares."""
    for seed in seeds:
        for objective in OBJECTIVES:
            for method in RATES:
                yield pair_name(method, objective, seed), method, objective, seed


def _main(seeds: tuple[int, ...]) -> Iterator[Item]:
    for name, method, objective, seed in _compared(seeds):
        yield Item(name, "main", partial(_trained, name, method, objective, seed))


def _trained(name: str, method: Method, objective: str, seed: int, reference: str = "demo") -> ExperimentSpec:
    """At the chosen rate, which is read at its turn."""
    return _train(name, settings_at(method, objective, seed, chosen_rate(method)), reference)


def _grids(seeds: tuple[int, ...]) -> Iterator[Item]:
    for name, *_ in _compared(seeds):
        yield Item(f"{name}-grid", "alpha", partial(_grid, name))


def _grid(pair: str) -> ExperimentSpec:
    """Forget and retain questions over alpha: to match the retain model, and to find the best alpha."""
    asked = (PLAIN[0], "study-plain:retain/eval")
    return EvaluateSpec(
        name=f"{pair}-grid",
        base=BASE,
        pair=pair,
        evaluate_on=asked,
        alphas=GRID,
        max_new_tokens=LIMIT,
        curves=False,
    )


def _matched(seeds: tuple[int, ...]) -> Iterator[Item]:
    """Every question at the strength whose forget ROUGE matches the retain model's, see `matched_alpha`."""
    for pair, *_ in _compared(seeds):
        yield Item(f"{pair}{AT_GOLD}", "matched", partial(_at_gold, pair))


def _at_gold(pair: str) -> ExperimentSpec:
    from benchmarks.study.crossings import matched_alpha

    return EvaluateSpec(
        name=f"{pair}{AT_GOLD}",
        base=BASE,
        pair=pair,
        evaluate_on=ASKED,
        alphas=(matched_alpha(pair, GOLD),),
        max_new_tokens=LIMIT,
        curves=False,
    )


def _tasks(pair: str, alpha: float) -> Item:
    name = f"study-{pair.removeprefix('study-').replace(':', '-')}-tasks"
    spec = TasksSpec(
        name=name,
        base=BASE,
        pair=pair,
        evaluate_on=TASKS,
        alphas=(alpha,),
        limit=ITEMS,
        task_folder=os.environ.get("OUBLIETTE_TASKS", ""),
    )
    return Item(name, "tasks", lambda: spec)


def _floors() -> Iterator[Item]:
    guard = replace(TRAINING, method="guardrail", objective="npo")
    assistant = replace(TRAINING, method="uld", objective="memorisation", learning_rate=1e-3)
    yield Item("study-guardrail", "baselines", lambda: _train("study-guardrail", guard))
    yield Item("study-uld-s0", "baselines", lambda: _train("study-uld-s0", assistant))


def _others() -> Iterator[Item]:
    for objective in ("simnpo", "dpo"):
        name = pair_name("offset", objective, FIRST)
        yield Item(name, "further objectives", partial(_trained, name, "offset", objective, FIRST))


def _references(references: tuple[str, ...]) -> Iterator[Item]:
    """A pair by npo on each of these, some by relabelling too; an audit of each, and of the demo reference's pairs."""
    for reference in references:
        for objective in ("npo", "relabelling") if reference in CROSSED else ("npo",):
            yield _on_reference(reference, objective)
            yield _audit(pair_name("offset", objective, FIRST, reference))
    if references == REFERENCES[:-2]:
        yield from (_audit(pair_name("offset", objective, FIRST)) for objective in ("npo", "relabelling"))


def _on_reference(reference: str, objective: str) -> Item:
    from benchmarks.study.models import reference_path

    name = pair_name("offset", objective, FIRST, reference)
    return Item(name, "references", partial(_trained, name, "offset", objective, FIRST, reference_path(reference)))


def reference_of(name: str) -> str:
    """The reference that the run of this name needs, or ""."""
    names = {pair_name("offset", o, FIRST, r): r for r in REFERENCES for o in OBJECTIVES}
    return names.get(name, "")


def reads(item: Item) -> set[str]:
    """The runs of the plan whose models this one reads; empty where it reads the demo's."""
    if item.part == "domains" or item.name == BASE:
        return set()
    if item.part == "matched":
        return {BASE, item.name.removesuffix(AT_GOLD)}
    if item.part in ("alpha", "leaks", "tasks"):
        pair = item.spec().pair_name
        ref = ModelRef.parse(pair)
        own = GOLD if ref.is_retain_only else ref.source
        return {BASE, own} | ({GOLD} if item.part == "leaks" else set())
    return {BASE, GOLD} if item.name == GOLD_TWIN else {BASE}


def _audit(pair: str) -> Item:
    """What the pair gives away, by the probes that read the pair itself."""
    spec = AuditSpec(
        name=f"{pair}-audit",
        base=BASE,
        pair=pair,
        forget=FORGET,
        controls="study-holdout:holdout",
        retain=("study-plain:retain/eval",),
        evaluate_on=(FORGET,),
        alphas=(1.0,),
        probes=PROBES,
    )
    return Item(spec.name, "leaks", lambda: spec)


def _domains() -> Iterator[Item]:
    """The demo's patients, bank clients and authors: its base, its retain model, its own pair, and npo both ways."""
    asked = ("demo:forget", "demo:retain/eval")
    models = (("base", "base:demo", 0.0), ("retain-only", "retain-only:demo", 0.0), ("demo", "demo", 1.0))
    for name, pair, alpha in models:
        spec = EvaluateSpec(
            name=f"study-domains-{name}",
            pair=pair,
            evaluate_on=asked,
            alphas=(alpha,),
            max_new_tokens=LIMIT,
            curves=False,
        )
        yield Item(spec.name, "domains", lambda spec=spec: spec)  # type: ignore[misc]
    for method in RATES:
        name = f"study-domains-npo-{method}"
        yield Item(
            name,
            "domains",
            lambda m=method, n=name: TrainSpec(  # type: ignore[misc]
                name=n,
                evaluate_on=asked,
                alphas=(1.0,),
                max_new_tokens=LIMIT,
                curves=False,
                training=settings_at(m, "npo", FIRST, chosen_rate(m)),
            ),
        )
