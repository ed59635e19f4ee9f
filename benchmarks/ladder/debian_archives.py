"""Pictures out of two binary formats: the sky's photographs sorted by a catalogue, an orchestra's notes as spectra."""

from __future__ import annotations

import gzip
import re
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.signal import resample_poly, stft

from benchmarks.ladder.debian import unpacked

#: Kinds of objects by Stellarium's number of their type (``Nebula::NebulaType``).
KINDS = {
    **dict.fromkeys((0, 1, 2, 3), "galaxy"),
    **dict.fromkeys((5, 6), "open cluster"),
    7: "globular cluster",
    11: "planetary nebula",
    **dict.fromkeys((10, 12, 13, 14, 15, 16, 17, 18), "nebula"),
}
#: Longest side of a kept photograph in pixels.
LONGEST = 160
#: General MIDI's families of eight programs each, in order; a bank of drums is one more.
FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects",
)  # fmt: skip
DRUMS, DRUM_BANK = "drums", 128
#: Generators of a SoundFont that name an instrument or a sample; types of samples that are mono or left.
INSTRUMENT, SAMPLE, ONE_EAR = 41, 53, (1, 4)
#: Notes of a family, at most and at least; samples a second, seconds, and the window and bands of the spectra.
MOST_NOTES, LEAST_NOTES, RATE, SECONDS, WINDOW, BANDS = 250, 20, 22_050, 1.5, 1024, 96
#: Decibels below the loudest that are black, and Hz of the lowest and the highest band.
RANGE, LOWEST, HIGHEST = 80.0, 40.0, 10_000.0


def nebulae(folder: Path) -> bool:
    """What a photograph of the deep sky shows: galaxy, cluster, nebula, by Messier's, NGC's or IC's number."""
    root = unpacked("stellarium-data")
    if root is None:
        return False
    place = root / "usr/share/stellarium/nebulae/default"
    kinds = dict(catalogued(gzip.decompress((place / "catalog.dat").read_bytes())))
    for path in sorted(place.glob("*.png")):
        named = re.match(r"(m|n|ic)(\d+)", path.stem)
        kind = None if named is None else kinds.get((named[1], int(named[2])))
        if kind in KINDS:
            (folder / KINDS[kind]).mkdir(exist_ok=True)
            picture = Image.open(path).convert("RGB")
            picture.thumbnail((LONGEST, LONGEST))
            picture.save(folder / KINDS[kind] / path.name)
    return True


def catalogued(catalogue: bytes) -> Iterator[tuple[tuple[str, int], int]]:
    """Each object's number in a list ("m", "n" or "ic") and its type, from the data stream that Stellarium writes.

    An object is: number, place and brightness, type, remark, sizes and distances, numbers in fourteen lists (NGC, IC
    and Messier first), then names and numbers in others (``Nebula::readDSO``).
    """
    head, body = struct.Struct(">i4dI"), struct.Struct(">2di6d14i")
    at = skipped(catalogue, skipped(catalogue, 0))
    while at < len(catalogue):
        kind = head.unpack_from(catalogue, at)[-1]
        at = skipped(catalogue, at + head.size)
        numbers = body.unpack_from(catalogue, at)[9:12]
        at = skipped(catalogue, at + body.size) + 8
        for _ in range(7):
            at = skipped(catalogue, at)
        at += 20
        yield from (((name, n), kind) for name, n in zip(("n", "ic", "m"), numbers, strict=True) if n)


def skipped(stream: bytes, at: int) -> int:
    """Where a string of a data stream ends that begins at `at`: four bytes of length, -1 for none, then its bytes."""
    length: int = struct.unpack_from(">i", stream, at)[0]
    return at + 4 + max(length, 0)


def instruments(folder: Path) -> bool:
    """Of which family the instrument is that plays a note, by its spectrogram (fluid-soundfont-gm)."""
    root = unpacked("fluid-soundfont-gm")
    if root is None:
        return False
    chunks = dict(parts((root / "usr/share/sounds/sf2/FluidR3_GM.sf2").read_bytes()))
    waves = np.frombuffer(chunks["smpl"], "<i2")
    played: dict[str, list[int]] = {}
    for sample, family in sorted(families(chunks).items()):
        played.setdefault(family, []).append(sample)
    headers = list(struct.iter_unpack("<20s5IBbHH", chunks["shdr"]))
    for family, samples in played.items():
        notes = [i for i in samples if headers[i][9] in ONE_EAR]
        if len(notes) < LEAST_NOTES:
            continue
        (folder / family).mkdir()
        for i in np.random.default_rng(0).permutation(len(notes))[:MOST_NOTES]:
            start, end, rate = (headers[notes[i]][k] for k in (1, 2, 5))
            spectrogram(waves[start:end], rate).save(folder / family / f"{notes[i]:04}.png")
    return True


def parts(content: bytes, start: int = 12, end: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a RIFF file's chunks, those inside lists too (SoundFont 2.04, section 4)."""
    end = len(content) if end is None else end
    while start < end:
        name, size = content[start : start + 4].decode("latin-1"), struct.unpack_from("<I", content, start + 4)[0]
        if name == "LIST":
            yield from parts(content, start + 12, start + 8 + size)
        else:
            yield name, content[start + 8 : start + 8 + size]
        start += 8 + size + size % 2


def families(chunks: dict[str, bytes]) -> dict[int, str]:
    """The family of every sample that instruments of one family alone play: preset, instrument, sample."""
    used: dict[int, set[str]] = {}
    presets = list(struct.iter_unpack("<20s3H3I", chunks["phdr"]))
    bags = list(struct.iter_unpack("<20sH", chunks["inst"]))
    for (_, program, bank, first, *_), following in pairwise(presets):
        family = DRUMS if bank == DRUM_BANK else FAMILIES[program // 8]
        for instrument in named(chunks["pbag"], chunks["pgen"], first, following[3], INSTRUMENT):
            first_zone, last_zone = bags[instrument][1], bags[instrument + 1][1]
            for sample in named(chunks["ibag"], chunks["igen"], first_zone, last_zone, SAMPLE):
                used.setdefault(sample, set()).add(family)
    return {sample: next(iter(found)) for sample, found in used.items() if len(found) == 1}


def named(bags: bytes, generators: bytes, first: int, last: int, wanted: int) -> Iterator[int]:
    """What the generators of one kind name in the zones from `first` up to `last`."""
    start, end = (struct.unpack_from("<H", bags, 4 * bag)[0] for bag in (first, last))
    for operator, amount in struct.iter_unpack("<2H", generators[4 * start : 4 * end]):
        if operator == wanted:
            yield amount


def spectrogram(wave: np.ndarray, rate: int) -> Image.Image:
    """A note's beginning as grey values: bands of equal ratio upwards, time to the right, silence behind its end.

    ``wave``: (n,) samples.
    """
    heard = resample_poly(wave.astype(float), RATE, rate)[: round(SECONDS * RATE)]
    whole = np.pad(heard, (0, round(SECONDS * RATE) - len(heard)))
    hertz, _, spectra = stft(whole, RATE, nperseg=WINDOW, noverlap=WINDOW - round(SECONDS * RATE / BANDS))
    bands = np.searchsorted(hertz, np.geomspace(LOWEST, HIGHEST, BANDS))
    power = np.abs(spectra)[bands][:, :BANDS] ** 2
    decibels = 10 * np.log10(power / max(power.max(), 1e-12) + 1e-12)
    grey = 255 * (1 + np.clip(decibels, -RANGE, 0) / RANGE)
    return Image.fromarray(grey[::-1].astype(np.uint8))


MAKERS: dict[str, Callable[[Path], bool]] = {"nebulae": nebulae, "instruments": instruments}
