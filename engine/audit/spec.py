"""The default audit of a pair: its own forget set. Loads no model."""

from engine.data.examples import hash_examples
from engine.errors import SettingError
from engine.kinds import AuditSpec, TrainSpec
from engine.models.manifest import PairManifest, read_manifest
from engine.models.pairs import find_pair
from engine.names import DEMO, is_alone
from engine.store import history
from engine.store.sources import examples_of
from engine.wording import run_name

DEMO_SETS = ("demo:forget", "demo:forget/first")
# Not the bystanders: training kept the pair unchanged on those.
DEMO_CONTROLS, DEMO_RETAIN = "demo:holdout", "demo:retain/eval"


def audit_spec(
    pair: str,
    name: str = "",
    *,
    alpha: float,
    quick: bool = False,
    probes: tuple[str, ...] = (),
    forget: str = "",
    controls: str = "",
    retain: tuple[str, ...] = (),
    seed: int = 0,
) -> AuditSpec:
    """The specification of an audit; for a pair made by a run here, or one on the demo's base, the forget set is
    known.

    `SettingError` where the pair is a model alone, or its forget questions are unknown.
    """
    if is_alone(pair):
        raise SettingError(f"an audit needs a pair, and {pair!r} is a model alone")
    manifest = read_manifest(find_pair(pair))
    on_demo = manifest.base == DEMO
    of_demo = _made_for(manifest.data_hashes.get("forget", "")) if on_demo else ""
    asked = forget or _of_its_run(manifest) or of_demo
    if not asked:
        raise SettingError(f"no run here made pair {pair!r}: name the questions it should forget (--forget SOURCE)")
    return AuditSpec(
        name=name or run_name("audit", pair),
        pair=pair,
        base=manifest.base,
        reference=manifest.reference,
        forget=asked,
        controls=controls or (DEMO_CONTROLS if on_demo else ""),
        retain=retain or ((DEMO_RETAIN,) if on_demo else ()),
        evaluate_on=(asked,),
        alphas=(alpha,),
        seed=seed,
        probes=tuple(dict.fromkeys(probes)),
        quick=quick,
    )


def _of_its_run(manifest: PairManifest) -> str:
    """The forget set of the run that made exactly this pair; "" where no run here did."""
    named = [run.id for run in history.list_runs() if run.facts.makes == "pair" and run.name == manifest.name]
    details = [detail for detail in map(history.run_detail, named) if detail.pair_hash == manifest.hash]
    return next((detail.spec.forget for detail in details if isinstance(detail.spec, TrainSpec)), "")


def _made_for(data_hash: str) -> str:
    """The part of the demo that a pair was made to forget, by the hash of its questions; the whole set where
    none fits.
    """
    return next((source for source in DEMO_SETS if hash_examples(examples_of(source)) == data_hash), DEMO_SETS[0])
