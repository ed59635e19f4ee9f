"""The model card in the form that hubs read: what the model is, what it reached on which data, its limits, its sources.

The form is huggingface_hub's (`ModelCard`, `ModelCardData`): a head in YAML, then Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.ladder import run_title
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport
from advisor.core.shown import visible
from advisor.exports.records import Exported

if TYPE_CHECKING:
    from huggingface_hub import ModelCard, ModelCardData

TASKS = {
    "image": "image-classification", "text": "text-classification", "qa": "question-answering",
    "image-multilabel": "image-classification", "text-multilabel": "text-classification",
    "tags": "token-classification",
}  # fmt: skip
#: The hub's identifiers of the licences of weights; any other is "other" with its name.
LICENCES = {"Apache-2.0": "apache-2.0", "MIT": "mit", "BSD-3-Clause": "bsd-3-clause", "CC-BY-NC-4.0": "cc-by-nc-4.0"}
#: The hub's names of metrics.
METRICS = {
    "accuracy": "accuracy", "balanced accuracy": "balanced_accuracy", "token F1": "f1", "macro F1": "f1",
    "entity F1": "seqeval",
}  # fmt: skip
#: The sources of weights that nobody else made.
OWN = ("trained here", "small-resnet")
MOST_FINDINGS, MOST_CLASSES = 20, 50
_MARKUP = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>#|~$&!"})


def card(
    spec: dict[str, Any], plan: Plan, report: RunReport | None, dataset: Dataset | None, exported: Exported
) -> ModelCard:
    """The card of an exported model; what is not known any more is left out."""
    from huggingface_hub import ModelCard

    sections = (
        _opening(spec, plan),
        ("How to use it", _use(plan.kind, exported)),
        ("What it reached", _reached(report)),
        ("Data", _data(spec, plan, dataset)),
        ("Intended use", _use_for(spec)),
        ("Limits", _limits(spec, report)),
        ("What was found wrong with the data", _findings(dataset)),
        ("The exported file against the trained model", "\n".join(f"- {text(s)}" for s in exported.sentences)),
        ("Weights and their licences", _weights(spec)),
    )
    body = "\n\n".join(part if isinstance(part, str) else f"## {part[0]}\n\n{part[1]}" for part in sections if part[1])
    return ModelCard(f"---\n{card_data(spec, plan, report, exported).to_yaml()}\n---\n\n{body}\n")


def card_data(spec: dict[str, Any], plan: Plan, report: RunReport | None, exported: Exported) -> ModelCardData:
    """The head of the card, which hubs search and compare by."""
    from huggingface_hub import EvalResult, ModelCardData

    licence = next((part.licence for part in parts_of(spec)), None)  # of weights of others; the user's own have none
    known = LICENCES.get(licence or "")
    library = "transformers" if any(name.startswith("language-model") for name in exported.files) else "onnx"
    results = [] if report is None else [
        EvalResult(
            task_type=TASKS[plan.kind], dataset_type=plan.fingerprint[:16], dataset_name=plan.dataset_name,
            metric_type=METRICS.get(plan.metric, plan.metric), metric_value=round(report.test.value, 4),
            dataset_split="test", metric_name=plan.metric,
        )
    ]  # fmt: skip
    return ModelCardData(
        model_name=f"{plan.dataset_name} {spec['rung']}",
        license=known or (licence and "other"),
        license_name=None if known else licence,
        library_name=library,
        pipeline_tag=TASKS[plan.kind],
        tags=["transfer-advisor", library, spec["rung"]],
        metrics=[METRICS.get(plan.metric, plan.metric)],
        eval_results=results or None,
    )


@dataclass(frozen=True)
class Weights:
    """Weights that a model rests on: of whom, under which licence, and what their publisher asks besides."""

    title: str
    source: str
    licence: str
    terms: str = ""


def parts_of(spec: dict[str, Any]) -> list[Weights]:
    """The weights of others that a model rests on: the backbone's, the language model's, the encoder's."""
    parts = [_known(part) for name in ("backbone", "language_model", "model", "encoder", "clip")
             if (part := spec.get(name)) and part.get("source") not in OWN]  # fmt: skip
    return list({part.title: part for part in parts}.values())  # a prompt's backbone is its language model


def _known(part: dict[str, Any]) -> Weights:
    """What a model.json says of weights, and what the catalog knows besides."""
    from probes.backbones import catalog
    from probes.errors import BackboneError

    name = str(part.get("name", part.get("folder", "")))
    try:
        entry = catalog.find(name.split(" ")[0])
    except BackboneError:  # a folder that is gone, or an endpoint
        return Weights(str(part.get("title", name)), str(part.get("source", "")), str(part.get("licence", "unknown")))
    return Weights(entry.title, entry.hub_name or entry.source_id, str(part.get("licence", entry.licence)), entry.terms)


def text(words: object) -> str:
    """A user's words inside Markdown, as they are."""
    return visible(" ".join(str(words).split())).translate(_MARKUP)


def _opening(spec: dict[str, Any], plan: Plan) -> str:
    titles = [part.title for part in parts_of(spec)]
    classes = [text(name) for name in spec["classes"][:MOST_CLASSES]]
    name = run_title(spec["rung"], spec.get("fallback") or None)
    more = f", and {len(spec['classes']) - MOST_CLASSES:,} more" if len(spec["classes"]) > MOST_CLASSES else ""
    says = f" It says which of {len(spec['classes']):,} {_nouns(spec)}: {', '.join(classes)}{more}." if classes else ""
    return (
        f"# {text(plan.dataset_name)}: {name.lower()}\n\n{name}, a model made by Transfer Advisor "
        f"from {text(' and '.join(titles) or 'random weights')}, on the dataset {text(plan.dataset_name)}.{says}"
    )


def _nouns(spec: dict[str, Any]) -> str:
    """What the names of the model are, in the middle of a sentence."""
    several = kind_row(spec["kind"]).task == "multilabel"
    return "labels an item has, any of them or none" if several else "classes an item is of"


def _use(kind: str, exported: Exported) -> str:
    row = kind_row(kind)
    texts = {"answering": '"a question"', "tagging": '"a sentence"'}.get(row.task, '"a text"')
    asks = {"image": "photo.jpg", "text": texts}[row.modality]
    command = f"```\npip install -r requirements.txt\npython predict.py {asks}\n```\n\n"
    return (
        command * ("predict.py" in exported.files) + "Files: " + ", ".join(f"`{name}`" for name in exported.files) + "."
    )


def _reached(report: RunReport | None) -> str:
    if report is None:
        return "There is no report of the run, so its value on held-out items is not known."
    rows = [f"| {report.metric} on the locked test part | {wording.measured(report.test)} |"]
    if report.ood is not None:
        rows.append(f"| {report.metric} on the shifted part | {wording.measured(report.ood)} |")
    table = "\n".join(["| measure | value |", "|---|---|", *rows])
    per_class = _per_class(report)
    return "\n\n".join([table, *([per_class] if per_class else [])])


def _per_class(report: RunReport) -> str:
    def share(value: float | None) -> str:
        return "–" if value is None else wording.percent(value)

    rows = [
        f"| {text(row['class'])} | {share(row['precision'])} | {share(row['recall'])} | {row['n']:,} |"
        for row in report.per_class[:MOST_CLASSES]
    ]
    return "\n".join(["| class | precision | recall | n |", "|---|---|---|---|", *rows]) if rows else ""


def _data(spec: dict[str, Any], plan: Plan, dataset: Dataset | None) -> str:
    if dataset is None:
        return f"{text(plan.dataset_name)}, fingerprint `{plan.fingerprint}`."
    parts = dataset.items["part"].value_counts()
    counts = ", ".join(f"{int(n):,} {part}" for part, n in parts.items())
    split = "The split came with the data." if dataset.official_split else "The split was made by Transfer Advisor."
    return (
        f"{text(plan.dataset_name)}: {dataset.n_used:,} items used ({counts}), {dataset.n_set_aside:,} set aside. "
        f"{split} Fingerprint `{plan.fingerprint}`."
    )


def _use_for(spec: dict[str, Any]) -> str:
    if not spec["classes"]:
        return "Questions like those of the dataset. The documents are those in this folder."
    if kind_row(spec["kind"]).task == "multilabel":
        return (
            "Items like those of the dataset. Each label is given from a threshold of its own on, which was chosen on "
            "held-out items; an item may get several labels or none."
        )
    return (
        "Items like those of the dataset. The model gives every item one of its classes, even an item that belongs to "
        "none of them."
    )


def _limits(spec: dict[str, Any], report: RunReport | None) -> str:
    lines = ["- Values hold for items drawn like the test part; on others they may be lower."]
    if report is not None and report.test.n < 200:
        lines.append(f"- The test part has {report.test.n:,} items only: see the interval.")
    weak = [] if report is None else [
        row for row in report.per_class if row["recall"] is not None and row["recall"] < report.test.value - 0.1
    ]  # fmt: skip
    lines += [
        f"- It finds {wording.percent(row['recall'])} of {text(row['class'])} (n {row['n']:,})." for row in weak[:10]
    ]
    if report is not None and report.dropped:
        lines.append(f"- The run kept the rung it started from: {text(report.dropped)}.")
    return "\n".join(lines)


def _findings(dataset: Dataset | None) -> str:
    if dataset is None:
        return ""
    known = [Profile.saved(dataset.files.profile), Evidence.saved(dataset.files.evidence)]
    found = [finding for each in known if each is not None for finding in each.findings]
    wrong = [finding for finding in found if finding.severity != "note"][:MOST_FINDINGS]
    return "\n".join(f"- {text(finding.sentence)}" for finding in wrong) or "Nothing was found."


def _weights(spec: dict[str, Any]) -> str:
    lines = [f"- {text(part.title)} (`{part.source}`), licence {text(part.licence)}. {text(part.terms)}".rstrip()
             for part in parts_of(spec)]  # fmt: skip
    return "\n".join(lines) or "All weights were learned on this dataset."
