"""Question answering over documents: questions with answers from tables, and the documents that answer them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import Kind, ReadOptions, SetAside
from advisor.core.wording import counted, listed
from advisor.data.read.answers import column_answers
from advisor.data.read.columns import by_name, in_words, same_column
from advisor.data.read.documents import (
    Documents,
    add_files,
    add_rows,
    document_files,
)
from advisor.data.read.fingerprint import digest_text
from advisor.data.read.listing import SEEN_ROWS, Listing, SeenTable, item_table
from advisor.data.read.part_tables import PartTable, part_of, unused
from advisor.data.read.path_parts import NO_FOLDERS, parts_by_folder
from advisor.data.read.qa_columns import QuestionColumns, columns_by_table, document_columns, may_hold_questions
from advisor.data.read.qa_documents import document_of, set_groups, with_document_column
from advisor.data.read.qa_layouts import OTHERS, laid_flat
from advisor.data.read.qa_refusals import MIN_QUESTIONS, mostly_copies, n_different, no_documents, no_questions, too_few
from advisor.data.read.retrieval_sets import joined as joined_retrieval_set
from advisor.data.read.table_rows import first_reason, keys_of, parts_of
from advisor.data.read.tables import Table, read_table
from advisor.data.read.tree import Tree
from probes.progress import Progress, silent

KIND: Kind = "qa"
_NO_ANSWER = 'The answer is empty. Write "not in the documents" if the documents do not answer the question.'
#: What a table of documents is called.
_CALLED = re.compile(r"doc|corpus|passage|context|article|page|paragraph|knowledge", re.IGNORECASE)


@dataclass(frozen=True)
class QuestionTables:
    """The tables of questions and of documents in one input; ``unanswered``: what each part without answers lacks."""

    options: ReadOptions
    tables: dict[str, Table]
    columns: dict[str, QuestionColumns]
    unanswered: dict[str, str]
    documents: dict[str, Table]

    @property
    def questions(self) -> dict[str, Table]:
        """The tables of questions with answers."""
        return {file: table for file, table in self.tables.items() if file in self.columns}

    @property
    def has_context(self) -> bool:
        """Whether the questions bring their contexts."""
        return any(columns.context is not None for columns in self.columns.values())


def find_questions(tree: Tree, options: ReadOptions) -> QuestionTables | None:
    """The tables for question answering in a tree; None when it holds something else.

    Forced by the kind that the user named; otherwise a table of questions with answers must be there, and documents in
    some form.
    """
    forced = options.kind == KIND
    if options.kind and not forced:
        return None
    if search := None if options.question_column else joined_retrieval_set(tree):
        queries, corpus = search
        found = {queries.path.relative_to(tree.root).as_posix(): queries}
        return QuestionTables(
            options, found, *columns_by_table(found, options), {corpus: read_table(tree.root / corpus)}
        )
    all_tables = _question_tables(tree, options, forced)
    tables = QuestionTables(options, all_tables, *columns_by_table(all_tables, options), {})
    if not tables.columns or tables.has_context:
        return tables if tables.columns or forced else None
    others = [file for file in tree.tables if file not in tables.columns and file not in tables.unanswered]
    documents = {file: table for file in others if (table := _documents_in(tree.root / file)) is not None}
    called = {file: table for file, table in documents.items() if _CALLED.search(file.rsplit("/", 1)[-1])}
    if documents or document_files(tree) or forced or _are_answers(tables):
        return replace(tables, documents=called or documents)
    return None


def list_questions(tree: Tree, tables: QuestionTables, progress: Progress = silent) -> Listing:
    """Questions and documents as a listing of kind "qa", its documents beside its items.

    Raises DatasetError when there are no documents, no questions, or too few.
    """
    documents = _documents(tree, tables, progress)
    if not tables.questions:
        raise DatasetError(no_questions(tree.root, [row[3] for row in documents.rows]))
    listings = []
    for file, table in tables.questions.items():
        several = len(tables.questions) > 1
        part = PartTable(file, table, part_of(file) if several else "", f"{file} " if several else "")
        listings.append(_listed(part, documents, tables, not several))
    joined = listings[0]
    if len(listings) > 1:
        joined.items = pd.concat([one.items for one in listings], ignore_index=True)
        joined.set_aside = [entry for one in listings for entry in one.set_aside]
        joined.notes = list(dict.fromkeys(note for one in listings for note in one.notes))
    if not documents.rows:
        raise DatasetError(no_documents(tree, documents))
    if len(joined.items) < MIN_QUESTIONS:
        raise DatasetError(too_few(tree.root, joined))
    if (n := n_different(joined.items)) < MIN_QUESTIONS:
        raise DatasetError(mostly_copies(tree.root, len(joined.items), n))
    joined.documents = documents.table()
    joined.set_aside += documents.set_aside
    for file, why in tables.unanswered.items():
        part = PartTable(file, tables.tables[file], part_of(file), f"{file} ")
        _add_unanswered(joined, unused(part, KIND, why, True, _questions_of(part.table, tables).get))
    joined.notes += [*documents.notes, *_hidden(tree), *set_groups(joined)]
    return joined


def _questions_of(table: Table, tables: QuestionTables) -> dict[int, str]:
    """Row → question of a table without answers; empty where it has no such column."""
    column = same_column(table, next(iter(tables.columns.values())).question)
    return dict(enumerate(table.frame[column])) if column else {}


def _add_unanswered(listing: Listing, without: Listing) -> None:
    """Add the rows of a table without answers: set aside, and kept as unlabelled."""
    listing.set_aside += without.set_aside
    listing.notes += without.notes
    kept = [table for table in (listing.unlabelled, without.unlabelled) if table is not None]
    listing.unlabelled = pd.concat(kept, ignore_index=True) if kept else None


def _hidden(tree: Tree) -> list[str]:
    """What lies in the folder and is not looked at, a sentence."""
    if not tree.hidden:
        return []
    what = counted(len(tree.hidden), "hidden file or folder was", "hidden files and folders were")
    return [f"{what} not read: {listed(sorted(tree.hidden), 3)}."]


def _question_tables(tree: Tree, options: ReadOptions, forced: bool) -> dict[str, Table]:
    """The tables that may hold questions, SQuAD's nesting laid flat."""
    tables = {}
    for file in tree.tables:
        path = tree.root / file
        table = _read(path) if forced or options.question_column or may_hold_questions(path) else None
        if table is not None and len((flat_table := laid_flat(table)).frame):
            tables[file] = flat_table
    return tables


def _are_answers(tables: QuestionTables) -> bool:
    """Whether the answers are mostly different, so that they are no classes of questions."""
    values = pd.concat([table.frame[tables.columns[file].answer] for file, table in tables.questions.items()])
    return bool(values.nunique() > 0.5 * len(values))


def _documents_in(path: Path) -> Table | None:
    table = _read(path)
    if table is None or not len(table.frame) or by_name(table, ["label", "labels", "class", "target"], set()):
        return None
    return table if document_columns(table) else None


def _read(path: Path) -> Table | None:
    """A table, None where it cannot be read as one (a description beside the data, for example)."""
    try:
        return read_table(path)
    except DatasetError:
        return None


def _documents(tree: Tree, tables: QuestionTables, progress: Progress) -> Documents:
    documents = Documents()
    if tables.has_context:
        return documents
    for file, table in tables.documents.items():
        add_rows(documents, table, f"{file} ")
    add_files(documents, tree, document_files(tree, bool(tables.documents)), progress)
    return documents


def _listed(part: PartTable, documents: Documents, tables: QuestionTables, alone: bool) -> Listing:
    table, prefix = part.table, part.prefix
    by_user = tables.options.document_column is not None
    columns = with_document_column(table, tables.columns[part.file], documents, by_user)
    questions = table.frame[columns.question]
    answers, answer_notes = _answers(table, columns)
    places = table.frame[columns.document] if columns.document else None
    by_folder = parts_by_folder(places, pd.Series("", index=questions.index), part.part) if alone else NO_FOLDERS
    by_user = tables.options.split_column is not None
    parts, bad_part, notes = parts_of(table, columns.split, part.part, by_user, by_folder)
    names, unknown, document_notes = document_of(table, columns, documents, prefix)
    reasons = first_reason(
        pd.Series("", index=questions.index, dtype=object).mask(questions == "", "The question is empty."),
        pd.Series([_NO_ANSWER if a is None else "" for a in answers], index=questions.index, dtype=object),
        unknown,
        bad_part,
    )
    items = item_table(
        keys_of(table, prefix),
        ["" if a else "unanswerable" for a in answers],
        parts,
        [None] * len(questions),
        [digest_text(q) for q in questions],
        "text",
        questions.tolist(),
    )
    items["answers"] = pd.Series([json.dumps(a or [], ensure_ascii=False) for a in answers], dtype=object)
    items["document"] = pd.Series(names, dtype=object)
    aside = [SetAside(key=prefix + entry.key, reason=entry.reason) for entry in table.set_aside]
    note = (
        f"Read as question answering: questions from {in_words(columns.question)}, "
        f"answers from {in_words(columns.answer)}."
    )
    said = [note, *answer_notes, *document_notes, *notes, *_unused(table, columns), *table.notes]
    listing = Listing(KIND, table.path.parent, items, aside, said)
    listing.seen = SeenTable(table.frame.head(SEEN_ROWS), columns.roles)
    listing.put_aside(reasons != "", reasons)
    return listing


def _unused(table: Table, columns: QuestionColumns) -> list[str]:
    """What a table holds that is not read, a sentence."""
    left = [str(c) for c in table.frame.columns if c not in columns.used and c != OTHERS and str(c).lower() != "id"]
    return [f"{counted(len(left), 'column')} not used: {listed(left, 5)}."] if left else []


def _answers(table: Table, columns: QuestionColumns) -> tuple[list[list[str] | None], list[str]]:
    """(the answers of each row: [] where the documents have none, None where nothing is said; notes)."""
    answers, notes = column_answers(table.frame[columns.answer].tolist())
    if columns.unanswerable:
        marks = table.frame[columns.unanswerable].str.lower().isin(["true", "1", "yes"])
        answers = [[] if mark else answer for mark, answer in zip(marks, answers, strict=True)]
    return answers, notes
