"""Whatever stands in a model's files: it loads, or one sentence says why not, and no library adds a word."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.models.bases import load_causal_lm
from engine.models.hub import check_on_hub, hub_folder
from engine.models.opening import opening
from tests.gguf_files import save_gguf

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = (
    "num_hidden_layers",
    "hidden_size",
    "vocab_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "rope_parameters",
    "rms_norm_eps",
    "sliding_window",
    "layer_types",
    "quantization_config",
    "auto_map",
    "model_type",
    "architectures",
    "dtype",
    "hidden_act",
    "max_position_embeddings",
    "pad_token_id",
    "eos_token_id",
    "tie_word_embeddings",
    "text_config",
)
anything: Any = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 100),
        st.sampled_from([10**6, 10**12, 1e308]),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["gpt2", "mamba", "float16", "gptq", "default", "../x"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=4,
)


def loads_or_says(source: Path, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        load_causal_lm(str(source))
    except ModelError as error:
        assert str(error)  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    assert capfd.readouterr() == ("", "")


@FEW
@given(key=st.sampled_from(KEYS), value=anything)
def test_any_value_in_a_config(
    key: str, value: object, tiny_base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "model", dirs_exist_ok=True))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, key: value}))
    loads_or_says(folder, capfd)


@FEW
@given(
    file=st.sampled_from(
        ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
    ),
    cut=st.none() | st.integers(0, 3000),
    at=st.integers(0, 3000),
    byte=st.integers(0, 255),
)
def test_any_damage_to_a_file(
    file: str, cut: int | None, at: int, byte: int, tiny_base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "model", dirs_exist_ok=True))
    data = bytearray((folder / file).read_bytes())[:cut]
    if data:
        data[at % len(data)] = byte
    (folder / file).write_bytes(data)
    loads_or_says(folder, capfd)


@FEW
@given(cut=st.none() | st.integers(0, 40_000), at=st.integers(0, 4000), byte=st.integers(0, 255))
def test_any_damage_to_a_gguf_file(
    cut: int | None, at: int, byte: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole.gguf"
    if not whole.exists():
        save_gguf(whole)
    data = bytearray(whole.read_bytes())[:cut]
    if data:
        data[at % len(data)] = byte
    (tmp_path / "model.gguf").write_bytes(data)
    loads_or_says(tmp_path / "model.gguf", capfd)


def test_a_parser_that_gives_up_is_a_sentence_and_ctrl_c_is_not() -> None:
    panic = type("PanicException", (BaseException,), {})
    with (
        pytest.raises(ModelError, match="the model cannot be loaded: PanicException called unwrap"),
        opening("the model cannot be loaded"),
    ):
        raise panic("called unwrap\nsecond line")
    with pytest.raises(KeyboardInterrupt), opening("the model cannot be loaded"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["nobody/nothing", "nobody", "a b", "x" * 90 + "/y"])
def test_a_name_without_a_network_is_one_sentence_and_asks_the_hub_alone(
    name: str, asked: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    for work in (load_causal_lm, check_on_hub):
        with pytest.raises(ModelError, match="there is no model") as caught:
            work(name)
        assert "\n" not in str(caught.value)
    assert set(asked) <= {"huggingface.co"}
    assert capfd.readouterr() == ("", "")


def test_a_model_in_the_hubs_cache_is_held_to_the_same_rules(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    commit = "0" * 40
    stored = tmp_path / "models--owner--name"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text(commit)
    folder = Path(shutil.copytree(tiny_base, stored / "snapshots" / commit))
    assert hub_folder("owner/name") == folder
    check_on_hub("owner/name")
    load_causal_lm("owner/name")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="holds an adapter"):
        load_causal_lm("owner/name")
    with pytest.raises(ModelError, match="there is no model 'owner/other' on this machine"):
        load_causal_lm("owner/other")


def test_a_command_prints_its_own_words_alone(tiny_base: Path, tmp_path: Path) -> None:
    """In a process of its own: what libraries say when they are imported, and warn of, would show here."""
    save_gguf(tmp_path / "model.gguf")
    folder = Path(shutil.copytree(tiny_base, tmp_path / "model"))
    (folder / "adapter_config.json").write_text("{}")

    def ask(source: Path) -> subprocess.CompletedProcess[str]:
        argv = [
            sys.executable,
            "-m",
            "engine",
            "ask",
            "who?",
            "--pair",
            f"base:{source}",
            "--max-new-tokens",
            "2",
            "--json",
        ]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    done = ask(tmp_path / "model.gguf")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)) == {"question", "alpha", "base", "unlearned"}
    done = ask(folder)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
