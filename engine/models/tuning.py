"""Which parameters of M'o move, and the layer cut that makes a small twin of a base."""

import copy
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors import safe_open
from torch import nn
from transformers.pytorch_utils import Conv1D

from engine.errors import ModelError
from engine.models.offset import Adapter, Factors
from engine.models.p_adapter import add_p_adapter
from engine.models.weight_files import ADAPTER_CONFIG, check_only
from engine.small_files import read_json
from engine.training_settings import TrainingSettings

ADAPTER_FILE = "adapter_model.safetensors"

# peft 0.21 uses a deprecated call of transformers 5.23; users cannot change that.
warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
# For a mixture of experts: peft says how it would tune the experts, but they stay untuned.
warnings.filterwarnings("ignore", "The following (rank|alpha)_pattern keys did not match", RuntimeWarning)


def prepare_trained(reference: Any, settings: TrainingSettings, seed: int) -> Any:
    """A copy of `reference` whose tuned parameters require gradients; at first its logits equal the reference's.

    lora: adapters on every linear layer but the output layer (peft starts them at zero effect). full: everything but
    the embeddings. p_adapter: a small network behind the embeddings; everything else is shared with the reference,
    not copied.
    """
    if settings.tuning == "p_adapter":
        return add_p_adapter(reference, settings.rank, seed)
    if settings.tuning == "lora":
        return add_lora(copy_sharing_embeddings(reference), settings.rank, seed)
    trained = copy_sharing_embeddings(reference)
    embeddings = {id(parameter) for parameter in trained.get_input_embeddings().parameters()}
    for parameter in trained.parameters():
        parameter.requires_grad_(id(parameter) not in embeddings)
    return trained


def add_lora(model: Any, rank: int, seed: int) -> Any:
    """Wrap `model` in a peft LoRA of this rank on all linear layers, seeded. Scale 2: lora_alpha = 2 x rank."""
    torch.manual_seed(seed)
    turned = any(isinstance(layer, Conv1D) for layer in model.modules())  # GPT-2 stores its weights transposed
    settings = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM", fan_in_fan_out=turned
    )
    return get_peft_model(model, settings)


def without_adapter(trained: Any) -> AbstractContextManager[Any]:
    """Inside the block, a LoRA-tuned model reads as its reference. Only for `PeftModel`."""
    return trained.disable_adapter() if isinstance(trained, PeftModel) else nullcontext()


def tuned_parameters(model: Any) -> list[torch.nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def merged(model: Any) -> Any:
    """The model with its adapter folded into its weights; a model without one comes back as it is."""
    return model.merge_and_unload() if isinstance(model, PeftModel) else model


def with_adapter(model: Any, folder: Path) -> Any:
    """`model` with the adapter saved in `folder` folded in, in place. Raises `ModelError` when a weight is missing."""
    return merged(open_adapter(model, folder))


def open_adapter(model: Any, folder: Path) -> PeftModel:
    """`model`, in place, with the adapter saved in `folder` beside its weights. Raises `ModelError` when a weight is
    missing.

    A weight without a place is refused too: peft would keep the initial value of what the file lacks, and drop what the
    model has no place for. Its faster loading (`low_cpu_mem_usage`) is unsafe with threads: it changes how every thread
    makes its layers.
    """
    check_only(folder, ADAPTER_FILE)
    _check_adapter(model, folder)
    adapted = PeftModel.from_pretrained(model, str(folder.absolute()))  # a relative path might be a name on the hub
    with safe_open(folder / ADAPTER_FILE, framework="pt") as stored:
        expected = get_peft_model_state_dict(adapted, save_embedding_layers=False).keys()  # "auto" would ask the hub
        found = set(stored.keys())
    if missing := sorted(expected - found):
        raise ModelError(f"the adapter in {folder.name} lacks {len(missing)} of its weights, for example {missing[0]}")
    if unread := sorted(found - expected):
        raise ModelError(
            f"the adapter in {folder.name} holds {len(unread)} weights that its config or its model has no place for,"
            f" for example {unread[0]}"
        )
    return adapted


def _check_adapter(model: Any, folder: Path) -> None:
    """Refuse an adapter that tunes embeddings or the output layer: models share those, so all would change.

    Also refuse one that names further adapters: peft would fetch them.
    """
    config = read_json(folder / ADAPTER_CONFIG)
    if config["peft_type"] == "XLORA":
        raise ModelError(f"the adapter in {folder.name} is a mixture of other adapters (XLORA), which is not supported")
    shared = {id(part) for part in (model.get_input_embeddings(), model.get_output_embeddings()) if part is not None}
    names = [name for name, part in model.named_modules() if id(part) in shared]
    with safe_open(folder / ADAPTER_FILE, framework="pt") as stored:
        moved = sorted(key for key in stored.keys() if any(f".{name}." in f".{key}" for name in names))  # noqa: SIM118
    if moved:
        raise ModelError(
            f"the adapter in {folder.name} moves embeddings or the output layer ({moved[0]}), which base, reference and"
            " trained model share: save such a model whole, in a separate folder"
        )


def factors_of(adapted: PeftModel) -> Adapter | None:
    """What a plain LoRA adds to each linear layer; None where the adapter does more (DoRA, biases, whole layers)."""
    settings = adapted.active_peft_config
    if not isinstance(settings, LoraConfig) or settings.modules_to_save or settings.bias != "none":
        return None
    found: Adapter = {}
    for name, layer in adapted.get_base_model().base_model.named_modules():
        for key in getattr(layer, "lora_A", ()):
            down, up = layer.lora_A[key], layer.lora_B[key]
            if layer.use_dora.get(key) or up.bias is not None or name in found:
                return None
            found[name] = Factors(down.weight.detach().clone(), up.weight.detach() * layer.scaling[key])
    return found


def copy_sharing_embeddings(model: Any) -> Any:
    """A copy that shares the embedding weights: they are the largest part of a small model and stay frozen."""
    shared = {id(parameter): parameter for parameter in model.get_input_embeddings().parameters()}
    return copy.deepcopy(model, memo=dict(shared))


def cut_layers(base: Any, layers: Sequence[int]) -> Any:
    """A smaller model of the same vocabulary: the named layers of `base`, renumbered; embeddings and output layer
    shared.

    `ModelError` for a family whose layers are not in one list.
    """
    count = base.config.num_hidden_layers
    lists = [name for name, part in base.named_modules() if isinstance(part, nn.ModuleList) and len(part) == count]
    if len(lists) != 1:
        raise ModelError(f"the layers of a {type(base).__name__} are not in one list, so none can be cut")
    small = type(base)(_cut_config(base.config, layers)).train(base.training)
    small.set_input_embeddings(base.get_input_embeddings())
    small.set_output_embeddings(base.get_output_embeddings())
    own = {id(weight) for weight in base.state_dict(keep_vars=True).values()}
    wanted = {name for name, weight in small.state_dict(keep_vars=True).items() if id(weight) not in own}
    known = base.state_dict()
    for number, layer in enumerate(layers):
        first, into = f"{lists[0]}.{layer}.", f"{lists[0]}.{number}."
        known |= {
            into + name.removeprefix(first): weight
            for name, weight in base.state_dict().items()
            if name.startswith(first)
        }
    small.load_state_dict({name: known[name] for name in wanted}, strict=False)
    return small


def _cut_config(config: Any, layers: Sequence[int]) -> Any:
    """The configuration of some of the layers: lists with one entry per layer are cut in the same way."""
    count, cut = config.num_hidden_layers, copy.deepcopy(config)
    cut.num_hidden_layers = len(layers)
    for name, value in vars(config).items():
        if isinstance(value, list) and len(value) == count:
            setattr(cut, name, [value[layer] for layer in layers])
    if hasattr(cut, "quantization_config"):  # of the file it was read from, not of these weights
        del cut.quantization_config
    return cut


def evenly_spaced(count: int, total: int) -> list[int]:
    """`count` layer numbers of `total`, the first and the last among them."""
    return [round(i * (total - 1) / (count - 1)) for i in range(count)]
