"""The tasks of LadderBench: a dataset with so many labels, from near to very far from the pre-training.

Sources: the development sets beside the checkout (`benchmarks.sets`), package data (the samples), Debian's
``dataset-fashion-mnist``, and sets made of what lies on a Debian machine or in its packages
(`benchmarks.ladder.generated`). Images are
fed at 64 or 96 px, so that a run takes well under two minutes on one core.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from advisor import api
from advisor.core import storage
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Kind
from advisor.core.tables import write_table
from advisor.core.workspace import Workspace
from advisor.data import store
from benchmarks.ladder import generated
from benchmarks.sets import data_folder, path_of
from probes.folds import spread_order, stratified_subset

#: Labelled items (training and validation part together); None: all of them.
SIZES: tuple[int | None, ...] = (200, 50, None, 100, 500, 1000, 5000, 20_000)
#: Of most sets.
USUAL: tuple[int | None, ...] = (200, 50, None, 1000)
#: Of tagged sentences: all labels would take a training of many minutes.
TAGGED: tuple[int | None, ...] = (100, 500)
#: Of items with several labels.
SEVERAL: tuple[int | None, ...] = (200, 1000)
SEEDS = (0, 1)
TEST_ITEMS = 1000
TEST_QUESTIONS = 200
#: Every word of a sentence is tagged, at every layer of the encoder.
TEST_SENTENCES = 300
#: Share of the labelled items that are held out for validation, as reading a folder does it.
VALIDATION_SHARE = 0.2
#: Of uneven labels, the share of the class that has most.
MOST_OF_ONE = 0.75
FASHION = Path("/usr/share/datasets/fashion-mnist")
#: Items of its two parts: of the usual set, and of the large one.
FASHION_ITEMS = {"fashion_mnist": (4000, 1000), "fashion_mnist_large": (28_000, 1000)}
GARMENTS = (
    "t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A dataset of the bench. ``px``: the input of images; ``sizes``: those that are tried.

    ``material``: what it is made from, where that is not what its name says: one set read at two sizes.
    ``uneven``: one class has most of the labels that are drawn, as people bring them.
    ``fresh``: nothing is fitted to it; its outcomes lie apart (``data/ladderbench/fresh``).
    """

    name: str
    kind: Kind
    px: int = 0
    sizes: tuple[int | None, ...] = USUAL
    fresh: bool = False
    material: str = ""
    uneven: bool = False


SOURCES: tuple[Source, ...] = (
    Source("cats_dogs", "image", 96),
    Source("trec6", "text"),
    Source("deeppcb_defects", "image", 96),
    Source("sst2", "text"),
    Source("gtsrb32", "image", 64),
    Source("tweet_emotion", "text"),
    Source("dtd10", "image", 96),
    Source("sms_spam", "text"),
    Source("fsdd_spectro", "image", 96),
    Source("banking77", "text", sizes=(200, None, 1000)),
    Source("wbc", "image", 96, (200, None, 50)),
    Source("subj", "text"),
    Source("cifar10_sub", "image", 64),
    Source("langid_xquad", "text"),
    Source("sign_digits", "image", 96),
    Source("chemprot", "text"),
    Source("brain_mri", "image", 96, (50, None)),
    Source("citation_intent", "text"),
    Source("bridge_crack16", "image", 64),
    Source("customer_reviews", "text"),
    Source("fashion_mnist", "image", 64),
    Source("tweet_sentiment", "text"),
    Source("mnist5k", "image", 64),
    Source("topics", "text", sizes=(200, None)),
    Source("digits", "image", 64),
    Source("bbc_news", "text", sizes=(50, 200)),
    Source("icons", "image", 96, (50, 200, None)),
    Source("docstrings", "text", sizes=(50, 200, None)),
    Source("scripts", "image", 64, (50, 200, None)),
    Source("licences", "text", sizes=(50, 200, None)),
    Source("letters", "image", 64, (50, 200, None)),
    Source("code", "text", sizes=(50, 200, None)),
    Source("typefaces", "image", 64, (50, 200, None)),
    Source("errors", "text", sizes=(50, 200, None)),
    Source("dots", "image", 64, (50, 200, None)),
    Source("manuals", "text", sizes=(50, 200, None)),
    Source("pieces", "image", 64, (50, 200, None)),
    Source("packages", "text", sizes=(50, 200, None)),
    Source("coffee_symptom", "image", 96, (50, 200, None)),
    Source("clickbait", "text", sizes=(50, 200, None)),
    Source("hand_shapes", "image", 96, (50, 200, None)),
    Source("cola", "text", sizes=(50, 200, None)),
    Source("math_symbols", "image", 64, (50, 200, None)),
    Source("fin_phrasebank", "text", sizes=(50, 200, None)),
    Source("pneumonia_xray", "image", 96, (50, 200, None)),
    Source("gnad10_test", "text", sizes=(50, 200, None)),
    Source("scenes14", "image", 96, (50, 200, None)),
    Source("liar6", "text", sizes=(50, 200, None)),
    Source("clothing10", "image", 96, (50, 200, None)),
    Source("snips7", "text", sizes=(50, 200, None)),
    Source("tweet_stance", "text", sizes=(50, 200, None)),
    Source("stamps", "image", 96, (50, 200, None)),
    Source("subsystems", "text", sizes=(200, None)),
    Source("nebulae", "image", 96, (50, 200, None)),
    Source("glosses", "text", sizes=(200, None)),
    Source("terrain", "image", 96, (50, 200, None)),
    Source("places", "text", sizes=(50, 200, None)),
    Source("radicals", "image", 64, (200, None)),
    Source("openings", "text", sizes=(50, 200, None)),
    Source("families", "text", sizes=(50, 200, None)),
    Source("fashion_mnist", "image", 64, (5000, 20_000), material="fashion_mnist_large"),
    Source("handbook", "qa", sizes=(None,)),
    Source("realtimeqa_2026", "qa", sizes=(None, 50)),
    Source("xquad_en", "qa", sizes=(None, 50)),
    Source("pubmedqa", "qa", sizes=(None, 50)),
    *(
        Source(name, "tags", sizes=TAGGED)
        for name in (
            "wnut17",
            "options",
            "gum11",
            "changelogs",
            "anem",
            "identifiers",
            "crossner_music",
            "copyrights",
        )
    ),
    *(
        Source(name, "text-multilabel", sizes=SEVERAL)
        for name in ("hallmarks_cancer", "uses", "semeval18_emotions", "needs", "code_comments_java", "headings")
    ),
    Source("coffee_leaf_multi", "image-multilabel", 96, SEVERAL),
    Source("shapes", "image-multilabel", 64, SEVERAL),
    Source("spelt", "image-multilabel", 64, SEVERAL),
)
#: Nothing is fitted to these, and none was looked at while the advice was made: they tell whether its score was tuned.
#: A third of the sets that came in at once is drawn before anything is looked at: the first by the hash of their name.
FRESH: tuple[Source, ...] = (
    Source("mentions", "text", sizes=(50, 200, None), fresh=True),
    Source("patches", "image", 64, (50, 200, None), fresh=True),
    Source("reviews", "text", sizes=(50, 200, None), fresh=True),
    Source("abstracts", "text", sizes=(50, 200, None), fresh=True),
    Source("vehicles4", "image", 96, (50, 200, None), fresh=True),
    Source("hate_davidson_6k", "text", sizes=(50, 200, None), fresh=True),
    Source("bee_pollen", "image", 96, (50, 200, None), fresh=True),
    Source("so_titles20", "text", sizes=(50, 200, None), fresh=True),
    Source("euro_coins", "image", 96, (50, 200, None), fresh=True),
    Source("law_roles", "text", sizes=(50, 200, None), fresh=True),
    Source("instruments", "image", 96, (50, 200, None), fresh=True),
    Source("severities", "text", sizes=(50, 200, None), fresh=True),
    Source("emoji", "image", 64, (50, 200, None), fresh=True),
    Source("fortunes", "text", sizes=(50, 200, None), fresh=True),
    Source("clipart", "image", 96, (50, 200, None), fresh=True),
)
#: Few labels of which most are of one class.
UNEVEN: tuple[Source, ...] = (
    *(
        Source(name, "text", sizes=(50, 200), uneven=True)
        for name in (
            "snips7", "trec6", "tweet_emotion", "docstrings", "errors", "tweet_stance", "citation_intent",
            "fin_phrasebank",
        )
    ),
    *(
        Source(name, "image", 64 if name == "letters" else 96, (50, 200), uneven=True)
        for name in ("clothing10", "dtd10", "sign_digits", "letters", "coffee_symptom", "wbc", "scenes14")
    ),
)  # fmt: skip
SAMPLES = ("mnist5k", "topics", "digits", "handbook")


@dataclass(frozen=True)
class Task:
    """One dataset with so many labelled items, drawn by one seed. ``n_labels`` None: all."""

    source: Source
    n_labels: int | None
    seed: int

    @property
    def name(self) -> str:
        """Such as "trec6/200/1": dataset, labels, seed."""
        return f"{self.source.name}/{self.labels}/{self.seed}"

    @property
    def labels(self) -> str:
        """How many: a count or "all", and "uneven" where most of them are of one class."""
        return f"{self.n_labels or 'all'}{' uneven' if self.source.uneven else ''}"

    def read(self) -> Dataset | None:
        """The dataset, cut to this size; None where it has no more than a smaller size would take, or too few.

        None as well where the material that a set is made of is not on this machine.
        """
        whole = whole_set(self.source)
        if whole is None:
            return None
        pool = len(whole.where("train", "val"))
        if self.n_labels is None:
            return cut(whole, pool, self.seed)
        n_classes = max(len(whole.classes), 1)
        if self.n_labels > 0.75 * pool or self.n_labels < 2 * n_classes:
            return None
        return cut(whole, self.n_labels, self.seed, self.source.uneven)


def tasks() -> Iterator[Task]:
    """Every task, so ordered that what has been done at any moment spans all datasets; the fresh ones last."""
    for sources in (SOURCES, UNEVEN, FRESH):
        for seed in SEEDS:
            for n_labels in SIZES:
                for source in sources:
                    if n_labels in source.sizes:
                        yield Task(source, n_labels, seed)


@lru_cache(maxsize=2)
def whole_set(source: Source) -> Dataset | None:
    """The dataset as a user would read it; None for one that cannot be made of what lies here."""
    if source.name in generated.MAKERS:
        folder = generated.generated(source.name)
        return None if folder is None else _read(source, _place(source, folder))
    if source.name in SAMPLES:
        return api.read(f"sample:{source.name}")
    if (source.material or source.name) in FASHION_ITEMS:
        return api.read(fashion_mnist(source.material or source.name))
    if source.kind == "qa":
        return api.read(data_folder() / "qa" / source.name, kind="qa")
    if source.kind == "tags":
        return api.read(data_folder() / "ner" / source.name)
    if source.kind == "text-multilabel":
        return _read(source, data_folder() / "text" / source.name / "data.jsonl")
    return _read(source, path_of(source.name))


def _read(source: Source, path: Path) -> Dataset:
    """A set as a user would read it who wants each of several labels learned; an empty cell is an item with none."""
    several = kind_row(source.kind).task == "multilabel"
    empty = source.name == "coffee_leaf_multi"
    return api.read(path, several_labels="each-or-none" if empty else "each") if several else api.read(path)


def _place(source: Source, folder: Path) -> Path:
    """What is read of a set that was made."""
    if source.kind in ("image", "image-multilabel"):
        return folder
    return folder / ("texts.csv" if source.kind == "text" else "data.jsonl")


def fashion_mnist(name: str) -> Path:
    """The Debian package's first items as class folders in the workspace, written once."""
    folder = Workspace.here().folder / "bench" / name
    if not (folder / "done").is_file():
        for part, stem, n in zip(("train", "test"), ("train", "t10k"), FASHION_ITEMS[name], strict=True):
            pixels = np.frombuffer(
                gzip.decompress((FASHION / f"{stem}-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8
            )
            labels = np.frombuffer(
                gzip.decompress((FASHION / f"{stem}-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8
            )
            for i, (image, label) in enumerate(zip(pixels.reshape(-1, 28, 28)[:n], labels[:n], strict=True)):
                path = folder / part / GARMENTS[label] / f"{i:05}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(path)
        (folder / "done").touch()
    return folder


def cut(whole: Dataset, n_labels: int, seed: int, uneven: bool = False) -> Dataset:
    """A dataset in the workspace with `n_labels` of the labelled items and at most `TEST_ITEMS` of the test part.

    Parts stay as they were read, so that groups and duplicates never straddle them.
    """
    drawn = _mostly_one_class(whole, n_labels, seed) if uneven else _labelled(whole, n_labels, seed)
    rows = np.sort(np.concatenate([drawn, _tested(whole)]))
    items = whole.items.iloc[rows].reset_index(drop=True)
    classes = whole.classes
    mark = hashlib.sha256(
        f"ladder {whole.fingerprint} {n_labels} {seed} {TEST_ITEMS}{' uneven' * uneven}".encode()
    ).hexdigest()
    dataset = whole.model_copy(
        update={
            "name": f"{whole.name}-{n_labels}-{seed}", "folder": str(store.folder_of(mark)), "fingerprint": mark,
            "classes": classes, "n_in": len(items), "n_used": len(items), "n_set_aside": 0,
            "set_aside": (),
        }
    )  # fmt: skip
    dataset = Dataset(**{name: getattr(dataset, name) for name in Dataset.model_fields})  # without the cached items
    folder = Path(dataset.folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = dataset.files
    write_table(files.items, items)
    measures = whole.measures
    write_table(files.inspection, measures[measures["key"].isin(set(items["key"]))])
    if whole.kind == "qa":
        write_table(files.documents, whole.documents)
    storage.write_json(files.clusters, {"clusters": store.kept_clusters(whole)})
    dataset.save(files.record)
    return dataset


def _labelled(whole: Dataset, n_labels: int, seed: int) -> np.ndarray:
    """Rows to learn from: a stratified draw of each part, at least two training items of every class."""
    train, val = whole.where("train"), whole.where("val")
    if n_labels >= len(train) + len(val):
        return np.concatenate([train, val])
    n_val = min(len(val), max(1, round(VALIDATION_SHARE * n_labels)))
    labels = whole.labels
    chosen = train[stratified_subset(labels[train], n_labels - n_val, seed, at_least=2)]
    held = val[spread_order(labels[val], seed)][:n_val]
    return np.concatenate([chosen, held])


def _mostly_one_class(whole: Dataset, n_labels: int, seed: int) -> np.ndarray:
    """Rows to learn from: `MOST_OF_ONE` of one class, the others in halving shares, at least two of each in training.

    A fifth of each class is the validation part, as far as there are items.
    """
    rng, train, val = np.random.default_rng(seed), whole.where("train"), whole.where("val")
    classes = rng.permutation(len(whole.classes))
    shares = 0.5 ** np.arange(len(classes) - 1)
    shares = np.concatenate([[MOST_OF_ONE], (1 - MOST_OF_ONE) * shares / shares.sum()])
    chosen = []
    for place, share in zip(classes, shares, strict=True):
        wanted = max(2, round(share * n_labels))
        for rows, n in ((train, max(2, round(0.8 * wanted))), (val, round(0.2 * wanted))):
            chosen.append(rng.permutation(rows[whole.labels[rows] == place])[:n])
    return np.concatenate(chosen)


def _tested(whole: Dataset) -> np.ndarray:
    """Rows of the test part, the same for every size and seed."""
    rows = whole.where("test")
    most = {"qa": TEST_QUESTIONS, "tags": TEST_SENTENCES}.get(whole.kind, TEST_ITEMS)
    chosen: np.ndarray = rows[spread_order(whole.labels[rows])][:most]
    return chosen


def named(words: list[str]) -> list[Task]:
    """The tasks whose dataset, kind or name is among the words; all without any."""
    wanted = set(words)
    return [t for t in tasks() if not wanted or {t.source.name, t.source.kind, t.name} & wanted]


__all__ = ["FRESH", "SEEDS", "SIZES", "SOURCES", "Source", "Task", "cut", "named", "tasks"]
