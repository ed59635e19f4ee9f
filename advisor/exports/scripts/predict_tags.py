"""Mark words: `python predict.py SENTENCE ...`. Needs what requirements.txt names."""

import argparse
import json
from typing import Any

from tagging import mark
from words import words_in

HOW = {"reads": "texts"}


def answer(text: str) -> dict[str, Any]:
    """The spans in a text, by their characters."""
    words = words_in(text)
    marked = mark([word.text for word in words])
    return {"spans": [
        {"start": words[a].start, "end": words[b - 1].end, "type": kind,
         "text": text[words[a].start : words[b - 1].end], "probability": least} for a, b, kind, least in marked
    ]}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="+", metavar="SENTENCE")
    for item in parser.parse_args().items:
        print(item, json.dumps(answer(item), ensure_ascii=False), sep="\t")
