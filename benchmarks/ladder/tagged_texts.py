"""Sentences with marked words, made of what lies on a Debian machine: the marks are read off markup or fixed forms.

Manual pages mark options, arguments and other pages by typefaces; Debian's changelogs name versions, bugs, files and
the people who sign them; documentation strings mark code, classes and functions; copyright files list years, holders
and licences. What the marks are read off (roff, reStructuredText, the names of fields) is taken out of the text.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.ladder.generated_texts import MANUALS, STRANGE

#: A piece of a sentence and the type of span that it is, "" for plain words.
Piece = tuple[str, str]
Marked = tuple[str, list[dict[str, int | str]]]
DOCS = Path("/usr/share/doc")
#: Libraries whose documentation strings are marked up in reStructuredText.
MARKED_UP = ("numpy", "pandas", "scipy", "sklearn", "networkx", "torch", "sqlalchemy", "matplotlib")
#: Sentences of a set, and of one document of it, at most.
MOST_SENTENCES, MOST_OF_ONE = 3000, 20
#: Characters that a sentence has at least and at most; of an entry in a list, at least.
LEAST_CHARACTERS, MOST_CHARACTERS, LEAST_OF_AN_ENTRY = 30, 300, 12
ROLES = {"class": "class", "func": "function", "meth": "function", "attr": "attribute", "mod": "module"}
LICENCES = re.compile(
    r"\b(?:GNU (?:Lesser |Library |Affero )?General Public Licen[cs]e|GNU Free Documentation Licen[cs]e"
    r"|(?:Apache|Artistic|Mozilla Public) Licen[cs]e|Creative Commons [A-Z][\w-]*"
    r"|(?:MIT|BSD|ISC|X11|Expat) [Ll]icen[cs]e|(?:[AL]?GPL|MPL|GFDL)(?:-\d(?:\.\d)?\+?)?)\b"
)
PATHS = re.compile(r"(?<![\w/])(?:[\w.+-]+/)+[\w.+-]*\w|(?<!\S)/[\w.+-]+(?:/[\w.+-]+)*")
#: What makes a paragraph none of plain prose with roles and code: examples, directives, underlines, formulas, tables,
#: and single backquotes, which mean one thing here and another there.
UNUSUAL = re.compile(r">>>|^\s*\.\. |^\s*[-=~]{3,}|:math:|\||(?<![:`])`(?!`)[^`]+`(?!`)", re.M)
_FONT = re.compile(r"(\\f(?:[BIRP1234]|\(\w\w|\[\w*\]))")
_ROFF = {r"\-": "-", r"\&": "", r"\(aq": "'", r"\(lq": '"', r"\(rq": '"', r"\e": "\\", r"\ ": " ", r"\|": "", r"\^": ""}


def options(folder: Path) -> bool:
    """Options, arguments, files and other pages in manual pages, by the typeface that they are set in."""
    pages = [page for page in sorted((MANUALS / "man1").glob("*.1*.gz")) if page.is_file()]
    kept = [page for page in pages if not page.name.startswith(STRANGE)]
    order = np.random.default_rng(0).permutation(len(kept))
    return written(folder, ((kept[i].name, sentences_of_roff(text_of(kept[i]))) for i in order))


def sentences_of_roff(roff: str) -> Iterator[list[Piece]]:
    """The sentences of a page's paragraphs as pieces in bold, italic and roman."""
    for paragraph in re.split(r"^\.(?:[A-Z]P|S[HS]|IP|br|nf|fi|RS|RE|EX|EE|P)\b.*$|^\s*$", roff, flags=re.M):
        pieces = [piece for line in paragraph.splitlines() for piece in (*faces(line), (" ", ""))]
        yield from sentences([(text, meaning(text, face)) for text, face in merged(pieces)])


def faces(line: str) -> Iterator[Piece]:
    """A line of roff as (text, typeface: "B", "I" or "")."""
    line = line.replace(r"\\", r"\e")
    macro = re.match(r"\.(B|I|BR|RB|IR|RI|BI|IB)\s+(.*)", line)
    if macro is None:
        if not line.startswith((".", "'")):
            face = ""
            for part in _FONT.split(line):
                if part.startswith(r"\f"):
                    face = {"B": "B", "3": "B", "[B]": "B", "I": "I", "2": "I", "[I]": "I"}.get(part[2:], "")
                elif part:
                    yield plain(part), face
        return
    words = [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', macro[2])]
    if len(macro[1]) == 1:
        yield plain(_FONT.sub("", " ".join(words))), macro[1]
        return
    for i, word in enumerate(words):
        yield plain(_FONT.sub("", word)), macro[1][i % 2].replace("R", "")


def plain(text: str) -> str:
    """Without roff's escapes."""
    for escape, character in _ROFF.items():
        text = text.replace(escape, character)
    return re.sub(r"\\\*?(?:\(..|\[[^\]]*\]|.)", "", text)


def meaning(text: str, face: str) -> str:
    """What a piece in a typeface stands for: an option, a command, a file, an argument; "" for plain words."""
    word = text.strip()
    if not face or not word or len(word.split()) > 3:
        return ""
    if word.startswith("-") and len(word) > 1:
        return "option"
    if "/" in word:
        return "file"
    return "command" if face == "B" else "argument"


def changelogs(folder: Path) -> bool:
    """Versions, bugs, files and people in the entries of Debian's changelogs; people are those who sign entries."""
    paths = sorted(DOCS.glob("*/changelog.Debian.gz"))
    texts = {path.parent.name: text for path in paths if path.is_file() and (text := text_of(path))}
    texts = {re.sub(r"\s.*", "", text): text for text in texts.values()}  # packages of one source share theirs
    signed = Counter(name for text in texts.values() for name in re.findall(r"^ -- ([^<]+?) <", text, re.M))
    people = [re.escape(name) for name in sorted(signed, key=len, reverse=True) if name.count(" ") in (1, 2)]
    marks = (
        ("bug", re.compile(r"#\d{4,}|CVE-\d{4}-\d+")),
        ("person", re.compile(r"\b(?:" + "|".join(people) + r")\b")),
        ("file", PATHS),
        ("version", re.compile(r"(?<![\w.#/-])v?\d+(?:\.\d+)+(?:[-+~:]?[\w.]+)*(?<!\.)")),
    )
    order = np.random.default_rng(0).permutation(len(texts))
    names = sorted(texts)
    return written(folder, ((names[i], entries(texts[names[i]], marks)) for i in order))


def entries(changelog: str, marks: Iterable[tuple[str, re.Pattern[str]]]) -> Iterator[list[Piece]]:
    """The entries of a changelog, each marked by the first pattern that fits a place."""
    for entry in re.findall(r"^  +[*-] (.+(?:\n {4,}[^ *-].*)*)", changelog, re.M):
        yield pieces_of(" ".join(entry.split()), marks)


def identifiers(folder: Path) -> bool:
    """Code, classes, functions, attributes and modules in documentation strings, by their roles and backquotes."""
    places = [Path(sysconfig.get_path("purelib")) / library for library in MARKED_UP]
    paths = [path for place in places for path in sorted(place.rglob("*.py")) if "test" not in str(path)]
    order = np.random.default_rng(0).permutation(len(paths))
    return written(folder, ((str(paths[i].relative_to(places[0].parent)), of_docstrings(paths[i])) for i in order))


def of_docstrings(path: Path) -> Iterator[list[Piece]]:
    """The sentences of a module's documentation strings that read as prose, their markup turned into marks."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(tree):
        said = ast.get_docstring(node) if isinstance(node, holders) else None
        for paragraph in re.split(r"\n\s*\n", said or ""):
            lines = paragraph.splitlines()
            if "`" in paragraph and not UNUSUAL.search(paragraph):
                yield from sentences(unmarked(" ".join(line.strip() for line in lines)))


def unmarked(text: str) -> list[Piece]:
    """A paragraph of reStructuredText as pieces: roles and code without their backquotes."""
    found = []
    for role, inside, code in re.findall(r":(?:py:)?(\w+):`([^`]+)`|(``[^`]+``|[^`:]+|.)", text):
        if role:
            name = re.sub(r"\s*<.*>$", "", inside)
            name = name.rsplit(".", 1)[-1] if name.startswith("~") else name.lstrip("!.")
            found.append((name, ROLES.get(role, "")))
        elif code.startswith("``"):
            found.append((code.strip("`"), "code"))
        else:
            found.append((code.replace("`", ""), ""))
    return found


def copyrights(folder: Path) -> bool:
    """Years, holders, addresses and licences in copyright files, by their fields and the licences' usual names."""
    paths = sorted(path for path in DOCS.glob("*/copyright") if path.is_file())
    texts = {path.parent.name: text_of(path) for path in paths}
    once = {text[:4000]: name for name, text in texts.items()}
    names = sorted(once.values())
    order = np.random.default_rng(0).permutation(len(names))
    return written(folder, ((names[i], statements(texts[names[i]])) for i in order))


def statements(text: str) -> Iterator[list[Piece]]:
    """Lines of the fields of copyright, and sentences that name a licence."""
    for block in re.findall(r"^Copyright: *(.*(?:\n[ \t]+.*)*)", text, re.M):
        for line in block.splitlines():
            if found := re.fullmatch(r"\s*((?:©|\([cC]\)|Copyright|[,\s])*)([\d][\d,\s–-]*\d)([,\s]*)(.*)", line):
                yield [(found[1], ""), (found[2], "years"), (" ", ""), *holder(found[4])]
    prose = re.sub(r"^ \.$", "", re.sub(r"^[A-Z][\w-]+: .*$", "", text, flags=re.M), flags=re.M)
    marks = (("licence", LICENCES), ("version", re.compile(r"(?<=[Vv]ersion )\d(?:\.\d)?")), ("file", PATHS))
    for paragraph in re.split(r"\n\s*\n", prose):
        if LICENCES.search(paragraph):
            yield from sentences(pieces_of(" ".join(paragraph.split()), marks))


def holder(text: str) -> list[Piece]:
    """A holder and the address behind the name."""
    name, bracket, address = text.strip().rstrip(",;").partition("<")
    by = re.match(r"by\s+", name)
    before = by[0] if by else ""
    own = [(before, ""), (name[len(before) :].strip(), "holder")]
    return [*own, (" <", ""), (address.rstrip("> "), "address"), (">", "")] if bracket else own


def pieces_of(text: str, marks: Iterable[tuple[str, re.Pattern[str]]]) -> list[Piece]:
    """A text as pieces, each place marked by the first pattern that fits there."""
    owner = [""] * len(text)
    starts = set[int]()
    for kind, pattern in marks:
        for match in pattern.finditer(text):
            if not any(owner[match.start() : match.end()]):
                owner[match.start() : match.end()] = [kind] * len(match[0])
                starts.add(match.start())
    pieces: list[Piece] = []
    for i, (character, kind) in enumerate(zip(text, owner, strict=True)):
        if pieces and pieces[-1][1] == kind and i not in starts:
            pieces[-1] = (pieces[-1][0] + character, kind)
        else:
            pieces.append((character, kind))
    return pieces


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one face joined, spaces included, so that an option set word by word is one."""
    found: list[Piece] = []
    for text, face in pieces:
        if found and (found[-1][1] == face):
            found[-1] = (found[-1][0] + text, face)
        else:
            found.append((text, face))
    return found


def sentences(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """A paragraph's sentences: cut where plain words end with a full stop."""
    current: list[Piece] = []
    for text, kind in pieces:
        parts = re.split(r"(?<=[.;:])\s+(?=[A-Z]|$)", text) if not kind else [text]
        for i, part in enumerate(parts):
            if i:
                yield current
                current = []
            current.append((part, kind))
    yield current


def marked(pieces: list[Piece]) -> Marked:
    """Pieces as a text with single spaces and the places of its spans."""
    text, spans = "", list[dict[str, int | str]]()
    for raw, kind in pieces:
        piece = re.sub(r"\s+", " ", raw)
        piece = piece.lstrip() if not text or text.endswith(" ") else piece
        inside = piece.strip()
        if kind and inside:
            start = len(text) + piece.index(inside)
            spans.append({"start": start, "end": start + len(inside), "label": kind})
        text += piece
    return text.rstrip(), spans


def text_of(path: Path) -> str:
    """A file's text, unpacked where it is packed."""
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", errors="replace")


def written(folder: Path, documents: Iterable[tuple[str, Iterable[list[Piece]]]]) -> bool:
    """Sentences with spans as text and spans, each once, documents together; False where there are none.

    As many without any span are kept as one in four, so that a tagger has something to leave alone.
    """
    lines, seen, without = list[str](), set[str](), 0
    for document, found in documents:
        n_before = len(lines)
        for pieces in found:
            text, spans = marked(pieces)
            if not (LEAST_OF_AN_ENTRY if spans else LEAST_CHARACTERS) <= len(text) <= MOST_CHARACTERS or text in seen:
                continue
            if len(lines) - n_before >= MOST_OF_ONE or (not spans and 3 * without >= len(lines) - without):
                continue
            seen.add(text)
            without += not spans
            lines.append(json.dumps({"text": text, "spans": spans, "document": document}, ensure_ascii=False))
        if len(lines) >= MOST_SENTENCES:
            break
    (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return bool(lines)


MAKERS: dict[str, Callable[[Path], bool]] = {
    "options": options,
    "changelogs": changelogs,
    "identifiers": identifiers,
    "copyrights": copyrights,
}
