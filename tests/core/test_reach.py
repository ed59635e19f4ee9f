"""Paths that a stranger names: only what lies below the configured folders is looked at, links followed."""

from __future__ import annotations

import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from advisor.core import reach
from advisor.core.errors import DatasetError
from advisor.core.workspace import Workspace
from advisor.data.reading import read


@pytest.fixture
def home(tmp_path: Path, workspace: Path) -> Iterator[Path]:
    """The one folder that may be read; beside it lies what may not."""
    folder = tmp_path / "home"
    pictures(folder / "pets")
    pictures(tmp_path / "secret", name="secret")
    (tmp_path / "secret.csv").write_text("text,label\n" + "".join(f"word {i},{i % 2}\n" for i in range(40)))
    reach.limit(lambda: reach.resolved([folder]))
    yield folder
    reach.limit(None)


def pictures(folder: Path, name: str = "", n: int = 12) -> None:
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for i in range(n):
            Image.effect_noise((16, 16), 20 + i).save(folder / label / f"{name}{label}{i}.png")


def hostile(home: Path) -> list[str]:
    """Ways to name what lies outside."""
    (home / "link").symlink_to(home.parent / "secret")
    (home / "table.csv").symlink_to(home.parent / "secret.csv")
    return [
        str(home.parent / "secret"), str(home.parent / "secret.csv"), f"{home}/../secret", f"{home}/pets/../../secret",
        f"{home}/link", f"{home}/link/cat", f"{home}/table.csv", "/etc/passwd", "/", "~root", "../../etc",
        "/proc/self/environ", "/proc/self/root", f"/proc/self/cwd{home}", "/dev/zero", "/sys", "//server/share/x.csv",
        r"\\server\share\x.csv", "/etc/there-is-no-such-file", f"{home}x",
        "~nobody-of-that-name/x", "\0", f"{home}/\0/../../secret", "file:secret",
    ]  # fmt: skip


def test_nothing_outside_is_read_and_nothing_is_told_about_it(home: Path) -> None:
    for path in hostile(home):
        with pytest.raises(DatasetError, match="outside the folders that this dashboard reads"):
            read(path)


def test_what_lies_inside_is_read(home: Path) -> None:
    assert read(str(home / "pets")).n_used == 24
    assert read("sample:digits").n_used > 100


def test_the_system_is_closed_even_below_the_root_of_all(tmp_path: Path) -> None:
    reach.limit(lambda: ("/",))
    try:
        assert reach.may_open(tmp_path)
        assert not any(reach.may_open(path) for path in ("/proc/self/environ", "/dev/stdin", "/sys/kernel"))
    finally:
        reach.limit(None)


def test_links_inside_a_folder_that_lead_out_are_set_aside(home: Path) -> None:
    outside = home.parent / "secret" / "cat" / "secretcat3.png"
    (home / "pets" / "cat" / "stolen.png").symlink_to(outside)
    (home / "pets" / "bird").symlink_to(home.parent / "secret" / "dog")
    dataset = read(str(home / "pets"))
    assert dataset.classes == ("cat", "dog")
    assert {entry.key for entry in dataset.set_aside if "outside" in entry.reason} == {"cat/stolen.png", "bird"}
    assert not [path for path in dataset.items["path"] if not reach.within(path, home)]


@pytest.mark.parametrize(
    "outside", ["../secret/{label}/secret{label}{i}.png", "{top}/secret/{label}/secret{label}{i}.png"]
)
def test_a_table_names_no_image_outside(home: Path, outside: str) -> None:
    rows = []
    for i in range(12):
        for label in ("cat", "dog"):
            path = outside if i % 2 else "pets/{label}/{label}{i}.png"
            rows.append(f"{path.format(label=label, i=i, top=home.parent)},{label}\n")
    (home / "list.csv").write_text("path,label\n" + "".join(rows))
    dataset = read(str(home / "list.csv"))
    assert dataset.n_used == 12
    assert all(reach.within(path, home) for path in dataset.items["path"])
    whys = {entry.reason.partition(" ")[2] for entry in dataset.set_aside}
    assert whys == {"lies outside the folders that this dashboard reads."}


@pytest.mark.parametrize("name", ["../secret/cat/secretcat{i}.png", "{top}/secret/cat/secretcat{i}.png", "/no/{i}.png"])
def test_a_table_of_images_outside_says_so_and_never_whether_they_exist(home: Path, name: str) -> None:
    rows = [f"{name.format(i=i, top=home.parent)},{i % 2}\n" for i in range(12)]
    (home / "list.csv").write_text("path,label\n" + "".join(rows))
    with pytest.raises(DatasetError) as error:
        read(str(home / "list.csv"))
    first = rows[0].partition(",")[0]
    assert str(error.value) == (
        f"None of the 12 files named in column path of {home}/list.csv lies inside the folders that this dashboard "
        f"reads: {home} (the first is {first!r}). Start the dashboard with --root and their folder, or upload an "
        f"archive of the table and its images."
    )


def test_an_uploaded_table_names_nothing_but_what_came_with_it(workspace: Path, tmp_path: Path) -> None:
    pictures(tmp_path / "pets")
    folder = Workspace.here().uploads / "0123456789abcdef"
    folder.mkdir(parents=True)
    rows = [f"{tmp_path}/pets/{label}/{label}{i}.png,{label}" for i in range(12) for label in ("cat", "dog")]
    (folder / "list.csv").write_text("path,label\n" + "\n".join([*rows, "/etc/hostname,cat"]))
    with pytest.raises(
        DatasetError, match=r"None of the 25 files named .* was uploaded with it .* Upload an archive of"
    ):
        read(str(folder / "list.csv"))


def test_an_archived_table_names_nothing_but_what_is_in_its_archive(workspace: Path, tmp_path: Path) -> None:
    pictures(tmp_path / "pets")
    rows = [f"{tmp_path}/pets/{label}/{label}{i}.png,{label}" for i in range(12) for label in ("cat", "dog")]
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.writestr("list.csv", "path,label\n" + "\n".join(rows))
    with pytest.raises(
        DatasetError, match=r"None of the 24 files named .* is in the archive .* Put its images into it"
    ):
        read(tmp_path / "list.zip")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path, workspace: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.csv"))
        for name in ("pipe.csv", "s.csv", "/dev/zero"):
            with pytest.raises(DatasetError, match="a device, a pipe or a socket"):
                read(tmp_path / name)
    pets = tmp_path / "pets"
    pictures(pets)
    os.mkfifo(pets / "cat" / "pipe.png")
    (pets / "dog" / "link.png").symlink_to(tmp_path / "pipe.csv")
    (pets / "dog" / "zero").symlink_to("/dev/zero")
    dataset = read(pets)
    assert dataset.n_used == 24
    assert {entry.key for entry in dataset.set_aside} == {"dog/link.png", "dog/zero"}
