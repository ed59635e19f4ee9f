"""log p of options after prompts, with every shared beginning read once.

All prompts of a call and the options after each form one tree of tokens, whose trunk is the beginning that the prompts
share (instruction, examples). The trunk's keys and values are computed once and kept for the next call. The branches go
through the model side by side in one row, and each token attends only to its own ancestors (tree attention: Miao et
al., "SpecInfer", ASPLOS 2024, https://arxiv.org/abs/2305.09781). So there is no padding, a beginning that options share
("card payment ...") is read once, and an option's last token not at all. Models that cannot be read this way (a sliding
window, a state instead of a cache) are recognised at their first use and read one option at a time.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from probes.backbones.causal import CausalModel, Trunk, cache_argument, cache_of
from probes.backbones.language_prompt import read
from probes.chat import Prompt

#: Tokens of one pass. Each costs 49,152 float32 logits (200 kB) and attends to all others.
PASS_TOKENS = 384
#: A shorter beginning is not worth its own pass.
LEAST_TRUNK = 16
#: Both ways of reading must agree to this in log p, in float32; otherwise the plain way is used.
AGREE = 0.01


@dataclass
class Tree:
    """Branches as nodes, parents first. Lists of one entry per node: tokens, parents (-1: the trunk), depths.

    ``steps``: per prompt and option, (node whose output predicts, token predicted) pairs.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    children: dict[tuple[int, int], int] = field(default_factory=dict)
    steps: list[list[list[tuple[int, int]]]] = field(default_factory=list)

    def grow(self, prompt: Sequence[int], options: Sequence[Sequence[int]]) -> None:
        """Add a prompt (its tokens after the trunk) with the options after it."""
        end = -1
        for token in prompt:
            end = self._child(end, token)
        rows = []
        for option in options:
            node, steps = end, []
            for position, token in enumerate(option):
                steps.append((node, token))
                if position + 1 < len(option):
                    node = self._child(node, token)
            rows.append(steps)
        self.steps.append(rows)

    def _child(self, parent: int, token: int) -> int:
        child = self.children.get((parent, token))
        if child is None:
            child = self.children[parent, token] = len(self.tokens)
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(0 if parent < 0 else self.depths[parent] + 1)
        return child

    def visible(self) -> np.ndarray:
        """Which node may attend to which: itself and its ancestors. Shape: (nodes, nodes) bool."""
        mask = np.eye(len(self.tokens), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                mask[node] |= mask[parent]
        return mask


def option_log_p(model: CausalModel, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
    """log p(option | prompt), summed over the option's tokens; options follow the prompt without a separator.

    Shape: (prompts, options) float64. An empty option has log p 0.
    """
    answers = [tuple(ids) for ids in model.tokens(options)]
    room = model.max_tokens - max((len(ids) for ids in answers), default=0)
    inputs = [prompt.ids for prompt in read(model, prompts, room)]
    if not inputs or not answers:
        return np.zeros((len(inputs), len(answers)))
    if model.reads_trees is None:
        model.reads_trees = _reads_trees(model)
    return _by_tree(model, inputs, answers, model.reader) if model.reads_trees else _plainly(model, inputs, answers)


@torch.inference_mode()
def _by_tree(
    model: CausalModel, inputs: list[tuple[int, ...]], answers: list[tuple[int, ...]], reader: Any
) -> np.ndarray:
    scores = np.zeros((len(inputs), len(answers)))
    trunk = _trunk(model, inputs, reader)
    skip = len(trunk.ids)
    order = sorted(range(len(inputs)), key=lambda row: inputs[row])
    for rows in _passes([inputs[row][skip:] for row in order], answers):
        tree = Tree()
        for position in rows:
            tree.grow(inputs[order[position]][skip:], answers)
        for position, log_p in zip(rows, _scored(reader, trunk, tree), strict=True):
            scores[order[position]] = log_p
    return scores


def _passes(prompts: list[tuple[int, ...]], answers: list[tuple[int, ...]]) -> Iterator[range]:
    """Runs of prompts whose tokens fit into one pass, options included; a longer prompt has its own pass."""
    inner = sum(max(0, len(answer) - 1) for answer in answers)
    first, size = 0, 0
    for position, prompt in enumerate(prompts):
        own = len(prompt) + inner
        if position > first and size + own > PASS_TOKENS:
            yield range(first, position)
            first, size = position, 0
        size += own
    yield range(first, len(prompts))


def _trunk(model: CausalModel, inputs: list[tuple[int, ...]], reader: Any) -> Trunk:
    """The beginning that all prompts share, read now or kept from the last call; at least one token follows it."""
    shared = common(min(inputs), max(inputs))  # what the first and the last in order share, all share
    shared = shared[: min(len(ids) for ids in inputs) - 1]
    last = model.trunk
    if last is not None and len(last.ids) >= LEAST_TRUNK and shared[: len(last.ids)] == last.ids:
        if len(shared) - len(last.ids) < max(LEAST_TRUNK, len(last.ids) // 4) or len(inputs) == 1:
            return last
    elif len(inputs) == 1:  # one prompt does not show where the beginning ends
        return Trunk((), None)
    if len(shared) < LEAST_TRUNK:
        return Trunk((), None)
    ids = torch.tensor([shared], device=model.device)
    output = reader(input_ids=ids, use_cache=True, **_keep(reader, [0]))
    model.trunk = Trunk(shared, cache_of(output))
    return model.trunk


def common(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The longest common beginning.

    >>> common((1, 2, 3), (1, 2, 4, 5))
    (1, 2)
    """
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return one[:position]
    return one[: len(other)]


def _scored(reader: Any, trunk: Trunk, tree: Tree) -> np.ndarray:
    """log p of every option after every prompt of the tree. Shape: (prompts, options)."""
    n_trunk, n = len(trunk.ids), len(tree.tokens)
    dtype, device = next(reader.parameters()).dtype, reader.device
    mask = torch.full((1, 1, n, n_trunk + n), torch.finfo(dtype).min, dtype=dtype)
    mask[0, 0, :, :n_trunk] = 0
    mask[0, 0, :, n_trunk:][torch.from_numpy(tree.visible())] = 0
    predicting = sorted({node for rows in tree.steps for steps in rows for node, _ in steps})
    row_of = {node: row for row, node in enumerate(predicting)}
    try:
        logits = reader(
            input_ids=torch.tensor([tree.tokens], device=device),
            attention_mask=mask.to(device),
            position_ids=(torch.tensor([tree.depths]) + n_trunk).to(device),
            use_cache=trunk.cache is not None,
            **cache_argument(reader, trunk.cache),
            **_keep(reader, predicting),
        ).logits[0]
    finally:
        if trunk.cache is not None and trunk.cache.get_seq_length() > n_trunk:
            trunk.cache.crop(n_trunk - trunk.cache.get_seq_length())
    if len(logits) != len(predicting):
        logits = logits[predicting]
    log_p = torch.log_softmax(logits.float(), dim=-1)
    return np.array([[_sum(log_p, [(row_of[node], t) for node, t in steps]) for steps in rows] for rows in tree.steps])


def _sum(log_p: Any, steps: list[tuple[int, int]]) -> float:
    if not steps:
        return 0.0
    rows, tokens = zip(*steps, strict=True)
    return float(log_p[list(rows), list(tokens)].double().sum())


def _keep(reader: Any, positions: list[int]) -> dict[str, Any]:
    """The argument that limits logits to these positions, where the model has one."""
    if "logits_to_keep" not in inspect.signature(reader.forward).parameters:
        return {}
    return {"logits_to_keep": torch.tensor(positions, device=reader.device)}


def _plainly(model: CausalModel, inputs: list[tuple[int, ...]], answers: list[tuple[int, ...]]) -> np.ndarray:
    """Every option in its own sequence after its whole prompt."""
    sequences = [prompt[1:] + answer for prompt in inputs for answer in answers]
    starts = [prompt[0] for prompt in inputs for _ in answers]
    log_p = model.token_log_p(sequences, starts)
    sums = [row[len(row) - len(answers[i % len(answers)]) :].sum() for i, row in enumerate(log_p)]
    return np.array(sums, dtype=np.float64).reshape(len(inputs), len(answers))


def _reads_trees(model: CausalModel) -> bool:
    """Whether the model gives the same log p both ways, tried on a few tokens."""
    config = model.module.config
    window = getattr(config, "sliding_window", None)
    if window and window < model.max_tokens and getattr(config, "use_sliding_window", True):
        return False
    words = list(range(10, 40))
    inputs = [(model.start, *words[:20], 5), (model.start, *words[:20], 7, 8)]
    answers = [(11, 12), (11, 13, 14), (15,)]
    try:
        by_tree = _by_tree(model, inputs, answers, model.module)
    except Exception:  # a model without a cache, or with its own mask, may raise anything
        return False
    finally:
        model.trunk = None
    return bool(np.abs(by_tree - _plainly(model, inputs, answers)).max() < AGREE)
