"""Folders of tiny models with random weights, as timm and transformers save them, in the catalog's architectures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

WORDS = ("the", "a", "cat", "dog", "sat", "ran", "on", "mat", "red", "blue", "query", ":", "search", "task", "|")
#: What every tiny transformer shares.
_SMALL = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
ENCODERS: dict[str, dict[str, Any]] = {
    "bert": {},
    "mpnet": {},
    "modernbert": {"pad_token_id": 0, "global_attn_every_n_layers": 2},
    "gemma3_text": {"num_key_value_heads": 1, "head_dim": 8, "use_bidirectional_attention": True, "pad_token_id": 0},
}
VISION: dict[str, dict[str, Any]] = {
    "dinov2": {"image_size": 56, "patch_size": 14},
    "dinov3_vit": {"image_size": 64, "patch_size": 16},
    "convnextv2": {"depths": [1, 1, 2, 1], "hidden_sizes": [8, 16, 24, 32], "image_size": 64},
    "vit": {"image_size": 64, "patch_size": 16},
    "siglip_vision_model": {"image_size": 64, "patch_size": 16},
}
WRITERS: dict[str, dict[str, Any]] = {
    "llama": {"num_key_value_heads": 2},
    "qwen3": {"num_key_value_heads": 2, "head_dim": 8},
    "gemma3_text": {"num_key_value_heads": 1, "head_dim": 8, "sliding_window": 16},
}
#: (architecture of timm, arguments that make it tiny)
TIMM: tuple[tuple[str, dict[str, Any]], ...] = (
    ("vit_small_patch14_dinov2", {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 56}),
    ("vit_small_patch16_dinov3", {"embed_dim": 32, "depth": 2, "num_heads": 2}),
    ("eva02_small_patch14_336", {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 56}),
    ("vit_base_patch16_siglip_224", {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 64}),
    ("convnextv2_tiny", {"dims": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}),
    ("mobilenetv4_conv_small_035", {}),
    ("swin_tiny_patch4_window7_224", {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 2], "img_size": 56}),
)


def tokenizer(folder: Path) -> int:
    """Write a tokenizer of whole words into a folder; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(("<pad>", "<unk>", "<s>", "</s>", *WORDS))}
    own = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=own, pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        padding_side="left",
    )  # fmt: skip
    fast.save_pretrained(str(folder))
    return len(vocabulary)


def encoder(folder: Path, model_type: str = "bert", pooling: str | None = None, seed: int = 0) -> Path:
    """A text encoder with a tokenizer; pooling: as a sentence encoder's folder says it, or not at all."""
    import transformers

    vocabulary = tokenizer(folder)
    config = transformers.AutoConfig.for_model(
        model_type, vocab_size=vocabulary, max_position_embeddings=64, **_SMALL, **ENCODERS[model_type]
    )
    _save(transformers.AutoModel, config, folder, seed)
    if pooling is not None:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        said = {"pooling_mode_mean_tokens": pooling == "mean", f"pooling_mode_{pooling}": True}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def writer(folder: Path, model_type: str, seed: int = 0) -> Path:
    """A language model of transformers with a tokenizer."""
    import transformers

    config = transformers.AutoConfig.for_model(
        model_type, vocab_size=tokenizer(folder), max_position_embeddings=256, tie_word_embeddings=True,
        bos_token_id=2, eos_token_id=3, pad_token_id=0, **_SMALL, **WRITERS[model_type],
    )  # fmt: skip
    _save(transformers.AutoModelForCausalLM, config, folder, seed)
    return folder


def vision(folder: Path, model_type: str, seed: int = 0) -> Path:
    """An image model of transformers with its preprocessor's configuration."""
    import transformers

    small = {} if model_type == "convnextv2" else _SMALL
    config = transformers.AutoConfig.for_model(model_type, **small, **VISION[model_type])
    _save(transformers.AutoModel, config, folder, seed)
    side = VISION[model_type]["image_size"]
    said = {"size": {"height": side, "width": side}, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4]}
    (folder / "preprocessor_config.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def timm_folder(folder: Path, architecture: str, arguments: dict[str, Any], n_classes: int = 0, tag: str = "") -> Path:
    """A folder as timm saves a model for the hub; tag: that of its weights, such as in1k."""
    import timm
    from timm.models import save_for_hf

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = timm.create_model(architecture, num_classes=n_classes, **arguments)
    config = {"pretrained_cfg": {"tag": tag}}
    save_for_hf(model, str(folder), model_config=config, model_args=arguments, safe_serialization=True)
    return folder


def _save(kind: Any, config: Any, folder: Path, seed: int) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kind.from_config(config).save_pretrained(str(folder), safe_serialization=True)
