"""How a rung is trained: a table of recipes by rung, what its modality says, and what size and time allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.training import few
from advisor.training.modality import modality_of
from advisor.training.settings import Candidate, Settings, TrainedRung

if TYPE_CHECKING:
    from advisor.training.sources import Source

#: Batch statistics of fewer images than this are worse than ImageNet's.
BATCH_NORM_ITEMS = 5000
#: Adam's first steps are large whatever the gradient: runs of fewer steps learn slower.
GENTLE_STEPS = 80
#: A run that sees so many times the least it should gains more from another seed than from going on.
LONG_ENOUGH = 3.0


@dataclass(frozen=True)
class Recipe:
    """What a rung does its own way.

    ``fresh``: from random weights, so that every layer must learn and batch statistics are the set's own.
    ``max_epochs``: with up to 1,000 items, and with more. ``passes``: factor on the items that a run should see.
    """

    fresh: bool
    weight_decay: float
    label_smoothing: float
    max_epochs: tuple[float, float]
    warmup: float
    layer_decay: float
    gentle_steps: int
    least_head_rate: float
    patience: int
    passes: int


RECIPES: dict[TrainedRung, Recipe] = {
    "fine-tune": Recipe(
        fresh=False,
        weight_decay=0.02,
        label_smoothing=0.05,
        max_epochs=(40.0, 20.0),
        warmup=0.15,
        layer_decay=0.85,
        gentle_steps=GENTLE_STEPS,
        least_head_rate=3e-4,
        patience=6,
        passes=1,
    ),
    "scratch": Recipe(
        fresh=True,
        weight_decay=0.05,
        label_smoothing=0.1,
        max_epochs=(100.0, 100.0),
        warmup=0.1,
        layer_decay=1.0,
        gentle_steps=0,
        least_head_rate=0.0,
        patience=0,
        passes=2,
    ),
}

#: In 30 steps trec6 reached 80.5 % at it and 79.8 % at half of it (8 labels per class, 600 other training items).
CONTRASTIVE_RATE = 2e-4
#: Share of a text encoder's blocks that contrast changes, from the top: four of six layers, not the embeddings. In 30
#: steps trec6 came to 77.1 % with them and to 77.8 % with all blocks, which took twice the seconds.
CONTRASTIVE_LAYERS = 0.6


def settings_for(
    rung: TrainedRung, kind: str, n_train: int, seconds: float, seed: int, learning_rate: float | None = None
) -> Settings:
    """The recipe of a rung. ``learning_rate`` overrides the recipe's (from the race or the plan)."""
    recipe, modality = RECIPES[rung], modality_of(kind)
    rate = learning_rate or modality.learning_rates[rung]
    return Settings(
        learning_rate=rate,
        head_learning_rate=max(rate, recipe.least_head_rate),
        weight_decay=recipe.weight_decay,
        batch_size=16 if n_train < 1500 else 32,
        seconds=seconds,
        max_epochs=recipe.max_epochs[n_train > 1000],
        layer_decay=recipe.layer_decay,
        layer_share=1.0 if recipe.fresh else modality.layer_share,
        warmup=recipe.warmup,
        gentle_steps=recipe.gentle_steps,
        label_smoothing=recipe.label_smoothing,
        patience=recipe.patience,
        first_look=not recipe.fresh,
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
        layer_share=CONTRASTIVE_LAYERS,
        n_evaluations=0,
        patience=0,
        first_look=False,
        seed=seed,
    )


def candidates(rung: TrainedRung, kind: str, rate: float) -> tuple[Candidate, ...]:
    """Who races, the likeliest winner first: a race with little time takes the first two or four only."""
    if RECIPES[rung].fresh:
        return Candidate(rate), Candidate(rate / 3), Candidate(2 * rate)
    return modality_of(kind).candidates(rate)


def n_seeds(rung: TrainedRung, n_train: int, items: float) -> int:
    """How often a run is repeated with another seed when it can see so many items: each time long enough, at most 3."""
    return max(1, min(3, int(items / (LONG_ENOUGH * items_wanted(rung, n_train)))))


def items_wanted(rung: TrainedRung, n_train: int) -> int:
    """Items that a run should see at least; a larger set needs fewer repeats."""
    return RECIPES[rung].passes * min(max(5 * n_train, 1500), 12_000)


def size_and_speed(
    rung: TrainedRung, kind: str, source: Source, usual: int, n_train: int, items_per_second: float, seconds: float
) -> tuple[int, float]:
    """The largest input size (pixels or tokens) at which a run still sees enough items, and its items a second.

    ``source``: items whose training was timed, so many a second, at the usual size.
    """
    modality = modality_of(kind)
    sizes = (usual, *(size for size in modality.smaller_sizes if size < usual))
    speeds = [items_per_second * modality.speedup(source, usual, size) for size in sizes]
    enough = (index for index, speed in enumerate(speeds) if speed * seconds >= items_wanted(rung, n_train))
    index = next(enough, len(sizes) - 1)
    return sizes[index], speeds[index]


def hold_batch_norm(rung: TrainedRung, n_train: int) -> bool:
    """Whether batch norm stays in inference mode: fine-tuning on small data."""
    return not RECIPES[rung].fresh and n_train < BATCH_NORM_ITEMS


def training_precision(device: str) -> str:
    """float32, but bfloat16 autocast on CUDA devices that have it in hardware (Ampere and later).

    Older ones emulate it, which is slow, and float16 would need a loss that is scaled.
    On CPUs the backward pass of depth-wise convolutions in bfloat16 is slower (docs/design.md, traps); MPS has no
    bfloat16 kernels for all of them.
    """
    if device != "cuda":
        return "float32"
    import torch

    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
