"""A prompt as the tokens that a local language model reads: its chat template where it has one, plain text else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probes.backbones.causal import CausalModel
from probes.chat import Prompt


@dataclass(frozen=True)
class Read:
    """A prompt's tokens; ``cut`` says that its middle was left out because it did not fit."""

    ids: tuple[int, ...]
    cut: bool


def read(model: CausalModel, prompts: Sequence[Prompt], room: int) -> list[Read]:
    """The tokens of each prompt, at most `room` of them.

    Too long a prompt loses its middle: instructions stand at its beginning, the question at its end.
    """
    if not len(prompts):
        return []
    texts = [written(model.tokenizer, prompt) for prompt in prompts]
    found = model.tokenizer(texts, add_special_tokens=False).input_ids
    templated = bool(getattr(model.tokenizer, "chat_template", None))
    starts = [() if templated and (prompt.system or prompt.user) else (model.start,) for prompt in prompts]
    return [_fitted((*start, *ids), room) for start, ids in zip(starts, found, strict=True)]


def written(tokenizer: Any, prompt: Prompt) -> str:
    """The text that the model goes on from; a prompt that is only a beginning is gone on from as it stands.

    A template without a place for a system message (Gemma's raises) gets it at the head of the user's.
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
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def _fitted(ids: tuple[int, ...], room: int) -> Read:
    if len(ids) <= room:
        return Read(ids, cut=False)
    head = room // 2
    return Read((*ids[:head], *ids[len(ids) - (room - head) :]), cut=True)
