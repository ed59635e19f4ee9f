"""BERT encoders by torch's own transformer layers: for a few sentences, without importing transformers.

Context: importing transformers takes 3 to 5 s of the processor, more than all else before the first answer on images,
where it only embeds the names of the classes. Choice: torch's `TransformerEncoderLayer` with the norm behind each part
is BERT's layer (Devlin et al., NAACL 2019, https://arxiv.org/abs/1810.04805), and the package tokenizers reads the same
tokenizer.json. Features agree with those of transformers to 1e-5, and tokens are the same, so that both share a cache.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from probes.backbones.entry import Entry, Pooling
from probes.backbones.text import TextBackbone, pool
from probes.backbones.weights import weights_hash, weights_path
from probes.timings import stage

#: What a folder's config.json must say; everything else goes through transformers.
SUPPORTED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
#: Parts of a layer here, each with the parts of the file that stand there, one below the other.
_LAYER = {
    "self_attn.in_proj_": ("attention.self.query.", "attention.self.key.", "attention.self.value."),
    "self_attn.out_proj.": ("attention.output.dense.",),
    "norm1.": ("attention.output.LayerNorm.",),
    "linear1.": ("intermediate.dense.",),
    "linear2.": ("output.dense.",),
    "norm2.": ("output.LayerNorm.",),
}


class Bert(nn.Module):
    """Token tensors, (n, tokens) int64 each, to (n, dim) pooled features.

    config: a folder's config.json; tensors: of its model.safetensors.
    """

    def __init__(self, config: dict[str, Any], tensors: dict[str, Tensor], pooling: Pooling) -> None:
        super().__init__()
        dim, eps, n_layers = config["hidden_size"], config["layer_norm_eps"], config["num_hidden_layers"]
        self.pooling: Pooling = pooling
        embedding: Any = nn.Embedding.from_pretrained
        self.words, self.places, self.kinds = (
            embedding(tensors[f"embeddings.{name}_embeddings.weight"].float())
            for name in ("word", "position", "token_type")
        )
        self.norm = nn.LayerNorm(dim, eps=eps)
        layer = nn.TransformerEncoderLayer(
            dim, config["num_attention_heads"], config["intermediate_size"], activation="gelu", layer_norm_eps=eps,
            batch_first=True,
        )  # fmt: skip
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.norm.load_state_dict(_parts(tensors, "embeddings.", {"": ("LayerNorm.",)}))
        for number, own in enumerate(self.encoder.layers):
            own.load_state_dict(_parts(tensors, f"encoder.layer.{number}.", _LAYER))

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        tokens, mask = batch["input_ids"], batch["attention_mask"]
        places = torch.arange(tokens.shape[1], device=tokens.device)
        states = self.norm(self.words(tokens) + self.places(places) + self.kinds(batch["token_type_ids"]))
        return pool(self.encoder(states, src_key_padding_mask=mask == 0), mask, self.pooling)


class Tokens:
    """Sentences to tensors, as `TextBackbone.tokenize` asks a tokenizer of transformers."""

    def __init__(self, path: Path) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.enable_padding()

    def __call__(self, texts: list[str], max_length: int, **_: Any) -> dict[str, Tensor]:
        self._tokenizer.enable_truncation(max_length)
        found = self._tokenizer.encode_batch(texts)
        parts = ([one.ids for one in found], [one.attention_mask for one in found], [one.type_ids for one in found])
        return {name: torch.tensor(part, dtype=torch.int64) for name, part in zip(INPUTS, parts, strict=True)}


@stage("loading")
def load_bert(entry: Entry, device: str) -> TextBackbone | None:
    """The encoder of a catalog entry for a few sentences, read in torch; None where its folder is not of this family.

    It has no layers to be probed or trained. Raises BackboneError when its weights are missing or damaged.
    """
    from safetensors.torch import load_file

    path = weights_path(entry)
    try:
        config = json.loads((path.parent / "config.json").read_text(encoding="utf-8"))
        if any(config.get(name, value) != value for name, value in SUPPORTED.items()):
            return None
        module = Bert(config, load_file(path), entry.pooling)
        tokenizer = Tokens(path.parent / "tokenizer.json")
    except Exception:  # a folder with other tensors or settings: transformers reads it, or says what is wrong with it
        return None
    limit = config["max_position_embeddings"]
    return TextBackbone(
        entry=entry, module=module.to(device).eval(), tokenizer=tokenizer, dim=config["hidden_size"],
        max_tokens=min(entry.usual_input, limit), weights_hash=weights_hash(entry), device=device, inputs=INPUTS,
    )  # fmt: skip


def _parts(tensors: dict[str, Tensor], where: str, parts: dict[str, tuple[str, ...]]) -> dict[str, Tensor]:
    """Tensors of the file under the names that a module of torch has for them, as in `_LAYER`."""
    return {
        f"{ours}{kind}": torch.cat([tensors[f"{where}{name}{kind}"].float() for name in theirs])
        for ours, theirs in parts.items()
        for kind in ("weight", "bias")
    }
