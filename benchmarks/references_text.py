"""The scale of the texts' distance from the pre-training data: sets that the language model read, in
data/reference_texts.csv.

Numbers and a description in a few words, no text. ``python -m benchmarks.references_text [NAME ...]`` measures those
named, or all that the file lacks. Sets: the development sets, four languages of XQuAD's questions, the documents of the
question answering sets, and what packages carry (chat questions, docstrings, source code).
"""

from __future__ import annotations

import argparse
import csv
import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from advisor.evidence.domain_texts import FILE, HASH_DIGITS, N_ROWS
from advisor.llm.models import load_language_model
from benchmarks import sets
from probes.text_domain import SCALES, measure_texts

TARGET = Path(__file__).parents[1] / "data" / FILE
FIELDS = ("dataset", "description", "weights", *SCALES, "n")

TABLES = {
    "banking77": "questions to a bank",
    "bbc_news": "news articles",
    "chemprot": "chemistry papers",
    "citation_intent": "computer science papers",
    "customer_reviews": "product reviews",
    "langid_xquad": "questions in 12 languages",
    "sms_spam": "text messages",
    "sst2": "film reviews",
    "subj": "film plots",
    "trec6": "trivia questions",
    "tweet_emotion": "emotional tweets",
    "tweet_sentiment": "tweets",
}
LANGUAGES = {
    "de": "questions in German",
    "es": "questions in Spanish",
    "ru": "questions in Russian",
    "zh": "questions in Chinese",
}
DOCUMENTS = {
    "pubmedqa": "biomedical abstracts",
    "realtimeqa_2026": "news summaries",
    "subjqa": "long customer reviews",
    "xquad_en": "encyclopedia paragraphs",
}


def main() -> None:
    """Measure and write after each set, so that an interrupted run goes on where it stopped."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sources", nargs="*", help="those to measure, all that the file lacks by default")
    chosen = asked.parse_args().sources
    sources = all_sources()
    rows = {row["dataset"]: row for row in _rows()}
    wanted = chosen or [name for name in sources if name not in rows]
    model = load_language_model()
    weights = model.weights_hash[:HASH_DIGITS]
    for name in wanted:
        description, read = sources[name]
        texts = read()
        order = np.random.default_rng(0).permutation(len(texts))
        found = measure_texts(model, [texts[place] for place in order[:N_ROWS]], n_texts=64, budget_tokens=3000)
        values = [f"{found.values[scale]:.4f}" for scale in SCALES]
        rows[name] = dict(zip(FIELDS, (name, description, weights, *values, str(found.n)), strict=True))
        _write([rows[known] for known in sources if known in rows])
        print(f"{name}: {', '.join(values)} ({found.n} texts, {found.seconds:.1f} s)", file=sys.stderr, flush=True)


def all_sources() -> dict[str, tuple[str, Callable[[], list[str]]]]:
    """Every reference set: what it is in a few words, and how its texts are had."""
    found: dict[str, tuple[str, Callable[[], list[str]]]] = {}
    found |= {name: (words, partial(table, name)) for name, words in TABLES.items()}
    found |= {f"xquad_{code}": (words, partial(language, code)) for code, words in LANGUAGES.items()}
    found |= {name: (words, partial(documents, name)) for name, words in DOCUMENTS.items()}
    found["topics"] = ("questions to a chatbot", topics)
    found["docstrings"] = ("Python documentation", docstrings)
    found["code"] = ("Python source code", code)
    return found


def table(name: str) -> list[str]:
    """The training part of a development set."""
    dataset = sets.dataset(name)
    texts: list[str] = dataset.items["text"].iloc[dataset.where("train", "val")].tolist()
    return texts


def language(code: str) -> list[str]:
    """XQuAD's questions in one language."""
    frame = pd.read_csv(sets.path_of("langid_xquad"), keep_default_na=False)
    texts: list[str] = frame.loc[frame["label"] == code, "text"].tolist()
    return texts


def documents(name: str) -> list[str]:
    """The documents that a question answering set asks about."""
    path = sets.data_folder() / "qa" / name / "docs.jsonl"
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


def topics() -> list[str]:
    """The packaged sample of short questions."""
    from advisor import api as line
    from advisor.data.read.samples import materialise

    texts: list[str] = line.read(materialise("topics")).items["text"].tolist()
    return texts


def docstrings() -> list[str]:
    """What functions and classes of scikit-learn say of themselves."""
    return sorted({doc for thing in _things() if (doc := inspect.getdoc(thing)) and len(doc) > 40})


def code() -> list[str]:
    """The source of the same functions, docstrings included."""
    return sorted({source for thing in _things() if inspect.isfunction(thing) and (source := inspect.getsource(thing))})


def _things() -> list[object]:
    """Public functions and classes of scikit-learn's modules."""
    import sklearn

    names = [found.name for found in pkgutil.iter_modules(sklearn.__path__) if not found.name.startswith("_")]
    modules = [importlib.import_module(f"sklearn.{name}") for name in names if name not in ("conftest", "tests")]
    return [vars(module)[name] for module in modules for name in getattr(module, "__all__", ()) if name in vars(module)]


def _rows() -> list[dict[str, str]]:
    if not TARGET.is_file():
        return []
    with TARGET.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(rows: list[dict[str, str]]) -> None:
    with TARGET.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
