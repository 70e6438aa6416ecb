"""The ensemble as a model of EleutherAI's lm-evaluation-harness, which defines what its tasks ask and which answers are
right.

Imports lm_eval, an extra (requirements-tasks.txt), so this file is imported only when a run begins.
Texts are cut into tokens as the harness does it for causal models (its `TemplateLM` and `HFLM`), not as `prompts` does.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import torch
from lm_eval.api.model import TemplateLM
from lm_eval.evaluator import evaluate

from engine.data.examples import Example
from engine.data.prompts import Encoded, collate, encode_text, end_token, pad_token
from engine.errors import DataError, ModelError, SettingError
from engine.evaluation.answer_readings import CountProgress, batches
from engine.evaluation.scoring import Score
from engine.models.finite import best_of
from engine.models.offset import combine_logits
from engine.models.readers import forced_logits

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

BATCH_SIZE = 16
# The harness's measures by our names.
MEASURES = {"accuracy": "acc", "accuracy_normalised": "acc_norm"}

Tokens = tuple[tuple[int, ...], tuple[int, ...]]  # of a context and of its continuation


class Likelihood(NamedTuple):
    """A continuation after its context, at one alpha."""

    total: float  # log-probability in nats, summed over the continuation's tokens
    greedy: bool  # whether every token is the likeliest one


class Reading:
    """Continuations under a pair at several alphas. Each is read once: one pass of each model serves all alphas."""

    def __init__(self, pair: "LoadedPair", alphas: Sequence[float], progress: CountProgress | None = None) -> None:
        if pair.manifest.method == "guardrail":
            raise SettingError(
                f"{pair.name} is a guardrail, a text before the question, and the harness puts its questions itself: "
                "tasks cannot distinguish it from its base"
            )
        self.pair, self.alphas, self.progress = pair, tuple(alphas), progress
        self.known: dict[Tokens, tuple[Likelihood, ...]] = {}
        self.cut: set[Tokens] = set()  # whose contexts were too long and lost their beginning

    def likelihoods(self, items: Sequence[Tokens], alpha: float) -> list[Likelihood]:
        """One entry per item; reads those that are new. `DataError` for a continuation that cannot be read."""
        new = [item for item in dict.fromkeys(items) if item not in self.known]
        encoded = [self._fit(item) for item in new]
        done = 0
        for chosen in batches(encoded, BATCH_SIZE):
            found = self._read([encoded[i] for i in chosen])
            self.known |= zip([new[i] for i in chosen], found, strict=True)
            done += len(chosen)
            if self.progress is not None:
                self.progress(done, len(new))
        place = self.alphas.index(alpha)
        return [self.known[item][place] for item in items]

    def _fit(self, item: Tokens) -> Encoded:
        """Cut as in the harness: the end stays. The last token is predicted, never read."""
        context, continuation = item
        limit = self.pair.model.context
        if not continuation:
            raise DataError("a choice adds no tokens after its question, so its likelihood is undefined")
        if limit is not None and len(continuation) > limit:
            text = self.pair.tokenizer.decode(list(continuation))
            raise DataError(
                f"the choice {text[:60]!r} has {len(continuation)} tokens, more than the {limit} that the models of "
                f"{self.pair.name} can read"
            )
        kept = context if limit is None else context[-(limit + 1 - len(continuation)) :]
        if len(kept) < len(context):
            self.cut.add(item)
        return Encoded(list(kept), list(continuation))

    @torch.inference_mode()
    def _read(self, encoded: Sequence[Encoded]) -> list[tuple[Likelihood, ...]]:
        batch = collate(encoded, pad_token(self.pair.tokenizer))
        batch = batch._replace(ids=batch.ids[:, :-1], mask=batch.mask[:, :-1])  # see `_fit`
        counts = [len(item.answer) for item in encoded]
        columns = []
        last = None
        for own in self.alphas:
            pair, alpha = self.pair.at(own)
            if pair.model is not last:  # an offset has one pass for all alphas, a direct model one for each
                logits, last = forced_logits(pair.model, batch), pair.model  # three times [N, V]
                labels = batch.labels.to(logits.base.device)
            combined = combine_logits(logits.base, logits.trained, logits.reference, alpha)
            logs = combined.gather(-1, labels[:, None])[:, 0] - combined.logsumexp(dim=-1)  # [N]
            hits = best_of(combined, f"{self.pair.name}, at alpha {own:g},") == labels
            parts = zip(torch.split(logs.double(), counts), torch.split(hits, counts), strict=True)
            columns.append([Likelihood(float(log.sum()), bool(hit.all())) for log, hit in parts])
        return list(zip(*columns, strict=True))


class EnsembleLM(TemplateLM):  # type: ignore[misc]
    """The model that the harness asks: a pair at one alpha. It rates texts and does not write any."""

    def __init__(self, reading: Reading, alpha: float) -> None:
        super().__init__()
        self.reading, self.alpha, self.tokenizer = reading, alpha, reading.pair.tokenizer

    @property
    def eot_token_id(self) -> int:
        return end_token(self.tokenizer)

    @property
    def prefix_token_id(self) -> int:
        """What comes before a continuation without a context."""
        first = self.tokenizer.bos_token_id
        return self.eot_token_id if first is None else int(first)

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: object) -> list[int]:
        """With what the tokenizer writes before a text, unless the text begins with its first token already."""
        if add_special_tokens is None:
            add_special_tokens = not string.startswith(self.tokenizer.decode([self.prefix_token_id]))
        return encode_text(self.tokenizer, string, add_special_tokens)

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = True) -> list[Likelihood]:
        return list(super().loglikelihood(requests, disable_tqdm=disable_tqdm))

    def _loglikelihood_tokens(self, requests: list[Any], **_: object) -> list[Likelihood]:
        items = [(tuple(context), tuple(continuation)) for _, context, continuation in requests]
        return self.reading.likelihoods(items, self.alpha)

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> NoReturn:
        raise ModelError("an ensemble scores choices for the harness, not whole texts (loglikelihood_rolling)")

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> NoReturn:
        raise ModelError("an ensemble scores choices for the harness and does not write texts (generate_until)")


class TaskFindings(NamedTuple):
    """The harness's result for one task: its items as questions, and their scores; `question_index` is a position
    there.
    """

    task: str
    examples: list[Example]
    scores: list[Score]


def run_tasks(
    pair: "LoadedPair",
    tasks: dict[str, Any],
    alphas: Sequence[float],
    limit: int,
    progress: CountProgress | None = None,
) -> tuple[list[TaskFindings], int]:
    """Give the harness the pair at each of `alphas` for the first `limit` items of each task (`harness_tasks`).

    Also returned: how many choices lost the beginning of their context because the models cannot read that far.
    """
    reading = Reading(pair, alphas, progress)
    found = {name: TaskFindings(name, [], []) for name in tasks}
    for alpha in reading.alphas:
        said = evaluate(EnsembleLM(reading, alpha), {"tasks": tasks}, limit=limit, bootstrap_iters=0)
        for name, findings in found.items():
            samples = said["samples"][name]
            if not findings.examples:
                findings.examples.extend(_example(name, tasks[name], sample) for sample in samples)
            for place, sample in enumerate(samples):
                findings.scores.extend(Score(place, alpha, ours, _value(sample, its)) for ours, its in MEASURES.items())
    return list(found.values()), len(reading.cut)


def _value(sample: dict[str, Any], measure: str) -> float | None:
    """None where the task is not measured in this way, and where a likelihood is NaN: the harness would take that for a
    choice.
    """
    totals = [total for total, _ in sample["filtered_resps"]]
    return None if measure not in sample or any(map(math.isnan, totals)) else float(sample[measure])


def _example(name: str, task: Any, sample: dict[str, Any]) -> Example:
    """An item as a question. Where the choices are contexts (WinoGrande) the sentence with its blank is the
    question.
    """
    doc = sample["doc"]
    if task.multiple_input:
        question, choices, right = doc["sentence"], [doc["option1"], doc["option2"]], task.doc_to_text(doc)
    else:
        question, choices, right = sample["arguments"][0][0], task.doc_to_choice(doc), sample["target"]
    others = (*choices[:right], *choices[right + 1 :])
    return Example(
        question,
        choices[right],
        perturbed_answer=others,
        subject=f"item {sample['doc_id']}",
        domain="tasks",
        group=name,
        split="world",
    )
