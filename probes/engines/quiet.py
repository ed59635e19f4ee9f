"""What converters print and warn of is kept from the terminal, and what they set is set back."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """For the block's duration; the level of the root logger, which converters change, is as before after it."""
    root = logging.getLogger()
    level = root.level
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
