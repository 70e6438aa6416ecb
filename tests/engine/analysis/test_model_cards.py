"""What a card says: by what is recorded and by the files that are there."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.analysis.model_cards import CHANGED, NOT_HERE, ModelCard, Sound, base_cards, retain_cards
from engine.analysis.pair_cards import NO_BASE, pair_cards, sound_of_pair
from engine.analysis.standing import FORGETS, LEAKS, RUINED
from engine.models.checks import Check, keep_checks
from engine.models.connected import connect_base
from engine.models.identity import map_key
from engine.models.manifest import PairManifest, write_manifest
from engine.models.pairs import list_pairs, pairs_folder
from engine.models.taught import MANIFEST, TaughtModel, models_folder
from tests.tiny import save_model


@pytest.fixture(autouse=True)
def no_demo_pairs(no_demo: None) -> None:
    """Only the pairs of a test."""


def put_pair(name: str, base: str, **fields: object) -> PairManifest:
    manifest = replace(PairManifest(name, base, base, "npo"), **fields)  # type: ignore[arg-type]
    folder = pairs_folder() / name
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"x" * 1000)
    write_manifest(folder, manifest)
    return manifest


def card_of(name: str, **standings: object) -> ModelCard:
    return {card.name: card for card in pair_cards(list_pairs(), standings)}[name]  # type: ignore[arg-type]


def test_a_pair_says_what_it_is(tiny_base: Path) -> None:
    made = put_pair("own", str(tiny_base), versions={"torch": "2"}, reference_kind="clean", hashes={"w": "ab"})
    card = card_of("own", own=FORGETS)
    assert (card.title, card.label, card.flaw) == ("own", "on base", "")
    assert card.origin == "trained by this program, npo"
    assert card.size is not None
    assert card.size > 1000
    assert card.knows == "clean reference: it never saw what is to be forgotten"
    assert card.use == "Compare, evaluation, audit and report, at α = 1"
    told = dict(card.details)
    assert (told["hash"], told["base"], told["SHA-256 of w"]) == (made.hash, str(tiny_base), "ab")
    assert "note" not in told, "what says nothing is left out"


def test_what_is_not_recorded_is_said_so(tiny_base: Path) -> None:
    put_pair("theirs", str(tiny_base))
    put_pair("taught", str(tiny_base), reference_kind="taught")
    card = card_of("theirs")
    assert (card.origin, card.knows) == ("made elsewhere", "what its reference knows is not recorded")
    assert dict(card.details)["seed"] == "not recorded"
    assert "can give it away" in card_of("taught").knows


def test_what_is_wrong_with_a_pair_comes_first(tiny_base: Path) -> None:
    put_pair("a-good", str(tiny_base))
    put_pair("b-lost", "/nowhere/base")
    put_pair("c-ruined", str(tiny_base))
    cards = pair_cards(list_pairs(), {"a-good": LEAKS, "c-ruined": RUINED})
    assert [(card.name, card.flaw) for card in cards] == [("b-lost", NO_BASE), ("c-ruined", RUINED), ("a-good", "")]
    assert [card.use for card in cards[:2]] == [
        "nothing until its base is here",
        "a warning only: what was to be kept is lost too",
    ]


@pytest.mark.parametrize(
    ("method", "use", "sound"),
    [
        ("guardrail", "a comparison, at α 0 and 1", "nothing to check: it is a text before the question"),
        ("direct", "a comparison beside pairs", "nothing to check: it is the base itself, tuned"),
        ("uld", "a comparison beside pairs", "nothing to check: it is an assistant model"),
    ],
)
def test_a_comparison_method_is_for_comparison(tiny_base: Path, method: str, use: str, sound: str) -> None:
    put_pair("other", str(tiny_base), method=method)
    assert (card_of("other").use, card_of("other").sound) == (use, Sound("none", sound))


def test_a_pair_is_sound_by_what_was_found_on_exactly_its_files(tiny_base: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_base, tmp_path / "base"))
    pair = put_pair("own", str(base))
    assert sound_of_pair(pair) == Sound("none", "not checked yet")
    keep_checks(map_key(pair), [Check("one", True, "0"), Check("two", True, "0")])
    assert sound_of_pair(pair) == Sound("pass", "its models work together (2 experiments)")
    keep_checks(map_key(pair), [Check("one", True, "0"), Check("two", False, "1")])
    assert sound_of_pair(pair) == Sound("fail", "not sound, this does not hold: two")
    (base / "added.json").write_text("{}")
    assert sound_of_pair(pair).state == "none", "other files, other pair"


def bases() -> dict[str, ModelCard]:
    return {card.name: card for card in base_cards(list_pairs())}


def test_bases_that_are_connected_named_or_gone(tiny_base: Path, tmp_path: Path) -> None:
    own = save_model(tmp_path / "own", seed=4)
    connect_base(str(own))
    put_pair("p", str(own))
    put_pair("q", str(tiny_base))
    assert list(bases()) == ["demo", str(own), str(tiny_base)]
    card = bases()[str(own)]
    assert (card.title, card.flaw, card.origin) == ("own", "", "folder on this machine")
    assert card.sound.words.startswith("✔ read whole on 20")
    assert card.use == "base of p; new pairs"
    assert card.label.startswith("llama, 0.1 million parameters")
    assert dict(card.details)["name"] == str(own)
    assert bases()[str(tiny_base)].sound == Sound("none", "not checked by itself")
    (own / "added.json").write_text("{}")
    assert (bases()[str(own)].flaw, bases()[str(own)].sound.state) == (CHANGED, "fail")
    shutil.rmtree(own)
    gone = bases()[str(own)]
    assert (gone.flaw, gone.size, gone.use) == (NOT_HERE, None, "nothing until it is here again")


def test_a_taught_model_and_a_retain_model(tiny_base: Path) -> None:
    for name, of in (("taught", ""), ("gold", "taught")):
        folder = models_folder() / name
        folder.mkdir(parents=True)
        record = TaughtModel(name, str(tiny_base), "h", retain_only_of=of, taught=["a", "b"])
        (folder / MANIFEST).write_text(json.dumps(asdict(record)))
    card = bases()["taught"]
    assert (card.origin, card.knows, card.sound.said) == ("taught here", "taught 2 questions", "no hash is recorded")
    demo, gold = retain_cards()
    assert (demo.name, gold.name) == ("retain-only:demo", "retain-only:taught")
    assert gold.knows == "clean: taught 2 questions, none to be forgotten"
    assert gold.use == "baseline of what pairs on taught give away"


def test_a_demo_that_is_damaged_says_so() -> None:
    demo = bases()["demo"]
    assert (demo.flaw, demo.sound.state) == ("DAMAGED", "fail")
    assert "manifest.json" in demo.sound.said
