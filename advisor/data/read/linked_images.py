"""Images that are linked into several class folders: one item each, with the names of its folders as labels."""

from __future__ import annotations

import json
import os

from advisor.core.kinds import kind_of, kind_row
from advisor.core.records import ReadOptions, SetAside
from advisor.core.wording import counted
from advisor.data.read.label_sets import EACH, FEW_SEVERAL
from advisor.data.read.listing import Listing
from advisor.data.read.names import natural


def join_links(listing: Listing, options: ReadOptions) -> None:
    """Join the items that are one file under several names into one with several labels, in place.

    Nothing where few images are linked so and the user did not ask for several labels, or asked for another thing.
    """
    items = listing.items
    asked = options.several_labels in EACH or (options.kind and kind_row(options.kind).task == "multilabel")
    if not len(items) or (not asked and (options.kind is not None or options.several_labels is not None)):
        return
    paths = items["path"].tolist()
    if not asked and not any(map(os.path.islink, paths)):
        return
    files = items["path"].map(os.path.realpath)
    folders = items.groupby(files, sort=False)["label"].agg(lambda names: sorted(set(names), key=natural))
    n_several = int((folders.map(len) > 1).sum())
    if not asked and n_several <= FEW_SEVERAL * len(folders):
        return
    again = files.duplicated()
    first = dict(zip(files[~again], items.loc[~again, "key"], strict=True))
    listing.set_aside += [
        SetAside(key=key, reason=f"It is the file of {first[file]}, which has all of its labels.")
        for key, file in zip(items.loc[again, "key"], files[again], strict=True)
    ]
    names = files[~again].map(folders)
    kept = items[~again].assign(
        labels=names.map(lambda own: json.dumps(own, ensure_ascii=False)), label=names.map(" + ".join)
    )
    listing.items, listing.kind = kept.reset_index(drop=True), kind_of("image", "multilabel")
    listing.notes.append(
        f"{counted(n_several, 'image is', 'images are')} linked into several folders: each folder is a label that is "
        f"learned for itself."
    )
