"""Small sound inputs of every format, made here, so that no file has to be kept."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from PIL import Image

N_ROWS = 24
#: What a Word document and a book hold, in one zip.
OFFICE = {
    "[Content_Types].xml": "<Types/>",
    "META-INF/container.xml": "<container><rootfile full-path='a.opf'/></container>",
    "a.opf": "<package><manifest><item id='1' href='a.xhtml'/></manifest><spine><itemref idref='1'/></spine></package>",
    "a.xhtml": "<html><body><p>Some words.</p></body></html>",
    "word/document.xml": "<w:document xmlns:w='x'><w:body><w:p><w:r><w:t>Words</w:t></w:r></w:p></w:body></w:document>",
}


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """The sound inputs of one name."""
    return tuple(_SEEDS[name]())


def dumped(content: Any) -> bytes:
    return json.dumps(content).encode()


def lines_of(records: list[Any]) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def parquet_bytes(table: Any) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _arrow_bytes(table: Any) -> bytes:
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _frame() -> Any:
    import pyarrow as pa

    return pa.table({"text": [f"some words {i}" for i in range(N_ROWS)], "label": ["ab"[i % 2] for i in range(N_ROWS)]})


def _with_images() -> Any:
    import pyarrow as pa

    images = [{"bytes": _image("PNG", i), "path": f"{i}.png"} for i in range(N_ROWS)]
    return pa.table({"image": images, "label": [i % 2 for i in range(N_ROWS)]})


def _image(form: str, shade: int = 0, mode: str = "RGB") -> bytes:
    sink = io.BytesIO()
    Image.linear_gradient("L").resize((9, 7)).rotate(shade * 15).convert(mode).save(sink, form)
    return sink.getvalue()


def _images() -> list[bytes]:
    plain = [_image(form, 1) for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "PPM", "ICO")]
    return [
        *plain,
        _image("PNG", 2, "P"),
        _image("PNG", 2, "RGBA"),
        _image("PNG", 3, "I;16"),
        _image("TIFF", 3, "F"),
        _image("JPEG", 2, "CMYK"),
    ]


def _csv(separator: str = ",") -> bytes:
    return "\n".join(
        [f"text{separator}label", *(f"some words {i}{separator}{'ab'[i % 2]}" for i in range(N_ROWS))]
    ).encode()


def _zip() -> list[bytes]:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(4):
            archive.writestr(f"{'ab'[i % 2]}/{i}.png", _image("PNG", i))
    office = io.BytesIO()
    with zipfile.ZipFile(office, "w") as archive:
        for name, content in OFFICE.items():
            archive.writestr(name, content)
    return [sink.getvalue(), office.getvalue()]


def _tar() -> list[bytes]:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for i in range(3):
            entry = tarfile.TarInfo(f"a/{i}.txt")
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"words"))
    return [sink.getvalue(), gzip.decompress(sink.getvalue())]


def _pdf() -> list[bytes]:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    sink = io.BytesIO()
    writer.write(sink)
    stream = b"BT /F1 12 Tf 9 9 Td (Some words of a page) Tj ET"
    words = (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font"
        b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n" % (len(stream), stream)
    )
    return [sink.getvalue(), words]


def _question_lines() -> list[bytes]:
    rows = [
        {"question": f"What does number {i} cost?", "answers": [f"{i * 7} euros"], "document": f"doc{i % 6}.md"}
        for i in range(N_ROWS)
    ]
    return [lines_of(rows)]


def _trees() -> list[bytes]:
    image = [_image("PNG", i).decode("latin-1") for i in range(8)]
    folders = {f"{part}/{'ab'[i % 2]}/{i}.png": image[i] for i in range(8) for part in ("train", "test")}
    table = "path,label\n" + "".join(f"images/{i}.png,{'ab'[i % 2]}\n" for i in range(8))
    beside = {"labels.csv": table, **{f"images/{i}.png": image[i] for i in range(8)}}
    texts = {f"{'ab'[i % 2]}/{i}.txt": f"some words {i}" for i in range(8)}
    parts = {f"{part}.csv": _csv().decode() for part in ("train", "test", "sample_submission")}
    coco = {"annotations.json": _json_seeds()[1].decode(), **{f"images/{i}.png": image[i] for i in range(5)}}
    disk = {
        "data-00000-of-00001.arrow": _arrow_bytes(_frame()).decode("latin-1"),
        "state.json": json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}),
        "dataset_info.json": json.dumps({"features": {"label": {"names": ["a", "b"], "_type": "ClassLabel"}}}),
    }
    search = {
        "corpus.jsonl": lines_of([{"_id": f"d{i}", "text": f"some words {i}"} for i in range(6)]).decode(),
        "queries.jsonl": lines_of([{"_id": f"q{i}", "text": f"which words {i}?"} for i in range(6)]).decode(),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + "".join(f"q{i}\td{i}\t1\n" for i in range(6)),
    }
    return [dumped(tree) for tree in (folders, beside, texts, parts, coco, disk, search)]


def _json_seeds() -> list[bytes]:
    rows = [{"text": f"some words {i}", "label": "ab"[i % 2]} for i in range(N_ROWS)]
    coco = {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(5)],
        "annotations": [{"image_id": i, "category_id": i % 2} for i in range(5)],
        "categories": [{"id": i, "name": "ab"[i]} for i in range(2)],
    }
    split = {"columns": ["text", "label"], "index": [0, 1], "data": [["a", "x"], ["b", "y"]]}
    via = {"a": {"filename": "a.png", "regions": [], "file_attributes": {"kind": "cat"}}}
    studio = [{"data": {"text": "a"}, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["x"]}}]}]}]
    parts = {"train": rows, "test": rows}
    columns = {"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}}
    squad = {
        "data": [
            {"title": "t", "paragraphs": [{"context": "c", "qas": [{"question": "q", "answers": [{"text": "a"}]}]}]}
        ]
    }
    return [dumped(one) for one in (rows, coco, split, via, studio, parts, columns, squad)]


_SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "table": lambda: [_csv(), _csv(";"), _csv("\t"), b"sep=;\n" + _csv(";"), b"A title\n\n" + _csv()],
    "gz": lambda: [gzip.compress(_csv(), mtime=0)],
    "json": _json_seeds,
    "json_lines": lambda: [lines_of([{"text": f"some words {i}", "label": "ab"[i % 2]} for i in range(N_ROWS)])],
    "parquet": lambda: [parquet_bytes(_frame())],
    "parquet_images": lambda: [parquet_bytes(_with_images())],
    "arrow": lambda: [_arrow_bytes(_frame())],
    "encoded": lambda: ["naïve façade – привет".encode(e, "ignore") for e in ("utf-8", "cp1252", "cp1251", "utf-16")],
    "zip": _zip,
    "tar": _tar,
    "image": _images,
    "pdf": _pdf,
    "html": lambda: [b"<html><head><meta charset='gbk'><title>T</title><h1>H</h1><table><tr><td>1</table><p>Words"],
    "mail": lambda: [b"Subject: =?utf-8?q?a?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nWords\n--x--\n"],
    "questions": _question_lines,
    "tree": _trees,
    "groups": lambda: [b"path,group\n" + b"".join(b"a/%d.png,g%d\n" % (i, i // 3) for i in range(12))],
    "record": lambda: [b'{"schema_version": 1, "name": "a", "kind": "text", "classes": ["a"], "set_aside": []}'],
}  # fmt: skip
