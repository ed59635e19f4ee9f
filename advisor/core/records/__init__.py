"""The things on the line: dataset → profile → evidence → estimates → advice → plan → run → report.

Each is a small frozen pydantic record that writes itself to readable JSON and reads itself back; an
unknown key is an error, and a file of another schema version says so.
"""

from __future__ import annotations

from advisor.core.records.advice import Advice, Estimate, Exchange, Expected, Goal, WhatIf
from advisor.core.records.backbones import Backbones, BackboneTrial
from advisor.core.records.base import PARTS, Kind, Metric, Part, Record, Severity, State
from advisor.core.records.climb import Climb, ClimbStep, Gain
from advisor.core.records.data import Dataset, Finding, Profile, ReadOptions, SetAside
from advisor.core.records.evidence import (
    Domain,
    Evidence,
    LabelsNeeded,
    Layer,
    Layers,
    LearningCurve,
    ProbeResult,
    Stage,
    StageTime,
    TransferScore,
)
from advisor.core.records.labelling import LabelsGain, NextLabels, ToLabel
from advisor.core.records.pixels import PixelRange
from advisor.core.records.runs import (
    Answer,
    Mistake,
    Passage,
    Plan,
    Prediction,
    RunReport,
    RunStatus,
    Tagged,
    TaggedSpan,
    Threshold,
)
from advisor.core.records.situation import Situation
from advisor.core.records.versions import ACTIONS, Action, Decision, Decisions, VersionOf
from advisor.core.records.wishes import Constraints, Prices

__all__ = [
    "ACTIONS",
    "PARTS",
    "Action",
    "Advice",
    "Answer",
    "BackboneTrial",
    "Backbones",
    "Climb",
    "ClimbStep",
    "Constraints",
    "Dataset",
    "Decision",
    "Decisions",
    "Domain",
    "Estimate",
    "Evidence",
    "Exchange",
    "Expected",
    "Finding",
    "Gain",
    "Goal",
    "Kind",
    "LabelsGain",
    "LabelsNeeded",
    "Layer",
    "Layers",
    "LearningCurve",
    "Metric",
    "Mistake",
    "NextLabels",
    "Part",
    "Passage",
    "PixelRange",
    "Plan",
    "Prediction",
    "Prices",
    "ProbeResult",
    "Profile",
    "ReadOptions",
    "Record",
    "RunReport",
    "RunStatus",
    "SetAside",
    "Severity",
    "Situation",
    "Stage",
    "StageTime",
    "State",
    "Tagged",
    "TaggedSpan",
    "Threshold",
    "ToLabel",
    "TransferScore",
    "VersionOf",
    "WhatIf",
]
