"""What an export came to, as records kept in its folder."""

from __future__ import annotations

from typing import ClassVar, Literal

from advisor.core import wording
from advisor.core.records.base import Record
from probes.measured import Measured

Form = Literal["onnx", "safetensors", "folder"]
FORMS: tuple[Form, ...] = ("onnx", "safetensors", "folder")
#: The largest difference of a probability that counts as the same, in float32.
BOUND = 1e-4


#: What is asked, and how what is given stands to it.
_ASKED = {"label": ("item", "on"), "answer": ("question", "to"), "marks": ("sentence", "in")}


class Pace(Record):
    """Milliseconds from items in hand to probabilities, the median of several: one item, and a batch of 32 in all."""

    one_ms: float
    batch_ms: float


class Parity(Record):
    """The exported model against the run's own, both asked about the same test items.

    ``difference``: the largest of any probability. ``n_same``: items with the same label; one whose two best classes
    are within `BOUND` of each other is a tie, and either label is the same. ``file_bytes``: of the exported model;
    ``runtime`` and ``torch``: how long each takes on this machine. ``gives``: what it says of an item.
    """

    n: int
    difference: float
    n_same: int
    file_bytes: int
    runtime: Pace
    torch: Pace
    bound: float = BOUND
    gives: Literal["label", "answer", "marks"] = "label"

    @property
    def same_labels(self) -> bool:
        """Whether both say the same of every item."""
        return self.n_same == self.n

    @property
    def items(self) -> str:
        """What was asked about, in the plural."""
        return f"{_ASKED[self.gives][0]}s"

    @property
    def otherwise(self) -> str:
        """What the exported model gives where it is not the same, and how often."""
        other = "other marks" if self.gives == "marks" else f"another {self.gives}"
        return f"{other} {_ASKED[self.gives][1]} {self.n - self.n_same:,}"

    @property
    def good(self) -> bool:
        """Whether both are one model as far as can be seen."""
        return self.same_labels and self.difference <= self.bound

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was compared and how quick each is."""
        gives, (item, of) = self.gives, _ASKED[self.gives]
        same = f"the same {gives} {of} all" if self.same_labels else self.otherwise
        return (
            f"Asked about {wording.counted(self.n, f'test {item}')} in onnxruntime, it gives {same}; probabilities "
            f"differ by {_small(self.difference)} (allowed: {self.bound:.4f}).",
            f"One {item} takes {self.runtime.one_ms:,.1f} ms in onnxruntime and {self.torch.one_ms:,.1f} ms in this "
            f"program, 32 together {self.runtime.batch_ms:,.0f} and {self.torch.batch_ms:,.0f} ms. The file is "
            f"{wording.size(self.file_bytes)}.",
        )


def _small(difference: float) -> str:
    """A difference of probabilities without an exponent.

    >>> _small(0.0000104), _small(2e-9)
    ('at most 0.000010', 'less than 0.000001')
    """
    return f"at most {difference:.6f}" if difference >= 1e-6 else "less than 0.000001"


class Quantised(Record):
    """The int8 version for CPUs: what it gets right beside the float32 one, on the same test items, and its cost.

    ``kept``: whether the file was left in the folder; one that loses too much is not.
    """

    metric: str
    full: Measured
    int8: Measured
    file_bytes: int
    runtime: Pace
    kept: bool = True

    @property
    def sentences(self) -> tuple[str, ...]:
        """Its value beside that of the model in float32, its size and its pace."""
        value = (
            f"In int8 it reaches {wording.percent(self.int8.value)} {self.metric} on {self.int8.n:,} test items, "
            f"in float32 {wording.percent(self.full.value)}."
        )
        if not self.kept:
            return (f"{value} That is too much to lose, so there is no int8 version.",)
        return (
            value,
            f"model.int8.onnx has {wording.size(self.file_bytes)}; one item takes {self.runtime.one_ms:,.1f} ms, 32 "
            f"together {self.runtime.batch_ms:,.0f} ms.",
        )


class Exported(Record):
    """An export: where it lies, what it holds, and what was found on checking it.

    ``rung`` and ``dataset``: what the model is and the name of what it learned. ``parity`` is None where nothing could
    be asked, and ``remarks`` say why.
    """

    NAME: ClassVar[str] = "export.json"

    run: str
    form: Form
    folder: str
    files: tuple[str, ...]
    rung: str = ""
    dataset: str = ""
    parity: Parity | None = None
    quantised: Quantised | None = None
    remarks: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is to be said, in order."""
        return (
            *(self.parity.sentences if self.parity else ()),
            *(self.quantised.sentences if self.quantised else ()),
            *self.remarks,
        )
