"""Inputs: mutations of sound seeds, and tables, JSON and folders drawn by hypothesis."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz.seeds import OFFICE, dumped, lines_of, parquet_bytes, seeds

#: What breaks readers: signs of formats, half characters, numbers that are none, deep nesting, telling names.
TOKENS = [
    b"\0", b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"|", b"\\", b"\xff\xfe", b"\xfe\xff",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc3", b"\xe2\x80\x8b", b"\x81\x8d", b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0", b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"null", b"true", b"{}", b"[]", b"[" * 3000,
    b'{"a":' * 300, b"sep=;\n", b"# comment\n", b"\\ud800", b"../", b"/etc/x", b"label", b"text", b"split", b"train",
    b"path", b"1.png", b"PK\x03\x04", b"PAR1", b"%PDF-1.4", b"</html>", b"<table>", b"A" * 70_000, b'{"bytes": "x"}',
    b"__label__", b"_via_img_metadata", b"<![", b"<!--", b"<a " * 20_000, b"charset=unicode_escape", b"charset=zlib",
    b"Content-Type: message/rfc822\n\n" * 2000, b'<w:gridSpan w:val="99999999"/>', b"<div>" * 3000,
]  # fmt: skip


_KINDS = ["insert", "replace", "delete", "repeat", "flip", "flip", "cut"]


def contents(names: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    """Contents for a reader: drawn as its seeds are arranged, mutated seeds, and any bytes."""
    mutated = st.builds(mutate, st.sampled_from([seed for name in names for seed in seeds(name)]), _edits)
    drawn = [_DRAWN[name] for name in names if name in _DRAWN]
    both = [st.builds(mutate, strategy, _edits) for strategy in drawn]
    return st.one_of(mutated, mutated, *drawn, *both, st.binary(max_size=600))


def edited(content: bytes, chance: Random) -> bytes:
    """A content after a few edits by chance: what hypothesis draws costs more than most readers take."""
    edits = [
        (chance.choice(_KINDS), chance.randrange(1 << 20), chance.randrange(65), chance.choice(TOKENS))
        for _ in range(chance.randint(1, 6))
    ]
    return mutate(content, edits)


def flipped(names: tuple[str, ...], chance: Random) -> Iterator[bytes]:
    """Every seed with each of its bytes inverted, or a bit of it, in an order by chance."""
    every = [seed for name in names for seed in seeds(name)]
    places = [(number, at) for number, seed in enumerate(every) for at in range(len(seed))]
    chance.shuffle(places)
    for bits in (0xFF, 1, 0x80):
        for number, at in places:
            seed = every[number]
            yield seed[:at] + bytes([seed[at] ^ bits]) + seed[at + 1 :]


def mutate(content: bytes, edits: list[tuple[str, int, int, bytes]]) -> bytes:
    """A content after edits: (kind, place, length, token), the place counted round the content."""
    for kind, place, length, token in edits:
        at = place % (len(content) + 1)
        end = min(len(content), at + length)
        if kind == "insert":
            content = content[:at] + token + content[at:]
        elif kind == "replace":
            content = content[:at] + token + content[at + len(token) :]
        elif kind == "delete":
            content = content[:at] + content[end:]
        elif kind == "repeat":
            content = content[:end] + content[at:end] * 3 + content[end:]
        elif kind == "flip" and at < len(content):
            content = content[:at] + bytes([content[at] ^ (1 << length % 8)]) + content[at + 1 :]
        elif kind == "cut":
            content = content[:at]
    return content[:400_000]


_edits = st.lists(
    st.tuples(
        st.sampled_from(_KINDS),
        st.integers(0, 1 << 20),
        st.integers(0, 64),
        st.sampled_from(TOKENS) | st.binary(max_size=4),
    ),
    min_size=1,
    max_size=8,
)
_words = st.sampled_from(
    "a b good bad train test val 1 0 1.0 007 nan NULL 0.png a.jpg x/1.png __label__a [] ['a']".split()
)
_cells = _words | st.text(max_size=20) | st.text("ab ,;|\t\"'\n\\\0\u200b\ufeffé中", max_size=30)
_names = st.sampled_from(
    "text label path split group question answers context document id image set fold category_id images annotations "
    "categories data columns index file_name caption shapes regions filename file_attributes cats spans accept answer "
    "_input_hash result type value choices items bytes title train test rows row features name entities".split()
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | _cells
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_names | st.text(max_size=3), inner, max_size=5),
    max_leaves=40,
)
_records = st.lists(st.dictionaries(_names, _json, max_size=5), max_size=30)


def _exchanged(draw: Any, name: str) -> bytes:
    """A JSON seed whose values are exchanged here and there for others: files that are almost what they should be."""

    def walked(value: Any) -> Any:
        if chance.random() < share:
            return draw(_json)
        if isinstance(value, dict):
            return {key: walked(inner) for key, inner in value.items() if chance.random() > share}
        return list(map(walked, value)) if isinstance(value, list) else value

    chance, share = draw(st.randoms(use_true_random=True)), draw(st.sampled_from([0.01, 0.03, 0.1]))
    return dumped(walked(json.loads(draw(st.sampled_from(seeds(name))))))


def _delimited(draw: Any) -> bytes:
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    n = draw(st.integers(1, 5))
    header = draw(st.lists(_names | _cells, min_size=n, max_size=n))
    rows = draw(st.lists(st.lists(_cells, min_size=n, max_size=n + 1), max_size=40))
    above = draw(st.sampled_from(["", "sep=;\n", "A title\n", "# a comment, b\n\n", "\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030", "cp1251"]))
    lines = [separator.join(f'"{c}"' if separator in c else c for c in row) for row in [header, *rows]]
    text: str = above + draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
    return text.encode(encoding, "replace")


def _office(draw: Any) -> bytes:
    """A zip with the members of a document, as only whole ones get past the sums that a zip keeps."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in OFFICE.items():
            archive.writestr(
                name, draw(st.just(content.encode()) | st.builds(mutate, st.just(content.encode()), _edits))
            )
    return sink.getvalue()


def _png(draw: Any) -> bytes:
    """A PNG whose chunks were edited and have the right sums again."""
    whole = draw(st.sampled_from([seed for seed in seeds("image") if seed.startswith(b"\x89PNG")]))
    at, pieces = 8, [whole[:8]]
    while at + 12 <= len(whole):
        length = int.from_bytes(whole[at : at + 4])
        kind, inside = whole[at + 4 : at + 8], whole[at + 8 : at + 8 + length]
        inside = draw(st.just(inside) | st.builds(mutate, st.just(inside), _edits))
        pieces.append(len(inside).to_bytes(4) + kind + inside + zlib.crc32(kind + inside).to_bytes(4))
        at += 12 + length
    return b"".join(pieces)


def _tree(draw: Any) -> bytes:
    names = st.sampled_from(
        "train test val a b images cat dog data.csv train.csv test.csv labels.csv groups.csv 0.png 1.png 2.jpg a.txt "
        "questions.jsonl doc.md x.json data.parquet .hidden __MACOSX sample_submission.csv readme.md "
        "annotations.json coco.json corpus.jsonl queries.jsonl qrels "
        "dataset_info.json state.json data.arrow data.txt groups.json page.html".split()
    )
    paths = st.lists(names, min_size=1, max_size=4).map("/".join)
    files = st.sampled_from(
        [seed for name in ("table", "image", "json_lines", "html", "parquet", "json", "arrow") for seed in seeds(name)]
    )
    inside = st.one_of(st.builds(mutate, files, _edits), files).map(lambda content: content.decode("latin-1"))
    return dumped(draw(st.dictionaries(paths, inside, max_size=14)))


def _parquet_of(draw: Any) -> bytes:
    import pyarrow as pa

    n = draw(st.integers(0, 12))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        drawn: list[Any] = draw(st.lists(st.none() | values, min_size=n, max_size=n))
        return drawn

    few = partial(st.lists, max_size=3)
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    kinds: list[tuple[Any, st.SearchStrategy[Any]]] = [
        (pa.string(), _cells), (pa.int64(), st.integers(-5, 5)), (pa.float32(), st.floats(width=32)),
        (pa.bool_(), st.booleans()), (pa.binary(), st.binary(max_size=9)), (pa.list_(pa.string()), few(_cells)),
        (image, st.fixed_dictionaries({"bytes": st.binary(max_size=9)})),
        (pa.timestamp("us"), st.integers(-(2**62), 2**62)), (pa.list_(pa.float32()), few(st.floats(width=32))),
        (pa.decimal128(9, 2), st.decimals(-999, 999, places=2)), (pa.date32(), st.integers(-(2**31), 2**31 - 1)),
        (pa.map_(pa.string(), pa.int32()), st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=3)),
    ]  # fmt: skip
    columns = {}
    for name in draw(st.lists(_names, min_size=1, max_size=4, unique=True)):
        kind, values = draw(st.sampled_from(kinds))
        columns[name] = pa.array(column(values), kind)
    features = draw(st.dictionaries(_names, st.fixed_dictionaries({"_type": st.just("ClassLabel"), "names": _json})))
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return parquet_bytes(pa.table(columns).replace_schema_metadata(metadata))


_DRAWN: dict[str, st.SearchStrategy[bytes]] = {
    "table": st.composite(lambda draw: _delimited(draw))(),
    "gz": st.composite(lambda draw: gzip.compress(_delimited(draw), mtime=0))(),
    "json": (_json | _records).map(dumped) | st.composite(lambda draw: _exchanged(draw, "json"))(),
    "json_lines": _records.map(lines_of),
    "parquet": st.composite(lambda draw: _parquet_of(draw))(),
    "parquet_images": st.composite(lambda draw: _parquet_of(draw))(),
    "zip": st.composite(lambda draw: _office(draw))(),
    "image": st.composite(lambda draw: _png(draw))(),
    "questions": _records.map(lines_of),
    "tree": st.composite(lambda draw: _tree(draw))(),
    "groups": st.composite(lambda draw: _delimited(draw))(),
    "record": st.dictionaries(_names, _json).map(dumped) | st.composite(lambda draw: _exchanged(draw, "record"))(),
}
