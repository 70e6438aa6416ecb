"""Healing brings a layer-cut model back towards its base, and leaves the shared embeddings alone."""

import torch

from engine.data.demo.topics import general_questions, writing_prompts
from engine.models.tuning import cut_layers, evenly_spaced
from engine.unlearning.healing import heal, mean_nll_of_blocks, pack_blocks, write_prose
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()


def test_evenly_spaced_keeps_the_ends() -> None:
    assert evenly_spaced(8, 30) == [0, 4, 8, 12, 17, 21, 25, 29]
    assert evenly_spaced(2, 6) == [0, 5]


def test_a_cut_shares_embeddings_and_runs_its_own_layers() -> None:
    base = make_model(TOKENIZER, 1, layers=6)
    small = cut_layers(base, [0, 3, 5])
    assert small.get_input_embeddings() is base.get_input_embeddings()
    assert small.config.num_hidden_layers == 3
    torch.testing.assert_close(small.model.layers[1].mlp.up_proj.weight, base.model.layers[3].mlp.up_proj.weight)
    assert small(input_ids=torch.tensor([[4, 5]])).logits.shape == (1, 2, len(TOKENIZER))


def test_healing_lowers_the_loss_and_moves_no_embedding() -> None:
    base = make_model(TOKENIZER, 1, layers=6)
    small = cut_layers(base, [0, 5])
    before = base.get_input_embeddings().weight.clone()
    blocks = torch.randint(3, len(TOKENIZER), (24, 16), generator=torch.Generator().manual_seed(0))
    losses = [step.loss for step in heal(base, small, blocks, seed=0, epochs=15, rows=8, learning_rate=5e-3)]
    assert sum(losses[-3:]) < 0.7 * sum(losses[:3])
    assert torch.equal(base.get_input_embeddings().weight, before)


def test_mean_nll_is_the_plain_average() -> None:
    base = make_model(TOKENIZER, 2)
    blocks = torch.randint(3, len(TOKENIZER), (5, 7), generator=torch.Generator().manual_seed(1))
    log_probs = torch.log_softmax(base(input_ids=blocks).logits[:, :-1].float(), -1)
    expected = -log_probs.gather(-1, blocks[:, 1:, None]).mean().item()
    assert abs(mean_nll_of_blocks(base, blocks, rows=2) - expected) < 1e-5


def test_blocks_drop_the_rest() -> None:
    assert pack_blocks([[1, 2, 3], [4, 5], [6, 7]], 3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_requests_are_distinct_and_seeded() -> None:
    requests = writing_prompts(0, 200)
    assert len(set(requests)) == 200
    assert requests == writing_prompts(0, 200)
    assert requests != writing_prompts(1, 200)
    assert len(set(general_questions(0, 160))) == 160


def test_a_stopped_writing_goes_on_with_the_same_text() -> None:
    base = make_model(TOKENIZER, 3)
    TOKENIZER.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    requests = ["who is Ada", "what city", "which river", "who lives in Rome"]
    whole = list(write_prose(base, TOKENIZER, requests, seed=5, length=6, batch=2))
    rest = list(write_prose(base, TOKENIZER, requests, seed=5, skip=2, length=6, batch=2))
    assert [request for request, _ in whole] == requests
    assert whole[2:] == rest
    assert TOKENIZER.eos_token_id not in [token for _, tokens in whole for token in tokens]
