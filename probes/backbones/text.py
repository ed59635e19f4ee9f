"""Text backbones: a transformer encoder whose tokens are pooled, and its tokenizer."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.backbones.entry import Entry, Pooling
from probes.backbones.pretrained import load_pretrained
from probes.backbones.weights import weights_hash, weights_path
from probes.errors import BackboneError, first_line

#: Part of the feature cache's key; raise it whenever tokens or pooling change the numbers.
PREPROCESSING = "text-1"


class Pooled(nn.Module):
    """An encoder whose token states become one vector: batch of tensors to (n, dim). ``pooling`` as in `pool`."""

    def __init__(self, encoder: nn.Module, pooling: Pooling = "mean") -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, pooling

    def extra_repr(self) -> str:
        """The pooling, beside the encoder."""
        return str(self.pooling)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return pool(self.encoder(**batch).last_hidden_state, batch["attention_mask"], self.pooling)


def pool(states: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """One vector of each text's token states: their mean, the first token's or the last one's, padding left out.

    Shape: states (n, tokens, dim), mask (n, tokens) to (n, dim). Padding may stand on either side.
    """
    if pooling == "mean":
        return masked_mean(states, mask)
    places = torch.arange(mask.shape[1], device=mask.device)
    none = -1 if pooling == "last" else mask.shape[1]
    known = torch.where(mask.bool(), places, torch.full_like(places, none))
    chosen = (known.max(dim=1) if pooling == "last" else known.min(dim=1)).values.clamp(0, mask.shape[1] - 1)
    return states[torch.arange(len(states), device=states.device), chosen]


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over all tokens but padding. Shape: states (n, tokens, dim), mask (n, tokens) to (n, dim)."""
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1)


@dataclass(eq=False)
class TextBackbone:
    """A loaded text backbone.

    ``module``: dict of (n, tokens) tensors to (n, dim) pooled features (not normalised), in eval mode after `load`.
    Each text is read after the entry's prefix for items. ``max_tokens`` cuts longer texts. ``weights_hash``: SHA-256 of
    the weight file, or ``random:<seed>``.
    """

    entry: Entry
    module: nn.Module
    tokenizer: Any
    dim: int
    max_tokens: int
    weights_hash: str
    device: str
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")

    @classmethod
    def load(
        cls, entry: Entry, device: str = "cpu", pretrained: bool = True, max_tokens: int | None = None, seed: int = 0
    ) -> TextBackbone:
        """Load the encoder and its tokenizer from local files only; ``pretrained=False`` gives seeded random weights.

        ``max_tokens``: at most the encoder's positions; the entry's usual input by default.
        Raises BackboneError when the weights or the tokenizer are missing, damaged or not an encoder's.
        """
        if entry.kind != "text":
            raise BackboneError(f"{entry.title} is not a text backbone.")
        path = weights_path(entry)  # beside them is the tokenizer, which random weights need too
        digest = weights_hash(entry) if pretrained else f"random:{seed}"
        try:
            encoder, tokenizer = _load(path.parent, pretrained, seed)
        except BackboneError:
            raise
        except Exception as error:  # transformers raises many kinds for a foreign tokenizer or config
            raise BackboneError(
                f"{path.parent} cannot be loaded as a text encoder ({first_line(error)}). Choose a folder with "
                f"config.json, a tokenizer and model.safetensors."
            ) from error
        limit = int(getattr(encoder.config, "max_position_embeddings", entry.input_size) or entry.input_size)
        return cls(
            entry=entry,
            module=Pooled(encoder, entry.pooling).to(device).eval(),
            tokenizer=tokenizer,
            dim=int(encoder.config.hidden_size),
            max_tokens=min(max_tokens or entry.usual_input, limit),
            weights_hash=digest,
            device=device,
            inputs=_inputs(encoder),
        )

    @property
    def input_size(self) -> int:
        """The longest input, in tokens."""
        return self.max_tokens

    @property
    def preprocessing(self) -> str:
        """What the features depend on besides the weights and the item; part of the cache key."""
        plain = f"{PREPROCESSING}-{self.max_tokens}"
        pooling = "" if self.entry.pooling == "mean" else f"-{self.entry.pooling}"
        prefix = self.entry.prefixes.item
        return plain + pooling + (f"-{hashlib.sha256(prefix.encode()).hexdigest()[:8]}" if prefix else "")

    def tokenize(self, texts: list[str], max_tokens: int | None = None) -> dict[str, Tensor]:
        """Texts to (n, longest) int64 tensors on the CPU, padded to the longest and truncated to `max_tokens`."""
        prefix = self.entry.prefixes.item
        encoded = self.tokenizer(
            [prefix + text for text in texts] if prefix else texts,
            padding=True,
            truncation=True,
            max_length=max_tokens or self.max_tokens,
            return_tensors="pt",
        )
        return {key: encoded[key] for key in self.inputs if key in encoded}

    def prepare(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The batch on this backbone's device."""
        return {key: tensor.to(self.device) for key, tensor in batch.items()}

    @torch.inference_mode()
    def embed(self, texts: list[str], batch_size: int = 64) -> np.ndarray:
        """Unit-length sentence embeddings, (n, dim) float32, of a few texts; for many, use `probes.features`."""
        parts = []
        for start in range(0, len(texts), batch_size):
            features = self.module(self.prepare(self.tokenize(texts[start : start + batch_size])))
            parts.append(nn.functional.normalize(features.float(), dim=1).cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), dtype=np.float32)


def blocks(module: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters of the embeddings, layer 0, ..., last layer; every parameter is in exactly one group."""
    layers = max(
        (child for child in module.modules() if isinstance(child, nn.ModuleList)), key=len, default=nn.ModuleList()
    )
    groups = [list(layer.parameters()) for layer in layers]
    inside = {id(parameter) for group in groups for parameter in group}
    rest = [parameter for parameter in module.parameters() if id(parameter) not in inside]
    return [group for group in [rest, *groups] if group]


def _inputs(encoder: Any) -> tuple[str, ...]:
    """The tensors that this encoder takes: DistilBERT and MPNet, for example, have no token types."""
    taken = inspect.signature(encoder.forward).parameters
    return tuple(name for name in ("input_ids", "attention_mask", "token_type_ids") if name in taken)


def _load(folder: Path, pretrained: bool, seed: int) -> tuple[Any, Any]:
    """Encoder and tokenizer from a folder, without a network, and without the pooler that `pool` replaces.

    Texts are padded on the right, also where a tokenizer would pad on the left for writing.
    """
    import transformers

    messages = transformers.utils.logging
    messages.set_verbosity_error()  # an unused head is not worth a warning
    messages.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    tokenizer.padding_side = "right"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if pretrained:
            encoder = load_pretrained(transformers.AutoModel, folder, unneeded=("pooler",))
        else:
            config = transformers.AutoConfig.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
            encoder = transformers.AutoModel.from_config(config, trust_remote_code=False)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    if getattr(encoder.config, "use_cache", False):
        encoder.config.use_cache = False  # nothing is written, so nothing need be remembered
    return encoder, tokenizer
