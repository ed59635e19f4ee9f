"""What a dataset is called: by its file or folder, the nearest that says something, or else by what is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from advisor.core import reach
from advisor.core.wording import counted, listed, short
from advisor.core.workspace import Workspace
from advisor.data.read.names import ARCHIVE_SUFFIXES, TABLE_SUFFIXES, part_name, suffix, words_of

#: Words that many datasets are called by.
_PLAIN = frozenset(
    "all answers archive content corpus csv data dataset datasets docs document documents download downloads examples "
    "export file files final folder ft images input items json jsonl labels my new output pages pictures qa questions "
    "raw records sample samples set table text texts tmp txt untitled upload zip".split()
)
_WORD = re.compile(r"[^\W_]+")
#: Folders above a file that may lend their name.
_FURTHEST = 3
#: Classes that a name lists, and documents whose title it takes.
_CLASSES, _TITLE = 3, 40


def says_nothing(name: str) -> bool:
    """Whether a name fits most datasets.

    >>> [says_nothing(name) for name in ("data", "train_data-2", "docs", "cats", "", "data and 1 more file")]
    [True, True, True, False, True, False]
    """
    return all(word in _PLAIN or word.isdecimal() or part_name(word) is not None for word in words_of(name))


def stem_of(name: str) -> str:
    """A file's name without the endings of tables and archives.

    >>> stem_of("cats.tar.gz"), stem_of("a.b")
    ('cats', 'a.b')
    """
    while suffix(name) in TABLE_SUFFIXES | ARCHIVE_SUFFIXES:
        name = name.rpartition(".")[0]
    return name


def name_of(path: Path) -> str:
    """The file's name without its endings, or that of the nearest folder above where it says nothing.

    >>> name_of(Path("/x/sst2/data.csv")), name_of(Path("/x/cats.tar.gz")), name_of(Path("/mail/csv/train.csv"))
    ('sst2', 'cats', 'mail')
    """
    own = stem_of(path.name)
    uploads = Workspace.here().uploads
    above = path.parents[:_FURTHEST]
    if reach.within(path, uploads):  # the folder of an upload is called by a hash
        above = [folder for folder in above if len(folder.parts) > len(uploads.parts) + 1]
    names = [own, *(folder.name for folder in above)]
    return next((name for name in names if name and not says_nothing(name)), own or str(path))


def name_of_files(names: Sequence[str]) -> str:
    """What several files are called together: what they begin with alike, or the first that says something.

    >>> name_of_files(["reviews_train.csv", "reviews-test.csv"]), name_of_files(["docs.zip", "faq.jsonl", "a.md"])
    ('reviews', 'faq and 2 more files')
    """
    stems = [stem_of(PurePosixPath(name).name) for name in names]
    columns = zip(*(_WORD.findall(stem) for stem in stems), strict=False)
    begins = " ".join(column[0] for column in takewhile(lambda words: len(set(words)) == 1, columns))
    if begins and not says_nothing(begins):
        return begins
    first = next((stem for stem in stems if not says_nothing(stem)), stems[0])
    return f"{PurePosixPath(first).stem} and {counted(len(stems) - 1, 'more file', 'more files')}"


def by_content(name: str, classes: Sequence[str], titles: Sequence[str]) -> str:
    """The name, or where it says nothing what the dataset holds: its documents' first title, or its classes.

    >>> by_content("data", ("ham", "spam"), ()), by_content("mail", ("ham", "spam"), ())
    ('ham and spam', 'mail')
    >>> by_content("docs", (), ("Terms of use", "Prices")), by_content("data", tuple("abcde"), ())
    ('Terms of use and 1 more document', 'a, b and 3 more classes')
    """
    if not says_nothing(name.partition(" and ")[0]):
        return name
    if titles:
        first = short(titles[0], _TITLE)
        more = len(titles) - 1
        return f"{first} and {counted(more, 'more document', 'more documents')}" if more else first
    if not classes:
        return name
    if len(classes) <= _CLASSES:
        return listed(classes)
    first = ", ".join(short(one, 20) for one in classes[: _CLASSES - 1])
    return f"{first} and {len(classes) - _CLASSES + 1} more classes"
