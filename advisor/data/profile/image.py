"""What the sizes, formats and colours of images say."""

from __future__ import annotations

import pandas as pd

from advisor.core.records import Finding
from advisor.core.wording import counted, percent
from advisor.data.profile.findings import finding, is_are

TINY_PX = 64
HUGE_PX = 4000
LONG = 2.0  #: times as long as wide
MIXED = 4.0  #: between the 5th and the 95th percentile of the short sides
ODD = 4.0  #: times the median of the short sides, where sizes hardly vary otherwise
GREY_MODES = ("1", "L", "I;16", "I;16B", "I", "F", "LA")
#: Least mean spread of red, green and blue, and of brightness, of 255, that counts as colour and as content.
NO_COLOUR, NO_CONTENT = 2.0, 2.0


def image_facts(measures: pd.DataFrame) -> dict[str, str]:
    """Title and value, for the page's table. measures: rows that were inspected."""
    width, height = measures["width_px"], measures["height_px"]
    sides = measures[["width_px", "height_px"]]
    formats = measures["format"].value_counts()
    return {
        "Median size": f"{width.median():.0f} × {height.median():.0f} px",
        "Smallest side": f"{float(sides.to_numpy().min()):,.0f} px",
        "Largest side": f"{float(sides.to_numpy().max()):,.0f} px",
        "Formats": ", ".join(f"{name} {n:,}" for name, n in formats.items()),
        "Total size": f"{measures['bytes'].sum() / 1e6:,.1f} MB",
    }


def image_findings(measures: pd.DataFrame) -> list[Finding]:
    """Tiny, huge, mixed, long, grey and blank images, and files of several. measures: rows that were inspected."""
    return [*size_findings(measures), *look_findings(measures), *further_pictures(measures)]


def size_findings(measures: pd.DataFrame) -> list[Finding]:
    """Tiny, mixed, huge and long images."""
    sides, keys = measures[["width_px", "height_px"]], measures["key"]
    short, long = sides.min(axis=1), sides.max(axis=1)
    low, high = short.quantile(0.05), short.quantile(0.95)
    huge, narrow = keys[long > HUGE_PX].tolist(), keys[long > LONG * short.clip(lower=1)].tolist()
    findings = []
    if short.median() < TINY_PX:
        width, height = measures["width_px"].iloc[0], measures["height_px"].iloc[0]
        if (sides == [width, height]).all(axis=None):
            size = f"All images are {width:.0f} × {height:.0f} px"
        else:
            size = f"{_share(short < TINY_PX)} are small: under {TINY_PX} px (median {short.median():.0f} px)"
        sentence = f"{size}. Backbones were trained on about 224 px, and enlarging adds no detail."
        findings.append(finding("tiny images", "note", sentence))
    if high > MIXED * low:
        sentence = f"Sizes vary: the short side of nine in ten images is between {low:,.0f} and {high:,.0f} px."
        findings.append(finding("mixed sizes", "note", sentence))
    odd = keys[(short > ODD * short.median()) | (ODD * short < short.median())].tolist()
    if odd and high <= MIXED * low:
        n = len(odd)
        sentence = (
            f"{counted(n, 'image')} {is_are(n)} of a very different size than the others (median {short.median():,.0f} "
            f"px): the size may give the class away, or show where they come from."
        )
        findings.append(finding("odd sizes", "note", sentence, odd))
    if huge:
        n = len(huge)
        sentence = f"{counted(n, 'image')} {is_are(n)} over {HUGE_PX:,} px long and slow to read."
        findings.append(finding("huge images", "note", sentence, huge))
    if narrow:
        n = len(narrow)
        sentence = f"{counted(n, 'image')} {is_are(n)} more than twice as long as wide; the ends are cut off."
        findings.append(finding("long images", "note", sentence, narrow))
    return findings


def look_findings(measures: pd.DataFrame) -> list[Finding]:
    """Grey images, and images without content."""
    keys = measures["key"]
    measures = measures.reindex(columns=["mode", "colourfulness", "contrast"])  # the last two came later
    grey = measures["mode"].isin(GREY_MODES) | (measures["colourfulness"] < NO_COLOUR)
    blank = keys[measures["contrast"] < NO_CONTENT].tolist()
    findings = []
    if grey.mean() > 0.5:
        sentence = f"{_share(grey)} are grey, so training does not change colours."
        findings.append(finding("grey images", "note", sentence))
    if blank:
        n = len(blank)
        sentence = f"{counted(n, 'image')} {'shows' if n == 1 else 'show'} nothing but one flat tone."
        findings.append(finding("blank images", "warning", sentence, blank))
    return findings


def further_pictures(measures: pd.DataFrame) -> list[Finding]:
    """Files with several pages or frames, of which the first is read."""
    n_pictures = measures.reindex(columns=["pictures"])["pictures"].fillna(1)  # earlier versions did not count
    several = measures["key"][n_pictures > 1].tolist()
    if not several:
        return []
    n, n_others = len(several), int((n_pictures - 1).sum())
    files = counted(n, "file holds", "files hold")
    others = f"{n_others:,} {'other is' if n_others == 1 else 'others are'} not"
    sentence = (
        f"{files} several pages or frames. The first {'' if n == 1 else 'of each '}is read, and {others}. To use "
        f"them, save each as an image of its own."
    )
    return [finding("several pictures", "note", sentence, several)]


def _share(flags: pd.Series[bool]) -> str:
    """How many of the images have a property, in words."""
    return "All images" if flags.all() else f"{percent(flags.mean(), 0)} of the images"
