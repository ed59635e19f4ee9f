from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.core.errors import DatasetError, StorageError
from advisor.data.read.archive_entries import Limits, checked_name
from advisor.data.read.archives import unpack
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, csv_of, png, text_rows, write


def zipped(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def tree_zip(path: Path, root: Path) -> Path:
    files = {f.relative_to(root).as_posix(): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}
    return zipped(path, **files)


def tarred(path: Path, root: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(root, arcname="name")
    return path


def files_below(folder: Path) -> set[str]:
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file() and f.name[0] != "."}


def test_a_zip_with_one_top_folder_and_apple_files(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in", above="name/train/")
    write(root / "__MACOSX/name/train/cat/._0.png", b"x")
    write(root / "name/.DS_Store", b"x")
    dataset = read(tree_zip(tmp_path / "pets.zip", root))
    assert (dataset.name, dataset.classes, dataset.n_in, dataset.n_used) == ("pets", ("cat", "dog"), 12, 12)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.tar.xz", "w:xz")],
)
def test_tars(tmp_path: Path, name: str, mode: str) -> None:
    dataset = read(tarred(tmp_path / name, class_folders(tmp_path / "in"), mode))
    assert (dataset.name, dataset.n_used) == ("a", 12)


def test_folder_and_zip_of_it_are_the_same_dataset(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in")
    assert read(root).fingerprint == read(tree_zip(tmp_path / "in.zip", root)).fingerprint


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_hidden_files_inside_an_archive_are_said_and_our_own_are_not(tmp_path: Path, ending: str) -> None:
    root = class_folders(tmp_path / "in")
    for junk in (".more/1.png", "cat/.2.png", ".git/3.png", "__MACOSX/4.png", ".unpacked.json"):
        write(root / junk, b"x")
    path = tree_zip(tmp_path / "in.zip", root) if ending == "zip" else tarred(tmp_path / "in.tar.gz", root, "w:gz")
    notes = [note for note in read(path).notes if "hidden" in note or ".unpacked" in note]
    assert len(notes) == 1
    assert notes[0].startswith(f"2 hidden files and folders inside in.{ending} were not read: ")
    assert ".more" in notes[0] and "cat/.2.png" in notes[0]
    assert not any(".unpacked" in note for note in read(root).notes)


def test_a_second_reading_unpacks_nothing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", **{"x/1.txt": b"one"})
    first = unpack(path)
    before = (first.folder / "x/1.txt").stat().st_ctime_ns
    assert (unpack(path).folder / "x/1.txt").stat().st_ctime_ns == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"two"),
        lambda file: file.write_bytes(b""),
        lambda file: file.unlink(),
        lambda file: file.chmod(0),
        lambda file: (file.parents[1] / ".unpacked.json").write_text("[]"),
        lambda file: (file.parents[1] / ".unpacked.json").unlink(),
    ],
)
def test_an_unpacked_file_that_is_damaged_or_gone_is_unpacked_again(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = zipped(tmp_path / "a.zip", **{"x/1.txt": b"one"})
    damage(unpack(path).folder / "x/1.txt")
    assert (unpack(path).folder / "x/1.txt").read_bytes() == b"one"


def test_what_a_killed_unpacking_left_is_deleted(tmp_path: Path, workspace: Path) -> None:
    write(workspace / "unpacked/.new-killed/cat/1.png", b"x")
    folder = unpack(zipped(tmp_path / "a.zip", **{"x/1.txt": b"one"})).folder
    assert {path.name for path in folder.parent.iterdir()} == {".known", folder.name}


def test_a_copied_workspace_unpacks_nothing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", **{"x/1.txt": b"one"})
    first = unpack(path).folder
    monkeypatch.setenv("ADVISOR_HOME", str(shutil.copytree(first.parents[1], tmp_path / "copied")))
    copied = tmp_path / "copied" / first.relative_to(first.parents[1]) / "x/1.txt"
    os.utime(copied, ns=(1, 1))
    assert unpack(path).folder == copied.parents[1]
    assert copied.stat().st_mtime_ns == 1


def test_a_replaced_archive_is_unpacked_again(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", one=b"one")
    first = unpack(path).folder
    zipped(path, two=b"something longer")
    assert files_below(unpack(path).folder) == {"two"}
    assert files_below(first) == {"one"}


def test_an_archive_replaced_by_one_of_the_same_size_and_time_is_unpacked_again(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", one=b"one")
    facts = path.stat()
    unpack(path)
    zipped(path, two=b"two")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size
    assert files_below(unpack(path).folder) == {"two"}


def test_a_zip_that_holds_a_csv_and_one_that_holds_a_zip(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", **{"data.csv": csv_of(text_rows()).encode()})
    outer = zipped(tmp_path / "outer.zip", **{"inner.zip": inner.read_bytes()})
    assert read(inner).n_used == read(outer).n_used == 16


def test_a_folder_with_one_archive_is_read_like_the_archive(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in")
    (tmp_path / "box").mkdir()
    tree_zip(tmp_path / "box/pets.zip", root)
    assert read(tmp_path / "box").n_used == 12


def test_a_compressed_csv(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv.gz").write_bytes(gzip.compress(csv_of(text_rows()).encode()))
    dataset = read(tmp_path / "reviews.csv.gz")
    assert (dataset.name, dataset.n_used) == ("reviews", 16)


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil", "C:\\evil.png", "..\\evil.png", "\\\\host\\evil"]
)
def test_an_escaping_entry_refuses_the_zip(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "evil.zip", **{"cat/1.png": png(), name: b"x"})
    with pytest.raises(DatasetError, match="outside its folder") as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert not list(tmp_path.rglob("evil.png"))


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil"])
def test_an_escaping_entry_refuses_the_tar(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo(name)
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(DatasetError, match="outside its folder"):
        read(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside"])
def test_a_link_that_leads_out_refuses_the_tar(tmp_path: Path, kind: bytes, target: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("cat/link.png")
        info.type, info.linkname = kind, target
        archive.addfile(info)
    with pytest.raises(DatasetError, match="link"):
        read(path)


def test_a_link_that_leads_out_refuses_the_zip(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("cat/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(link, "../../../etc")
        archive.writestr("cat/link/passwd", "x")
    with pytest.raises(DatasetError, match="link"):
        read(tmp_path / "evil.zip")


def test_links_inside_and_pipes_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(class_folders(tmp_path / "in"), arcname="name")
        for name, kind in (("name/cat/link.png", tarfile.SYMTYPE), ("name/cat/pipe.png", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "0.png"
            archive.addfile(info)
    dataset = read(path)
    assert dataset.n_used == 12
    assert any("2 links or special" in note for note in dataset.notes)


def test_a_bomb_is_refused_by_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as stream:
        for _ in range(150):
            stream.write(bytes(1_000_000))
    with pytest.raises(DatasetError, match="bomb"):
        read(path)


def test_a_bomb_without_a_list_of_contents_is_refused_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(b"a" * 3_000_000))
    with pytest.raises(DatasetError, match="bomb"):
        unpack(path, limits=Limits(ratio_from_bytes=1_000_000))
    tar = tarred(tmp_path / "zeros.tar.gz", write(tmp_path / "in/zeros", bytes(3_000_000)).parent, "w:gz")
    with pytest.raises(DatasetError, match="bomb"):
        unpack(tar, limits=Limits(ratio_from_bytes=1_000_000))


def test_limits_on_entries_size_and_disk(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", a=b"x" * 100, b=b"y" * 100)
    with pytest.raises(DatasetError, match="entries"):
        unpack(path, limits=Limits(entries=1))
    with pytest.raises(DatasetError, match="more than"):
        unpack(path, limits=Limits(total_bytes=50))
    limits = Limits()
    limits.begin(path, free_bytes=1000)
    with pytest.raises(StorageError, match="free"):
        limits.declare(1, 5_000)


def test_a_failed_unpacking_leaves_nothing_behind(tmp_path: Path, workspace: Path) -> None:
    with pytest.raises(DatasetError):
        unpack(zipped(tmp_path / "evil.zip", **{"ok": b"1", "../x": b"2"}))
    assert not [f for f in (workspace / "unpacked").iterdir() if f.name != ".known"]


def test_a_damaged_entry_is_set_aside(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(root.rglob("*.png")):
            archive.write(file, file.relative_to(root).as_posix())
    content = bytearray(path.read_bytes())
    at = content.index(b"IDAT") + 20
    content[at] ^= 0xFF
    path.write_bytes(bytes(content))
    dataset = read(path)
    assert (dataset.n_in, dataset.n_used, dataset.set_aside[0].key) == (12, 11, "cat/0.png")
    assert "damaged" in dataset.set_aside[0].reason


def test_two_entries_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", "second")
    found = unpack(path)
    assert (found.folder / "a.txt").read_text() == "first"
    assert "two entries" in found.set_aside[0].reason


def test_names_that_no_disk_takes_are_set_aside(tmp_path: Path) -> None:
    root, path, long = class_folders(tmp_path / "in"), tmp_path / "a.tar.gz", "n" * 300 + ".png"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(f"cat/{long}"))
        archive.add(root, arcname=".")
    assert [entry.key for entry in read(path).set_aside] == [f"cat/{long}"]
    zipped(tmp_path / "b.zip", **{f"cat/{long}": b"x", **{f"{c}/{i}.png": png() for c in "ab" for i in range(4)}})
    assert [entry.key for entry in read(tmp_path / "b.zip").set_aside] == [f"cat/{long}"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.tgz", "a.tar.xz"])
def test_garbage_and_cut_archives_are_named(tmp_path: Path, name: str) -> None:
    garbage = write(tmp_path / name, b"this is no archive at all" * 40)
    with pytest.raises(DatasetError, match="damaged") as caught:
        read(garbage)
    assert name in str(caught.value)


def test_a_tar_cut_short(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "whole.tar.gz", class_folders(tmp_path / "in"), "w:gz").read_bytes()
    with pytest.raises(DatasetError, match="damaged"):
        read(write(tmp_path / "cut.tar.gz", whole[: len(whole) // 2]))


def test_other_programs_archives_and_empty_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="RAR"):
        read(write(tmp_path / "a.rar", b"Rar!"))
    with pytest.raises(DatasetError, match="empty"):
        read(zipped(tmp_path / "empty.zip"))


@given(st.text(alphabet="a./\\:C\0é", max_size=12))
def test_no_checked_name_leads_out(name: str) -> None:
    try:
        safe = checked_name(name, Path("x.zip"))
    except DatasetError:
        return
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert "\\" not in safe


def packed_as(path: Path, method: int, only: int = 10**6) -> Path:
    """The first entries of a zip marked as compressed by another method."""
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = -1
        for _ in range(only):
            start = content.find(sign, start + 1)
            if start < 0:
                break
            content[start + at : start + at + 2] = method.to_bytes(2, "little")
    path.write_bytes(content)
    return path


def test_methods_of_compression_that_python_lacks_are_named(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "in")
    with pytest.raises(DatasetError, match=r"all\.zip is compressed with Deflate64"):
        read(packed_as(tree_zip(tmp_path / "all.zip", root), 9))
    dataset = read(packed_as(tree_zip(tmp_path / "some.zip", root), 9, only=2))
    assert (dataset.n_used, dataset.n_set_aside) == (10, 2)
    assert "cannot be decompressed" in dataset.set_aside[0].reason


@pytest.mark.parametrize("name", ["a.zip.001", "a.z01", "a.tar.gz.aa", "a.7z.003", "a.tgz.partab"])
def test_pieces_of_split_archives_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="one piece of a split archive"):
        read(write(tmp_path / name, b"PK\x03\x04"))


def test_the_last_piece_of_a_split_zip_is_not_read_by_itself(tmp_path: Path) -> None:
    whole = tree_zip(tmp_path / "whole.zip", class_folders(tmp_path / "in")).read_bytes()
    with pytest.raises(DatasetError, match="lacks its beginning"):
        read(write(tmp_path / "last.zip", whole[len(whole) // 2 :]))
    end = whole.rindex(b"PK\x05\x06")
    with pytest.raises(DatasetError, match="last of the 3 pieces"):
        read(write(tmp_path / "third.zip", whole[: end + 4] + b"\2\0\2\0" + whole[end + 8 :]))


def test_archives_in_archives_in_archives(tmp_path: Path) -> None:
    path = tree_zip(tmp_path / "0.zip", class_folders(tmp_path / "in"))
    for depth in range(1, 5):
        path = zipped(tmp_path / f"{depth}.zip", **{path.name: path.read_bytes()})
    assert read(path).n_used == 12


def test_several_archives_are_named_with_what_was_given(tmp_path: Path) -> None:
    inner = tree_zip(tmp_path / "0.zip", class_folders(tmp_path / "in")).read_bytes()
    with pytest.raises(DatasetError, match=r"both\.zip holds 2 archives: cat\.zip and dog\.zip"):
        read(zipped(tmp_path / "both.zip", **{"cat.zip": inner, "dog.zip": inner}))


@pytest.mark.parametrize("name", ["pets", "pets.csv", "pets.rar", "pets.7z"])
def test_a_zip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    assert read(tree_zip(tmp_path / name, class_folders(tmp_path / "in"))).n_used == 12


def test_a_folder_marked_in_the_way_of_ms_dos(tmp_path: Path) -> None:
    path = tmp_path / "dos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cat", "dog"):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0x10
            archive.writestr(info, b"")
            for i in range(6):
                archive.writestr(f"{name}/{i}.png", png())
    assert read(path).n_used == 12
