"""Look into every item once: can it be read, how large is it, and which items are copies of each other.

Bad items are never an exception: they come back as unreadable with a reason, and the reader sets them aside.
"""

from __future__ import annotations

import pandas as pd

from advisor.core.records import Kind
from advisor.data.inspect.duplicates_image import inspect_images
from advisor.data.inspect.duplicates_text import inspect_questions, inspect_texts
from advisor.data.inspect.inspection import Inspection
from probes.progress import Progress, silent


def inspect_items(kind: Kind, items: pd.DataFrame, progress: Progress = silent) -> Inspection:
    """Inspect every item (of more than 5,000 images some, spread over the set, at most 500 MB) and find duplicates.

    items: `digest` (of the content; "" = unknown) and `path` (images) or `text`, any index; questions with `answers`
    and `document` too.
    """
    if kind == "image":
        return inspect_images(items, progress)
    if kind == "qa":
        return inspect_questions(items, progress)
    return inspect_texts(items, progress)
