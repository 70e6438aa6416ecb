"""What a run's figures come from, stored with it: pair, base, data, versions, machine, and how its answers are
judged.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from os import cpu_count
from typing import TYPE_CHECKING, Any

from db import writes
from db.session import Session
from engine.data.examples import Example, hash_examples
from engine.specification import ExperimentSpec
from engine.store.history import LEAK_RULE, READING, ROUGE, TEMPLATE
from engine.store.session import write_patiently

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair
    from engine.models.manifest import PairManifest


def note_origin(
    run_id: int,
    spec: ExperimentSpec,
    pair: "LoadedPair",
    examples: Sequence[Example],
    beside: Mapping[str, str] | None = None,
    judged: bool = True,
) -> None:
    """Store with the run what its figures come from: pair, base, data, versions, machine, how text is put and read,
    and the leak rule that answers are judged by, with what reads the words of ROUGE; `beside` is stored too. Not
    `judged`: the run asked in no template and judged nothing.
    """
    from engine.evaluation import leak_rule
    from engine.evaluation.rouge import variant_of
    from engine.models.text_side import reading_in_words, template_in_words
    from engine.versions import versions

    judged_by = {READING: reading_in_words(pair.tokenizer, pair.template, pair.ends)}
    if judged:
        judged_by |= {LEAK_RULE: leak_rule.LEAK_RULE, TEMPLATE: template_in_words(pair.tokenizer, pair.template)}
    if judged and (variant := variant_of(example.answer for example in examples)):
        judged_by[ROUGE] = variant
    fields: dict[str, Any] = {
        "base": pair.manifest.base,
        "base_hash": pair.base_hash,
        "data_hash": hash_examples(examples),
        "versions": {**versions(), **judged_by, **(beside or {})},
        "machine": _machine(),
    }
    fields["pair_name"] = pair.manifest.name
    if pair.manifest.reference:
        fields["objective"] = pair.manifest.objective
        fields["pair_id"] = write_patiently(lambda session: _put_pair(session, pair.manifest))
        if spec.own_seed is None:
            fields["seed"] = pair.manifest.seed
    write_patiently(lambda session: writes.update_run(session, run_id, **fields))


def _put_pair(session: Session, manifest: "PairManifest") -> int:
    return writes.put_pair(
        session,
        name=manifest.name,
        pair_hash=manifest.hash,
        parent=manifest.parent,
        base_hash=manifest.base_hash,
        recommended_alpha=manifest.recommended_alpha,
        manifest=asdict(manifest),
    )


def _machine() -> dict[str, str]:
    """What a duration depends on; names no machine and no person."""
    import torch

    accelerator = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    cores, threads = str(cpu_count()), str(torch.get_num_threads())
    found = {"system": platform.system(), "processor": platform.machine(), "cores": cores, "threads": threads}
    return {**found, "accelerator": accelerator}
