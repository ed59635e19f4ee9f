"""What the sections of the check are told, what each of them says, and their list with a time limit for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import FIELDS, Figure, Relation, row_of

#: The whole check may take so long.
MOST_SECONDS = 480.0
#: Without a GPU a small check is patient: the cores may be few, and others may use them.
PATIENCE = 12.0

Row = dict[str, str]


@dataclass(frozen=True)
class Check:
    """One check: the device ("cuda" or "cpu"), whether it is a small one, and a folder for all that it writes."""

    device: str
    small: bool
    folder: Path

    @property
    def on_gpu(self) -> bool:
        """Whether there is a GPU to check."""
        return self.device == "cuda"


@dataclass(frozen=True)
class NotRun:
    """A figure that was not measured, and why in a few words, such as "no GPU"."""

    name: str
    why: str


@dataclass(frozen=True)
class Section:
    """A module of this package with ``figures(check)``; ``seconds`` after which it is ended on a GPU."""

    name: str
    title: str
    seconds: float

    def limit(self, check: Check) -> float:
        """Seconds after which the section is ended."""
        return self.seconds * (1.0 if check.on_gpu else PATIENCE)


#: In the order in which they run. Their seconds add up to less than `MOST_SECONDS`.
SECTIONS = (
    Section("device", "The device itself", 20),
    Section("extraction", "Extraction of features", 45),
    Section("precision", "Precision: bf16, fp16 or fp32", 40),
    Section("throughput", "Throughput of large networks", 75),
    Section("compiled", "torch.compile and CUDA graphs", 70),
    Section("memory", "Too little memory", 30),
    Section("images", "The whole line on images", 90),
    Section("texts", "The whole line on texts, with LoRA", 55),
    Section("resume", "Kill and resume", 50),
)

#: Why a figure was not measured, where that is the reason.
NO_GPU = "no GPU"


def row(section: str, outcome: Figure | NotRun, seconds: float) -> Row:
    """An outcome as a row of the table."""
    if isinstance(outcome, NotRun):
        return blank(section, outcome.name, f"not run: {outcome.why}", "", seconds)
    return row_of(outcome, seconds) | {"instrument": section}


def blank(section: str, name: str, verdict: str, how: str, seconds: float) -> Row:
    """A row without a value."""
    filled = {"instrument": section, "figure": name, "holds": verdict, "how": how, "seconds": f"{seconds:.0f}"}
    return {field: filled.get(field, "") for field in FIELDS}


def told(name: str, value: float, unit: str = "", how: str = "") -> Figure:
    """A figure that informs."""
    return Figure("", name, value, unit, "none", (), how)


def held(check: Check, name: str, value: float, unit: str, relation: Relation, *bound: float, how: str = "") -> Figure:
    """A figure beside its bound, which is a GPU's: without one it informs."""
    return Figure("", name, value, unit, relation, bound, how) if check.on_gpu else told(name, value, unit, how)
