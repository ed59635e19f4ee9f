"""Label items: `python predict.py ITEM ...`. MODEL=model.int8.onnx in the environment chooses the smaller model."""

import argparse
import json
import os
from functools import cache
from pathlib import Path

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime
from inputs import batches

HERE = Path(__file__).resolve().parent
CLASSES, HOW = (json.loads((HERE / name).read_text("utf-8")) for name in ("classes.json", "preprocessing.json"))
session = cache(lambda name: onnxruntime.InferenceSession(HERE / name, providers=["CPUExecutionProvider"]))


def probabilities(items: list[str], model: str = os.environ.get("MODEL", "model.onnx")) -> np.ndarray:
    """Of each class, (n, C). Items: texts, or images by path or opened in binary mode."""
    rows = np.zeros((len(items), len(CLASSES)), np.float32)
    for places, arrays in batches(items):
        rows[places] = session(model).run(None, arrays)[0]
    return rows


def answer(row: np.ndarray) -> dict[str, object]:
    """The label by an item's probabilities; where it is not sure, also the classes that the item may be.

    Where an item may have several labels: those that reach their thresholds, and the probability of each label.
    """
    if at := HOW.get("thresholds"):
        labels = [name for name, share, least in zip(CLASSES, row, at, strict=True) if share >= least]
        return {"labels": labels, "probabilities": dict(zip(CLASSES, map(float, row), strict=True))}
    top, least = float(row.max()), HOW["likely_from"]
    said = {"label": CLASSES[row.argmax()], "probability": top, "sure": top >= HOW["not_sure_below"]}
    unsure = not said["sure"] and least is not None
    return said | ({"likely": [CLASSES[i] for i in (-row).argsort() if row[i] >= min(least, top)]} if unsure else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="+", metavar="ITEM", help="a text, or the file of an image")
    for item, row in zip(items := parser.parse_args().items, probabilities(items), strict=True):
        print(item, json.dumps(answer(row), ensure_ascii=False), sep="\t")
