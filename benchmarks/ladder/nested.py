"""`python -m benchmarks.ladder.nested`: the constants of the decision, chosen without the dataset that they decide on.

Every pair of a curse and an anchor decides on every task in all cells of the grid. For each dataset the pair is taken
that did best on the others, and the mean of what it brings there is printed beside that of the constants in use.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from unittest.mock import patch

import numpy as np

from advisor.advice import decide
from advisor.advice.outlook import elsewhere
from advisor.advice.outlook.experience import Experience
from advisor.score import figures
from advisor.score.grid import CELLS, Table
from advisor.score.learner import advisor
from advisor.score.score import hold_out
from advisor.score.summary import signed

CURSES = (0.0, 2.5, 4.0, 5.3, 7.0)
ANCHORS = (0.0, 0.1, 0.25, 0.5)


def main() -> None:
    """Print the lead over the best constant of each cell: nested, in use, and of every pair."""
    held = hold_out(Experience.shipped(), advisor)
    table = Table(held.truths)
    constants = table.constants()
    best = constants[np.arange(len(CELLS)), constants.mean(axis=2).argmax(axis=1)]
    leads = {}
    for curse, anchor in product(CURSES, ANCHORS):
        with patch.object(elsewhere, "CURSE_POINTS", curse), patch.object(decide, "ANCHOR", anchor):
            leads[curse, anchor] = (table.of_adviser(held.advisers, priced=True) - best).mean(axis=0)
        print(
            f"curse {curse:>4} anchor {anchor:>4}: {signed(figures.mean(leads[curse, anchor], table.draws))}",
            flush=True,
        )
    names = np.array([truth.dataset for truth in held.truths])
    nested, taken = np.zeros(len(names)), Counter[tuple[float, float]]()
    for name in np.unique(names):
        pair = max(leads, key=lambda pair: leads[pair][names != name].mean())
        nested[names == name] = leads[pair][names == name]
        taken[pair] += 1
    print(f"nested: {signed(figures.mean(nested, table.draws))}; taken: {taken.most_common(3)}")


if __name__ == "__main__":
    main()
