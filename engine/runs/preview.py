"""Sample answers of a pair while it is trained: a few fixed questions, at alpha 1, by its weights as they are.

Reads only. Greedy and without gradients, so that no weight and no random number is touched: a training gives the same
digits with and without it.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.data.examples import KEPT, is_to_be_forgotten
from engine.data.prompts import encode_prompt, pad_token, stop_tokens
from engine.decoding.batched import pad_left
from engine.decoding.choosing import Growing, Settings, choose_tokens
from engine.errors import ModelError
from engine.evaluation.fluency import base_log_probabilities
from engine.evaluation.ruined import SampleAnswer, is_noise
from engine.models.loading import LoadedPair, TrainingModels
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel, cut_vocabulary, head_of
from engine.models.readers import PlainReader, Reader, open_reader
from engine.models.tuning import without_adapter
from engine.store.questions import Asked
from engine.unlearning.methods import get_method

EACH = 4  # questions to be forgotten, and as many to be kept
TOKENS = 24  # of an answer
EPOCHS = 20  # of a long training only so many are sampled


def preview_questions(asked: Sequence[Asked]) -> list[Asked]:
    """A few of what the run will evaluate, spread over it: the same ones every time."""
    forget = [item for item in asked if is_to_be_forgotten(item.example.split)]
    kept = [item for item in asked if item.example.split in KEPT]
    return [*_spread(forget), *_spread(kept)]


def _spread(items: Sequence[Asked]) -> list[Asked]:
    number = min(EACH, len(items))
    return [items[place * len(items) // number] for place in range(number)]


def is_sampled(epoch: int, epochs: int) -> bool:
    """Whether this epoch of a training of at most `epochs` ends with samples; the last one does."""
    return epoch % -(-epochs // EPOCHS) == 0 or epoch == epochs


class Preview:
    """Answers the same questions again and again. One that is too long for the models is left out."""

    def __init__(self, models: TrainingModels, asked: Sequence[Asked]) -> None:
        self.models, self.method = models, get_method(models.method)
        alone = OffsetModel(models.base, None, None, models.vocabulary)
        self.base = LoadedPair(
            "this training",
            alone,
            models.tokenizer,
            models.template,
            PairManifest("training", base="", reference="", objective="none"),
            models.base_hash,
            "",
        )
        models.trained.eval()  # as it is while it is trained
        self.settings = Settings(stop_tokens(models.tokenizer, models.template), pad_token(models.tokenizer), TOKENS)
        prompts = [(item, encode_prompt(models.tokenizer, models.template, item.example.question)) for item in asked]
        context = alone.context
        fitting = [pair for pair in prompts if context is None or len(pair[1]) + TOKENS <= context]
        self.asked = [item for item, _ in fitting]
        self.prompts = [prompt for _, prompt in fitting]

    def sample(self) -> list[SampleAnswer]:
        """One per question of `asked`. Where the models give no numbers any more, all of it is noise."""
        if not self.asked:
            return []
        try:
            answers = self._answers()
        except ModelError:
            return [SampleAnswer("", True)] * len(self.asked)
        tokenizer = self.models.tokenizer
        texts = [tokenizer.decode(answer.tokens, skip_special_tokens=True).strip() for answer in answers]
        questions = [item.example.question for item in self.asked]
        likely = base_log_probabilities(self.base, list(zip(questions, texts, strict=True)))
        return [
            SampleAnswer(text, is_noise(text, answer.degenerate, value))
            for text, answer, value in zip(texts, answers, likely, strict=True)
        ]

    @torch.no_grad()
    def _answers(self) -> list[Growing]:
        answers = [Growing(self.settings) for _ in self.prompts]
        ids, mask = pad_left(self.prompts, self.settings.pad)
        readers = _Readers(self.models, self.method.needs_reference)
        for position in range(TOKENS):
            base, trained, reference = readers.read(ids, mask)
            chosen = choose_tokens(self.method.ensemble(base, trained, reference), self.settings, position).cpu()
            for answer, token in zip(answers, chosen.tolist(), strict=True):
                if not answer.over:
                    answer.add(token)
            if all(answer.over for answer in answers):
                break
            ids = chosen.unsqueeze(1)
            mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
        return answers


class _Readers:
    """The models of a training, each with what it has read."""

    def __init__(self, models: TrainingModels, needs_reference: bool) -> None:
        self.models, self.needs_reference = models, needs_reference
        self.base, self.trained = open_reader(models.base), PlainReader(models.trained)
        self.reference = PlainReader(models.trained if models.reference is None else models.reference)

    def read(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The logits of base, trained and reference [B, V] after the newest columns `ids` [B, T]."""
        models = self.models
        trained = self._logits(models.trained, self.trained, ids, mask)
        base = self._logits(models.base, self.base, ids, mask).to(trained.device)
        if not self.needs_reference:
            return base, trained, base
        if models.reference is not None:
            return base, trained, self._logits(models.reference, self.reference, ids, mask).to(trained.device)
        with without_adapter(models.trained):
            return base, trained, self._logits(models.trained, self.reference, ids, mask)

    def _logits(self, model: Any, reader: Reader, ids: Tensor, mask: Tensor) -> Tensor:
        device = next(model.parameters()).device
        positions = torch.clamp(mask.cumsum(-1) - 1, min=0)[:, -ids.shape[1] :]
        hidden = reader.read(ids.to(device), positions.to(device), mask.to(device))[:, -1]
        return cut_vocabulary(head_of(model)(hidden), self.models.vocabulary).float()
