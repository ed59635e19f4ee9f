"""`python -m benchmarks.tagging [--sets wnut17 …] [--sizes 100 500 0] [--budget S] [--test N]`: every rung on tagged
sentences, and what users would write instead.

Each rung learns from the first so many training sentences of a set (0: all; 15 % of them are the validation part) and
is tested on its test part, within the same seconds. The others see the same sentences: transformers' run_ner recipe on
the same weights (its defaults: learning rate 5e-5, batches of 8, three epochs, the first piece of a word labelled) and
sklearn-crfsuite with the features of its tutorial. A row is printed and kept (CSV) as soon as it is known; one that is
there is not measured again.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Dataset, Plan
from advisor.data.reading import read
from advisor.data.tag_set import sentences_of
from advisor.rungs import registry
from advisor.rungs.context import RunContext
from advisor.rungs.saved.loading import load
from advisor.rungs.saved.tagging import Tagger
from benchmarks.sets import data_folder
from probes.backbones import catalog
from probes.backbones.weights import weights_hash, weights_path
from probes.measured import Measured
from probes.tagging.head import Sample
from probes.tagging.schemes import Span, spans_of
from probes.tagging.scoring import count_spans, measured_f1

COLUMNS = ("set", "sentences", "way", "f1", "low", "high", "n_test", "seconds")
#: What is asked of a set: sentences with their tags in, spans of the test sentences out.
Way = Callable[[Dataset, Sample, Sample, float], list[list[Span]]]


def subset(folder: Path, place: Path, n: int, n_test: int) -> Dataset:
    """A set with its first `n` training sentences (0: all) and at most `n_test` test sentences, read as a dataset."""
    for name, most in (("train", n), ("test", n_test)):
        lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
        order = np.random.default_rng(0).permutation(len(lines))[: most or None]
        (place / f"{name}.jsonl").write_text("\n".join(lines[i] for i in order), encoding="utf-8")
    return read(place)


def rung_of(rung: RungName) -> Way:
    """A rung, carried out in this process as a run carries it out."""

    def way(dataset: Dataset, known: Sample, asked: Sample, budget: float) -> list[list[Span]]:
        entry = catalog.default("text")
        with tempfile.TemporaryDirectory() as folder:
            plan = Plan(
                run="bench", rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name,
                fingerprint=dataset.fingerprint, kind=dataset.kind, metric=dataset.metric, backbone=entry.reference,
                backbone_hash=weights_hash(entry), input_size=entry.usual_input, budget_seconds=budget,
            )  # fmt: skip
            context = RunContext(plan, dataset, Path(folder), "cpu", time.monotonic() + budget)
            outcome = registry.execute(context)
            model = load(folder)
            assert isinstance(model, Tagger)
            if outcome.dropped:
                print(f"  {rung} was rolled back: {outcome.dropped}")
            return [one.spans for one in model.found(asked.sentences)]

    return way


def crfsuite(dataset: Dataset, known: Sample, asked: Sample, budget: float) -> list[list[Span]]:
    """sklearn-crfsuite as in its tutorial on CoNLL 2002."""
    import sklearn_crfsuite

    model = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True)
    model.fit([tutorial(words) for words in known.sentences], [[known.names[t] for t in own] for own in known.tags])
    return [spans_of(tags) for tags in model.predict([tutorial(words) for words in asked.sentences])]


def tutorial(words: Sequence[str]) -> list[dict[str, Any]]:
    """The tutorial's features of each word and its neighbours, without parts of speech."""

    def own(word: str) -> dict[str, Any]:
        return {"lower": word.lower(), "title": word.istitle(), "upper": word.isupper()}

    rows = []
    for at, word in enumerate(words):
        row = {"bias": 1.0, "-3": word[-3:], "-2": word[-2:], "digit": word.isdigit(), **own(word)}
        row |= {f"-1:{key}": value for key, value in own(words[at - 1]).items()} if at else {"BOS": True}
        row |= (
            {f"+1:{key}": value for key, value in own(words[at + 1]).items()} if at + 1 < len(words) else {"EOS": True}
        )
        rows.append(row)
    return rows


def run_ner(dataset: Dataset, known: Sample, asked: Sample, budget: float) -> list[list[Span]]:
    """transformers' run_ner recipe on the same weights, ended by the budget."""
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    folder = str(weights_path(catalog.default("text")).parent)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model: Any = transformers.AutoModelForTokenClassification.from_pretrained(
        folder, num_labels=len(known.names), trust_remote_code=False
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.0)
    batches = [np.arange(len(known))[at : at + 8] for at in range(0, len(known), 8)]
    steps, done, started = 3 * len(batches), 0, time.monotonic()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(known))
    model.train()
    while done < steps and time.monotonic() - started < budget:
        if done and done % len(batches) == 0:
            order = rng.permutation(len(known))
        rows = order[8 * (done % len(batches)) :][:8]
        encoded, labels = _encoded(tokenizer, [known.sentences[i] for i in rows], [known.tags[i] for i in rows])
        for group in optimizer.param_groups:
            group["lr"] = 5e-5 * (1 - done / steps)
        loss = model(**encoded, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        done += 1
    if done < steps:
        print(f"  run_ner: the budget ended it after {done} of {steps} steps")
    model.eval()
    return [_said(model, tokenizer, words, known.names) for words in asked.sentences]


def _encoded(tokenizer: Any, sentences: Sequence[Sequence[str]], tags: Sequence[np.ndarray]) -> tuple[Any, Any]:
    """Pieces of sentences, and the tag of the first piece of each word, -100 elsewhere."""
    import torch

    encoded = tokenizer(
        [list(one) for one in sentences], is_split_into_words=True, truncation=True, padding=True, return_tensors="pt"
    )
    labels = torch.full_like(encoded["input_ids"], -100)
    for row, own in enumerate(tags):
        before = None
        for at, word in enumerate(encoded.word_ids(row)):
            if word is not None and word != before:
                labels[row, at] = int(own[word])
            before = word
    return encoded, labels


def _said(model: Any, tokenizer: Any, words: Sequence[str], names: Sequence[str]) -> list[Span]:
    import torch

    encoded, _ = _encoded(tokenizer, [words], [np.zeros(len(words), np.int64)])
    with torch.inference_mode():
        best = model(**encoded).logits[0].argmax(-1).tolist()
    tags = ["O"] * len(words)
    for at, word in reversed(list(enumerate(encoded.word_ids(0)))):
        if word is not None:
            tags[word] = names[best[at]]
    return spans_of(tags)


WAYS: dict[str, Way] = {
    **{rung: rung_of(rung) for rung in RUNG_NAMES},
    "sklearn-crfsuite": crfsuite,
    "run_ner": run_ner,
}


def measure(folder: Path, n: int, name: str, budget: float, n_test: int) -> tuple[Measured, int]:
    """(entity F1 on the test part, training sentences) of one way on one set."""
    with tempfile.TemporaryDirectory() as place:
        dataset = subset(folder, Path(place), n, n_test)
        rows = dataset.where("train", "val")
        known, asked = sentences_of(dataset, rows), sentences_of(dataset, dataset.where("test"))
        started = time.monotonic()
        found = WAYS[name](dataset, known, asked, budget)
        counts = count_spans(asked.spans(), found, asked.types)
        return measured_f1(counts, time.monotonic() - started), len(rows)


def main(sets: Sequence[str], sizes: Sequence[int], ways: Sequence[str], budget: float, n_test: int, out: Path) -> None:
    """Measure what is not there yet, and print the table."""
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = list(csv.DictReader(out.open(encoding="utf-8"))) if out.is_file() else []
    there = {(row["set"], row["asked"], row["way"]) for row in kept}
    for name in sets:
        for n in sizes:
            for way in ways:
                if (name, str(n), way) in there:
                    continue
                value, n_known = measure(data_folder() / "ner" / name, n, way, budget, n_test)
                row = {
                    "set": name, "asked": str(n), "sentences": n_known, "way": way, "f1": round(value.value, 4),
                    "low": round(value.low, 4), "high": round(value.high, 4), "n_test": value.n,
                    "seconds": round(value.seconds, 1),
                }  # fmt: skip
                kept.append(row)
                print(json.dumps(row), flush=True)
                with out.open("w", encoding="utf-8", newline="") as stream:
                    writer = csv.DictWriter(stream, ["asked", *COLUMNS])
                    writer.writeheader()
                    writer.writerows(kept)
    print(table(kept))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = ["| set | sentences | way | entity F1 | 90 % interval | test sentences | seconds |", "|" + "---|" * 7]
    lines += [
        f"| {r['set']} | {r['sentences']} | {r['way']} | {100 * float(r['f1']):.1f} | {100 * float(r['low']):.1f} to "
        f"{100 * float(r['high']):.1f} | {r['n_test']} | {float(r['seconds']):.0f} |"
        for r in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["wnut17", "gum11", "anem", "crossner_music"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 500, 0], help="training sentences; 0 for all")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--budget", type=float, default=300.0, metavar="S", help="seconds for each training")
    parser.add_argument("--test", type=int, default=0, metavar="N", help="test sentences at most; 0 for all")
    parser.add_argument("--out", type=Path, default=Path("tagging.csv"), help="the rows so far")
    asked = parser.parse_args()
    main(asked.sets, asked.sizes, asked.ways, asked.budget, asked.test, asked.out)
