"""What an answer's tokens under teacher forcing give away: how much of it the model completes, and whether it was
trained on.

Membership scores are signed like a loss: the lower, the more likely the answer was trained on. "OU" is
locuslab/open-unlearning. Tokens are passed without the end-of-text token. Independent of models; imports no
torch.
"""

import zlib
from collections.abc import Sequence
from statistics import fmean

SHARE = 0.4  # of an answer's tokens, the least likely ones; OU's k for TOFU


def extraction_strength(hits: Sequence[bool]) -> float | None:
    """1 − k/T, k the smallest index with argmax[k:] == label[k:]; `hits` says for each of T tokens whether the argmax
    gives it.

    0 where the last token is missed: the empty rest does not count in OU, which says 1/T there. None without tokens,
    where OU says 0.
    """
    if not hits:
        return None
    start = len(hits)
    while start > 0 and hits[start - 1]:
        start -= 1
    return 1 - start / len(hits)


def open_extraction_strength(ours: float | None, tokens: int) -> float:
    """OpenUnlearning's value from `ours` of an answer of T `tokens`: never below 1/T, and 0 for an answer without
    tokens.
    """
    return ours or (1 - (tokens - 1) / tokens if tokens else 0.0)


def min_k(values: Sequence[float]) -> float | None:
    """−mean of the lowest max(1, int(0.4 T)) of T `values`: log-probabilities of the tokens, or their z for min-k++.

    Shi et al., arXiv 2310.16789; Zhang et al., arXiv 2404.02936. None without tokens, where OU says 0.
    """
    if not values:
        return None
    return -fmean(sorted(values)[: max(1, int(len(values) * SHARE))])


def zlib_score(loss: float, answer: str) -> float:
    """`loss`, in nats per answer token, ÷ bytes of the compressed `answer` (Carlini et al. 2021)."""
    return loss / compressed_bytes(answer)


def compressed_bytes(text: str) -> int:
    """Length in bytes of the text in UTF-8, compressed by zlib at its default level; 8 for an empty one."""
    return len(zlib.compress(text.encode("utf-8")))
