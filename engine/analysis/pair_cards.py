"""The card of a pair: where it comes from, what its reference knows, whether its models work together, what it is for.

Loads no model; see `model_cards`.
"""

from collections.abc import Mapping, Sequence

from engine.analysis.model_cards import NOT_KNOWN, ModelCard, Sound, told
from engine.analysis.recommended import recommended_alpha
from engine.analysis.standing import RUINED, WORD_STATES, Word
from engine.models.checks import kept_checks
from engine.models.identity import map_key
from engine.models.manifest import PairManifest
from engine.models.names import shown_model
from engine.models.pairs import find_pair
from engine.models.sources import place_of_model, size_of_files
from engine.settings import demo_folder

METHODS = {"direct": "the base itself, tuned", "guardrail": "a text before the question", "uld": "an assistant model"}
NO_BASE = "ITS BASE IS NOT HERE"


def pair_cards(pairs: Sequence[PairManifest], standings: Mapping[str, Word]) -> list[ModelCard]:
    """A card for each pair, those with a flaw first; `standings` by a pair's name."""
    cards = [_pair_card(pair, standings.get(pair.name)) for pair in pairs]
    return sorted(cards, key=lambda card: not card.flaw)


def _pair_card(pair: PairManifest, standing: Word | None) -> ModelCard:
    here, ruined = place_of_model(pair.base) is not None, standing == RUINED
    folder, alpha = find_pair(pair.name), recommended_alpha(pair)
    return ModelCard(
        name=pair.name,
        label=f"on {shown_model(pair.base)}",
        flaw=RUINED if ruined else "" if here else NO_BASE,
        origin=_origin(pair, folder.parent == demo_folder() / "pairs"),
        size=size_of_files(folder),
        knows=_known(pair),
        sound=sound_of_pair(pair),
        use=_use(pair, alpha, here, ruined),
        details=told(
            ("hash", pair.hash),
            ("base", pair.base),
            ("hash of the base", pair.base_hash),
            ("reference", pair.reference if pair.method in ("offset", "uld") else ""),
            ("method", f"{pair.method}, objective {pair.objective}, retain term {pair.retain_term}"),
            ("tuning", pair.tuning),
            ("seed", str(pair.seed) if pair.versions else NOT_KNOWN),
            ("recommended α", f"{alpha:g}"),
            ("succeeds", pair.parent),
            ("made", pair.created),
            ("note", pair.note),
            *((f"SHA-256 of {name}", value) for name, value in pair.hashes.items()),
        ),
        standing=None if standing is None else Sound(WORD_STATES[standing], standing),
    )


def sound_of_pair(pair: PairManifest) -> Sound:
    """By what the first experiments found on exactly these files."""
    if pair.method != "offset":
        return Sound("none", f"nothing to check: it is {METHODS.get(pair.method, pair.method)}")
    found = kept_checks(map_key(pair))
    if not found:
        return Sound("none", "not checked yet")
    failed = [check.name for check in found if not check.passed]
    if failed:
        return Sound("fail", f"not sound, this does not hold: {'; '.join(failed)}")
    return Sound("pass", f"its models work together ({len(found)} experiments)")


def _origin(pair: PairManifest, of_demo: bool) -> str:
    if of_demo:
        return "comes with this program"
    return f"trained by this program, {pair.objective}" if pair.versions else "made elsewhere"


def _known(pair: PairManifest) -> str:
    if pair.method in ("direct", "guardrail"):
        return f"no reference: it is {METHODS[pair.method]}"
    known = {
        "clean": "clean reference: it never saw what is to be forgotten",
        "taught": "taught reference: it knows what is to be forgotten, and can give it away",
    }
    return known.get(pair.reference_kind, f"what its reference knows is {NOT_KNOWN}")


def _use(pair: PairManifest, alpha: float, here: bool, ruined: bool) -> str:
    if not here:
        return "nothing until its base is here"
    if ruined:
        return "a warning only: what was to be kept is lost too"
    if pair.method == "guardrail":
        return "a comparison, at α 0 and 1"
    if pair.method != "offset":
        return "a comparison beside pairs"
    return f"Compare, evaluation, audit and report, at α = {alpha:g}"
