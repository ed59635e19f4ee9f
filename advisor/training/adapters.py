"""LoRA on an encoder: low-rank changes of its linear layers that learn while its own weights stay frozen.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, https://arxiv.org/abs/2106.09685, by peft.
Once trained, the changes are added to the weights, so that a saved model needs no peft and predicts as fast as before.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from advisor.training.settings import Settings

RANK, ALPHA = 8, 16


def insert(network: nn.Module, seed: int) -> None:
    """Put adapters beside the backbone's linear layers, in place; the outputs stay as they were until training."""
    import torch
    from peft import LoraConfig, inject_adapter_in_model

    backbone: nn.Module = network.backbone  # type: ignore[assignment]
    names = {name.split(".")[-1] for name, module in backbone.named_modules() if isinstance(module, nn.Linear)}
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=sorted(names))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, backbone)


def groups(network: nn.Module, settings: Settings) -> list[dict[str, Any]]:
    """Optimizer groups: the adapters and the head learn, the rest is frozen."""
    adapters, head = [], list(network.head.parameters())  # type: ignore[union-attr]
    for name, parameter in network.backbone.named_parameters():  # type: ignore[union-attr]
        parameter.requires_grad_("lora_" in name)
        adapters += [parameter] if "lora_" in name else []
    rates = ((adapters, settings.learning_rate), (head, settings.head_learning_rate))
    return [{"params": p, "lr": rate, "base": rate, "weight_decay": settings.weight_decay} for p, rate in rates]


def merge(network: nn.Module) -> None:
    """Add the adapters to the weights they change and remove them, in place."""
    from peft.tuners.lora import LoraLayer

    adapted = [(name, module) for name, module in network.named_modules() if isinstance(module, LoraLayer)]
    for name, module in adapted:
        module.merge()
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, module.get_base_layer())
