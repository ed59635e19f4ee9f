"""Recognition of text in scans, where rapidocr is installed (the extra "ocr"); it runs here and fetches nothing.

Decision: rapidocr with ONNX Runtime, whose wheel carries its models (Chinese, English and other Latin letters), and
pdfium to render pages. A rendered page of 30 lines took 5.4 s on two cores; four pages of the handbook came out with
0.24 % wrong letters. What was recognised is kept in the workspace by the content of the file, since every command reads
the dataset.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.core.storage import write_bytes
from advisor.core.workspace import Workspace
from advisor.data.decode import open_image
from advisor.data.decode_limits import MAX_PIXELS
from advisor.data.pixels import as_rgb

if TYPE_CHECKING:
    from PIL import Image

OFFER = "pip install 'transfer-advisor[ocr]' reads them."
NEEDED = ("rapidocr", "onnxruntime", "pypdfium2")
#: Pages recognised in one reading of a dataset: about half an hour.
MAX_PAGES = 500
#: The longer side of a rendered page; A4 at 190 dots per inch.
SIDE_PX = 2200
#: Lines less sure than this are noise: dust, frames, parts of pictures.
LEAST_SCORE = 0.5
#: A picture whose letters are less sure than this may lie on its side or head.
UPRIGHT = 0.6
#: A gap as wide as this share of a page, from top to bottom, is one between columns.
COLUMN_GAP = 0.015
#: A gap of more than this many line heights begins a paragraph.
PARAGRAPH_GAP = 0.9


@dataclass(frozen=True)
class Line:
    """A recognised line and its box, in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass
class Recogniser:
    """Reads scans, ``left`` pages at most in this reading of a dataset."""

    name: str
    left: int = MAX_PAGES
    _folder: Path = field(default_factory=lambda: Workspace.here().recognised)

    @contextlib.contextmanager
    def pages(self, content: bytes, numbers: Sequence[int]) -> Iterator[Callable[[int], str | None]]:
        """Gives the text of a page of a PDF by its number, counted from 0; None when no more are allowed."""
        import pypdfium2

        known = _Known(self._folder, content, self.name)
        document = None if known.has_all(numbers) else pypdfium2.PdfDocument(content)

        def read(number: int) -> str | None:
            return self._once(known, number, lambda: _rendered(document[number]) if document is not None else None)

        try:
            yield read
        finally:
            known.save()
            if document is not None:
                document.close()

    def image(self, path: Path) -> str | None:
        """The text in an image file, its pages one after the other; None when no more are allowed.

        Raises OSError and ItemError when it cannot be read or decoded.
        """
        known = _Known(self._folder, path.read_bytes(), self.name)
        texts: list[str] = []
        try:
            for number, picture in enumerate(_pictures(path)):
                if (text := self._once(known, number, picture)) is None:
                    break
                texts.append(text)
        finally:
            known.save()
        return "\n\n".join(text for text in texts if text) if texts else None

    def _once(self, known: _Known, number: int, picture: Callable[[], Image.Image | None]) -> str | None:
        if self.left <= 0:
            return None
        self.left -= 1
        if (text := known.texts.get(str(number))) is None:
            image = picture()
            text = recognised(image) if image is not None else ""
            known.add(number, text)
        return text


class _Known:
    """What was recognised in one file before; one that cannot be read or written remembers nothing."""

    def __init__(self, folder: Path, content: bytes, engine: str) -> None:
        digest = hashlib.blake2b(content, digest_size=16, key=f"{engine} {SIDE_PX}".encode()[:64]).hexdigest()
        self.path = folder / f"{digest}.json"
        self.texts: dict[str, str] = {}
        self.new = False
        with contextlib.suppress(OSError, ValueError):
            content_before = json.loads(self.path.read_bytes())
            self.texts = {k: v for k, v in content_before.items() if isinstance(k, str) and isinstance(v, str)}

    def has_all(self, numbers: Sequence[int]) -> bool:
        return all(str(number) in self.texts for number in numbers)

    def add(self, number: int, text: str) -> None:
        self.texts[str(number)] = text
        self.new = True

    def save(self) -> None:
        if self.new:
            with contextlib.suppress(Exception):
                write_bytes(self.path, json.dumps(self.texts, ensure_ascii=False).encode("utf-8", "replace"))


def forget_recognised() -> int:
    """Delete what was recognised; returns the bytes freed."""
    freed = 0
    for path in Workspace.here().recognised.glob("*.json"):
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def recogniser() -> Recogniser | None:
    """What reads scans here; None where the extra is not installed."""
    if any(find_spec(name) is None for name in NEEDED):
        return None
    try:
        return Recogniser(f"rapidocr {version('rapidocr')}")
    except PackageNotFoundError:
        return None


def recognised(image: Image.Image) -> str:
    """The text in a picture, upright or turned: its columns one after the other, paragraphs apart."""
    best = _seen(image)
    if len(best.lines) >= 3 and not best.is_upright:
        turned = [best, *(_seen(image, turn) for turn in (180, 90, 270))]
        best = max(turned, key=lambda seen: (seen.is_wide, seen.letters))
    return "\n\n".join(_paragraphs(block) for block in blocks(best.lines, best.width))


@dataclass(frozen=True)
class _Seen:
    """The lines found in a picture; ``letters``: their number, each counted as much as it is sure."""

    lines: list[Line]
    scores: list[float]
    width: float

    @property
    def letters(self) -> float:
        return sum(score**4 * len(one.text) for one, score in zip(self.lines, self.scores, strict=True))

    @property
    def is_upright(self) -> bool:
        """Whether its lines are wider than high, and sure."""
        return self.is_wide and self.letters > UPRIGHT * sum(len(one.text) for one in self.lines)

    @property
    def is_wide(self) -> bool:
        """Whether most lines are wider than high."""
        return sum(one.right - one.left > one.bottom - one.top for one in self.lines) > 0.5 * len(self.lines)


def _seen(image: Image.Image, turn: int = 0) -> _Seen:
    import numpy as np

    turned = image.convert("RGB").rotate(turn, expand=True) if turn else image.convert("RGB")
    result: Any = _engine()(np.ascontiguousarray(np.asarray(turned)[:, :, ::-1]))
    if result is None or result.boxes is None or not result.txts:
        return _Seen([], [], float(turned.width))
    lines, scores = [], []
    for box, text, score in zip(np.asarray(result.boxes), result.txts, result.scores, strict=True):
        if score >= LEAST_SCORE and text.strip():
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            lines.append(Line(text.strip(), float(left), float(top), float(right), float(bottom)))
            scores.append(float(score))
    return _Seen(lines, scores, float(turned.width))


@functools.lru_cache(maxsize=1)
def _engine() -> Any:
    import rapidocr

    # Its own test for lines that stand on their head turns some that do not; whole pages are turned here instead.
    return rapidocr.RapidOCR(params={"Global.log_level": "critical", "Global.use_cls": False})


def _rendered(page: Any) -> Image.Image:
    """A page of a PDF as it is shown, its rotation applied."""
    scale = SIDE_PX / max(*page.get_size(), 1.0)
    picture: Image.Image = page.render(scale=min(scale, 8.0)).to_pil()
    return picture


def _pictures(path: Path) -> Iterator[Callable[[], Image.Image]]:
    """Opens each page of an image file; only TIFF has several."""
    from PIL import Image

    yield lambda: _smaller(open_image(path))
    if path.suffix.lower() not in (".tif", ".tiff"):
        return
    with Image.open(path, formats=("TIFF",)) as pages:
        for number in range(1, getattr(pages, "n_frames", 1)):
            pages.seek(number)
            if pages.width * pages.height <= MAX_PIXELS:
                yield lambda: _smaller(as_rgb(pages))


def _smaller(image: Image.Image) -> Image.Image:
    if max(image.size) > SIDE_PX:
        image.thumbnail((SIDE_PX, SIDE_PX))
    return image


def blocks(lines: Sequence[Line], width: float) -> list[list[Line]]:
    """Lines in reading order, cut where a gap runs through the page from top to bottom, then from side to side."""
    if len(lines) < 4:
        return [_in_rows(lines)] if lines else []
    for horizontal in (True, False):
        if horizontal:
            cuts = _gaps([(one.left, one.right) for one in lines], COLUMN_GAP * width)
        else:
            heights = sorted(one.bottom - one.top for one in lines)
            cuts = _gaps([(one.top, one.bottom) for one in lines], 1.5 * heights[len(heights) // 2])
        if cuts:
            groups: list[list[Line]] = [[] for _ in range(len(cuts) + 1)]
            for one in lines:
                start = one.left if horizontal else one.top
                groups[sum(start >= cut for cut in cuts)].append(one)
            if not horizontal or min(map(len, groups)) >= 3:
                return [block for group in groups for block in blocks(group, width)]
    return [_in_rows(lines)]


def _gaps(spans: Sequence[tuple[float, float]], least: float) -> list[float]:
    """The middles of the gaps that no span crosses and that are at least so wide."""
    cuts, end = [], None
    for start, stop in sorted(spans):
        if end is not None and start - end >= least:
            cuts.append((start + end) / 2)
        end = stop if end is None else max(end, stop)
    return cuts


def _in_rows(lines: Sequence[Line]) -> list[Line]:
    """Lines from top to bottom, those of one row from left to right."""
    rows: list[list[Line]] = []
    for one in sorted(lines, key=lambda line: line.top):
        middle = (one.top + one.bottom) / 2
        if rows and rows[-1][0].top <= middle <= rows[-1][0].bottom:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda line: line.left)]


def _paragraphs(lines: Sequence[Line]) -> str:
    text = ""
    for before, one in zip([None, *lines], lines, strict=False):
        if before is None:
            text = one.text
        elif one.top < (before.top + before.bottom) / 2:
            text += f" {one.text}"
        else:
            wide = one.top - before.bottom > PARAGRAPH_GAP * (before.bottom - before.top)
            text += ("\n\n" if wide else "\n") + one.text
    return text
