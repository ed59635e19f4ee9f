"""Fresh datasets: none of them was looked at while the advice was made, so they tell whether its score was tuned.

They are made of what lies on a Debian machine with this project's dependencies: a desktop's icons, letters of eight
scripts and of 22 faces drawn from one family of fonts, paragraphs of licences, and libraries' documentation and code.
Their outcomes lie apart (``data/ladderbench/fresh``), and nothing is fitted to them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from advisor import storage

ICONS = Path("/usr/share/icons/Adwaita/96x96")
FONTS = Path("/usr/share/fonts/truetype/dejavu")
LICENCES = Path("/usr/share/common-licenses")
#: First code point, last one, of each script's letters.
SCRIPTS = {
    "latin": (0x100, 0x17F), "greek": (0x391, 0x3CE), "cyrillic": (0x410, 0x481), "armenian": (0x531, 0x586),
    "hebrew": (0x5D0, 0x5EA), "arabic": (0x621, 0x6D3), "georgian": (0x10D0, 0x10FC), "operators": (0x2200, 0x227F),
}  # fmt: skip
LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "networkx", "plotly", "torch", "streamlit")
#: Those with plenty of functions.
CODE_OF = ("numpy", "scipy", "sklearn", "networkx", "torch", "streamlit")
NAMES = ("Apache-2.0", "Artistic", "GFDL-1.3", "GPL-1", "GPL-3", "LGPL-2.1", "MPL-2.0", "CC0-1.0")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Documentation strings, or functions, of each library, at most; characters of a text, at least, and of code, at most.
MOST_STRINGS, LEAST_CHARACTERS, MOST_CHARACTERS = 400, 60, 600
#: Each letter of each face is drawn so often, turned by up to so many degrees and at up to this share of its size.
DRAWN, TURNED, SCALED = 4, 15, (0.6, 1.1)
#: Pixels of a drawn letter's picture, and of the letter.
CANVAS, POINTS = 64, 44


def made(name: str) -> Path | None:
    """Where the fresh set lies in the workspace, made once; None where its material is not on this machine."""
    folder = storage.workspace() / "bench" / "fresh" / name
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
    face = FONTS / "DejaVuSans.ttf"
    if not face.is_file():
        return False
    for script, (first, last) in SCRIPTS.items():
        (folder / script).mkdir()
        for point in range(first, last + 1):
            drawn(chr(point), face, POINTS).save(folder / script / f"{point:04x}.png")
    return True


def letters(folder: Path) -> bool:
    """Which capital letter it is, in all faces of DejaVu, somewhat turned and scaled (fonts-dejavu-extra)."""
    faces, rng = sorted(FONTS.glob("*.ttf")), np.random.default_rng(0)
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


def licences(folder: Path) -> bool:
    """Which licence a paragraph is from (base-files)."""
    texts = [
        (" ".join(paragraph.split()), name)
        for name in NAMES
        if (LICENCES / name).is_file()
        for paragraph in re.split(r"\n\s*\n", (LICENCES / name).read_text(encoding="utf-8", errors="replace"))
    ]
    return written(folder, texts)


def docstrings(folder: Path) -> bool:
    """Which library a documentation string's first paragraph is from, the library's name taken out."""
    return written(folder, [pair for library in LIBRARIES for pair in texts_of(library, first_paragraph)])


def code(folder: Path) -> bool:
    """Which library a function's code is from, the library's name taken out."""
    return written(folder, [pair for library in CODE_OF for pair in texts_of(library, source)])


def first_paragraph(thing: object) -> str:
    """Of its documentation string."""
    return re.split(r"\n\s*\n", inspect.getdoc(thing) or "")[0]


def source(thing: object) -> str:
    """Its code behind the documentation string, cut; "" of what is no Python function."""
    if not inspect.isfunction(thing):
        return ""
    try:
        text = inspect.getsource(thing)
    except (OSError, TypeError):
        return ""
    return text.rsplit('"""', 1)[-1][:MOST_CHARACTERS]


def texts_of(library: str, text_of: Callable[[object], str]) -> Iterator[tuple[str, str]]:
    """Texts of a library's public things, each once, with the library as label."""
    package, seen = importlib.import_module(library), set[str]()
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith(("_", "test", "conftest")):
            continue
        try:
            module = importlib.import_module(f"{library}.{found.name}")
        except Exception:  # an optional dependency of that module is not here
            continue
        for _, thing in sorted(inspect.getmembers(module, callable)):
            if not str(getattr(thing, "__module__", "")).startswith(library):
                continue
            text = re.sub(library, "it", " ".join(text_of(thing).split()), flags=re.IGNORECASE)
            if text in seen:
                continue
            if len(text) >= LEAST_CHARACTERS and len(seen) < MOST_STRINGS:
                seen.add(text)
                yield text, library


def written(folder: Path, pairs: list[tuple[str, str]]) -> bool:
    """Texts and labels as a table; False where there are none."""
    long = [(text, label) for text, label in pairs if len(text) >= LEAST_CHARACTERS]
    pd.DataFrame(long, columns=["text", "label"]).drop_duplicates("text").to_csv(folder / "texts.csv", index=False)
    return bool(long)


MAKERS: dict[str, Callable[[Path], bool]] = {
    "icons": icons,
    "scripts": scripts,
    "licences": licences,
    "docstrings": docstrings,
    "letters": letters,
    "code": code,
}
