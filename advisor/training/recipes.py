"""Settings for fine-tuning and for training from scratch, by kind, size and time.

The learning rates are the middle of the race that `search` runs when there is time; a rate ten times too high costs 20
to 55 points (docs/design.md, what is known, 3). They come from 80 steps of 16 on 600 items, LP-FT, validation accuracy
(frozen start first): deeppcb_defects .667, at 1e-4 .687, 3e-4 .783, 1e-3 .813; sign_digits .850, .890, .915, .960;
trec6 .758, at 3e-5 .833, 1e-4 .867, 3e-4 .884. In 30 steps 1.2e-3 fell to chance and
6e-4 once did, while 2e-4 held: hence the middle, and slower learning in runs of fewer than `GENTLE_STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from advisor.core.records import Dataset
from advisor.training import adapters, few, remake
from advisor.training.augmentation import Augmentation, choose
from advisor.training.search import Candidate
from advisor.training.settings import Settings, Task, balanced_weights
from advisor.training.sources import ImageSource, Source, TextSource

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.training.network import Classifier

TrainedRung = Literal["fine-tune", "scratch"]

#: Batch statistics of fewer images than this are worse than ImageNet's.
BATCH_NORM_ITEMS = 5000
#: Input sizes tried when the usual one would leave too few passes; below 128 px Lite0 gets no faster (measured).
SMALLER_PX = (192, 160, 128)
#: Longest texts tried likewise; news says most of what it is about in its first sentences.
FEWER_TOKENS = (128, 64)
GENTLE_STEPS = 80
#: Share of an image network's blocks that learn, from the top. The first, with their large maps, take 0.4 of a step;
#: without them the same seconds gave (1,000 items at 128 px, frozen; all blocks, 80 steps; top two thirds, 125 steps):
#: sign_digits 88.3, 96.0, 97.8 % in 170 s; deeppcb_defects 67.9, 85.1, 91.0 % in 140 s (400 items each).
TOP_SHARE = 2 / 3
#: A run that sees so many times the least it should gains more from another seed than from going on.
LONG_ENOUGH = 3.0
LEARNING_RATES: dict[tuple[TrainedRung, str], float] = {
    ("fine-tune", "image"): 6e-4,
    ("fine-tune", "text"): 2e-4,
    ("scratch", "image"): 2e-3,
    ("scratch", "text"): 5e-4,
}

#: In 30 steps trec6 reached 80.5 % at it and 79.8 % at half of it (8 labels per class, 600 other training items).
CONTRASTIVE_RATE = 2e-4
#: Share of a text encoder's blocks that contrast changes, from the top: four of six layers, not the embeddings. In 30
#: steps trec6 came to 77.1 % with them and to 77.8 % with all blocks, which took twice the seconds.
CONTRASTIVE_DEPTH = 0.6


def settings_for(
    rung: TrainedRung, kind: str, n_train: int, seconds: float, seed: int, learning_rate: float | None = None
) -> Settings:
    """The recipe of a rung. ``learning_rate`` overrides the recipe's (from the race or the plan)."""
    rate = learning_rate or LEARNING_RATES[(rung, kind)]
    batch = 16 if n_train < 1500 else 32
    if rung == "fine-tune":
        return Settings(
            learning_rate=rate,
            head_learning_rate=max(rate, 3e-4),
            weight_decay=0.02,
            batch_size=batch,
            seconds=seconds,
            max_epochs=20.0 if n_train > 1000 else 40.0,
            layer_decay=0.85,
            depth=TOP_SHARE if kind == "image" else 1.0,
            warmup=0.15,
            gentle_steps=GENTLE_STEPS,
            label_smoothing=0.05,
            seed=seed,
        )
    return Settings(
        learning_rate=rate,
        head_learning_rate=rate,
        weight_decay=0.05,
        batch_size=batch,
        seconds=seconds,
        max_epochs=100.0,
        label_smoothing=0.1,
        patience=0,
        first_look=False,
        seed=seed,
    )


def contrastive_settings(seed: int, steps: int) -> Settings:
    """Contrastive tuning of a text encoder on few labels; its last state counts."""
    return Settings(
        learning_rate=CONTRASTIVE_RATE,
        head_learning_rate=0.0,
        weight_decay=0.02,
        batch_size=few.BATCH,
        steps=steps,
        layer_decay=0.85,
        depth=CONTRASTIVE_DEPTH,
        n_evaluations=0,
        patience=0,
        first_look=False,
        seed=seed,
    )


def candidates(rung: TrainedRung, kind: str, rate: float) -> tuple[Candidate, ...]:
    """Who races, the likeliest winner first: a race with little time takes the first two or four only.

    From scratch every layer must learn. Texts try LoRA; an image network's convolutions have few weights as it is.
    """
    if rung == "scratch":
        return Candidate(rate), Candidate(rate / 3), Candidate(2 * rate)
    depth = TOP_SHARE if kind == "image" else 1.0
    rates = (Candidate(rate, depth), Candidate(rate / 3, depth), Candidate(2 * rate, depth))
    if kind == "image":
        return (*rates, Candidate(rate), Candidate(2 * rate), Candidate(rate, depth=1 / 3))
    lora = Candidate(adapters.RATE_FACTOR * rate, adapters=True)
    return (*rates, Candidate(rate, depth=1 / 2), lora, Candidate(2 * rate, depth=1 / 2))


def n_seeds(rung: TrainedRung, n_train: int, items: float) -> int:
    """How often a run is repeated with another seed when it can see so many items: each time long enough, at most 3."""
    return max(1, min(3, int(items / (LONG_ENOUGH * passes_wanted(rung, n_train)))))


def passes_wanted(rung: TrainedRung, n_train: int) -> int:
    """Items that a run should see to be worth its name; more images need fewer repeats."""
    wanted = min(max(5 * n_train, 1500), 12_000)
    return wanted if rung == "fine-tune" else 2 * wanted


def affordable_size(rung: TrainedRung, usual_px: int, n_train: int, items_per_second: float, seconds: float) -> int:
    """The largest input size (px) at which the run still sees enough items; the speed is training's at `usual_px`."""
    for size in (usual_px, *(px for px in SMALLER_PX if px < usual_px)):
        speed = items_per_second * (usual_px / size) ** 2
        if speed * seconds >= passes_wanted(rung, n_train):
            return size
    return min(usual_px, SMALLER_PX[-1])


def affordable_tokens(
    rung: TrainedRung, usual: int, lengths: np.ndarray, n_train: int, items_per_second: float, seconds: float
) -> int:
    """The longest cut (tokens) at which the run still sees enough texts. Shape: lengths (n,) tokens of a sample."""
    cost = np.minimum(lengths, usual).mean()
    for cut in (usual, *(tokens for tokens in FEWER_TOKENS if tokens < usual)):
        speed = items_per_second * cost / np.minimum(lengths, cut).mean()
        if speed * seconds >= passes_wanted(rung, n_train):
            return cut
    return min(usual, FEWER_TOKENS[-1])


def size_and_speed(
    rung: TrainedRung, task: Task, usual: int, n_train: int, items_per_second: float, seconds: float
) -> tuple[int, float]:
    """(input size in pixels or tokens, expected items a second at it), from the speed timed at the usual size."""
    if isinstance(task.train, TextSource):
        lengths = task.train.lengths
        cut = affordable_tokens(rung, usual, lengths, n_train, items_per_second, seconds)
        share = np.minimum(lengths, cut).mean() / np.minimum(lengths, usual).mean()
        return cut, float(items_per_second / share)
    size = affordable_size(rung, usual, n_train, items_per_second, seconds)
    return size, items_per_second * (usual / size) ** 2


def hold_batch_norm(rung: TrainedRung, n_train: int) -> bool:
    """Whether batch norm stays in inference mode: fine-tuning on small data."""
    return rung == "fine-tune" and n_train < BATCH_NORM_ITEMS


def augmentation_for(
    dataset: Dataset, read: Callable[[int], Any], rows: np.ndarray, rung: TrainedRung
) -> Augmentation | None:
    """What may be varied, decided from class names and a few pictures; None for texts."""
    if dataset.kind != "image":
        return None
    from probes.backbones.image import to_pixels

    pixels = []
    for row in rows[:: max(1, len(rows) // 24)][:24]:
        try:
            pixels.append(to_pixels(read(int(row)), 32))
        except Exception:  # an unreadable item says nothing about colour; the source will mark it
            continue
    sample = np.stack(pixels) if pixels else np.zeros((0, 32, 32, 3), np.uint8)
    return choose(dataset.classes, sample, strong=rung == "scratch")


def source_of(dataset: Dataset, rows: np.ndarray, backbone: Backbone, augmentation: Augmentation | None) -> Source:
    """The rows as batches; `augmentation` only for the training part of images."""
    from advisor.data.decode import reader

    if dataset.kind == "text":
        return TextSource(dataset.items["text"].iloc[rows].tolist(), backbone)  # type: ignore[arg-type]
    read = reader(dataset, min_side=backbone.input_size)
    return ImageSource(lambda position: read(int(rows[position])), len(rows), backbone, augmentation)  # type: ignore[arg-type]


def task_of(
    dataset: Dataset,
    rung: TrainedRung,
    network: Classifier,
    backbone: Backbone,
    train_rows: np.ndarray,
    val_rows: np.ndarray,
) -> tuple[Task, Augmentation | None]:
    """The task of a rung on these rows, and the augmentation chosen."""
    from advisor.data.decode import reader

    augmentation = augmentation_for(dataset, reader(dataset, min_side=32), train_rows, rung)
    labels, n_classes = dataset.labels[train_rows], len(dataset.classes)
    balanced = dataset.metric == "balanced accuracy"
    task = Task(
        network=network,
        kind=dataset.kind,
        train=source_of(dataset, train_rows, backbone, augmentation),
        val=source_of(dataset, val_rows, backbone, None),
        labels_train=labels,
        labels_val=dataset.labels[val_rows],
        n_classes=n_classes,
        metric=dataset.metric,
        device=backbone.device,
        class_weights=balanced_weights(labels, n_classes) if balanced else None,
        remake=remake.recipe(rung, network, backbone, train_rows),
    )
    return task, augmentation


def training_precision(device: str) -> str:
    """float32, but bfloat16 autocast on CUDA devices that have it.

    On CPUs the backward pass of depth-wise convolutions in bfloat16 is slower (docs/design.md, traps); MPS has no
    bfloat16 kernels for all of them.
    """
    if device != "cuda":
        return "float32"
    import torch

    return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
