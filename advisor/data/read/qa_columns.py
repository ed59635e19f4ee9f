"""Which columns of a table hold questions, answers, the document that answers them, and documents themselves."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.option_words import with_option
from advisor.core.records import ReadOptions
from advisor.data.read.columns import by_name, columns_there, named, plain, same_column, side_columns
from advisor.data.read.delimited import parse
from advisor.data.read.names import table_format
from advisor.data.read.nested_records import last_word
from advisor.data.read.part_tables import PART_ORDER, part_of
from advisor.data.read.tables import Table
from advisor.data.read.text_encoding import decode

_QUESTION = ["question", "questions", "query", "questiontext", "userinput", "q", "frage", "pregunta"]
#: The true answers first: a set that judges a model (RAGAS) calls the model's own "answer" or "response".
_ANSWER = ["groundtruths", "groundtruth", "goldanswers", "goldanswer", "correctanswer", "expectedanswer"]
_ANSWER += ["expectedoutput", "referenceanswer", "answers", "answer", "answertext", "answersspans", "reference", "a"]
_ANSWER += ["response", "antwort", "respuesta"]
_DOCUMENT = ["docid", "documentid", "document", "doc", "contextid", "passageid", "pageid", "articleid", "source"]
_DOCUMENT += ["file", "filename", "path", "page", "sourceid", "url", "entitypages"]
_CONTEXT = ["context", "contexts", "passage", "paragraph", "evidence", "article", "abstract", "supportingtext", "text"]
_CONTEXT += ["document", "referencecontexts", "retrievedcontexts", "documenttext"]
_TITLE = ["title", "heading", "articletitle", "name", "subject"]
_BODY = ["text", "body", "content", "contents", "pagecontent", "passage", "context", "document", "abstract", "article"]
_KEY = ["docid", "documentid", "id", "passageid", "contextid", "key", "filename", "file", "path", "url", "document"]
_UNANSWERABLE = ["isimpossible", "unanswerable", "isunanswerable"]
#: A column of contexts holds sentences, one of document names does not.
CONTEXT_CHARACTERS = 60
#: A questions table says so in its first bytes: column names, the keys of its first records, or words of its nesting.
_START = 65_536
_KEYS = re.compile(r'"([^"\\]{1,40})"\s*:')
_WORDS = (b"question", b"query", b"qas", b"frage", b"pregunta", b"user_input")


@dataclass(frozen=True)
class QuestionColumns:
    """The roles found in a questions table; None where it has no such column."""

    question: str
    answer: str
    document: str | None
    context: str | None
    title: str | None
    unanswerable: str | None
    split: str | None
    group: str | None

    @property
    def used(self) -> set[str]:
        """Every column that has a role."""
        return {value for value in vars(self).values() if value}

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The columns by the names that `ReadOptions` has for their roles."""
        by_role = {
            "question_column": self.question,
            "answer_column": self.answer,
            "document_column": self.document,
            "split_column": self.split,
        }
        return {role: (column,) for role, column in by_role.items() if column}


def may_hold_questions(path: Path) -> bool:
    """Whether a table's beginning has a column of questions; spares reading every large table of a folder."""
    form = table_format(path.name)
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as stream:
            start = stream.read(_START)
        if start.startswith(b"PAR1"):
            import pyarrow.parquet as pq

            return any(plain(name) in _QUESTION for name in pq.read_schema(path).names)
    except (OSError, EOFError, ValueError, zlib.error):
        return False
    if form == "json":
        return any(word in start.replace(b"\0", b"").lower() for word in _WORDS)
    text = decode(start).text
    if form == "json lines":
        return any(plain(key) in (*_QUESTION, "qas", "paragraphs") for key in _KEYS.findall(text))
    whole = text.rpartition("\n")[0] or text
    return any(plain(name) in _QUESTION for name in parse(whole, "\t" if form == "tab" else ",").header)


def has_questions(table: Table, options: ReadOptions) -> bool:
    """Whether a table has a column of questions and one of answers, by name or because the user names them."""
    if options.question_column or options.answer_column:
        wanted = (options.question_column or options.answer_column or "").lower()
        return wanted in {str(c).strip().lower() for c in table.frame.columns}
    question = by_name(table, _QUESTION, set())
    return question is not None and by_name(table, _ANSWER, {question}) is not None


def question_columns(table: Table, options: ReadOptions) -> QuestionColumns:
    """The columns of a questions table. Raises DatasetError naming those there are."""
    question = _wanted(table, options.question_column, _QUESTION, set(), "question")
    answer = _wanted(table, options.answer_column, _ANSWER, {question}, "answer")
    split, group = side_columns(table, options)
    taken = {c for c in (question, answer, split, group) if c}
    context = _context(table, taken)
    if options.document_column:
        document: str | None = named(table, options.document_column, "documents")
        context = None if context == document and not is_prose(table.frame[document]) else context
    else:
        document = by_name(table, _DOCUMENT, taken | {context or ""})
    rest = taken | {c for c in (context, document) if c}
    return QuestionColumns(
        question,
        answer,
        document,
        context,
        by_name(table, _TITLE, rest),
        by_name(table, _UNANSWERABLE, rest),
        split,
        group,
    )


def columns_by_table(
    tables: dict[str, Table], options: ReadOptions
) -> tuple[dict[str, QuestionColumns], dict[str, str]]:
    """(columns of each table of questions with answers, what each part lacks that has the questions only, a clause).

    The columns of the training table hold for tables called like a part: what stands in another column is no answer.
    """
    columns = {f: question_columns(table, options) for f, table in tables.items() if has_questions(table, options)}
    if not columns:
        return {}, {}
    rule = min(columns, key=lambda file: PART_ORDER.index(part_of(file)))
    unanswered = {}
    for file, table in tables.items():
        question, answer = same_column(table, columns[rule].question), same_column(table, columns[rule].answer)
        if file == rule or not part_of(file) or not (question or file in columns):
            continue
        if question and answer and any(table.frame[answer]):
            names = {"question_column": question, "answer_column": answer}
            columns[file] = question_columns(table, options.model_copy(update=names))
            continue
        columns.pop(file, None)
        lacks = f"{file} has no column {columns[rule].answer if question else columns[rule].question}"
        unanswered[file] = f"The column {answer} of {file} is empty" if question and answer else lacks
    return columns, unanswered


def document_columns(table: Table) -> tuple[str, str | None, str | None] | None:
    """(text, id, title) columns of a table of documents; None when it has no column of texts called so."""
    fields = [c for c in map(str, table.frame.columns) if c in table.nested and plain(last_word(c)) in _BODY]
    text = next((c for c in [*_all_named(table, _BODY), *fields] if is_prose(table.frame[c])), None)
    if text is None:
        return None
    key = by_name(table, _KEY, {text})
    if key is not None and not table.frame[key][table.frame[key] != ""].is_unique:
        key = None
    return text, key, by_name(table, _TITLE, {text, key or ""})


def is_prose(values: pd.Series) -> bool:
    """Whether cells are passages: they have spaces and are on average long."""
    filled = values[values != ""].head(500)
    if not len(filled):
        return False
    return float(filled.str.len().mean()) >= CONTEXT_CHARACTERS and float(filled.str.contains(" ").mean()) >= 0.8


def _context(table: Table, taken: set[str]) -> str | None:
    return next((c for c in _all_named(table, _CONTEXT) if c not in taken and is_prose(table.frame[c])), None)


def _all_named(table: Table, names: list[str]) -> list[str]:
    columns = {plain(c): str(c) for c in reversed(list(table.frame.columns))}
    return [columns[name] for name in names if name in columns]


def _wanted(table: Table, by_user: str | None, names: list[str], without: set[str], role: str) -> str:
    if by_user:
        return named(table, by_user, f"{role}s")
    column = by_name(table, names, without)
    if column is None:
        raise DatasetError(
            f"{table.path} has no column of {role}s. {columns_there(table.frame.columns)} "
            f"Call it {role}, or name it {with_option(f'{role}_column')}."
        )
    return column
