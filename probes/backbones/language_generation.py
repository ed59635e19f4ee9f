"""Greedy continuation of prompts by a local language model, in batches, with a key/value cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from probes.backbones.causal import CausalModel, cache_argument, cache_of
from probes.backbones.language_prompt import PromptTokens, read
from probes.chat import Prompt, Reply

#: The most tokens, padding included, and prompts of one batch: a step costs about the same for 1 to 8 prompts.
BATCH_TOKENS = 4096
MOST_PROMPTS = 8


def generate(model: CausalModel, prompts: Sequence[Prompt], max_new_tokens: int, stop: Sequence[str]) -> list[Reply]:
    """Greedy continuations in the order of the prompts; a stop text and what follows it are left out."""
    inputs = read(model, prompts, max(1, model.max_tokens - max_new_tokens))
    replies: dict[int, Reply] = {}
    order = sorted(range(len(inputs)), key=lambda row: -len(inputs[row].ids))
    while order:
        size = max(1, min(MOST_PROMPTS, BATCH_TOKENS // len(inputs[order[0]].ids)))
        rows, order = order[:size], order[size:]
        replies |= zip(rows, _batch(model, [inputs[row] for row in rows], max_new_tokens, stop), strict=True)
    return [replies[row] for row in range(len(inputs))]


@torch.inference_mode()
def _batch(model: CausalModel, inputs: list[PromptTokens], max_new_tokens: int, stop: Sequence[str]) -> list[Reply]:
    ids, mask = _padded(model, inputs)
    ends = set(_end_tokens(model))
    written: list[list[int]] = [[] for _ in inputs]
    log_p = [0.0] * len(inputs)
    open_rows = set(range(len(inputs)))
    past = None
    for _ in range(max_new_tokens):
        positions = mask.cumsum(1)[:, -ids.shape[1] :] - 1
        output = model.module(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions.clamp(min=0),
            use_cache=True,
            logits_to_keep=1,
            **cache_argument(model.module, past),
        )
        past = cache_of(output)
        best, tokens = torch.log_softmax(output.logits[:, -1].float(), dim=-1).max(dim=-1)
        for row in sorted(open_rows):
            token = int(tokens[row])
            log_p[row] += float(best[row])
            written[row].append(token)
            if token in ends or _cut_at(model.tokenizer.decode(written[row]), stop) is not None:
                open_rows.discard(row)
        if not open_rows:
            break
        ids = tokens[:, None]
        mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
    return [_reply(model, prompt, w, p, stop, ends) for prompt, w, p in zip(inputs, written, log_p, strict=True)]


def _padded(model: CausalModel, inputs: list[PromptTokens]) -> tuple[Tensor, Tensor]:
    """Token ids and mask, padded on the left. Shape: (prompts, longest) int64 each."""
    longest = max(len(prompt.ids) for prompt in inputs)
    ids = torch.full((len(inputs), longest), model.start, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(inputs):
        ids[row, longest - len(prompt.ids) :] = torch.tensor(prompt.ids)
        mask[row, longest - len(prompt.ids) :] = 1
    return ids.to(model.device), mask.to(model.device)


def _end_tokens(model: CausalModel) -> list[int]:
    """The tokens that end an answer: those of the generation configuration and of the tokenizer."""
    config = getattr(model.module, "generation_config", None)
    named: Any = getattr(config, "eos_token_id", None)
    several = named if isinstance(named, list) else [named]
    return [int(token) for token in (*several, model.tokenizer.eos_token_id, model.start) if token is not None]


def _cut_at(text: str, stop: Sequence[str]) -> int | None:
    """Where the first stop text begins after the answer's first visible character; None without one."""
    lead = len(text) - len(text.lstrip())
    places = [place for word in stop if word and (place := text.find(word, lead)) >= 0]
    return min(places, default=None)


def _reply(
    model: CausalModel, prompt: PromptTokens, written: list[int], log_p: float, stop: Sequence[str], ends: set[int]
) -> Reply:
    kept = written[:-1] if written and written[-1] in ends else written
    text = model.tokenizer.decode(kept, skip_special_tokens=True)
    return Reply(text[: _cut_at(text, stop)].strip(), log_p, len(prompt.ids), len(written), prompt.cut)
