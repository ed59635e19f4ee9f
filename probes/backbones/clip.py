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
from torch import Tensor

from probes.backbones.image import resized
from probes.backbones.pretrained import load_pretrained
from probes.backbones.weights import file_sha256
from probes.errors import BackboneError, first_line

TEMPLATE = "a photo of a {name}."
BATCH = 16


def to_clip_pixels(image: Image.Image, size: int) -> np.ndarray:
    """Pixels as CLIP's own processor makes them: shorter side to `size`, lengths rounded down, centre crop.

    Shape: (size, size, 3) uint8.
    """
    short = min(image.size)
    width, height = (int(size * side / short) for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    image = resized(image.convert("RGB"), (width, height))
    return np.asarray(image.crop((left, top, left + size, top + size)))


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
                str(place),
                backend="pil",  # as its authors resized; torchvision's, where installed, is up to a level off
                local_files_only=True,
                trust_remote_code=False,
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

    @property
    def crops_as_usual(self) -> bool:
        """Whether images are prepared as for OpenAI's models: shorter side to `size_px`, bicubic, centre crop."""
        how, side = self.processor.image_processor, self.size_px
        return (
            all((how.do_resize, how.do_center_crop, how.do_rescale, how.do_normalize))
            and dict(how.size) == {"shortest_edge": side}
            and dict(how.crop_size) == {"height": side, "width": side}
            and int(how.resample) == Image.Resampling.BICUBIC
            and abs(255 * how.rescale_factor - 1) < 1e-6
        )

    @torch.no_grad()
    def vectors_of(self, names: Sequence[str]) -> Tensor:
        """The unit vectors of class names in words. Shape: (C, d)."""
        inputs = self._inputs(names, [Image.new("RGB", (self.size_px, self.size_px))])
        vectors: Tensor = self.module(**inputs).text_embeds.float()
        return torch.nn.functional.normalize(vectors, dim=1)

    def _inputs(self, names: Sequence[str], images: Sequence[Image.Image]) -> Any:
        sentences = [TEMPLATE.format(name=name) for name in names]
        return self.processor(
            text=sentences, images=list(images), return_tensors="pt", padding=True, truncation=True
        ).to(self.device)

    @torch.inference_mode()
    def log_probabilities(self, images: Sequence[Image.Image], names: Sequence[str]) -> np.ndarray:
        """log p(class | image) for class names in words. Shape: (n, C) float64."""
        parts = []
        for start in range(0, len(images), BATCH):
            inputs = self._inputs(names, images[start : start + BATCH])
            parts.append(torch.log_softmax(self.module(**inputs).logits_per_image.double(), dim=-1).cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, len(names)))
