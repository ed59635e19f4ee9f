"""The versions of a dataset on the page: which there are, what one changed, taking it home, undoing it."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset
from advisor.data.versions import export, family
from advisor.runs import about, store, version_effect
from advisor.runs.version_effect import Effect, effect, n_leaks
from advisor.ui import jobs, parts, places, terms, waiting
from advisor.ui.fixing import measuring
from advisor.ui.zips import zipped

#: A copy with more bytes is not sent through the browser; the command writes it.
MOST_BYTES = 200_000_000


def changed(version: Dataset) -> None:
    """What a version changed: one click measures it as its parent was; then both stand side by side.

    Before that nothing is claimed to have changed.
    """
    job = jobs.pending(_key("effect", version))
    if job is not None:
        parts.section("Measuring this version")
        waiting.wait(job)
        return
    found = effect(version)
    parts.section("What this version changed" if found is None or found.is_measured else "Not measured yet")
    if found is None:
        parts.note("The dataset that it was made from is no longer here, so nothing can be compared.")
        return
    side_by_side(found)
    with st.container(horizontal=True):
        if {"evidence", "advice"} & set(found.missing) and st.button(
            "Measure what it changed", key="measure-version", type="primary", icon=":material/compare_arrows:",
            help="Measures the version and advises on it with the question that was asked before.",
        ):  # fmt: skip
            jobs.start(_key("effect", version), "Measuring the version", partial(measuring.effect, version))
            st.rerun()
        if "training" in found.missing:
            train(version, found)
        if st.button("Undo this version", key="undo-version", icon=":material/undo:",
                     help="Deletes it. The decisions that made it are kept."):  # fmt: skip
            undo(version, found.before)


def side_by_side(found: Effect) -> None:
    """What changed in a sentence, the paired differences of what was trained on both, and the table.

    Of a version that is not measured only its data stand in the table.
    """
    if found.headline:
        parts.answer_line(found.headline)
    for one in found.trained:
        parts.text(f"{terms.title(one.rung)}, trained on both: {one.pair.verdict(found.before.name, found.after.name)}")
    n = n_leaks(found.after)
    if n and found.trained:
        copies = wording.counted(n, "training copy of test items", "training copies of test items")
        parts.note(f"The version is without {copies}, which made the value before look better than it was.")
    frame = pd.DataFrame(
        [
            {"": line.what, found.before.name: line.before, found.after.name: line.after or "not measured"}
            for line in found.lines
            if found.is_measured or line.after
        ]
    )
    parts.written(frame, alt=f"{found.before.name} beside {found.after.name}")
    if not found.is_measured:
        return
    said = ["In brackets the 90 % interval."]
    if any(line.what == version_effect.ON_PAGE and (line.before or line.after) for line in found.lines):
        said.append(
            "Advice also counts finished runs, which one side may lack, and takes off what the leading rung owes to "
            "luck. By the probes alone, only the data makes the difference."
        )
    parts.note(" ".join([*said, *found.remarks]))


def train(version: Dataset, found: Effect) -> None:
    """Train on the version what its parent's latest run trained."""
    key = _key("train", version)
    job = jobs.find(key)
    if job is not None and job.finished and job.result:  # it has a run now, which is under way
        jobs.forget(key)
        places.go("run", run=str(job.result), data=version.fingerprint[:16])
    runs = [status for status in about.of_dataset(found.before.fingerprint) if status.state == "done"]
    if not runs:
        return
    for status in about.of_dataset(version.fingerprint):
        if status.state not in store.ENDED:
            query = {**places.address(), "run": status.run}
            label = f"{status.title}: training is under way"
            st.page_link(places.page("run"), label=label, icon=":material/play_circle:", query_params=query)
            return
    last = runs[0]
    if st.button(f"Train it as before: {last.title}", key="train-version", icon=":material/play_circle:"):
        jobs.start(key, "Planning the run", partial(measuring.train_as, version, last.run))
        st.rerun()
    if job is not None and (not job.finished or job.error):
        waiting.wait(job)


def undo(version: Dataset, before: Dataset) -> None:
    """Delete the version and go back to what it was made from."""
    under_way = [status for status in about.of_dataset(version.fingerprint) if status.state not in store.ENDED]
    if under_way:
        parts.problem(f"Run {under_way[0].run} trains on {version.name}. Stop it first.")
        return
    try:
        family.delete(version)
    except PeopleError as error:
        parts.problem(str(error))
        return
    places.go("fix", data=before.fingerprint[:16])


def others(dataset: Dataset) -> None:
    """The dataset that was read and its versions, each to be opened."""
    every = family.versions_of(dataset)
    if not every:
        return
    parts.section("Versions")
    root = places.opened(family.root_of(dataset)[:16])
    for one in [*([root] if root is not None else []), *every]:
        with st.container(horizontal=True, vertical_alignment="center"):
            of = one.version
            said = family.what_changed(of) if of else "as it was read"
            here = " (open)" if one.fingerprint == dataset.fingerprint else ""
            st.text(f"{wording.short(one.name, 60)}{here} · {wording.count(one.n_used)} items · {said}")
            if not here and st.button("Open", key=f"open-{one.fingerprint[:16]}", icon=":material/folder_open:"):
                places.go("fix", data=one.fingerprint[:16])


def take_home(dataset: Dataset) -> None:
    """The dataset as a table and as a folder of copies."""
    name = "".join(ch if ch.isalnum() else "-" for ch in dataset.name)[:40].strip("-") or "dataset"
    n_bytes = sum(_size(str(path)) for path in dataset.items["path"]) if "path" in dataset.items else 0
    with st.container(horizontal=True):
        st.download_button(
            "Table as CSV", lambda: export.table(dataset).to_csv(index=False, lineterminator="\n"), mime="text/csv",
            file_name=f"{name}.csv", key="items-csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if n_bytes <= MOST_BYTES:
            st.download_button(
                "Copy with its split (zip)", lambda: copied(dataset), mime="application/zip", file_name=f"{name}.zip",
                key="items-zip", icon=":material/folder_zip:", on_click="ignore",
            )  # fmt: skip
    where = "" if n_bytes <= MOST_BYTES else "The copy is too large for a download. "
    parts.note(f"{where}Into a folder: advisor fix {dataset.source} --export FOLDER. Your own files are never changed.")


def copied(dataset: Dataset) -> bytes:
    """The folder of copies as an archive."""
    with tempfile.TemporaryDirectory() as place:
        return zipped(export.save_folder(dataset, Path(place) / "copy"))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _key(what: str, version: Dataset) -> str:
    return jobs.key_of(what, version.fingerprint)
