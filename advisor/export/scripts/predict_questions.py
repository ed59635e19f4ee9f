"""Answer questions: `python predict.py "How long is the warranty?"`.

Needs torch and transformers and, where there are documents, onnxruntime and tokenizers, and the files beside it. The
passages come by their vectors: one matrix product. Below the threshold nothing supports an answer.
"""

from __future__ import annotations

import argparse
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "prompt.json").read_text("utf-8"))
TOKENIZER = AutoTokenizer.from_pretrained(HERE / "language-model")
MODEL = AutoModelForCausalLM.from_pretrained(HERE / "language-model", dtype=torch.float32).eval()
NOT_FOUND = "Not found in the documents."


def answer(question: str) -> dict[str, Any]:
    """The answer to a question with the passages that it rests on."""
    passages, supported = found(question) if HOW["k"] else ([], True)
    text = written(question, [passage["text"] for passage in passages]) if supported else NOT_FOUND
    return {"question": question, "answer": text, "supported": supported and bool(passages), "passages": passages}


@cache
def index() -> Any:
    """The encoder, its tokenizer, the passages and their unit vectors, loaded once."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(HERE / "encoder-tokenizer.json"))
    tokenizer.enable_truncation(HOW["max_tokens"])
    return (onnxruntime.InferenceSession(str(HERE / "encoder.onnx"), providers=["CPUExecutionProvider"]), tokenizer,
            json.loads((HERE / "passages.json").read_text("utf-8")), np.load(HERE / "vectors.npy"))  # fmt: skip


def found(question: str) -> tuple[list[dict[str, Any]], bool]:
    """The k nearest passages, the nearest first, and whether the nearest is near enough."""
    encoder, tokenizer, passages, vectors = index()
    tokens = tokenizer.encode(HOW["prefix"] + question)
    inputs = {"input_ids": np.array([tokens.ids]), "attention_mask": np.array([tokens.attention_mask])}
    nearness = vectors @ encoder.run(None, inputs)[0][0]
    best = np.argsort(-nearness, kind="stable")[: HOW["k"]]
    return [{**passages[i], "similarity": float(nearness[i])} for i in best], bool(nearness.max() >= HOW["threshold"])


@torch.inference_mode()
def written(question: str, passages: list[str]) -> str:
    """What the language model writes, the likeliest word after the other, up to the end of the line."""
    values = {"{passages}": "\n\n".join(passages), "{question}": question}
    system, user, begin = (re.sub(r"\{passages\}|\{question\}", lambda field: values[field[0]], HOW[part])
                           for part in ("system", "user", "begin"))  # fmt: skip
    text = begin
    if system or user:
        turns = [{"role": role, "content": said} for role, said in (("system", system), ("user", user)) if said]
        text = TOKENIZER.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) + begin
    ids = [*([] if system or user else [HOW["start"]]), *TOKENIZER(text, add_special_tokens=False).input_ids]
    room = HOW["room"]
    ids = ids if len(ids) <= room else [*ids[: room // 2], *ids[len(ids) - (room - room // 2) :]]
    said = MODEL.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
                          max_new_tokens=HOW["max_new_tokens"], do_sample=False, pad_token_id=HOW["start"])  # fmt: skip
    reply = TOKENIZER.decode(said[0, len(ids) :], skip_special_tokens=True).strip().split("\n")[0].strip()
    reply = re.sub(r"^(the answer is|answer|a)\s*:?\s+", "", reply, flags=re.IGNORECASE).strip().strip("\"'“”")
    reply = reply.removesuffix(".").strip("\"'“” ")
    return next((c for c in HOW["choices"] if re.match(rf"{re.escape(c)}\b", reply, re.IGNORECASE)), reply)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Answer questions.")
    parser.add_argument("questions", nargs="+")
    for question in parser.parse_args().questions:
        print(json.dumps(answer(question), ensure_ascii=False, indent=1))
