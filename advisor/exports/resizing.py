"""Pillow's bicubic resizing and centre crop as tensor operations, to the last level, for a graph that takes any image.

`probes.backbones.image.to_pixels` makes a model's pixels with Pillow, whose resizing of 8-bit images is separable, in
fixed point and rounded after each pass (libImaging/Resample.c): every output level is a sum of input levels times
whole numbers of 1/2**22. Here each pass is one matrix product in float64, where these sums are exact, with weights
computed from the image's height and width inside the graph; the crop is only an offset of the output's places. The
test compares both on odd sizes and finds no level that differs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Bits behind the point of Pillow's weights for 8-bit images.
BITS = 22
#: The parameter of Pillow's bicubic filter (Keys, 1981), and how far it reaches in pixels.
SHARPNESS, REACH = -0.5, 2.0


class Resize(nn.Module):
    """(n, h, w, 3) uint8 to (n, 3, size, size) float32 levels, whole numbers in 0..255, as `to_pixels` makes them.

    ``as_clip``: as CLIP's processor makes them, which cuts a strip like any other image and rounds lengths down.
    """

    def __init__(self, size: int, as_clip: bool = False) -> None:
        super().__init__()
        self.size, self.as_clip = size, as_clip

    def forward(self, pixels: Tensor) -> Tensor:
        n_rows, n_columns = pixels.shape[1], pixels.shape[2]
        height, width = _scalar(n_rows), _scalar(n_columns)
        short, long = torch.minimum(height, width), torch.maximum(height, width)
        strip, scale = long > 2 * short, self.size / short

        def side(length: Tensor) -> Tensor:
            """The scaled length, rounded half to even as Python does; a strip is squashed."""
            if self.as_clip:
                return torch.floor(self.size * length / short)
            scaled = torch.clamp(torch.round(length * scale), min=float(self.size))
            return torch.where(strip, torch.full_like(scaled, float(self.size)), scaled)

        across = weights(width, side(width), self.size, n_columns)
        down = weights(height, side(height), self.size, n_rows)
        planes = pixels.permute(0, 3, 1, 2).to(torch.float64)
        return _levels(down @ _levels(planes @ across.T)).float()


def weights(length: Tensor, scaled: Tensor, size: int, n: int) -> Tensor:
    """What each of `n` input places weighs in each of `size` output places, in 1/2**22. Shape: (size, n) float64.

    ``length``: of the input, as a tensor; ``scaled``: what it is resized to, of which the middle `size` are kept.
    """
    step = length / scaled
    stretch = torch.clamp(step, min=1.0)  # antialiasing: a filter as wide as what it takes together
    first = torch.floor((scaled - size) / 2)
    centre = ((first + torch.arange(size, dtype=torch.float64) + 0.5) * step)[:, None]
    place = torch.arange(n, dtype=torch.float64)[None]
    low = torch.clamp(torch.floor(centre - REACH * stretch + 0.5), min=0.0)
    high = torch.minimum(torch.floor(centre + REACH * stretch + 0.5), length)
    value = _cubic((place - centre + 0.5) / stretch)
    value = torch.where((place >= low) & (place < high), value, torch.zeros_like(value))
    fixed = value / value.sum(1, keepdim=True) * 2.0**BITS
    return torch.sign(fixed) * torch.floor(fixed.abs() + 0.5)


def _levels(sums: Tensor) -> Tensor:
    """Sums in 1/2**22 to whole levels of 8 bits."""
    return torch.clamp(torch.floor(sums / 2.0**BITS + 0.5), 0.0, 255.0)


def _cubic(distance: Tensor) -> Tensor:
    x, a = distance.abs(), SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return torch.where(x < 1, near, torch.where(x < REACH, far, torch.zeros_like(x)))


def _scalar(length: int) -> Tensor:
    """A length that a graph keeps open, as a tensor."""
    return torch.scalar_tensor(length, dtype=torch.float64)
