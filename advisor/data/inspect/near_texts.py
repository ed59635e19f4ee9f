"""Texts that share most of their 8-byte shingles, among any number of texts and in bounded memory.

The resemblance (Jaccard) is estimated on bottom-k sketches (Broder, "On the resemblance and containment of documents",
1997), which are exact for texts of up to 128 shingles. The 12 smallest hashes of each text bring texts together.
Sketches are kept as numbers of 32 bits up to 384 MB, enough for a million short texts; those of further texts are made
again when they are compared, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from probes.progress import Progress, silent

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

SHINGLE = 8  #: bytes of UTF-8
SKETCH = 128  #: smallest shingle hashes that two texts are compared on
N_KEYS = 12  #: of these, how many bring two texts together
MAX_SHARED = 30  #: a shingle in more texts than this brings only neighbours together
MAX_BYTES = 20_000  #: of one text that are looked at
#: Texts of at least so many bytes are near copies from this resemblance on; measured on news, questions and messages.
THRESHOLDS = ((240, 0.65), (50, 0.75))
#: With more pairs a text than this, only those are compared whose smallest hashes agree as often as those of all but
#: 1 in 1,000 pairs at the threshold do: in so many of 12 (binomial).
MANY_PAIRS = 10
_LONG_AGREE, _SHORT_AGREE = 3, 4
HASH_BITS = 40  #: so that a hash and the text's number in its chunk fit 64 bits
_TEXT_BITS = 24
_CHUNK_BYTES = 1 << 20
#: Texts whose meetings are looked at together, and pairs that are compared together.
_BLOCK_TEXTS, _BLOCK_PAIRS = 50_000, 20_000
KEPT_BYTES = 384 << 20  #: of sketches
_NO_KEY = np.uint32(2**32 - 1)


def near_pairs(texts: Sequence[str], rows: Ints, progress: Progress = silent) -> Ints:
    """Pairs of rows, (pairs, 2), whose texts share most of their shingles; only `rows`, ascending, are looked at.

    Of a group of texts whose pairs already hang together, not every pair is given.
    """
    lengths = np.fromiter((len(_encoded(texts[row])) for row in rows), dtype=np.int64, count=len(rows))
    rows, lengths = rows[lengths >= THRESHOLDS[-1][0]], lengths[lengths >= THRESHOLDS[-1][0]]
    if len(rows) < 2:
        return np.empty((0, 2), dtype=np.int64)
    chosen = _Chosen(texts, rows, lengths)
    keys, smallest = _keys(chosen, lambda sentence, share: progress(sentence, 0.5 * share))
    kept = [np.empty((0, 2), dtype=np.int64)]
    group = np.arange(len(rows))
    for done, pairs in _meetings(keys, len(rows)):
        pairs = pairs[_plausible(*lengths[pairs].T)]
        if len(pairs) > MANY_PAIRS * _BLOCK_TEXTS:
            pairs = pairs[_agreeing(smallest, lengths, pairs)]
        for start in range(0, len(pairs), _BLOCK_PAIRS):
            progress("Comparing similar texts", 0.5 + 0.5 * done)
            block = pairs[start : start + _BLOCK_PAIRS]
            if start:  # what hangs together already need not be compared
                block = block[group[block[:, 0]] != group[block[:, 1]]]
            same = block[chosen.resemblance(block) >= _wanted(*lengths[block].T)]
            if len(pairs) > _BLOCK_PAIRS and len(same):
                group = _joined(group, same)
            kept.append(same)
    return rows[np.concatenate(kept)]


def _wanted(a: Ints, b: Ints) -> NDArray[np.float64]:
    """The resemblance from which on texts of these lengths, in bytes, are near copies."""
    return np.where(np.minimum(a, b) >= THRESHOLDS[0][0], THRESHOLDS[0][1], THRESHOLDS[1][1])


def _plausible(a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Whether texts of these lengths can resemble each other enough; what comes twice in one counts once."""
    return np.minimum(a, b) >= 0.9 * _wanted(a, b) * np.maximum(a, b)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _joined(group: Ints, pairs: Ints) -> Ints:
    """The groups, (n,), after those of each pair became one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = group[pairs]
    n = len(group)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)[group]


class _Chosen:
    """The texts that are compared, by their number among `rows`, and the sketches that are kept; `lengths` in bytes."""

    def __init__(self, texts: Sequence[str], rows: Ints, lengths: Ints) -> None:
        self.texts, self.rows = texts, rows
        self.lengths = np.minimum(lengths, MAX_BYTES)
        self._parts: list[NDArray[np.uint32]] = []
        self._counts: list[Ints] = []
        self._n_bytes, self._full = 0, False

    def chunks(self, numbers: Ints) -> Iterator[tuple[int, list[bytes]]]:
        """(place of the first, texts) of as many of the numbered texts at a time as make about a megabyte."""
        ends = np.cumsum(self.lengths[numbers])
        start = 0
        while start < len(numbers):
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + _CHUNK_BYTES, side="right")))
            yield start, [_encoded(self.texts[row])[:MAX_BYTES] for row in self.rows[numbers[start:stop]].tolist()]
            start = stop

    def resemblance(self, pairs: Ints) -> NDArray[np.float64]:
        """Estimated share, (pairs,), of the shingles of each pair's texts that they have in common (Jaccard)."""
        if not len(pairs):
            return np.empty(0)
        numbers, places = np.unique(pairs, return_inverse=True)
        table = self._table(numbers)
        last = np.minimum(table[:, -1], _NO_KEY - np.uint32(1))  # beyond its last hash a full sketch knows nothing
        a, b = (places.reshape(-1, 2)[:, side] for side in (0, 1))
        bound = np.minimum(last[a], last[b])[:, None]
        table = table[:, : max(1, int((table < _NO_KEY).sum(axis=1).max()))]
        merged = np.sort(np.concatenate([table[a], table[b]], axis=1), axis=1)
        known = merged <= bound
        both = ((merged[:, 1:] == merged[:, :-1]) & known[:, 1:]).sum(axis=1)
        share: NDArray[np.float64] = both / np.maximum(known.sum(axis=1) - both, 1)
        return share

    def keep(self, owner: Ints, hashes: Hashes, n: int) -> None:
        """Keep the sketches of the next `n` texts where all before them are kept and there is room."""
        if self._n_bytes + 4 * len(hashes) > KEPT_BYTES or self._full:
            self._full = True
            return
        self._parts.append((hashes >> np.uint64(HASH_BITS - 32)).astype(np.uint32))
        self._counts.append(np.bincount(owner, minlength=n))
        self._n_bytes += 4 * len(hashes)

    def kept(self) -> None:
        """Join what was kept."""
        counts = np.concatenate([np.empty(0, dtype=np.int64), *self._counts])
        self._ends = np.cumsum(counts)
        self._starts = self._ends - counts
        self._hashes = np.concatenate([np.empty(0, dtype=np.uint32), *self._parts])
        self._parts.clear()

    def _table(self, numbers: Ints) -> NDArray[np.uint32]:
        """The sketches of the numbered texts, ascending, (texts, 128), filled up with the largest number."""
        table = np.full((len(numbers), SKETCH), _NO_KEY)
        n_kept = int(np.searchsorted(numbers, len(self._ends)))
        starts = self._starts[numbers[:n_kept]]
        counts = self._ends[numbers[:n_kept]] - starts
        rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        table[np.repeat(np.arange(n_kept), counts), rank] = self._hashes[np.repeat(starts, counts) + rank]
        for start, texts in self.chunks(numbers[n_kept:]):
            owner, hashes, rank = sketches(texts)
            table[n_kept + start + owner, rank] = hashes >> np.uint64(HASH_BITS - 32)
        return table


def sketches(texts: Sequence[bytes]) -> tuple[Ints, Hashes, Ints]:
    """The smallest shingle hashes of each text: (text number, hash, rank within the text), sorted by text and hash."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    owner, hashes, rank = _smallest(texts, lengths, np.minimum(1.0, 4 * SKETCH / np.maximum(lengths, 1)))
    # Of a text that repeats itself all hashes may lie above the bound: those are looked at whole.
    poor = np.flatnonzero((np.bincount(owner, minlength=len(texts)) < SKETCH) & (lengths > 4 * SKETCH))
    if not len(poor):
        return owner, hashes, rank
    again = _smallest([texts[number] for number in poor.tolist()], lengths[poor], np.ones(len(poor)))
    rich = ~np.isin(owner, poor)
    owner = np.concatenate([owner[rich], poor[again[0]]])
    hashes, rank = (np.concatenate([one[rich], other]) for one, other in ((hashes, again[1]), (rank, again[2])))
    order = np.argsort(owner, kind="stable")
    return owner[order], hashes[order], rank[order]


def _smallest(texts: Sequence[bytes], lengths: Ints, share: NDArray[np.float64]) -> tuple[Ints, Hashes, Ints]:
    """`sketches` of the hashes in the lowest `share`, (n,), of all: so a few per text are sorted, not all."""
    joined = b"".join(texts) + bytes(SHINGLE)
    # Every window of eight bytes as one number, by a view whose stride is one byte.
    windows = np.ndarray((len(joined) - SHINGLE,), dtype="<u8", buffer=joined, strides=(1,)).astype(np.uint64)
    mixed = (windows ^ (windows >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed >>= np.uint64(64 - HASH_BITS)
    keep = mixed <= np.repeat((share * (2**HASH_BITS - 1)).astype(np.uint64), lengths)
    keep &= np.arange(len(keep)) < np.repeat(np.cumsum(lengths) - SHINGLE + 1, lengths)
    number = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)[keep]
    both = distinct((number << np.uint64(HASH_BITS)) | mixed[keep])  # one number sorts far faster than two keys
    owner = (both >> np.uint64(HASH_BITS)).astype(np.int64)
    rank = np.arange(len(owner)) - np.searchsorted(owner, np.arange(len(texts)))[owner]
    small = rank < SKETCH
    return owner[small], both[small] & np.uint64(2**HASH_BITS - 1), rank[small]


def distinct(values: np.ndarray) -> np.ndarray:
    """The different values, sorted (np.unique hashes, which took five times as long on millions of pairs)."""
    ordered = np.sort(values)
    fresh = np.ones(len(ordered), dtype=bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]


def _agreeing(smallest: NDArray[np.uint32], lengths: Ints, pairs: Ints) -> NDArray[np.bool_]:
    """Whether enough of the smallest hashes of each pair's texts agree to make a near copy likely."""
    agree = np.empty(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _BLOCK_PAIRS):
        a, b = pairs[start : start + _BLOCK_PAIRS].T
        merged = np.sort(np.concatenate([smallest[a], smallest[b]], axis=1), axis=1)
        twice = (merged[:, 1:] == merged[:, :-1]) & (merged[:, 1:] < _NO_KEY)
        few = np.minimum((smallest[a] < _NO_KEY).sum(axis=1), (smallest[b] < _NO_KEY).sum(axis=1))
        long = np.minimum(lengths[a], lengths[b]) >= THRESHOLDS[0][0]
        agree[start : start + len(a)] = twice.sum(axis=1) >= np.minimum(few, np.where(long, _LONG_AGREE, _SHORT_AGREE))
    return agree


def _keys(chosen: _Chosen, progress: Progress) -> tuple[tuple[NDArray[np.uint64], int], NDArray[np.uint32]]:
    """The smallest hashes of every text with its number in the lowest bits, sorted, and how many bits that are; the
    same by text, (n, 12), to 32 bits.
    """
    n = len(chosen.rows)
    bits = max(_TEXT_BITS, n.bit_length())
    spare = np.uint64(max(0, HASH_BITS + bits - 64))
    parts = []
    smallest = np.full((n, N_KEYS), _NO_KEY)
    for start, texts in chosen.chunks(np.arange(n)):
        owner, hashes, rank = sketches(texts)
        chosen.keep(owner, hashes, len(texts))
        first = rank < N_KEYS
        parts.append(((hashes[first] >> spare) << np.uint64(bits)) | (owner[first] + start).astype(np.uint64))
        smallest[owner[first] + start, rank[first]] = hashes[first] >> np.uint64(HASH_BITS - 32)
        progress(f"Comparing texts: {start + len(texts):,} of {n:,}", (start + len(texts)) / n)
    chosen.kept()
    keys = np.concatenate(parts)
    parts.clear()
    keys.sort()
    return (keys, bits), smallest


def _meetings(keys: tuple[NDArray[np.uint64], int], n: int) -> Iterator[tuple[float, Ints]]:
    """Pairs of text numbers, (pairs, 2), the smaller first, that share keys; those that share most come first.

    One array for each block of texts that the pairs begin in, after the share of texts that lie before it.
    """
    merged, bits = keys
    text: NDArray[np.signedinteger] = (merged & np.uint64(2**bits - 1)).astype(np.int32 if bits < 32 else np.int64)
    merged >>= np.uint64(bits)
    starts = np.flatnonzero(np.concatenate([[True], merged[1:] != merged[:-1]]))
    counts = np.diff(np.append(starts, len(merged)))
    del merged
    # To how many of the next entries an entry leads: to all of its group, or to one where the group is large.
    left = np.repeat(starts + counts, counts) - np.arange(len(text)) - 1
    reach = np.where(np.repeat(counts, counts) <= MAX_SHARED, left, np.minimum(left, 1)).astype(np.int8)
    del left, starts, counts
    for start in range(0, n, _BLOCK_TEXTS):
        begins = np.flatnonzero((reach > 0) & (text >= start) & (text < start + _BLOCK_TEXTS))
        pairs = []
        step = 1
        while len(begins):
            pairs.append(text[begins].astype(np.int64) * n + text[begins + step])
            step += 1
            begins = begins[reach[begins] >= step]
        if not pairs:
            continue
        both = np.sort(np.concatenate(pairs))
        first = np.flatnonzero(np.concatenate([[True], both[1:] != both[:-1]]))
        shared = np.diff(np.append(first, len(both)))
        a, b = np.divmod(both[first], n)
        order = np.argsort(-shared, kind="stable")
        yield start / n, np.stack([a[order], b[order]], axis=1)
