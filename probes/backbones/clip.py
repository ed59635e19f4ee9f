"""A CLIP-family model from a local Hugging Face folder: which class name fits an image?

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021,
https://arxiv.org/abs/2103.00020: p(class | image) is the softmax over the classes of the scaled cosine between the
image's embedding and that of "a photo of a {name}.". No package of the catalog contains one, so it is used where
the user has one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from probes.backbones.pretrained import load_pretrained
from probes.backbones.weights import file_sha256
from probes.errors import BackboneError, first_line

TEMPLATE = "a photo of a {name}."
BATCH = 16


@dataclass(eq=False)
class ClipModel:
    """A loaded CLIP. ``weights_hash``: SHA-256 of its weight files; ``size_px``: side of its input images."""

    name: str
    module: Any
    processor: Any
    weights_hash: str
    size_px: int
    device: str

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu") -> ClipModel:
        """Load from a folder, without a network. Raises BackboneError without a CLIP that transformers knows."""
        import transformers

        place = Path(folder).expanduser()
        weights = sorted(place.glob("model*.safetensors"))
        try:
            if not weights:
                raise OSError("no model.safetensors")
            module = load_pretrained(transformers.CLIPModel, place)
            processor = transformers.CLIPProcessor.from_pretrained(
                str(place), local_files_only=True, trust_remote_code=False
            )
        except BackboneError:
            raise
        except Exception as error:  # transformers raises many kinds for a damaged or foreign file
            raise BackboneError(
                f"{place} cannot be loaded as a CLIP model ({first_line(error)}). Give a Hugging Face folder with "
                f"config.json, model.safetensors, a tokenizer and preprocessor_config.json."
            ) from error
        digest = hashlib.sha256("".join(file_sha256(path) for path in weights).encode()).hexdigest()
        size = int(module.config.vision_config.image_size)
        return cls(place.resolve().name, module.to(device).eval(), processor, digest, size, device)

    @torch.inference_mode()
    def log_probabilities(self, images: Sequence[Image.Image], names: Sequence[str]) -> np.ndarray:
        """log p(class | image) for class names in words. Shape: (n, C) float64."""
        sentences = [TEMPLATE.format(name=name) for name in names]
        parts = []
        for start in range(0, len(images), BATCH):
            inputs = self.processor(
                text=sentences, images=list(images[start : start + BATCH]), return_tensors="pt", padding=True,
                truncation=True,
            ).to(self.device)  # fmt: skip
            parts.append(torch.log_softmax(self.module(**inputs).logits_per_image.double(), dim=-1).cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, len(names)))
