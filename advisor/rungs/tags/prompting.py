"""Prompting: the names of the types against runs of words; nothing is trained."""

from __future__ import annotations

from advisor.core.wording import listed
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.tags import common
from probes.tagging.decoding import allowed
from probes.tagging.names import spelled
from probes.tagging.schemes import tag_names


def execute(context: RunContext) -> Outcome:
    """Write the names down as a model, and mark the validation sentences."""
    backbone = common.open_backbone(context)
    types = context.dataset.span_types
    head = {"type": "type names", "names": [spelled(name) for name in types]}
    model = common.save(context, backbone, "head", head, allowed(tag_names(types)))
    rungs_common.save_resolved(context, {"rung": "prompting", **head})
    validation = common.validated(context, model, (0.3, 0.9))
    sentence = f"Runs of words were compared with the names {listed(head['names'])}; no labelled sentence was used."
    return Outcome("prompting", validation, (sentence,), context.device)
