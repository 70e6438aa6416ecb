"""Two models can be combined only token by token, so their token-to-id maps must be equal."""

from typing import Any

from engine.errors import ModelError


def check_same_vocabulary(first_name: str, first: Any, second_name: str, second: Any) -> None:
    """Raise `ModelError` that says what differs: sizes, a token's id, or a special token."""
    one, two = first.get_vocab(), second.get_vocab()
    if one != two:
        differing = sorted(token for token in one.keys() | two.keys() if one.get(token) != two.get(token))
        token = differing[0]
        raise ModelError(
            f"{first_name} and {second_name} have different vocabularies: {len(one)} and {len(two)} tokens, "
            f"{len(differing)} with another id or missing, for example {token!r} is {one.get(token, 'absent')} "
            f"in the {first_name} and {two.get(token, 'absent')} in the {second_name}; a pair needs equal ones"
        )
    for name in ("bos_token_id", "eos_token_id"):
        ids = getattr(first, name), getattr(second, name)
        if ids[0] != ids[1]:
            raise ModelError(
                f"{first_name} and {second_name} have different special tokens: {name} is {ids[0]} and {ids[1]}"
            )
