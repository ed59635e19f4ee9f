"""Texts made of what lies on a Debian machine: licences, documentation, code, errors, manuals and package lists."""

from __future__ import annotations

import ast
import gzip
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

LICENCES = Path("/usr/share/common-licenses")
MANUALS = Path("/usr/share/man")
LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "networkx", "plotly", "torch", "streamlit")
#: Those with plenty of functions.
CODE_OF = ("numpy", "scipy", "sklearn", "networkx", "torch", "streamlit")
NAMES = ("Apache-2.0", "Artistic", "GFDL-1.3", "GPL-1", "GPL-3", "LGPL-2.1", "MPL-2.0", "CC0-1.0")
#: Documentation strings, functions or manual pages of each class, at most; characters of a text, at least and at most.
MOST_STRINGS, LEAST_CHARACTERS, MOST_CHARACTERS = 400, 60, 600
#: Libraries, and the exceptions that they and Python itself raise most.
RAISING = ("numpy", "pandas", "scipy", "sklearn", "networkx")
EXCEPTIONS = ("ValueError", "TypeError", "RuntimeError", "NotImplementedError")
#: Error messages and descriptions of packages, at most, and the characters that a short text has at least.
MOST_ERRORS, MOST_PACKAGES, LEAST_OF_SHORT = 3000, 3000, 20
#: Sections of the manual; pages whose names begin like this describe one vendor's command by the thousand.
SECTIONS, STRANGE = (1, 2, 3, 5, 7, 8), "gcloud"
SUBJECTS = ("admin", "games", "graphics", "mail", "net", "science", "sound", "text", "utils", "web")


def licences(folder: Path) -> bool:
    """Which licence a paragraph is from (base-files)."""
    texts = [
        (" ".join(paragraph.split()), name)
        for name in NAMES
        if (LICENCES / name).is_file()
        for paragraph in re.split(r"\n\s*\n", (LICENCES / name).read_text(encoding="utf-8", errors="replace"))
    ]
    return written(folder, texts)


def docstrings(folder: Path) -> bool:
    """Which library a documentation string's first paragraph is from, the library's name taken out."""
    return written(folder, [pair for library in LIBRARIES for pair in texts_of(library, first_paragraph)])


def code(folder: Path) -> bool:
    """Which library a function's code is from, the library's name taken out."""
    return written(folder, [pair for library in CODE_OF for pair in texts_of(library, source)])


def first_paragraph(thing: object) -> str:
    """Of its documentation string."""
    return re.split(r"\n\s*\n", inspect.getdoc(thing) or "")[0]


def source(thing: object) -> str:
    """Its code behind the documentation string, cut; "" of what is no Python function."""
    if not inspect.isfunction(thing):
        return ""
    try:
        text = inspect.getsource(thing)
    except (OSError, TypeError):
        return ""
    return text.rsplit('"""', 1)[-1][:MOST_CHARACTERS]


def texts_of(library: str, text_of: Callable[[object], str]) -> Iterator[tuple[str, str]]:
    """Texts of a library's public things, each once, with the library as label."""
    package, seen = importlib.import_module(library), set[str]()
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith(("_", "test", "conftest")):
            continue
        try:
            module = importlib.import_module(f"{library}.{found.name}")
        except Exception:  # an optional dependency of that module is not here
            continue
        for _, thing in sorted(inspect.getmembers(module, callable)):
            if not str(getattr(thing, "__module__", "")).startswith(library):
                continue
            text = re.sub(library, "it", " ".join(text_of(thing).split()), flags=re.IGNORECASE)
            if text in seen:
                continue
            if len(text) >= LEAST_CHARACTERS and len(seen) < MOST_STRINGS:
                seen.add(text)
                yield text, library


def errors(folder: Path) -> bool:
    """With which exception a message is raised, in the libraries' and Python's own code."""
    places = [Path(sysconfig.get_path("purelib")) / library for library in RAISING]
    paths = [path for place in [*places, Path(sysconfig.get_path("stdlib"))] for path in sorted(place.rglob("*.py"))]
    found = [pair for path in paths if "test" not in str(path) for pair in raised(path)]
    rng = np.random.default_rng(0)
    return written(folder, [found[i] for i in rng.permutation(len(found))[:MOST_ERRORS]], LEAST_OF_SHORT)


def raised(path: Path) -> Iterator[tuple[str, str]]:
    """Message and exception of every ``raise`` in a file that is among `EXCEPTIONS` and says something."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in EXCEPTIONS and call.args:
            said = [part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)]
            yield " ".join(" ".join(part for part in said if isinstance(part, str)).split()), call.func.id


def manuals(folder: Path) -> bool:
    """Which section of the manual a page is from, by the beginning of its description."""
    pairs = []
    for section in SECTIONS:
        pages = sorted((MANUALS / f"man{section}").glob(f"*.{section}*.gz"))
        kept = [page for page in pages if page.is_file() and not page.name.startswith(STRANGE)]
        rng = np.random.default_rng(0)
        pairs += [(described(kept[i]), f"section {section}") for i in rng.permutation(len(kept))[:MOST_STRINGS]]
    return written(folder, pairs)


def described(page: Path) -> str:
    """The beginning of a manual page's description, without troff's commands; "" where it has none."""
    text = gzip.decompress(page.read_bytes()).decode("utf-8", errors="replace")
    found = re.search(r'^\.S[Hh] "?(?:DESCRIPTION|Description)"?\s*$(.*?)(?=^\.S[Hh] |\Z)', text, re.M | re.S)
    lines = [] if found is None else [line for line in found[1].splitlines() if not line.startswith((".", "'"))]
    return re.sub(r"\\f.|\\&|\\\(..|\\", "", " ".join(lines)).strip()[:MOST_CHARACTERS]


def packages(folder: Path) -> bool:
    """Which section of Debian's archive a package is in, by its one line of description."""
    if shutil.which("apt-cache") is None:
        return False
    told = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=False).stdout
    found = []
    for package in told.split("\n\n"):
        fields = dict(re.findall(r"^(Description|Section): (.*)$", package, re.M))
        if fields.get("Section") in SUBJECTS and "Description" in fields:
            found.append((fields["Description"], fields["Section"]))
    rng = np.random.default_rng(0)
    return written(folder, [found[i] for i in rng.permutation(len(found))[:MOST_PACKAGES]], LEAST_OF_SHORT)


def short_words() -> list[str]:
    """Words of three to six letters from the licences, each once."""
    texts = [
        path.read_text(encoding="utf-8", errors="replace") for path in sorted(LICENCES.glob("*")) if path.is_file()
    ]
    return sorted(set(re.findall(r"\b[a-z]{3,6}\b", " ".join(texts))))


def written(folder: Path, pairs: list[tuple[str, str]], least: int = LEAST_CHARACTERS) -> bool:
    """Texts of so many characters at least and their labels as a table; False where there are none."""
    long = [(text, label) for text, label in pairs if len(text) >= least]
    pd.DataFrame(long, columns=["text", "label"]).drop_duplicates("text").to_csv(folder / "texts.csv", index=False)
    return bool(long)


MAKERS: dict[str, Callable[[Path], bool]] = {
    "licences": licences,
    "docstrings": docstrings,
    "code": code,
    "errors": errors,
    "manuals": manuals,
    "packages": packages,
}
