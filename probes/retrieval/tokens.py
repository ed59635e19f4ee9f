"""Tokens counted by the encoder's own tokenizer, without loading the encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probes.backbones.catalog import Entry
from probes.backbones.weights import weights_path
from probes.errors import BackboneError
from probes.retrieval.chunks import CHARACTERS_PER_TOKEN


def tokenizer_of(entry: Entry) -> Any:
    """The tokenizer that lies beside an encoder's weights; None where there is none, then characters are counted."""
    from tokenizers import Tokenizer

    try:
        path = weights_path(entry).parent / "tokenizer.json"
        return Tokenizer.from_file(str(path)) if path.is_file() else None
    except (BackboneError, ValueError):
        return None


def n_tokens(texts: Sequence[str], tokenizer: Any) -> list[int]:
    """The tokens of each text, whole; by four characters each without a tokenizer."""
    if tokenizer is None:
        return [-(-len(text) // CHARACTERS_PER_TOKEN) for text in texts]
    from probes.retrieval.chunks import counting

    found = counting(tokenizer).encode_batch_fast(list(texts), add_special_tokens=False)
    return [len(one.ids) for one in found]
