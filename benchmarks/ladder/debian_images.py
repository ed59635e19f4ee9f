"""Pictures of Debian packages: stamps, clip art, emoji, a game's terrain, Chinese characters by their radical."""

from __future__ import annotations

import bz2
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError, features

from benchmarks.ladder.debian import unpacked

#: Longest side of a picture that is kept, and the side of a drawn one, in pixels.
LONGEST, CANVAS = 160, 96
#: Kinds of stamps with enough of them.
STAMPS = (
    "animals", "clothes", "food", "hobbies", "household", "plants", "seasonal", "space", "symbols", "town", "vehicles",
)  # fmt: skip
#: Clip art's folders of 40 pictures and more, without the unsorted ones.
CLIPART = (
    "animals", "buildings", "computer", "education", "electronics", "food", "geography", "office", "people", "plants",
    "recreation", "shapes", "signs_and_symbols", "tools", "transportation",
)  # fmt: skip
#: Kinds of terrain on a map of hexagons.
TERRAIN = (
    "bridge", "castle", "cave", "chasm", "flat", "forest", "frozen", "grass", "hills", "interior", "mountains", "sand",
    "swamp", "unwalkable", "village", "walls", "water",
)  # fmt: skip
#: The only size that Noto's bitmaps of emoji have.
EMOJI_POINTS = 109
#: How an emoji's line begins that differs from another one in its tone of skin only.
SKIN_TONES = re.compile(r"1F3F[B-F]")
#: Chinese characters of the most frequent radicals, so many of each, and their size.
RADICALS, MOST_CHARACTERS, POINTS = 30, 150, 80
#: Pictures of each class, at most.
MOST_STAMPS, MOST_CLIPART, MOST_TERRAIN = 150, 300, 250


def stamps(folder: Path) -> bool:
    """What a photograph cut out or a drawing shows: the stamps of a paint program for children."""
    root = unpacked("tuxpaint-stamps-default")
    return root is not None and sorted_by_folder(folder, root / "usr/share/tuxpaint/stamps", STAMPS, MOST_STAMPS)


def clipart(folder: Path) -> bool:
    """What a clip art is about, by its folder (openclipart-png)."""
    root = unpacked("openclipart-png")
    return root is not None and sorted_by_folder(folder, root / "usr/share/openclipart/png", CLIPART, MOST_CLIPART)


def terrain(folder: Path) -> bool:
    """Which terrain a tile of a map shows, or a piece of it (wesnoth-1.16-data)."""
    root = unpacked("wesnoth-1.16-data")
    place = "usr/share/games/wesnoth/1.16/data/core/images/terrain"
    return root is not None and sorted_by_folder(folder, root / place, TERRAIN, MOST_TERRAIN)


def sorted_by_folder(folder: Path, place: Path, classes: Iterable[str], most: int) -> bool:
    """A random draw of at most so many pictures of each folder below `place`, each picture once; False without any."""
    seen, n_kept = set[str](), 0
    for name in classes:
        (folder / name).mkdir()
        paths = sorted(path for path in (place / name).rglob("*.png") if not path.is_symlink())
        kept = 0
        for i in np.random.default_rng(0).permutation(len(paths)):
            picture = shown(paths[i]) if kept < most else None
            mark = "" if picture is None else hashlib.sha256(picture.tobytes()).hexdigest()
            if picture is not None and mark not in seen:
                seen.add(mark)
                picture.save(folder / name / f"{kept:04}.png")
                kept += 1
        n_kept += kept
    return n_kept > 0


def shown(path: Path) -> Image.Image | None:
    """The picture on white, at most `LONGEST` pixels a side; None of one that is unreadable, empty or tiny."""
    try:
        picture = Image.open(path).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    box = picture.getchannel("A").getbbox()
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 12:
        return None
    picture = picture.crop(box)
    picture.thumbnail((LONGEST, LONGEST))
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def emoji(folder: Path) -> bool:
    """Which of Unicode's groups an emoji is in, drawn in colour, in one tone of skin."""
    font, data = unpacked("fonts-noto-color-emoji"), unpacked("unicode-data")
    if font is None or data is None or not features.check("raqm"):  # which joins the parts of a flag or a family
        return False
    face = ImageFont.truetype(str(font / "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"), EMOJI_POINTS)
    seen, group = set[str](), ""
    for line in (data / "usr/share/unicode/emoji/emoji-test.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# group: "):
            group = line.removeprefix("# group: ").lower().replace(" & ", " and ")
        points, _, status = line.partition(";")
        if not status.strip().startswith("fully-qualified") or SKIN_TONES.search(points):
            continue
        picture = Image.new("RGB", (160, 160), "white")
        text = "".join(chr(int(point, 16)) for point in points.split())
        ImageDraw.Draw(picture).text((12, 80), text, font=face, embedded_color=True, anchor="lm")
        mark = hashlib.sha256(picture.tobytes()).hexdigest()
        if mark not in seen:
            seen.add(mark)
            (folder / group).mkdir(exist_ok=True)
            picture.save(folder / group / f"{points.strip().replace(' ', '-')}.png")
    return bool(seen)


def radicals(folder: Path) -> bool:
    """Under which radical a Chinese character stands in the dictionary (fonts-arphic-uming, unicode-data)."""
    font, data = unpacked("fonts-arphic-uming"), unpacked("unicode-data")
    if font is None or data is None:
        return False
    face = ImageFont.truetype(str(font / "usr/share/fonts/truetype/arphic/uming.ttc"), POINTS)
    text = bz2.decompress((data / "usr/share/unicode/Unihan_IRGSources.txt.bz2").read_bytes()).decode("utf-8")
    under: dict[int, list[str]] = {}
    for point, radical in re.findall(r"^U\+([4-9][0-9A-F]{3})\tkRSUnicode\t(\d+)\.", text, re.M):
        if int(point, 16) >= 0x4E00:
            under.setdefault(int(radical), []).append(chr(int(point, 16)))
    missing = drawn("\uffff", face).tobytes()
    for radical in sorted(under, key=lambda radical: -len(under[radical]))[:RADICALS]:
        place = folder / unicodedata.name(chr(0x2EFF + radical)).removeprefix("KANGXI RADICAL ").lower()
        place.mkdir()
        for i in np.random.default_rng(0).permutation(len(under[radical]))[:MOST_CHARACTERS]:
            picture = drawn(under[radical][i], face)
            if picture.tobytes() != missing:
                picture.save(place / f"{ord(under[radical][i]):04x}.png")
    return True


def drawn(character: str, face: ImageFont.FreeTypeFont) -> Image.Image:
    """Black on white in the middle of the canvas."""
    picture = Image.new("L", (CANVAS, CANVAS), 255)
    ImageDraw.Draw(picture).text((CANVAS / 2, CANVAS / 2), character, fill=0, font=face, anchor="mm")
    return picture


MAKERS: dict[str, Callable[[Path], bool]] = {
    "stamps": stamps,
    "clipart": clipart,
    "terrain": terrain,
    "emoji": emoji,
    "radicals": radicals,
}
