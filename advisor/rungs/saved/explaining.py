"""Why a model gives an item its label: the parts of the picture and the words that carry its probability.

`probes.attribution` has the method. Read without torch: the dashboard's server draws what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from probes.attribution import leave_one_out, occlusion, pieces_of

#: A drop of the probability below this does not count.
LEAST = 0.01
#: Cells of eight that a patch covers each way: wider where no small patch matters to a model that is sure.
WIDTHS = (2, 3, 4)


@dataclass(frozen=True)
class WordReasons:
    """What each piece of a text, mostly a word, carries of the probability of the label.

    Shape: pieces (n,) pairs of start and end in `text`, drops (n,); negative: the piece speaks against the label.
    """

    label: str
    probability: float
    text: str
    pieces: tuple[tuple[int, int], ...]
    drops: np.ndarray

    @property
    def strongest(self) -> float:
        """The largest drop or rise, 0 to 1."""
        return float(np.abs(self.drops).max(initial=0.0))

    def words(self) -> list[tuple[str, float]]:
        """The pieces with what each carries, the strongest first."""
        order = np.argsort(-np.abs(self.drops), kind="stable")
        return [(self.text[slice(*self.pieces[i])], float(self.drops[i])) for i in order.tolist()]


@dataclass(frozen=True)
class ImageReasons:
    """What each cell of a grid over a picture carries of the probability of the label.

    Shape: picture (side, side, 3) uint8, the square that the model sees; drops (cells, cells), negative: the cell
    speaks against the label. covered: the side of a patch as a share of the picture's.
    """

    label: str
    probability: float
    picture: np.ndarray
    drops: np.ndarray
    covered: float

    @property
    def strongest(self) -> float:
        """The largest drop or rise, 0 to 1."""
        return float(np.abs(self.drops).max(initial=0.0))


def of_text(text: str, classes: tuple[str, ...], of_texts: Callable[[list[str]], np.ndarray]) -> WordReasons:
    """Ask a model about a text without each of its words. of_texts: texts to class probabilities, (n, C)."""
    shares = of_texts([text])[0]
    best = int(shares.argmax())
    pieces = pieces_of(text)
    drops = leave_one_out(text, pieces, lambda texts: of_texts(list(texts)), best)
    return WordReasons(classes[best], float(shares[best]), text, tuple(pieces), drops)


def of_image(
    picture: Image.Image,
    side_px: int,
    classes: tuple[str, ...],
    of_images: Callable[[Callable[[int], Image.Image], int], tuple[np.ndarray, np.ndarray]],
) -> ImageReasons:
    """Ask a model about a picture with each part covered. of_images: as `ImagePredictor.of_images`."""
    from probes.backbones.image import to_pixels

    square = to_pixels(picture, side_px)

    def probabilities(pictures: Sequence[np.ndarray]) -> np.ndarray:
        return of_images(lambda i: Image.fromarray(pictures[i]), len(pictures))[0]

    shares = probabilities([square])[0]
    best = int(shares.argmax())
    for wide in WIDTHS:
        drops = occlusion(square, probabilities, best, wide=wide)
        reasons = ImageReasons(classes[best], float(shares[best]), square, drops, wide / len(drops))
        if reasons.strongest >= LEAST:
            break
    return reasons
