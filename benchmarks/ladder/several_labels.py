"""Items with several labels, made of Debian's list of packages, manual pages, and drawn pictures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from benchmarks.ladder.generated_texts import LEAST_OF_SHORT, MANUALS, STRANGE, described, short_words
from benchmarks.ladder.tagged_texts import text_of

#: A text and its labels.
Pair = tuple[str, list[str]]
FACE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
#: Items of a set, at most; the most frequent labels of a list of packages.
MOST_ITEMS, MOST_LABELS = 2500, 10
#: Tags say what a package is for and what it works with.
FACETS = ("use::", "works-with::")
#: Headings behind which many manual pages have something to say.
HEADINGS = (
    "OPTIONS", "EXAMPLES", "FILES", "ENVIRONMENT", "BUGS", "AUTHOR", "EXIT STATUS", "COPYRIGHT", "NOTES",
)  # fmt: skip
#: Drawn pictures, their side in pixels, shapes on one of them at most, and the letters that are looked for in words.
PICTURES, SIDE, MOST_SHAPES, LETTERS = 1500, 64, 4, "aeioust"


def uses(folder: Path) -> bool:
    """What a package is for and what it works with, by its one line of description (debtags)."""
    found = []
    for fields in packages():
        tags = re.findall(r"[\w-]+::[\w:-]+", fields.get("Tag", ""))
        found.append((fields["Description"], [tag for tag in tags if tag.startswith(FACETS)]))
    return written(folder, frequent(found))


def needs(folder: Path) -> bool:
    """Which of ten much-used packages a package depends on, by its one line of description."""
    found = []
    for fields in packages():
        names = [re.split(r"[ :(|]", name.strip())[0] for name in fields.get("Depends", "").split(",")]
        found.append((fields["Description"], [name for name in dict.fromkeys(names) if name not in ("", "libc6")]))
    return written(folder, frequent(found))


def headings(folder: Path) -> bool:
    """Which of nine sections a manual page has, by the beginning of its description."""
    pages = [page for page in sorted((MANUALS / "man1").glob("*.1*.gz")) if page.is_file()]
    found = []
    for page in pages:
        if not page.name.startswith(STRANGE) and (text := described(page)):
            own = " ".join(re.findall(r"^\.S[Hh] (.*)$", text_of(page), re.M)).upper()
            found.append((text, [name for name in HEADINGS if name in own]))
    return written(folder, found)


def packages() -> Iterator[dict[str, str]]:
    """The fields of every package in Debian's list that has a description; none where there is no list."""
    if shutil.which("apt-cache") is None:
        return
    listed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=False).stdout
    for package in listed.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*(?:\n .*)*)", package, re.M))
        if "Description" in fields:
            yield fields | {"Description": fields["Description"].split("\n")[0]}


def frequent(pairs: list[Pair]) -> list[Pair]:
    """The most frequent labels, of the items that have at least one of them."""
    kept = {label for label, _ in Counter(label for _, own in pairs for label in own).most_common(MOST_LABELS)}
    cut = [(text, [label for label in own if label in kept]) for text, own in pairs]
    return [(text, own) for text, own in cut if own]


def written(folder: Path, pairs: list[Pair]) -> bool:
    """Texts with their labels, each text once, drawn at random; False where there are none."""
    once = {text: own for text, own in pairs if len(text) >= LEAST_OF_SHORT and own}
    texts = sorted(once)
    chosen = np.random.default_rng(0).permutation(len(texts))[:MOST_ITEMS]
    lines = [json.dumps({"text": texts[i], "labels": once[texts[i]]}, ensure_ascii=False) for i in chosen]
    (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return bool(lines)


def shapes(folder: Path) -> bool:
    """Which of six shapes are in a picture, each in any colour, size and place."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(PICTURES):
        picture = Image.new("RGB", (SIDE, SIDE), tuple(int(level) for level in rng.integers(200, 256, 3)))
        names = [str(name) for name in rng.choice(list(SHAPES), rng.integers(1, MOST_SHAPES + 1), replace=False)]
        for name in names:
            x, y = rng.integers(2, SIDE - 24, 2)
            SHAPES[name](ImageDraw.Draw(picture), int(x), int(y), int(rng.integers(12, 22)), colour(rng))
        rows.append((picture, names))
    return drawn(folder, rows)


def colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """A dark one."""
    red, green, blue = rng.integers(0, 160, 3)
    return int(red), int(green), int(blue)


def _star(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, fill: tuple[int, int, int]) -> None:
    angles = np.pi * np.arange(10) / 5
    radii = np.where(np.arange(10) % 2, 0.2, 0.5) * size
    points = zip(x + size / 2 + radii * np.sin(angles), y + size / 2 - radii * np.cos(angles), strict=True)
    draw.polygon([(float(a), float(b)) for a, b in points], fill=fill)


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw, int, int, int, tuple[int, int, int]], None]] = {
    "disc": lambda draw, x, y, size, fill: draw.ellipse((x, y, x + size, y + size), fill=fill),
    "ring": lambda draw, x, y, size, fill: draw.ellipse((x, y, x + size, y + size), outline=fill, width=3),
    "square": lambda draw, x, y, size, fill: draw.rectangle((x, y, x + size, y + size), fill=fill),
    "triangle": lambda draw, x, y, size, fill: draw.polygon(
        [(x, y + size), (x + size, y + size), (x + size / 2, y)], fill=fill
    ),
    "cross": lambda draw, x, y, size, fill: draw.line(
        [(x, y), (x + size, y + size), (x + size / 2, y + size / 2), (x + size, y), (x, y + size)], fill=fill, width=3
    ),
    "star": _star,
}


def spelt(folder: Path) -> bool:
    """Which of seven letters a drawn word has."""
    if not FACE.is_file():
        return False
    rng = np.random.default_rng(0)
    words = [word for word in short_words() if set(word) & set(LETTERS)]
    rows = []
    for i in rng.permutation(len(words))[:PICTURES]:
        picture = Image.new("L", (SIDE, SIDE), 255)
        font = ImageFont.truetype(str(FACE), int(rng.integers(14, 18)))
        ImageDraw.Draw(picture).text((2, int(rng.integers(4, SIDE - 24))), words[i], 0, font)
        rows.append((picture.convert("RGB"), [letter for letter in LETTERS if letter in words[i]]))
    return drawn(folder, rows)


def drawn(folder: Path, rows: list[tuple[Image.Image, list[str]]]) -> bool:
    """Pictures and a table of their labels; False where there are none."""
    (folder / "images").mkdir(exist_ok=True)
    for i, (picture, _) in enumerate(rows):
        picture.save(folder / "images" / f"{i:05}.png")
    labels = [(f"images/{i:05}.png", "|".join(own)) for i, (_, own) in enumerate(rows)]
    pd.DataFrame(labels, columns=["file", "labels"]).to_csv(folder / "labels.csv", index=False)
    return bool(rows)


MAKERS: dict[str, Callable[[Path], bool]] = {
    "uses": uses,
    "needs": needs,
    "headings": headings,
    "shapes": shapes,
    "spelt": spelt,
}
