"""Answer questions: `python predict.py "How long is the warranty?"`.

Needs torch and transformers and, where there are documents, onnxruntime, tokenizers, bm25s and PyStemmer, and the files
beside it. Passages come by their vectors, one matrix product, and by the words that they share with the question.
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
TOKENIZER = AutoTokenizer.from_pretrained(HERE / "language-model", trust_remote_code=False)
MODEL = AutoModelForCausalLM.from_pretrained(
    HERE / "language-model", dtype=torch.float32, trust_remote_code=False
).eval()
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
    session = onnxruntime.InferenceSession(str(HERE / "encoder.onnx"), providers=["CPUExecutionProvider"])
    passages = json.loads((HERE / "passages.json").read_text("utf-8"))
    return session, tokenizer, passages, np.load(HERE / "vectors.npy", allow_pickle=False)


def found(question: str) -> tuple[list[dict[str, Any]], bool]:
    """The k best passages by meaning and words, the best first, and whether one is near enough in meaning."""
    encoder, tokenizer, passages, vectors = index()
    tokens = tokenizer.encode(HOW["prefix"] + question)
    inputs = {"input_ids": np.array([tokens.ids]), "attention_mask": np.array([tokens.attention_mask])}
    nearness = vectors @ encoder.run(None, inputs)[0][0]
    scores = nearness + HOW["weight"] * covered(question, len(passages))
    best = np.argsort(-scores, kind="stable")[: HOW["k"]]
    return [{**passages[i], "score": float(scores[i])} for i in best], bool(nearness.max() >= HOW["threshold"])


@cache
def word_index() -> Any:
    """The words of the passages, counted; None where there are none."""
    import bm25s

    return bm25s.BM25.load(HERE / "words", show_progress=False) if (HERE / "words").is_dir() else None


def covered(question: str, n: int) -> np.ndarray:
    """The weighted share of the question's words that each passage covers, (n,): BM25 over the most it could reach."""
    import bm25s
    import Stemmer

    words = bm25s.tokenize([question], token_pattern=r"(?u)\w+", stopwords="en", return_ids=False, show_progress=False,
                           stemmer=Stemmer.Stemmer("english"))[0]  # fmt: skip
    model = word_index()
    known = model.get_tokens_ids(words) if model is not None else []
    if not known:
        return np.zeros(n, np.float32)
    starts = model.scores["indptr"]
    n_with = [int(starts[i + 1]) - int(starts[i]) for i in known] + [0] * (len(words) - len(known))
    most = sum(np.log(1 + (n - count + 0.5) / (count + 0.5)) for count in n_with)
    return np.asarray(model.get_scores_from_ids(known) / most)


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
