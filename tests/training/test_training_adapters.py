"""LoRA on the encoder: nothing changes at first, only the adapters learn, and merged they are plain weights again."""

from __future__ import annotations

from dataclasses import replace

import torch

from advisor.training import adapters
from advisor.training.loop import fit
from advisor.training.network import Classifier
from tests.training.small_problems import SETTINGS, text_problem


def test_adapters_learn_alone_and_merge_into_weights_that_answer_alike() -> None:
    problem = text_problem()
    network = problem.network
    assert isinstance(network, Classifier)
    inputs = problem.val.inputs(problem.val.raw(problem.val.order(None, 6)[0]), None)
    names, before = list(network.state_dict()), network.backbone(inputs).detach()
    adapters.insert(network, seed=0)
    problem.groups = adapters.groups
    assert torch.equal(network.backbone(inputs), before)
    own = {name: p.detach().clone() for name, p in network.backbone.named_parameters() if "lora_" not in name}
    fit(problem, replace(SETTINGS, learning_rate=5e-3, steps=3, n_evaluations=0, first_look=False))
    after = {name: p for name, p in network.backbone.named_parameters() if "lora_" not in name}
    assert all(torch.equal(tensor, after[name]) for name, tensor in own.items())
    learned = network.backbone(inputs).detach()
    assert not torch.allclose(learned, before, atol=1e-3)
    adapters.merge(network)
    assert list(network.state_dict()) == names
    assert torch.allclose(network.backbone(inputs), learned, atol=1e-4)
