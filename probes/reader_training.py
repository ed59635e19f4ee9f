"""The reader's head, trained on states that were read once: seconds on a CPU, by plain torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from probes.errors import ProbeError
from probes.reader import Piece, SpanHead

EPOCHS = 12
BATCH = 32
RATE, DECAY, DROPOUT = 3e-3, 1e-2, 0.3


def fit(
    pieces: Sequence[Piece], spans: Sequence[tuple[int, int] | None], layers: Sequence[int], seed: int = 0
) -> SpanHead:
    """Cross-entropy of starts and of ends over the passage's tokens and "nothing here"; AdamW, falling to 0.

    pieces, spans: (n,) each; None where the passage does not answer. Raises ProbeError when no passage does.
    """
    taught = [(piece, span) for piece, span in zip(pieces, spans, strict=True) if len(piece.spans)]
    if not any(span for _, span in taught):
        raise ProbeError("No answer stands word for word in its passage, so there is nothing to train a reader on.")
    mean, scale = _moments([piece.states for piece, _ in taught])
    states = [torch.from_numpy((piece.states - mean) / scale).float() for piece, _ in taught]
    # the place after the last token stands for "nothing here"
    goals = torch.tensor([span if span else (len(piece.spans),) * 2 for piece, span in taught])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weight, nothing = _trained(states, goals, seed)
    return SpanHead(mean, scale, weight.numpy(), nothing.numpy(), tuple(layers))


def _moments(states: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over all tokens. Shape: (d,) float32 each."""
    n = sum(len(one) for one in states)
    mean = sum(one.sum(axis=0, dtype=np.float64) for one in states) / n
    variance = sum(((one - mean) ** 2).sum(axis=0) for one in states) / n
    return np.asarray(mean, np.float32), np.asarray(np.sqrt(variance) + 1e-3, np.float32)


def _trained(states: list[Tensor], goals: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """(weight (d, 2), nothing (2,))."""
    weight = torch.zeros(states[0].shape[1], 2, requires_grad=True)
    nothing = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.AdamW([weight, nothing], lr=RATE, weight_decay=DECAY)
    rng = np.random.default_rng(seed)
    batches = [
        batch
        for _ in range(EPOCHS)
        for batch in np.array_split(rng.permutation(len(states)), max(1, -(-len(states) // BATCH)))
    ]
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / len(batches))
        loss = torch.stack([_loss(states[i], goals[i], weight, nothing) for i in batch.tolist()]).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weight.detach(), nothing.detach()


def _loss(states: Tensor, goal: Tensor, weight: Tensor, nothing: Tensor) -> Tensor:
    scores = torch.cat([functional.dropout(states, DROPOUT) @ weight, nothing[None]])
    return functional.cross_entropy(scores.T, goal)
