"""Datasets made of what lies on a Debian machine with this project's dependencies, and in Debian's packages.

A desktop's icons, letters and words drawn in two families of fonts, dots to be counted, pieces of files and of
photographs; paragraphs of licences, libraries' documentation, code and error messages, manual pages and package lists
(`generated_texts`); sentences with marked words (`tagged_texts`); items with several labels (`several_labels`);
development sets of another kind (`relabelled`); packages that are fetched and unpacked, but not installed
(`debian_images`, `debian_archives`, `debian_texts`). Nobody looked at those that `tasks.FRESH` names while
the advice was built, so they tell whether its score was tuned.
"""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from advisor.core.workspace import Workspace
from benchmarks.ladder import (
    debian_archives,
    debian_images,
    debian_texts,
    generated_texts,
    relabelled,
    several_labels,
    tagged_texts,
)

ICONS = Path("/usr/share/icons/Adwaita/96x96")
FONTS = Path("/usr/share/fonts/truetype")
DEJAVU = FONTS / "dejavu"
#: First code point, last one, of each script's letters.
SCRIPTS = {
    "latin": (0x100, 0x17F), "greek": (0x391, 0x3CE), "cyrillic": (0x410, 0x481), "armenian": (0x531, 0x586),
    "hebrew": (0x5D0, 0x5EA), "arabic": (0x621, 0x6D3), "georgian": (0x10D0, 0x10FC), "operators": (0x2200, 0x227F),
}  # fmt: skip
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Each letter of each face is drawn so often, turned by up to so many degrees and at up to this share of its size.
DRAWN, TURNED, SCALED = 4, 15, (0.6, 1.1)
#: Pixels of a drawn picture, and of its letter.
CANVAS, POINTS = 64, 44
#: Words of each family of faces, and their letters' pixels.
WORDS, WORD_POINTS = 150, (14, 22)
#: Pictures of each number of dots, up to so many dots, and their radius in pixels.
COUNTED, MOST_DOTS, RADIUS = 200, 8, (2, 6)
#: Kinds of files of which pieces of `CANVAS` x `CANVAS` bytes are shown as pictures, at most so many of each.
PIECES_OF = ("so", "pyc", "py", "gz", "png", "mo", "html", "vim")
MOST_PIECES = 250
#: Side in pixels of the pieces of photographs.
PATCH = 32


def generated(name: str) -> Path | None:
    """Where the set lies in the workspace, made once; None where its material is not on this machine."""
    folder = Workspace.here().folder / "bench" / "made" / name
    if (folder / "done").is_file():
        return folder / "set"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "set").mkdir(parents=True)
    if not MAKERS[name](folder / "set"):
        return None
    (folder / "done").touch()
    return folder / "set"


def icons(folder: Path) -> bool:
    """What an icon is for, by its folder (adwaita-icon-theme)."""
    for path in sorted(ICONS.glob("*/*.png")):
        place = folder / path.parent.name
        place.mkdir(exist_ok=True)
        shutil.copyfile(path, place / path.name)
    return ICONS.is_dir()


def scripts(folder: Path) -> bool:
    """Which script a letter is of, drawn in DejaVu Sans (fonts-dejavu-core)."""
    face = DEJAVU / "DejaVuSans.ttf"
    if not face.is_file():
        return False
    for script, (first, last) in SCRIPTS.items():
        (folder / script).mkdir()
        for point in range(first, last + 1):
            drawn(chr(point), face, POINTS).save(folder / script / f"{point:04x}.png")
    return True


def letters(folder: Path) -> bool:
    """Which capital letter it is, in all faces of DejaVu, somewhat turned and scaled (fonts-dejavu-extra)."""
    faces, rng = sorted(DEJAVU.glob("*.ttf")), np.random.default_rng(0)
    for letter in LETTERS:
        (folder / letter).mkdir()
        for face in faces:
            for turn in range(DRAWN):
                picture = drawn(letter, face, round(POINTS * rng.uniform(*SCALED)))
                turned = picture.rotate(rng.uniform(-TURNED, TURNED), fillcolor=255)
                turned.save(folder / letter / f"{face.stem}-{turn}.png")
    return len(faces) > 1


def drawn(text: str, face: Path, points: int) -> Image.Image:
    """Black on white in the middle of the canvas."""
    picture = Image.new("L", (CANVAS, CANVAS), 255)
    font = ImageFont.truetype(str(face), points)
    ImageDraw.Draw(picture).text((CANVAS / 2, CANVAS / 2), text, fill=0, font=font, anchor="mm")
    return picture


def typefaces(folder: Path) -> bool:
    """Which family a word is set in: DejaVu's and Liberation's (fonts-dejavu-extra, fonts-liberation), any weight."""
    families: dict[str, list[Path]] = {}
    for path in sorted(FONTS.glob("dejavu/*.ttf")) + sorted(FONTS.glob("liberation/*.ttf")):
        families.setdefault(path.stem.split("-")[0], []).append(path)
    words, rng = generated_texts.short_words(), np.random.default_rng(0)
    for family, faces in families.items():
        (folder / family).mkdir()
        for i in range(WORDS):
            face = faces[i % len(faces)]
            picture = drawn(words[rng.integers(len(words))], face, int(rng.integers(*WORD_POINTS)))
            picture.save(folder / family / f"{i:03}.png")
    return len(families) > 1 and bool(words)


def dots(folder: Path) -> bool:
    """How many dots there are, of any size and grey, on a ground that darkens to one side."""
    rng = np.random.default_rng(0)
    for count in range(1, MOST_DOTS + 1):
        (folder / str(count)).mkdir()
        for i in range(COUNTED):
            ground = np.linspace(rng.integers(120, 255), rng.integers(120, 255), CANVAS)
            picture = Image.fromarray(np.tile(ground, (CANVAS, 1)).astype(np.uint8))
            picture = picture.rotate(90 * int(rng.integers(4)))
            for x, y, radius in apart(rng, count):
                box = (x - radius, y - radius, x + radius, y + radius)
                ImageDraw.Draw(picture).ellipse(box, fill=int(rng.integers(0, 100)))
            picture.save(folder / str(count) / f"{i:03}.png")
    return True


def apart(rng: np.random.Generator, count: int) -> list[tuple[int, int, int]]:
    """Middles and radii of dots that do not touch."""
    found: list[tuple[int, int, int]] = []
    while len(found) < count:
        radius = int(rng.integers(*RADIUS))
        x, y = (int(c) for c in rng.integers(radius, CANVAS - radius, 2))
        if all((x - a) ** 2 + (y - b) ** 2 > (radius + r + 1) ** 2 for a, b, r in found):
            found.append((x, y, radius))
    return found


def pieces(folder: Path) -> bool:
    """Which kind of file a piece is from, its bytes as grey values (Nataraj et al., "Malware Images", VizSec 2011)."""
    rng = np.random.default_rng(0)
    places = [Path(sysconfig.get_path("purelib")), Path("/usr/share"), Path("/usr/lib")]
    for kind in PIECES_OF:
        (folder / kind).mkdir()
        paths = [p for place in places for p in sorted(place.rglob(f"*.{kind}")) if p.is_file() and not p.is_symlink()]
        large = [path for path in paths if path.stat().st_size >= 2 * CANVAS**2]
        for i in rng.permutation(len(large))[:MOST_PIECES]:
            content = np.fromfile(large[i], np.uint8)
            start = int(rng.integers(len(content) - CANVAS**2))
            picture = Image.fromarray(content[start : start + CANVAS**2].reshape(CANVAS, CANVAS))
            picture.save(folder / kind / f"{i}.png")
    return True


def patches(folder: Path) -> bool:
    """Which of scikit-learn's two photographs, and which half of it, a piece of it is from."""
    from sklearn.datasets import load_sample_images

    found = load_sample_images()
    for path, pixels in zip(found.filenames, found.images, strict=True):
        height, width = pixels.shape[:2]
        for top in range(0, height - PATCH + 1, PATCH):
            half = "upper" if top + PATCH / 2 < height / 2 else "lower"
            place = folder / f"{half} {Path(path).stem}"
            place.mkdir(exist_ok=True)
            for left in range(0, width - PATCH + 1, PATCH):
                piece = Image.fromarray(pixels[top : top + PATCH, left : left + PATCH])
                piece.save(place / f"{top:03}-{left:03}.png")
    return True


MAKERS: dict[str, Callable[[Path], bool]] = {
    "icons": icons,
    "scripts": scripts,
    "letters": letters,
    "typefaces": typefaces,
    "dots": dots,
    "pieces": pieces,
    "patches": patches,
    **generated_texts.MAKERS,
    **debian_archives.MAKERS,
    **debian_images.MAKERS,
    **debian_texts.MAKERS,
    **relabelled.MAKERS,
    **tagged_texts.MAKERS,
    **several_labels.MAKERS,
}
