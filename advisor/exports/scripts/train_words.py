"""Train this model again with scikit-learn alone: `python train.py table.csv --out new`.

The table has the columns text and label. A fifth is held out and measured; weights, idf and terms go to the folder.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
RUN: dict[str, Any] = json.loads((HERE / "training.json").read_text("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train this model again.")
    parser.add_argument("table", type=Path, help="a CSV file with the columns text and label")
    parser.add_argument("--out", type=Path, default=Path("new-model"))
    asked = parser.parse_args()
    with asked.table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("label") in RUN["classes"]]
    if not rows:
        parser.error(
            f"{asked.table} has no row with one of the classes in its column label: {', '.join(RUN['classes'])}."
        )
    texts = [row["text"][: HOW["max_characters"]] for row in rows]
    y = np.array([RUN["classes"].index(row["label"]) for row in rows])
    order = np.random.default_rng(RUN["seed"]).permutation(len(rows))
    held, rest = order[: max(1, len(order) // 5)], order[max(1, len(order) // 5) :]
    parts = [TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")]
    if HOW["pieces_of_words"]:
        parts.append(TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5), min_df=2))
    learned = hstack([part.fit_transform([texts[i] for i in rest]) for part in parts], format="csr")
    model = LinearSVC(C=RUN["head"]["penalty"], random_state=RUN["seed"]).fit(learned, y[rest])
    unseen = hstack([part.transform([texts[i] for i in held]) for part in parts], format="csr")
    asked.out.mkdir(parents=True, exist_ok=True)
    np.savez(asked.out / "words.npz", weight=model.coef_, bias=model.intercept_,
             **{f"idf{i}": part.idf_ for i, part in enumerate(parts)})  # fmt: skip
    terms = json.dumps([part.get_feature_names_out().tolist() for part in parts], ensure_ascii=False)
    (asked.out / "vocabulary.json").write_text(terms, "utf-8")
    print(f"accuracy {model.score(unseen, y[held]):.3f} on {len(held)} held-out texts; wrote {asked.out}")


if __name__ == "__main__":
    main()
