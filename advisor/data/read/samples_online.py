"""Samples that torchvision downloads, indexed by a CSV of path, label and split beside the downloaded files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from advisor.core import aside, disk
from advisor.core.errors import DatasetError, StorageError
from probes.progress import Progress

Row = tuple[str, str, str]


def download(name: str, title: str, folder: Path, progress: Progress) -> None:
    """Download a sample to `folder`, whole or not at all.

    Raises DatasetError when the download fails, StorageError naming the disk that cannot be written.
    """
    try:
        with aside.filled(folder) as new:
            progress(f"Downloading {title}", 0.05)
            rows = list(_READERS[name](new))
            sink = io.StringIO(newline="")
            csv.writer(sink).writerows([("path", "label", "split"), *rows])
            (new / "data.csv").write_text(sink.getvalue(), encoding="utf-8", newline="")
            if not folder.exists():
                new.rename(folder)
    except (OSError, RuntimeError, ImportError) as error:
        if sentence := disk.explained(error):
            raise StorageError(sentence) from error
        cause = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DatasetError(
            f"The sample {title} could not be downloaded ({cause}). "
            f"Check the network, or use an offline sample: sample:digits, sample:mnist5k or sample:topics."
        ) from error


def _relative(paths: Any, root: Path) -> Iterator[str]:
    for path in paths:
        yield Path(path).resolve().relative_to(root.resolve()).as_posix()


def _pets(root: Path) -> Iterator[Row]:
    from torchvision.datasets import OxfordIIITPet

    for split, part in (("trainval", "train"), ("test", "test")):
        data = OxfordIIITPet(str(root), split=split, download=True)
        labels = [data.classes[i] for i in data._labels]
        yield from ((p, label, part) for p, label in zip(_relative(data._images, root), labels, strict=True))


def _dtd(root: Path) -> Iterator[Row]:
    from torchvision.datasets import DTD

    for part in ("train", "val", "test"):
        data = DTD(str(root), split=part, download=True)
        labels = [data.classes[i] for i in data._labels]
        yield from ((p, label, part) for p, label in zip(_relative(data._image_files, root), labels, strict=True))


def _eurosat(root: Path) -> Iterator[Row]:
    from torchvision.datasets import EuroSAT

    data = EuroSAT(str(root), download=True)
    labels = [data.classes[i] for _, i in data.samples]
    yield from ((p, label, "") for p, label in zip(_relative((p for p, _ in data.samples), root), labels, strict=True))


def _imagenette(root: Path) -> Iterator[Row]:
    from torchvision.datasets import Imagenette

    for split, part in (("train", "train"), ("val", "test")):
        data = Imagenette(str(root), split=split, size="160px", download=split == "train")
        labels = [data.classes[i] if isinstance(data.classes[i], str) else data.classes[i][0] for _, i in data._samples]
        paths = _relative((p for p, _ in data._samples), root)
        yield from ((p, label, part) for p, label in zip(paths, labels, strict=True))


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "pets": _pets,
    "eurosat": _eurosat,
    "dtd": _dtd,
    "imagenette": _imagenette,
}
