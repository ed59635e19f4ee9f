"""Real items with several labels, made of what packages carry: questions with their topic and kind, digits by trait."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from advisor import api

TRAITS = {"even": {0, 2, 4, 6, 8}, "round": {0, 6, 8, 9}, "large": {5, 6, 7, 8, 9}}


def questions(folder: Path, n: int = 150) -> Path:
    """Questions of the topic sample as JSON lines: the topic, "asks" with a question mark, "long" from seven words."""
    sample = api.read("sample:topics")
    topics = sample.items["label"].value_counts().index[:3]
    rows = []
    for text, label in zip(sample.items["text"], sample.items["label"], strict=True):
        if label not in topics:
            continue
        labels = [sample.classes[label], *(["asks"] if "?" in text else []), *(["long"] if text.count(" ") > 5 else [])]
        rows.append({"text": text, "labels": labels})
    rows = rows[:: max(1, len(rows) // n)][:n]
    path = folder / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def digits(folder: Path, n: int = 120) -> Path:
    """Digits of scikit-learn as images beside labels.csv, whose cells join the traits by a bar; none for 1 and 3."""
    from sklearn.datasets import load_digits

    data = load_digits()
    place = folder / "digits"
    (place / "images").mkdir(parents=True)
    lines = ["path,labels"]
    for i in range(n):
        levels = np.clip(data.images[i] * 16, 0, 255).astype(np.uint8)
        Image.fromarray(levels).resize((32, 32)).save(place / "images" / f"{i}.png")
        traits = [name for name, values in TRAITS.items() if int(data.target[i]) in values]
        lines.append(f"images/{i}.png,{'|'.join(traits)}")
    (place / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return place
