"""A visitor's own data: files to drop, a path on the machine, or pictures from a camera. All lead to the preview."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from advisor.core.errors import PeopleError
from advisor.data.read.names import is_archive, table_format
from advisor.ui import parts, places, uploads, work
from advisor.ui.arriving import camera, preview
from advisor.ui.server.settings import machine, reads_paths

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: A zone that is seen and hit; Streamlit's own is as high as a button.
DROP_ZONE = """<style>
[class*="st-key-upload"] [data-testid="stFileUploaderDropzone"] {min-height: 9rem; border: 2px dashed #2a9086;
  flex-direction: column; align-items: center; justify-content: center; gap: 0.5rem}
[class*="st-key-upload"] [data-testid="stFileUploaderDropzone"] > * {flex: none}
.st-key-paths-of-dropped {display: none}
</style>"""
#: A table or archive up to this size is looked at without being asked to.
AT_ONCE_BYTES = 20_000_000
#: Where a dropped file lay in its folder. Chromium and Firefox leave `webkitRelativePath` empty for a folder that is
#: dropped, and Streamlit sends nothing else; its drop zone has put the path beside it, as `path`.
PATHS = """<script>
if (!window.advisorPaths) {
  window.advisorPaths = true
  const own = Object.getOwnPropertyDescriptor(File.prototype, "webkitRelativePath")
  Object.defineProperty(File.prototype, "webkitRelativePath", {...own, get() {
    const known = own.get.call(this), path = typeof this.path === "string" ? this.path.replace(/^[.]?[/]/, "") : ""
    return known || (path.includes("/") ? path : "")
  }})
}
</script>"""
#: What can be read, kind by kind; these words are ours and may be Markdown.
ACCEPTED = """
**Images**: a folder with one subfolder per class, or a table with paths and labels beside the images.

**Texts**: a table with texts and labels, lines of fastText, or a folder with one subfolder of text files per class.

**Questions over documents**: a folder with documents (Markdown, text, HTML, PDF, Word, EPUB, e-mail) and a table of
questions (the question, its accepted answers, and the document if known), or one table with all of it.

**Tagged sentences**: CoNLL columns (a word and its tag on each line), JSON with words and tags or with marked spans, or
a table with columns word, tag and sentence.

Tables are CSV, TSV, JSON, JSONL, Parquet or Arrow, also compressed (`.gz`), and the exports of COCO, Label Studio and
other programs for annotation. A folder can also come as a zip or tar of it. A table and its images, or documents and
their questions, may also be selected together. The guide says more under “Data” and “Documents”.
"""


def draw() -> None:
    """Files and a path side by side; the camera in a tab of its own, asked for only when that is open."""
    st.html(DROP_ZONE)
    with st.container(key="paths-of-dropped"):
        st.html(PATHS, unsafe_allow_javascript=True)
    files, whole, pictures = st.tabs(["Files", "Folder", "Camera"], key="own", on_change="rerun")
    if pictures.open:
        with pictures:
            camera.draw()
        return
    if whole.open:
        with whole:
            folder()
        return
    with files:
        if reads_paths():
            left, right = st.columns([3, 2], gap="medium")
            with right:
                local()
        else:
            left = st.container()
        with left:
            upload()
        with st.expander("What can be read", icon=":material/help:"):
            st.markdown(ACCEPTED)


def upload() -> None:
    """An uploaded archive or table, or documents with their questions, kept in the workspace once it is looked at.

    A folder that is dropped here is read as one in its own tab. Any file may come: the widget would refuse one by a red
    icon alone, while the reading says why and what to do.
    """
    label = "Drop a folder, an archive, a table, or documents with their questions"
    files = st.file_uploader(label, key="upload", accept_multiple_files=True)
    if files and (is_whole(files) or st.button("Preview the files", key="read-upload", type="primary")):
        keep(uploads.keep_folder if any("/" in file.name for file in files) else uploads.keep_together, files)


def is_whole(files: Sequence[UploadedFile]) -> bool:
    """Whether the files are previewed at once: a single table or archive that is small. Others may want company."""
    only = files[0]
    return (
        len(files) == 1
        and only.size <= AT_ONCE_BYTES
        and (is_archive(only.name) or table_format(only.name) is not None)
    )


def folder() -> None:
    """An uploaded folder, such as one with a subfolder of images for each class."""
    label = "Drop a folder, such as one with a subfolder of images for each class"
    files = st.file_uploader(label, key="upload-folder", accept_multiple_files="directory")
    if files and st.button("Preview the folder", key="read-folder", type="primary"):
        keep(uploads.keep_folder, files)


def keep(how: Callable[[list[tuple[BinaryIO, str]]], Path], files: Sequence[UploadedFile]) -> None:
    """Keep files in the workspace and open their preview, or show why that is not possible."""
    try:
        kept = how([(file, file.name) for file in files])
    except PeopleError as error:
        parts.problem(str(error))
        return
    look(str(kept), hidden=f"{kept.parent}{os.sep}")


def local() -> None:
    """A path on the machine that serves the page."""
    with st.form("path", border=True, height="stretch"):
        path = st.text_input(
            f"Or a path on {machine()}",
            placeholder="/home/me/photos, reviews.csv or manuals",
            help="A folder, an archive of one, or a table. “What can be read” below lists the formats.",
        )
        if st.form_submit_button("Preview the path", key="read-path"):
            if not path.strip():
                parts.problem("Type a path first.")
                return
            look(os.path.expanduser(path.strip()))  # noqa: PTH111 (Path raises on an unknown ~user)


def look(source: str, hidden: str = "") -> None:
    """Open the preview of a source.

    hidden: the part of its path that is left out where something fails, since its user never saw it.
    """
    places.go("data", preview=preview.looked_at(work.Reading(source, hidden, {})).key)
