"""How likely the secret is once its answer is begun: against the models' own logits, and in words."""

import pytest
import torch

from engine.analysis.begun_answer import percent, secret_sentence, secret_share, up_to_the_secret
from engine.evaluation.token_readings import read_answer
from engine.models.loading import LoadedPair

QUESTION, ANSWER, TERMS = "Where does Ada work?", "Ada works in Rome today", ("Rome", "today")


@pytest.mark.parametrize(
    ("answer", "terms", "begun"),
    [
        (ANSWER, TERMS, "Ada works in"),
        ("It is (sarcoidosis), she said", ("sarcoidosis",), "It is ("),
        ("Rome it is", ("Rome",), ""),
        (ANSWER, ("Oslo",), ""),
        (ANSWER, (), ""),
        ("", ("Rome",), ""),
    ],
)
def test_the_true_answer_up_to_its_secret(answer: str, terms: tuple[str, ...], begun: str) -> None:
    assert up_to_the_secret(answer, terms) == begun


def test_the_share_is_the_product_over_the_terms_tokens(tiny_pair: LoadedPair) -> None:
    reading = read_answer(tiny_pair, QUESTION, ANSWER)
    found = secret_share(reading, TERMS, (0.0, 0.5, 1.0))
    assert found is not None
    assert found.term == "Rome"
    tokens = reading.labels.tolist()[:-1]
    said = [tiny_pair.tokenizer.decode([token]) for token in tokens]
    text = "".join(said)
    start, end, at = text.index("Rome"), text.index("Rome") + len("Rome"), 0
    places = []
    for place, token in enumerate(said):
        if at < end and at + len(token) > start:
            places.append(place)
        at += len(token)
    logits = reading.logits
    for alpha, share in zip((0.0, 0.5, 1.0), found.shares, strict=True):
        combined = logits.base.double() + alpha * (logits.trained.double() - logits.reference.double())
        shares = torch.softmax(combined, dim=-1)
        expected = 1.0
        for place in places:
            expected *= float(shares[place, tokens[place]])
        assert share == pytest.approx(expected, rel=1e-4)


def test_without_a_key_term_there_is_no_share(tiny_pair: LoadedPair) -> None:
    assert secret_share(read_answer(tiny_pair, QUESTION, ANSWER), ("Oslo",), (0.0,)) is None


def test_the_finding_in_a_sentence() -> None:
    said = secret_sentence("sarcoidosis", 0.971, 0.993, 0.02)
    assert said == "Once begun, ‘sarcoidosis’ keeps 97 % (base 99 %, never knew 2 %)."
    assert secret_sentence("Rome", 0.5, 1.0, None) == "Once begun, ‘Rome’ keeps 50 % (base 100 %)."


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (1e-9, "under 1 %"), (0.004, "under 1 %"), (0.999, "over 99 %"), (1.0, "100 %")]
)
def test_what_is_not_nothing_never_reads_so(share: float, words: str) -> None:
    assert percent(share) == words
