"""Texts of Debian packages: glosses, fortunes, a kernel's changes, a checker's tags, translations, places, openings."""

from __future__ import annotations

import gzip
import json
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.ladder.debian import unpacked
from benchmarks.ladder.generated_texts import LEAST_OF_SHORT, MOST_CHARACTERS, written

Pair = tuple[str, str]
#: WordNet's lexicographer files by their number, without those of few glosses (lexnames(5WN)).
LEXNAMES = {
    4: "act", 5: "animal", 6: "artifact", 7: "attribute", 8: "body", 9: "cognition", 10: "communication", 11: "event",
    13: "food", 14: "group", 15: "location", 17: "object", 18: "person", 19: "phenomenon", 20: "plant",
    21: "possession", 22: "process", 23: "quantity", 24: "relation", 25: "shape", 26: "state", 27: "substance",
    28: "time", 30: "verb of change", 31: "verb of cognition", 32: "verb of communication", 33: "verb of competition",
    35: "verb of contact", 36: "verb of creation", 37: "verb of emotion", 38: "verb of motion",
    39: "verb of perception", 40: "verb of possession", 41: "verb of social life", 42: "verb of being",
}  # fmt: skip
#: Categories of fortunes, without the mixed and the insulting ones.
FORTUNES = (
    "art", "computers", "definitions", "disclaimer", "education", "food", "kids", "law", "linux", "love", "people",
    "perl", "politics", "science", "songs-poems", "sports", "startrek", "wisdom", "work", "zippy",
)  # fmt: skip
#: Languages of each family into which much of Wesnoth is translated.
FAMILIES = {
    "Romance": ("ca", "es", "fr", "gl", "it", "pt", "pt_BR", "ro"),
    "Germanic": ("da", "de", "is", "nb_NO", "nl", "sv"),
    "Slavic": ("bg", "cs", "pl", "ru", "sk", "sl", "sr", "uk"),
    "Uralic": ("et", "fi", "hu"),
    "Baltic": ("lt", "lv"),
    "Celtic": ("ga", "gd"),
    "Turkic": ("tr",),
    "Austronesian": ("id",),
}
#: The most frequent subsystems, countries and openings become classes; items of a class, at most.
SUBSYSTEMS, COUNTRIES, OPENINGS = 30, 24, 20
MOST_GLOSSES, MOST_FORTUNES, MOST_CHANGES, MOST_TRANSLATIONS, MOST_LINES = 150, 300, 200, 700, 400
#: What scid's list shortens.
SPELT = {
    "QGD": "Queen's Gambit Declined", "QGA": "Queen's Gambit Accepted", "KGA": "King's Gambit Accepted",
    "Gruenfeld": "Grünfeld",
}  # fmt: skip
#: Characters that a change or a line of moves has at least, and a place's name.
LEAST_OF_A_CHANGE, LEAST_OF_A_PLACE = 15, 3


def glosses(folder: Path) -> bool:
    """What kind of thing or action a dictionary defines: one of 35 lexicographer files (wordnet-base)."""
    root = unpacked("wordnet-base")
    if root is None:
        return False
    pairs = []
    for part in ("noun", "verb"):
        for line in (root / f"usr/share/wordnet/data.{part}").read_text(encoding="utf-8").splitlines():
            head, bar, gloss = line.partition(" | ")
            if bar and not line.startswith(" ") and int(head.split()[1]) in LEXNAMES:
                pairs.append((re.split(r'; "', gloss.strip())[0], LEXNAMES[int(head.split()[1])]))
    return written(folder, at_most(pairs, MOST_GLOSSES), LEAST_OF_SHORT)


def fortunes(folder: Path) -> bool:
    """Which category a fortune is in: quotations, jokes, verses (fortunes)."""
    root = unpacked("fortunes")
    if root is None:
        return False
    pairs = []
    for category in FORTUNES:
        text = (root / "usr/share/games/fortunes" / category).read_text(encoding="utf-8", errors="replace")
        pairs += [(" ".join(said.split())[:MOST_CHARACTERS], category) for said in re.split(r"^%$", text, flags=re.M)]
    return written(folder, at_most(pairs, MOST_FORTUNES), LEAST_OF_SHORT)


def subsystems(folder: Path) -> bool:
    """Which subsystem of the kernel a change is to, its name taken out (the changelog in linux-libc-dev)."""
    root = unpacked("linux-libc-dev")
    if root is None:
        return False
    path = root / "usr/share/doc/linux-libc-dev/changelog.Debian.gz"
    pairs = list(changes(gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")))
    return written(folder, at_most(frequent(pairs, SUBSYSTEMS), MOST_CHANGES), LEAST_OF_A_CHANGE)


def changes(changelog: str) -> Iterator[Pair]:
    """What every entry such as "- drm/amd: fix a leak (CVE-…)" changes, and the first part of its prefix."""
    for entry in re.findall(r"^ +- (.+(?:\n {6,}[^ -].*)*)", changelog, re.M):
        said = re.sub(r"^(?:\[[^\]]*\] )+|\((?:CVE|Closes|see)[^)]*\)", "", " ".join(entry.split())).strip()
        found = re.fullmatch(r"([A-Za-z0-9_]+)[^ :]*: (.+)", said)
        if found is not None and found[1].lower() != "revert":
            yield re.sub(re.escape(found[1]), "it", found[2], flags=re.IGNORECASE), found[1].lower()


def severities(folder: Path) -> bool:
    """How severe a fault in a package is, by its explanation (lintian)."""
    root = unpacked("lintian")
    if root is None:
        return False
    pairs = []
    for path in sorted((root / "usr/share/lintian/tags").rglob("*.tag")):
        text = path.read_text(encoding="utf-8")
        severity = re.search(r"^Severity: (\w+)", text, re.M)
        explanation = re.search(r"^Explanation: (.*(?:\n .*)*)", text, re.M)
        if severity is not None and explanation is not None:
            plain = re.sub(r"<[^>]+>|^ \.$", " ", explanation[1], flags=re.M)
            pairs.append((" ".join(plain.split())[:MOST_CHARACTERS], severity[1]))
    return written(folder, pairs)


def families(folder: Path) -> bool:
    """Which family a language is of, by a game's sentence, each sentence in one language only (wesnoth-1.16-data)."""
    root = unpacked("wesnoth-1.16-data")
    if root is None:
        return False
    spoken: dict[str, list[Pair]] = {}
    for family, languages in FAMILIES.items():
        for language in languages:
            place = root / "usr/share/games/wesnoth/1.16/locale" / language / "LC_MESSAGES"
            for path in sorted(place.glob("*.mo")):
                for sentence, translation in translations(path.read_bytes()):
                    spoken.setdefault(sentence, []).append((translation, family))
    rng = np.random.default_rng(0)
    pairs = [chosen[rng.integers(len(chosen))] for _, chosen in sorted(spoken.items())]
    return written(folder, at_most(pairs, MOST_TRANSLATIONS))


def translations(catalogue: bytes) -> Iterator[Pair]:
    """Sentences and their translations in a ``.mo`` file, without markup (GNU gettext's manual, "MO Files")."""
    _, _, count, originals, translated = struct.unpack_from("<5I", catalogue)
    for i in range(count):
        pair = []
        for table in (originals, translated):
            length, start = struct.unpack_from("<2I", catalogue, table + 8 * i)
            pair.append(catalogue[start : start + length].decode("utf-8", errors="replace"))
        if pair[0] and "\0" not in pair[0]:
            yield pair[0], " ".join(re.sub(r"<[^>]+>", " ", pair[1]).split())[:MOST_CHARACTERS]


def places(folder: Path) -> bool:
    """Which country a province, county or town is in, by its name (iso-codes)."""
    root = unpacked("iso-codes")
    if root is None:
        return False
    lists = {
        code: json.loads((root / f"usr/share/iso-codes/json/iso_{code}.json").read_text(encoding="utf-8"))[code]
        for code in ("3166-1", "3166-2")
    }
    countries = {row["alpha_2"]: row.get("common_name", row["name"]) for row in lists["3166-1"]}
    pairs = [(row["name"], countries[row["code"].partition("-")[0]]) for row in lists["3166-2"]]
    said = Counter(name for name, _ in set(pairs))
    return written(folder, frequent([pair for pair in pairs if said[pair[0]] == 1], COUNTRIES), LEAST_OF_A_PLACE)


def openings(folder: Path) -> bool:
    """Which of twenty chess openings a line of moves belongs to, its first two half-moves left out (scid-data)."""
    root = unpacked("scid-data")
    if root is None:
        return False
    pairs = []
    text = (root / "usr/share/scid/data/scid.eco").read_text(encoding="utf-8", errors="replace")
    for name, moves in re.findall(r'^\w+ "([^":(]+)[^"]*"\s+([^*]*)\*', text, re.M):
        kept = re.sub(r"\d+\.", "", moves).split()[2:]
        pairs.append((" ".join(kept), SPELT.get(name.strip(), name.strip())))
    return written(folder, at_most(frequent(pairs, OPENINGS), MOST_LINES), LEAST_OF_A_CHANGE)


def frequent(pairs: list[Pair], n_classes: int) -> list[Pair]:
    """The pairs of the most frequent labels."""
    kept = {label for label, _ in Counter(label for _, label in pairs).most_common(n_classes)}
    return [pair for pair in pairs if pair[1] in kept]


def at_most(pairs: list[Pair], most: int) -> list[Pair]:
    """At most so many texts of each label, drawn at random, each text once."""
    once = list(dict(reversed(pairs)).items())
    count, kept = Counter[str](), []
    for i in np.random.default_rng(0).permutation(len(once)):
        text, label = once[i]
        if len(text) >= LEAST_OF_A_CHANGE and count[label] < most:
            count[label] += 1
            kept.append((text, label))
    return kept


MAKERS: dict[str, Callable[[Path], bool]] = {
    "glosses": glosses,
    "fortunes": fortunes,
    "subsystems": subsystems,
    "severities": severities,
    "families": families,
    "places": places,
    "openings": openings,
}
