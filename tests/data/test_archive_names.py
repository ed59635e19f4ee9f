from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from advisor.data.read import archive_names
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, png

#: Names as people give them to classes, by the encoding in which Windows or another system packs them.
NAMES = {
    "cp866": ["кошка\nсобака", "кот", "хлеб\nмолоко\nсыр", "Новая папка"],
    "cp1251": ["кошка\nсобака", "Новая папка"],
    "gb18030": ["猫\n狗", "苹果\n香蕉\n橙子", "图片"],
    "cp932": ["ねこ\nいぬ", "猫\n犬", "りんご\nバナナ", "写真"],
    "cp949": ["고양이\n개", "사과", "새 폴더"],
    "big5": ["貓\n狗", "蘋果\n香蕉"],
    "cp437": ["Zürich", "Größe\nWäsche", "señal\nniño", "café"],
    "cp850": ["São", "Größe\nBäume"],
    "cp852": ["łódź\nświnia", "Škoda\nkůň"],
    "cp1252": ["Größe\nBäume", "Étoile"],
    "cp857": ["şeker\nağaç"],
    "cp737": ["γάτα\nσκύλος"],
    "utf-8": ["кошка\nGröße\n猫"],
}


class Unmarked(zipfile.ZipInfo):
    """An entry whose name is written byte by byte, without the mark of UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("latin-1"), self.flag_bits & ~0x800


def unmarked(path: Path, entries: dict[str, bytes], encoding: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            info = Unmarked("x")
            info.filename = name.encode(encoding).decode("latin-1")
            archive.writestr(info, content)
    return path


@pytest.mark.parametrize(("encoding", "names"), [(code, names) for code, every in NAMES.items() for names in every])
def test_a_few_names_are_read_as_they_were_written(encoding: str, names: str) -> None:
    raws = [f"{name}/1.png".encode(encoding) for name in names.split("\n")]
    found = archive_names.encoding_of(raws)
    assert [raw.decode(found) for raw in raws] == [f"{name}/1.png" for name in names.split("\n")]


@pytest.mark.parametrize(
    ("encoding", "classes"),
    [("cp866", ("кошка", "собака")), ("gbk", ("狗", "猫")), ("utf-8", ("Größe", "кошка")), ("cp437", ("Fön", "Größe"))],
)
def test_classes_of_a_zip_without_a_stated_encoding(tmp_path: Path, encoding: str, classes: tuple[str, str]) -> None:
    entries = {f"{name}/{i}.png": png() for name in classes for i in range(6)}
    dataset = read(unmarked(tmp_path / "a.zip", entries, encoding))
    assert set(dataset.classes) == set(classes)
    told = [note for note in dataset.notes if "a.zip does not say" in note]
    assert len(told) == (encoding in ("cp866", "gbk"))
    assert all(classes[0] in note for note in told)


def test_a_table_in_a_zip_names_its_files(tmp_path: Path) -> None:
    rows = [(f"фото {i}.png", "ab"[i % 2]) for i in range(12)]
    table = csv_of([("path", "label"), *rows]).encode()
    entries = {"table.csv": table, **{name: png() for name, _ in rows}}
    assert read(unmarked(tmp_path / "a.zip", entries, "cp866")).n_used == 12


def test_the_field_with_the_name_in_utf_8_wins() -> None:
    field = struct.pack("<BI", 1, zlib.crc32("é/1.png".encode("cp437"))) + "猫/1.png".encode()
    info = zipfile.ZipInfo("é/1.png")
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert archive_names.of_zip([info], "a.zip") == (["猫/1.png"], [])
    info.extra = info.extra.replace(struct.pack("<I", zlib.crc32("é/1.png".encode("cp437"))), bytes(4))
    assert archive_names.of_zip([info], "a.zip")[0] == ["é/1.png"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_classes_of_a_tar_in_another_encoding(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, mode, format=tarfile.GNU_FORMAT, encoding="gbk") as archive:  # type: ignore[call-overload]
        for name in ("猫", "狗"):  # the first is also valid UTF-8: è
            for i in range(6):
                content = png()
                info = tarfile.TarInfo(f"{name}/{i}.png")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    dataset = read(path)
    assert set(dataset.classes) == {"猫", "狗"}
    assert any("GBK" in note for note in dataset.notes)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_in_utf_8_is_read_as_before(tmp_path: Path, form: int) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=form) as archive:
        for name in ("кошка", "Größe"):
            for i in range(6):
                content = png()
                info = tarfile.TarInfo(f"{name}/{i}.png")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    dataset = read(tmp_path / "a.tar")
    assert set(dataset.classes) == {"Größe", "кошка"}
    assert not any("does not say" in note for note in dataset.notes)
