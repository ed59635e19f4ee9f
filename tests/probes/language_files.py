"""A tiny GGUF language model with random weights, made in a moment, for the tests of conversion and loading."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from transformers.convert_slow_tokenizer import bytes_to_unicode

DIM, LAYERS, HEADS, INNER = 32, 2, 2, 64


def tiny_gguf(path: Path, seed: int = 0) -> Path:
    """A Llama of two layers over single bytes, with <|endoftext|> as its first token."""
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *bytes_to_unicode().values(), "Ġt", "he"]
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(DIM // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3] + [1] * (len(tokens) - 3))
    writer.add_token_merges(["Ġ t", "h e"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (len(tokens), DIM), "output_norm.weight": (DIM,)}
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.attn_{part}.weight": (DIM, DIM) for part in ("q", "k", "v", "output")}
        shapes |= {f"blk.{layer}.ffn_{part}.weight": (INNER, DIM) for part in ("gate", "up")}
        shapes |= {f"blk.{layer}.ffn_down.weight": (DIM, INNER)}
        shapes |= {f"blk.{layer}.{part}_norm.weight": (DIM,) for part in ("attn", "ffn")}
    for name, shape in shapes.items():
        weights = np.ones(shape) if "norm" in name else rng.normal(0, 0.3, shape)
        writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
