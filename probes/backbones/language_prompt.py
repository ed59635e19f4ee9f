"""A prompt as the tokens that a local language model reads: by its chat template if it has one, else as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probes.backbones.causal import CausalModel
from probes.chat import Prompt


@dataclass(frozen=True)
class PromptTokens:
    """A prompt's tokens; ``cut``: whether its middle was left out because it did not fit."""

    ids: tuple[int, ...]
    cut: bool


def read(model: CausalModel, prompts: Sequence[Prompt], room: int) -> list[PromptTokens]:
    """The tokens of each prompt, at most `room` of them.

    A prompt that is too long loses its middle: instructions are at its beginning, the question at its end.
    """
    if not len(prompts):
        return []
    texts = [written(model.tokenizer, prompt) for prompt in prompts]
    token_ids = model.tokenizer(texts, add_special_tokens=False).input_ids
    templated = bool(getattr(model.tokenizer, "chat_template", None))
    starts = [() if templated and (prompt.system or prompt.user) else (model.start,) for prompt in prompts]
    return [_fitted((*start, *ids), room) for start, ids in zip(starts, token_ids, strict=True)]


def written(tokenizer: Any, prompt: Prompt) -> str:
    """The text that the model continues; a prompt that is only a beginning is continued as it is.

    Where the template has no system message (Gemma's raises), it goes before the user's.
    """
    if not getattr(tokenizer, "chat_template", None) or not (prompt.system or prompt.user):
        return "\n\n".join(part for part in (prompt.system, prompt.user, prompt.begin) if part)
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    try:
        text = _templated(tokenizer, [*system, {"role": "user", "content": prompt.user}])
    except Exception:  # jinja2.TemplateError, whatever the template raises with
        both = "\n\n".join(part for part in (prompt.system, prompt.user) if part)
        text = _templated(tokenizer, [{"role": "user", "content": both}])
    return text + prompt.begin


def _templated(tokenizer: Any, messages: list[dict[str, str]]) -> str:
    """By the tokenizer's template, which is told to answer at once where it could think aloud first (Qwen3)."""
    return str(
        tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    )


def _fitted(ids: tuple[int, ...], room: int) -> PromptTokens:
    if len(ids) <= room:
        return PromptTokens(ids, cut=False)
    head = room // 2
    return PromptTokens((*ids[:head], *ids[len(ids) - (room - head) :]), cut=True)
