"""Compute the advice's score and keep it beside LadderBench's tables, so that the dashboard opens it at once.

Run it after a table, the advice or the score has changed: ``make score``. It takes a minute.
"""

from __future__ import annotations

import argparse

from advisor.score.kept import ship

if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(f"Written to {ship()}.")
