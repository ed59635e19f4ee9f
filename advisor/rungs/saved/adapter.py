"""A LoRA adapter of a language model: inserted, trained elsewhere, saved alone, and merged into the weights.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, https://arxiv.org/abs/2106.09685, by peft.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from advisor.llm.prompt_cache import CachedChatModel
from advisor.training import adapters

if TYPE_CHECKING:
    from advisor.training.settings import Settings
    from probes.backbones.language import LanguageModel
    from probes.chat import ChatModel

RANK, ALPHA = 16, 32
#: The linear layers of attention and of the perceptron, as Llama-like models name them.
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def insert(module: nn.Module, seed: int) -> None:
    """Put adapters beside the linear layers, in place; all else is frozen, and outputs stay until they learn."""
    from peft import LoraConfig, inject_adapter_in_model

    named = {name.split(".")[-1] for name, part in module.named_modules() if isinstance(part, nn.Linear)}
    targets = sorted(named & set(TARGETS)) or sorted(named - {"lm_head"})
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=targets)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, module)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_("lora_" in name)


def groups(network: nn.Module, settings: Settings) -> list[dict[str, Any]]:
    """One optimizer group: the adapters."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    rate = settings.learning_rate
    return [{"params": learning, "lr": rate, "base": rate, "weight_decay": settings.weight_decay}]


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """The adapters' tensors by name, (rank, in) and (out, rank)."""
    return {name: tensor for name, tensor in module.state_dict().items() if "lora_" in name}


def merged(model: LanguageModel, tensors: dict[str, Tensor]) -> ChatModel:
    """The language model with its adapters merged, in place: it answers as fast as before.

    It has an identity of its own, so that no answer of the unchanged model is taken for one of its.
    """
    adapters.merge(model.module)
    model.module.requires_grad_(False)
    content = b"".join(tensors[name].detach().cpu().float().numpy().tobytes() for name in sorted(tensors))
    digest = hashlib.sha256(model.weights_hash.encode() + content).hexdigest()
    return CachedChatModel(dataclasses.replace(model, weights_hash=digest))
