"""Questions answered from documents directly, without a run: retrieval with its usual settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Answer, Dataset
from advisor.data.question_set import questions_of, spread_rows
from advisor.data.search_index import Encoder, index_of
from advisor.evidence.answering.retrieval import threshold
from advisor.llm.models import chat_model, check
from advisor.rungs.saved.answering import Answerer, FromPassages, Search
from probes import qa_prompts
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.retrieval.chunks import Document
    from probes.retrieval.index import HybridIndex

#: Below this similarity nothing supports an answer, where no training questions set another limit: on three sets
#: (xquad_en, realtimeqa_2026, pubmedqa) 5 % of the questions that the documents answer lie below it
#: (benchmarks/results/2026-11-questions.md).
USUAL_THRESHOLD = 0.4
SEARCHED = 200


def ask(
    source: str | Path | Dataset, questions: Sequence[str], model: str | None = None, k: int = 1,
    progress: Progress = silent,
) -> list[Answer]:  # fmt: skip
    """Answer questions from a folder or a table of documents, a "qa" dataset or a sample, citing the passages.

    model: as `advisor.llm.models.chat_model` takes it. Raises DatasetError when there are no documents, BackboneError.
    """
    texts = [questions] if isinstance(questions, str) else list(questions)
    check(model)
    index, limit = searched(source, progress)
    method = FromPassages(chat_model(model, progress=progress), Search(index, k, limit), qa_prompts.usual_prompt(True))
    return Answerer({"rung": "rag"}, method).answer(texts, progress)


def searched(source: str | Path | Dataset, progress: Progress = silent) -> tuple[HybridIndex, float]:
    """The index of the documents, and the similarity below which nothing supports an answer."""
    from probes.retrieval.index import HybridIndex

    dataset = as_dataset(source, progress)
    if dataset is not None:
        index = index_of(dataset, progress)
        rows = spread_rows(dataset, dataset.where("train", "val"))[:SEARCHED]
        return index, threshold(index, questions_of(dataset, rows)).similarity
    assert not isinstance(source, Dataset)
    encoder = Encoder(progress=progress)
    progress("Cutting and embedding the documents", 0.1)
    return HybridIndex.build(read_documents(source), encoder, encoder.name, encoder.tokenizer), USUAL_THRESHOLD


def as_dataset(source: str | Path | Dataset, progress: Progress) -> Dataset | None:
    """The source as a "qa" dataset; None where it holds only documents."""
    from advisor.core.records import ReadOptions
    from advisor.data.reading import read

    if isinstance(source, Dataset):
        return source if kind_row(source.kind).task == "answering" else None
    try:
        return read(source, ReadOptions(kind="qa"), progress)
    except DatasetError:
        if str(source).startswith("sample:"):
            raise
        return None


def read_documents(source: str | Path) -> list[Document]:
    """The documents of a folder, an archive, a table or a single file. Raises DatasetError when there is none."""
    from advisor.data.read.documents import Documents, add_files, add_rows, document_files, documents_of
    from advisor.data.read.source import resolve
    from advisor.data.read.tables import read_table
    from advisor.data.read.tree import Tree, walk

    path = Path(source).expanduser()
    single = path.is_file() and bool(document_files(Tree(path.parent, [path.name])))
    root = path.parent if single else resolve(source).path
    tree = Tree(root, [path.name]) if single else walk(root) if root.is_dir() else Tree(root.parent, [root.name])
    documents = Documents()
    for file in tree.tables:
        add_rows(documents, read_table(tree.root / file), f"{file} ")
    add_files(documents, tree, document_files(tree, beside_tables=bool(documents.rows)))
    if not documents.rows:
        raise DatasetError(
            f"{source} holds no document that can be read. Give a folder of Markdown, text, HTML or PDF files, or a "
            f"table with a column of texts."
        )
    return documents_of(documents.table())
