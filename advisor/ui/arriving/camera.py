"""Pictures from a camera, a class at a time, kept as a folder with one subfolder per class."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

import streamlit as st

from advisor.core import disk, wording
from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace
from advisor.ui import parts, places, uploads, work
from advisor.ui.arriving import preview
from advisor.ui.items.images import thumbnail

#: What the dataset is called, and what the address calls its folder.
NAME, ADDRESS = "Camera pictures", "camera"
#: Below so many pictures of each class there is little to learn from.
FEW = 10
#: Pictures of a class that are shown.
SHOWN = 5


def draw() -> None:
    """A class's name, the camera, what was taken so far, and the button that goes on with it."""
    folder = opened(places.remembered(ADDRESS))
    counts = taken(folder) if folder is not None else {}
    left, right = st.columns([3, 2], gap="medium")
    with left:
        name = st.text_input("Class", placeholder="mug", key="camera-class", help="What the next pictures show.")
        picture = st.camera_input("Take pictures, one after the other", key="camera-shot", disabled=not name.strip())
    if picture is not None and name.strip():
        try:
            folder = kept(picture.getvalue(), name, folder)
        except PeopleError as error:
            parts.problem(str(error))
        else:
            st.session_state[ADDRESS] = st.query_params[ADDRESS] = folder.parent.name
            counts = taken(folder)
    with right:
        so_far(counts, folder)


def so_far(counts: dict[str, int], folder: Path | None) -> None:
    """The pictures of each class, and the way on."""
    if not counts or folder is None:
        parts.note(
            f"Name a class and take pictures of it, then name the next one. Two classes with {FEW} pictures or more "
            f"each are a start."
        )
        return
    for name, n in counts.items():
        st.text(f"{name}: {wording.counted(n, 'picture')}")
        with st.container(horizontal=True, gap="xxsmall"):
            for path in latest(folder / name)[:SHOWN]:
                if small := thumbnail(str(path)):
                    st.image(small, width=64, alt=wording.short(name, 60))
    few = len(counts) < 2 or min(counts.values()) < FEW
    if few:
        parts.note(f"Take at least {FEW} pictures of two classes or more.")
    if st.button("Preview the pictures", key="read-camera", type="primary", disabled=few):
        preview.show(work.Reading(str(folder), f"{folder.parent}/", {}))
    if st.button("Remove the last picture", key="camera-undo", icon=":material/undo:"):
        last = latest(folder, "*/*.jpg")[0]
        last.unlink()
        if not any(last.parent.iterdir()):
            last.parent.rmdir()
        st.session_state["camera-undone"] = last.stem
        st.rerun()


def opened(token: str | None) -> Path | None:
    """The folder of pictures that the address names; None where there is none."""
    if not token or not re.fullmatch(r"[0-9a-f]{16}", token):
        return None
    folder = Workspace.here().uploads / token / NAME
    return folder if folder.is_dir() else None


def kept(content: bytes, name: str, folder: Path | None) -> Path:
    """Put a picture into the folder of its class, once; returns the folder of all classes.

    Raises StorageError naming the disk that cannot be written.
    """
    folder = folder or Workspace.here().uploads / secrets.token_hex(8) / NAME
    own = folder / uploads.tame(name)
    mark = hashlib.sha256(content).hexdigest()[:16]
    if st.session_state.get("camera-undone") == mark or list(folder.glob(f"*/{mark}.jpg")):
        return folder  # the widget keeps its picture until another is taken
    with disk.writing(own):
        own.mkdir(parents=True, exist_ok=True)
        (own / f"{mark}.jpg").write_bytes(content)
    return folder


def latest(folder: Path, pattern: str = "*.jpg") -> list[Path]:
    """The pictures in a folder, the latest first."""
    return sorted(folder.glob(pattern), key=lambda path: -path.stat().st_mtime_ns)


def taken(folder: Path) -> dict[str, int]:
    """How many pictures of each class there are, by name."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return {path.name: sum(1 for _ in path.glob("*.jpg")) for path in classes}
