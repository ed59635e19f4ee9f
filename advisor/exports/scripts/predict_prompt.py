"""Label texts by a language model and a prompt: `python predict.py TEXT ...`. Needs what requirements.txt names."""

import argparse
import json
from pathlib import Path

import numpy as np
from prompting import log_probabilities

HERE = Path(__file__).resolve().parent
CLASSES, HOW = (json.loads((HERE / name).read_text("utf-8")) for name in ("classes.json", "prompt.json"))


def probabilities(texts: list[str]) -> np.ndarray:
    """Of each class, (n, C)."""
    return np.exp([log_probabilities(text) for text in texts]).reshape(-1, len(CLASSES))


def answer(row: np.ndarray) -> dict[str, object]:
    """The label by a text's probabilities; where it is not sure, also the classes that the text may be of."""
    top, least = float(row.max()), HOW["likely_from"]
    said = {"label": CLASSES[row.argmax()], "probability": top, "sure": top >= HOW["not_sure_below"]}
    if not said["sure"] and least is not None:
        said["likely"] = [CLASSES[i] for i in (-row).argsort() if row[i] >= min(least, top)]
    return said


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    texts = parser.parse_args().texts
    for text, row in zip(texts, probabilities(texts), strict=True):
        print(text, json.dumps(answer(row), ensure_ascii=False), sep="\t")
