"""Items as batches: decoded in threads, kept in memory once decoded, the order of an epoch a function of its number.

Pillow releases the interpreter's lock while it decodes and resizes, so threads suffice. Pixels of the training
part that fit in `MEMORY_BYTES` are decoded once. An item that cannot be decoded is marked in `ok` and counts
nothing in the loss or in a score.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from advisor.training.augmentation import MARGIN, Augmentation, augment
from advisor.training.parallel import ALONE, Team

if TYPE_CHECKING:
    from probes.backbones.image import ImageBackbone
    from probes.backbones.text import TextBackbone

MEMORY_BYTES = 1_000_000_000
AHEAD = 3
#: Texts of this many batches are sorted by length together: little padding, still a random order.
SORTED_BATCHES = 16


class Source(Protocol):
    """Items of one part. ``ok``: (n,) bool, False for an item that could not be decoded."""

    ok: np.ndarray

    def __len__(self) -> int: ...

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Positions of the batches of one epoch; without `rng` in the order that is quickest to evaluate."""

    def raw(self, positions: np.ndarray) -> Any:
        """The batch in memory (runs in a background thread)."""

    def inputs(self, raw: Any, rng: np.random.Generator | None) -> Any:
        """What the backbone's module takes, on its device; augmented when `rng` is given."""


class ImageSource:
    """Images as uint8 pixels, augmented when an Augmentation is given and a generator is passed to `inputs`."""

    def __init__(
        self,
        read: Callable[[int], Any],
        n: int,
        backbone: ImageBackbone,
        augmentation: Augmentation | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.read, self.backbone, self.augmentation = read, backbone, augmentation
        self.size_px = round(backbone.input_size * MARGIN) if augmentation else backbone.input_size
        self.ok = np.ones(n, dtype=bool)
        shape = (n, self.size_px, self.size_px, 3)
        self._kept = np.empty(shape, dtype=np.uint8) if np.prod(shape, dtype=np.int64) <= memory_bytes else None
        self._decoded = np.zeros(n, dtype=bool)
        self._pool = _decoders()

    def __getstate__(self) -> dict[str, Any]:
        """Without threads and pixels: another process decodes its own share."""
        return {**vars(self), "_pool": None, "_kept": None if self._kept is None else self._kept.shape}

    def __setstate__(self, state: dict[str, Any]) -> None:
        shape = state["_kept"]
        kept = None if shape is None else np.empty(shape, dtype=np.uint8)
        vars(self).update(state, _pool=_decoders(), _kept=kept, _decoded=np.zeros(len(state["ok"]), dtype=bool))

    def __len__(self) -> int:
        return len(self.ok)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Even batches of a random (or the given) order."""
        return _even(np.arange(len(self)) if rng is None else rng.permutation(len(self)), batch_size)

    def raw(self, positions: np.ndarray) -> np.ndarray:
        """Pixels, (len(positions), S, S, 3) uint8."""
        return np.stack(list(self._pool.map(self._pixels, positions.tolist())))

    def inputs(self, raw: np.ndarray, rng: np.random.Generator | None) -> Tensor:
        """Normalised float32, (n, 3, s, s)."""
        if rng is None or self.augmentation is None:
            return self.backbone.prepare(raw)
        pixels = torch.from_numpy(raw).to(self.backbone.device, non_blocking=True)
        return self.backbone.prepare(augment(pixels, self.backbone.input_size, self.augmentation, rng))

    def _pixels(self, position: int) -> np.ndarray:
        from probes.backbones.image import to_pixels

        if self._kept is not None and self._decoded[position]:
            kept: np.ndarray = self._kept[position]
            return kept
        try:
            pixels = to_pixels(self.read(position), self.size_px)
        except MemoryError:  # says nothing about the item
            raise
        except Exception:  # whatever a decoder raises for a bad file, the item is set aside and the run goes on
            self.ok[position] = False
            pixels = np.zeros((self.size_px, self.size_px, 3), dtype=np.uint8)
        if self._kept is not None:
            self._kept[position] = pixels
            self._decoded[position] = True
        return pixels


class TextSource:
    """Texts, tokenised once and padded per batch."""

    def __init__(self, texts: Sequence[str], backbone: TextBackbone) -> None:
        self.backbone = backbone
        self.ok = np.ones(len(texts), dtype=bool)
        self._batch = _tokenised(texts, backbone)
        self.lengths = self._batch["attention_mask"].sum(1).numpy()

    def __len__(self) -> int:
        return len(self.ok)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Batches of texts of like length, in random order; longest first without `rng`."""
        return by_length(self.lengths, rng, batch_size)

    def raw(self, positions: np.ndarray) -> dict[str, Tensor]:
        """Token tensors, each (len(positions), longest)."""
        longest = int(self.lengths[positions].max())
        index = torch.from_numpy(positions)
        return {key: tensor[index, :longest].long() for key, tensor in self._batch.items()}

    def inputs(self, raw: dict[str, Tensor], rng: np.random.Generator | None) -> dict[str, Tensor]:
        """The batch on the backbone's device."""
        return self.backbone.prepare(raw)


def _decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(16, (os.cpu_count() or 2) + 1), thread_name_prefix="decode")


def _tokenised(texts: Sequence[str], backbone: TextBackbone) -> dict[str, Tensor]:
    """All texts as int32 tensors (half of what tokenizers give), padded to the longest."""
    parts = [backbone.tokenize(list(texts[start : start + 1024])) for start in range(0, len(texts), 1024)]
    longest = max(part["input_ids"].shape[1] for part in parts)
    pad = int(backbone.tokenizer.pad_token_id or 0)

    def joined(key: str) -> Tensor:
        value = pad if key == "input_ids" else 0
        wide = [torch.nn.functional.pad(p[key], (0, longest - p[key].shape[1]), value=value) for p in parts]
        return torch.cat(wide).to(torch.int32)

    return {key: joined(key) for key in parts[0]}


def by_length(lengths: np.ndarray, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
    """Batches of like length in random order; longest first without `rng`. Shape: lengths (n,), batches (<= size,)."""
    if rng is None:
        return _even(np.argsort(-lengths, kind="stable"), batch_size)
    shuffled = rng.permutation(len(lengths))
    chunk = batch_size * SORTED_BATCHES
    parts = [shuffled[start : start + chunk] for start in range(0, len(shuffled), chunk)]
    ordered = np.concatenate([part[np.argsort(lengths[part], kind="stable")] for part in parts])
    batches = _even(ordered, batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def _even(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Batches of at most `batch_size` whose sizes differ by at most one, so that no batch is a remainder of one."""
    return np.array_split(order, max(1, -(-len(order) // batch_size)))


def ahead(source: Source, batches: Iterator[np.ndarray]) -> Generator[tuple[np.ndarray, Any]]:
    """(positions, raw batch) in order, up to `AHEAD` batches prepared in the background."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as pool:
        waiting: list[tuple[np.ndarray, Future[Any]]] = []
        try:
            for positions in batches:
                waiting.append((positions, pool.submit(source.raw, positions)))
                if len(waiting) > AHEAD:
                    first, future = waiting.pop(0)
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


@torch.inference_mode()
def logits_of(
    network: torch.nn.Module,
    source: Source,
    batch_size: int = 64,
    autocast: Any = None,
    tick: Callable[[float], None] | None = None,
    team: Team = ALONE,
) -> np.ndarray:
    """The network's output for every item, in evaluation mode. Shape: (n, C) float32.

    team: processes that call this together; each reads a share of the items.
    """
    was_training = network.training
    network.eval()

    def run(raw: Any) -> np.ndarray:
        with autocast or torch.autocast("cpu", enabled=False):
            values: np.ndarray = network(source.inputs(raw, None)).float().cpu().numpy()
        return values

    try:
        return outputs_of(run, source, batch_size, tick, team)
    finally:
        network.train(was_training)


def outputs_of(
    run: Callable[[Any], np.ndarray],
    source: Source,
    batch_size: int = 64,
    tick: Callable[[float], None] | None = None,
    team: Team = ALONE,
) -> np.ndarray:
    """What `run` gives for every item, raw batch by raw batch. Shape: (n, d) float32. Raises ValueError for no items.

    run: such as a `probes.forward.Forward`. team: processes that call this together; each reads every so many-th batch.
    """
    out, done = np.zeros((len(source), 0), np.float32), 0
    own = source.order(None, batch_size)[team.rank :: team.world]
    with team.together(), closing(ahead(source, iter(own))) as stream:
        for positions, raw in stream:
            values = run(raw)
            out = out if out.size else np.zeros((len(source), values.shape[1]), np.float32)
            out[positions] = values
            done += len(positions)
            if tick is not None:
                tick(done / len(source))
    columns = int(team.most(out.shape[1]))
    if not columns:
        raise ValueError("no items")
    out = out if out.size else np.zeros((len(source), columns), np.float32)
    team.add_up(torch.from_numpy(out))
    tell_unreadable(source, team)
    return out


def tell_unreadable(source: Source, team: Team) -> None:
    """Mark what any process could not decode in the `ok` of all."""
    if team.world > 1:
        bad = torch.from_numpy((~source.ok).astype(np.int32))
        team.add_up(bad)
        source.ok[:] = bad.numpy() == 0
