"""The language model reads the passages and writes the answer."""

from __future__ import annotations

import re
import string

import torch
from language import HOW, MODEL, TOKENIZER, fitted, tokens

SIGNS = str.maketrans("", "", string.punctuation)


@torch.inference_mode()
def read(question: str, passages: list[str]) -> tuple[str, float | None, int]:
    """The answer, the likeliest token after the other up to the end of the line; its probability is not known."""
    text, start = whole(question, passages)
    ids = fitted([*start, *tokens(text)], HOW["room"])
    seen, most = torch.ones(1, len(ids), dtype=torch.int64), HOW["max_new_tokens"]
    written = MODEL.generate(
        torch.tensor([ids]), attention_mask=seen, max_new_tokens=most, do_sample=False, pad_token_id=HOW["start"]
    )
    reply = TOKENIZER.decode(written[0, len(ids) :], skip_special_tokens=True).strip().split("\n")[0]
    return tidied(reply), None, 0


def whole(question: str, passages: list[str]) -> tuple[str, list[int]]:
    """The text that the model continues, and the token before it where there is no chat template for one."""
    values = {"{passages}": "\n\n".join(passages), "{question}": question}
    system, user, begin = (re.sub(r"\{passages\}|\{question\}", lambda field: values[field[0]], HOW[part])
                           for part in ("system", "user", "begin"))  # fmt: skip
    if not TOKENIZER.chat_template or not (system or user):
        return "\n\n".join(part for part in (system, user, begin) if part), [HOW["start"]]
    turns = [{"role": role, "content": said} for role, said in (("system", system), ("user", user)) if said]
    kept = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
    return TOKENIZER.apply_chat_template(turns, **kept) + begin, []


def tidied(reply: str) -> str:
    """Without "The answer is", quotes and full stop; the choice that the reply begins with, if any."""
    text = re.sub(r"^(the answer is|answer|a)\s*:?\s+", "", reply.strip(), flags=re.IGNORECASE).strip().strip("\"'“”")
    text = text.removesuffix(".").strip("\"'“” ")
    words = " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(SIGNS)).split())
    return next((choice for choice in HOW["choices"] if f"{words} ".startswith(f"{choice} ")), text)
