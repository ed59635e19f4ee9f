"""Answer questions: `python predict.py "How long is the warranty?" ...`. Needs what requirements.txt names."""

import argparse
import json
from pathlib import Path
from typing import Any

from looping import LOOPED, loops
from reading import read

NOT_FOUND = "not in the documents"
HAS_DOCUMENTS = Path(__file__).with_name("passages.json").is_file()
HOW = {"reads": "questions"}
if HAS_DOCUMENTS:
    from search import found


def answer(question: str) -> dict[str, Any]:
    """The answer to a question with the passages that it rests on, the one that holds it first."""
    passages, near = found(question) if HAS_DOCUMENTS else ([], True)
    text, probability, first = read(question, [each["text"] for each in passages]) if near else ("", None, 0)
    if not near or (probability is not None and not text):
        return {"question": question, "answer": NOT_FOUND, "supported": False, "passages": passages}
    note = {"note": LOOPED} if loops(text) else {}
    passages = [*passages[first : first + 1], *passages[:first], *passages[first + 1 :]]
    return {"question": question, "answer": "" if note else text, "supported": HAS_DOCUMENTS and not note,
            "probability": probability, "passages": passages, **note}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="+", metavar="QUESTION")
    for question in parser.parse_args().questions:
        print(json.dumps(answer(question), ensure_ascii=False, indent=1))
