"""Fresh datasets: none of them was looked at while the advice was made, so they tell whether its score was tuned.

They are made of what lies on a Debian machine with this project's dependencies: a desktop's icons, letters of eight
scripts drawn from one font, paragraphs of licences, and the first paragraphs of libraries' documentation strings.
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

import pandas as pd

from advisor import storage

ICONS = Path("/usr/share/icons/Adwaita/96x96")
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
LICENCES = Path("/usr/share/common-licenses")
#: First code point, last one, of each script's letters.
SCRIPTS = {
    "latin": (0x100, 0x17F), "greek": (0x391, 0x3CE), "cyrillic": (0x410, 0x481), "armenian": (0x531, 0x586),
    "hebrew": (0x5D0, 0x5EA), "arabic": (0x621, 0x6D3), "georgian": (0x10D0, 0x10FC), "operators": (0x2200, 0x227F),
}  # fmt: skip
LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "networkx", "plotly", "torch", "streamlit")
NAMES = ("Apache-2.0", "Artistic", "GFDL-1.3", "GPL-1", "GPL-3", "LGPL-2.1", "MPL-2.0", "CC0-1.0")
#: Documentation strings of each library, at most; characters of a text, at least.
MOST_STRINGS, LEAST_CHARACTERS = 400, 60
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
    from PIL import Image, ImageDraw, ImageFont

    if not FONT.is_file():
        return False
    font = ImageFont.truetype(str(FONT), POINTS)
    for script, (first, last) in SCRIPTS.items():
        (folder / script).mkdir()
        for point in range(first, last + 1):
            picture = Image.new("L", (CANVAS, CANVAS), 255)
            ImageDraw.Draw(picture).text((CANVAS / 2, CANVAS / 2), chr(point), fill=0, font=font, anchor="mm")
            picture.save(folder / script / f"{point:04x}.png")
    return True


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
    return written(folder, [pair for library in LIBRARIES for pair in _strings(library)])


def _strings(library: str) -> Iterator[tuple[str, str]]:
    package, seen = importlib.import_module(library), set[str]()
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith(("_", "test", "conftest")):
            continue
        try:
            module = importlib.import_module(f"{library}.{found.name}")
        except Exception:  # an optional dependency of that module is not here
            continue
        for _, thing in sorted(inspect.getmembers(module, callable)):
            first = re.split(r"\n\s*\n", inspect.getdoc(thing) or "")[0]
            text = re.sub(library, "it", " ".join(first.split()), flags=re.IGNORECASE)
            if not str(getattr(thing, "__module__", "")).startswith(library) or text in seen:
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
}
