"""Near copies of eight kinds, among real pictures and among different ones that share a frame: found, and claimed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from advisor.data.decode import open_image
from advisor.data.inspect.duplicates_image import inspect_images
from advisor.data.store import kept_clusters
from benchmarks import sets
from benchmarks.figures import Figure
from benchmarks.probes.framed_pictures import KINDS
from benchmarks.probes.labels_duplicates import SAME_BY_EYE
from probes.progress import silent

SETS = ("cats_dogs", "dtd10", "wbc")
N_REAL, N_FRAMED = 120, 40
#: Different pictures of one kind claimed as copies, as a share of its pictures; copies found among real pictures.
MOST_CLAIMED, LEAST_FOUND = 0.05, 0.85


def resized(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Half to nine tenths of each side."""
    factor = rng.uniform(0.5, 0.9)
    return image.resize((max(8, int(image.width * factor)), max(8, int(image.height * factor))))


def cropped(share: float) -> Callable[[Image.Image, np.random.Generator], Image.Image]:
    """This share of each side, anywhere."""

    def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = round(share * image.width), round(share * image.height)
        left, top = (int(rng.integers(0, room + 1)) for room in (image.width - width, image.height - height))
        return image.crop((left, top, left + width, top + height))

    return crop


def brighter(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Up to a fifth brighter or darker."""
    return ImageEnhance.Brightness(image).enhance(float(rng.choice([0.8, 0.9, 1.1, 1.2])))


def harder(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A fifth more or less contrast."""
    return ImageEnhance.Contrast(image).enhance(float(rng.choice([0.8, 1.2])))


def watermarked(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Large, half transparent words across the middle."""
    words = Image.new("RGBA", image.size)
    font = ImageFont.load_default(size=max(10, image.width // 9))
    place = (image.width * 0.15, image.height * 0.42)
    ImageDraw.Draw(words).text(place, "© photo bank", font=font, fill=(255, 255, 255, 110))
    return Image.alpha_composite(image.convert("RGBA"), words).convert("RGB")


def stamped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A red logo, a seventh of the side, in a corner."""
    side = max(6, int(min(image.size) * 0.14))
    x, y = image.width - side - 3, image.height - side - 3
    stamp = image.copy()
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((x, y, x + side, y + side), fill=(230, 40, 40))
    draw.ellipse((x + side // 4, y + side // 4, x + 3 * side // 4, y + 3 * side // 4), fill=(255, 255, 255))
    return stamp


EDITS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "encoded anew": lambda image, rng: image,
    "resized": resized,
    "cropped to 90 %": cropped(0.9),
    "cropped to 95 %": cropped(0.95),
    "brightness": brighter,
    "contrast": harder,
    "watermark": watermarked,
    "logo": stamped,
}


@dataclass
class Claims:
    """Copies planted and found for each edit, and pairs of different pictures that were claimed to be copies."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    n_false: int = 0
    n_pictures: int = 0

    @property
    def recall(self) -> float:
        """The share of the planted copies that was found."""
        return self.found.total() / max(1, self.planted.total())

    def __str__(self) -> str:
        edits = ", ".join(f"{edit} {self.found[edit]} of {n}" for edit, n in self.planted.items())
        return f"{edits}; {self.n_false} pairs of {self.n_pictures} different pictures claimed"


def measure(pictures: list[Image.Image]) -> Claims:
    """Save each picture and a copy of it, the edits by turns, look into them all, and count."""
    rng = np.random.default_rng(0)
    edits = [list(EDITS)[number % len(EDITS)] for number in range(len(pictures))]
    claims = Claims(planted=Counter(edits), n_pictures=len(pictures))
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(pictures):
            picture.save(Path(folder) / f"{number}.png")
            EDITS[edits[number]](picture, rng).save(Path(folder) / f"{number}.jpg", quality=int(rng.integers(60, 91)))
        paths = [str(Path(folder) / f"{n}.{ending}") for ending in ("png", "jpg") for n in range(len(pictures))]
        clusters = inspect_images(pd.DataFrame({"path": paths, "digest": ""}), silent).clusters
    shown = [sorted(row % len(pictures) for row in pair) for rows in clusters for pair in combinations(rows, 2)]
    claims.found.update(edits[one] for one, other in shown if one == other)
    claims.n_false = len({(one, other) for one, other in shown if one != other})
    return claims


def real_pictures(name: str) -> list[Image.Image]:
    """Pictures of a set, by chance, none of which is a copy of another."""
    dataset = sets.dataset(name)
    spare = {key for cluster in kept_clusters(dataset) for key in cluster["keys"][1:]} | set(SAME_BY_EYE)
    items = dataset.items[~dataset.items["key"].isin(spare)]
    rows = np.random.default_rng(0).permutation(len(items))[:N_REAL]
    return [open_image(Path(path)) for path in items["path"].iloc[rows]]


def figures() -> Iterator[Figure]:
    """Recall among real pictures, then what is claimed of different pictures that share a frame."""
    for name in SETS:
        claims = measure(real_pictures(name))
        yield Figure(
            "labels", f"near copies found, {name}", claims.recall, "share", "at least", (LEAST_FOUND,), str(claims)
        )
    for kind, draw in KINDS.items():
        rng = np.random.default_rng(0)
        claims = measure([draw(rng) for _ in range(N_FRAMED)])
        share = claims.n_false / claims.n_pictures
        yield Figure(
            "labels", f"different pictures claimed, {kind}", share, "share", "at most", (MOST_CLAIMED,), str(claims)
        )
        yield Figure("labels", f"near copies found, {kind}", claims.recall, "share", "none", (), str(claims))
