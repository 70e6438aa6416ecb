"""`python -m engine ask`: its keys, the base at alpha 0, and draws that follow their seed."""

from collections.abc import Callable
from typing import Any


def test_ask_gives_the_documented_keys_and_the_base_at_alpha_0(tiny_pair_name: str, said: Callable[..., Any]) -> None:
    question = "what job did Ada like ?"
    found = said("ask", question, "--pair", tiny_pair_name, "--alpha", "0")
    assert list(found) == ["question", "alpha", "base", "unlearned"]
    assert (found["question"], found["alpha"]) == (question, 0.0)
    assert found["base"] == found["unlearned"]
    assert said("ask", question, "--pair", tiny_pair_name)["alpha"] == 1.0  # the recommended one
    assert said("ask", question, "--pair", tiny_pair_name, "--alpha", "-1")["alpha"] == -1.0


def test_sampled_answers_follow_their_seed(tiny_pair_name: str, said: Callable[..., Any]) -> None:
    def drawn(seed: str) -> Any:
        return said("ask", "what job did Ada like ?", "--pair", tiny_pair_name, "--temperature", "3", "--seed", seed)

    first = drawn("1")
    assert (first["temperature"], first["seed"]) == (3.0, 1)
    assert drawn("1") == first
    assert any(drawn(seed)["base"] != first["base"] for seed in ("2", "3"))
