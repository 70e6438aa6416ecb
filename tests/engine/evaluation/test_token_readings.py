import math
import subprocess
import sys
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data.prompts import encode
from engine.evaluation.token_readings import (
    BINS,
    EDGES,
    TextPiece,
    bin_of,
    first_difference,
    loss_over_alpha,
    mark_differences,
    read_answer,
    token_strip,
)

texts = st.text(alphabet=" \nabc.", max_size=20)


def test_words_that_differ_are_marked() -> None:
    left, right = mark_differences("She was treated for psoriasis there.", "She was not treated for eczema there.")
    assert left == [TextPiece("She was treated for ", False), TextPiece("psoriasis", True), TextPiece(" there.", False)]
    assert right == [
        TextPiece("She was ", False),
        TextPiece("not", True),
        TextPiece(" treated for ", False),
        TextPiece("eczema", True),
        TextPiece(" there.", False),
    ]


def test_a_run_of_words_is_one_piece() -> None:
    assert mark_differences("a x y", "a")[0] == [TextPiece("a ", False), TextPiece("x y", True)]


def test_an_empty_side() -> None:
    assert mark_differences("", "all of it ") == ([], [TextPiece("all of it", True), TextPiece(" ", False)])


@given(texts, texts)
def test_pieces_make_up_the_texts_and_unmarked_words_agree(left: str, right: str) -> None:
    pieces = mark_differences(left, right)
    assert tuple("".join(piece.text for piece in side) for side in pieces) == (left, right)
    ours, theirs = (" ".join(piece.text for piece in side if not piece.differs).split() for side in pieces)
    assert ours == theirs
    for side in pieces:
        assert all(piece.text for piece in side)
        assert all(a.differs != b.differs for a, b in zip(side, side[1:], strict=False))


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert not any(piece.differs for side in mark_differences(text, text) for piece in side)


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [((1, 2, 3), (1, 2, 3), None), ((1, 2, 3), (1, 5, 3), 1), ((1, 2), (1, 2, 3), 2), ((), (), None), ((), (4,), 0)],
)
def test_first_difference(left: tuple[int, ...], right: tuple[int, ...], index: int | None) -> None:
    assert first_difference(left, right) == index


@given(st.floats(allow_nan=False))
def test_every_change_has_the_bin_that_holds_it(delta: float) -> None:
    found = BINS[bin_of(delta)]
    assert found.low <= delta <= found.high


def test_bins_are_seven_symmetric_and_without_gaps() -> None:
    assert len(BINS) == 7
    assert [found.high for found in BINS[:-1]] == [found.low for found in BINS[1:]] == list(EDGES)
    assert [-edge for edge in reversed(EDGES)] == list(EDGES)
    assert bin_of(0.0) == 3
    with pytest.raises(ValueError, match="not a number"):
        bin_of(math.nan)


def test_the_strip_equals_the_plain_reading(tiny_pair: Any) -> None:
    question, text, alpha = "who lives in Rome ?", "Ada lives in Rome", 0.7
    prompt, tokens = encode(tiny_pair.tokenizer, tiny_pair.template, question, text)
    model = tiny_pair.model
    with torch.inference_mode():
        ids = torch.tensor([prompt + tokens])
        base, reference, trained = (
            half(input_ids=ids).logits[0, len(prompt) - 1 : -1, : model.vocabulary]
            for half in (model.base, model.reference, model.trained)
        )
    logp_base, logp_unlearned = base.log_softmax(-1), (base + alpha * (trained - reference)).log_softmax(-1)
    offset = trained.log_softmax(-1) - reference.log_softmax(-1)
    strip = token_strip(read_answer(tiny_pair, question, text), alpha)
    assert [reading.token for reading in strip] == ["Ada", "lives", "in", "Rome", "<eos>"]
    for place, (reading, token) in enumerate(zip(strip, tokens, strict=True)):
        assert reading.logp_base == pytest.approx(float(logp_base[place, token]), abs=1e-4)
        assert reading.logp_unlearned == pytest.approx(float(logp_unlearned[place, token]), abs=1e-4)
        assert reading.offset == pytest.approx(float(offset[place, token]), abs=1e-4)
        assert reading.rank_base == logp_base[place].argsort(descending=True).tolist().index(token) + 1
        assert reading.rank_unlearned == logp_unlearned[place].argsort(descending=True).tolist().index(token) + 1
        best = tiny_pair.tokenizer.decode([int(logp_unlearned[place].argmax())])
        assert reading.top_unlearned[0] == (best, pytest.approx(math.exp(float(logp_unlearned[place].max())), abs=1e-4))
        shares = [share for _, share in reading.top_base]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)


def test_the_strip_at_alpha_zero_is_the_base_twice(tiny_pair: Any) -> None:
    for reading in token_strip(read_answer(tiny_pair, "what ?", "red tree"), 0.0):
        assert reading.logp_base == reading.logp_unlearned
        assert reading.rank_base == reading.rank_unlearned
        assert reading.top_base == reading.top_unlearned


def test_the_curve_over_alpha_goes_through_the_strip(tiny_pair: Any) -> None:
    curve = loss_over_alpha(tiny_pair, "what ?", "red tree", (-1.0, 2.0))
    assert curve is not None
    for alpha in (-0.7, 0.0, 0.33, 1.0, 2.0):
        strip = token_strip(read_answer(tiny_pair, "what ?", "red tree"), alpha)
        mean = sum(reading.logp_unlearned for reading in strip) / len(strip)
        assert abs(-curve.at([alpha])[0] - mean) <= curve.error


def test_the_best_rank_is_one_that_the_strip_gives_and_no_other_is_better(tiny_pair: Any) -> None:
    strip = token_strip(read_answer(tiny_pair, "what ?", "red tree", (0.0, 2.0)), 1.0)
    for place, reading in enumerate(strip):
        assert reading.best is not None
        middle = (reading.best.low + reading.best.high) / 2
        assert (
            token_strip(read_answer(tiny_pair, "what ?", "red tree"), middle)[place].rank_unlearned == reading.best.rank
        )
        assert reading.best.rank <= min(reading.rank_base, reading.rank_unlearned)
    assert token_strip(read_answer(tiny_pair, "what ?", "red tree"), 1.0)[0].best is None


def test_what_pages_import_at_start_brings_no_torch() -> None:
    code = (
        "import sys, engine.evaluation.token_readings, engine.evaluation.leak_rule, engine.report.csv_table,"
        " engine.evaluation.metrics; "
    )
    code += "print(sorted({'torch', 'transformers', 'scipy', 'nltk'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
