"""Label items: `python predict.py ITEM ...`. MODEL=model.int8.onnx in the environment chooses the smaller model."""

import argparse
import json
import os
from functools import cache
from pathlib import Path

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime
from answers import CLASSES, HOW, answer  # noqa: F401 (serve.py asks this module for all three)
from inputs import batches

HERE = Path(__file__).resolve().parent
session = cache(lambda name: onnxruntime.InferenceSession(HERE / name, providers=["CPUExecutionProvider"]))


def probabilities(items: list[str], model: str = os.environ.get("MODEL", "model.onnx")) -> np.ndarray:
    """Of each class, (n, C). Items: texts, or images by path or opened in binary mode."""
    rows = np.zeros((len(items), len(CLASSES)), np.float32)
    for places, arrays in batches(items):
        rows[places] = session(model).run(None, arrays)[0]
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="+", metavar="ITEM", help="a text, or the file of an image")
    for item, row in zip(items := parser.parse_args().items, probabilities(items), strict=True):
        print(item, json.dumps(answer(row), ensure_ascii=False), sep="\t")
