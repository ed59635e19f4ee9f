"""What a whole folder has beside the model: its card, the decision, training script, server, licences, Dockerfile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.core import storage
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.exports import card, contents
from advisor.exports.record import write_record
from advisor.exports.records import Exported
from advisor.rungs.saved.predictor import Predictor
from advisor.training.modality import modality_of
from advisor.training.texts import LORA_RATE_FACTOR

CARD = "MODEL_CARD.md"
DOCKERFILE = """# docker build -t model . && docker run -p 127.0.0.1:8000:8000 model
FROM python:3.12-slim
# Else ONNX Runtime reports its use to its maker.
ENV ORT_DISABLE_TELEMETRY=1
WORKDIR /model
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
# nobody
USER 65534
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health')"]
# Python's own server. With batching, keys and metrics: pip install "transfer-advisor[serve]" and advisor serve /model
CMD ["python", "serve.py", "--host", "0.0.0.0"]
"""
#: The packages that a training script imports.
NEEDED = {
    "train_images": "torch torchvision timm safetensors pillow",
    "train_texts": "torch transformers safetensors",
    "train_words": "scikit-learn",
}
#: The training script, by the library that has the network.
TRAINING = {"timm": "train_images", "torchvision": "train_images", "own": "train_images"}


def write(
    result: Exported,
    model: Predictor,
    plan: Plan,
    report: RunReport | None,
    dataset: Dataset | None,
    run: Path,
    to: Path,
) -> Exported:
    """Write all of it into `to`; what cannot be written is said in the remarks."""
    write_server(to)
    if not _training(model, run, to):
        why = "nothing of this model was trained" if _untrained(model.spec) else "no other library has its network"
        remark = f"There is no train.py: {why}."
        result = result.model_copy(update={"remarks": (*result.remarks, remark)})
    return papers(result, model.spec, plan, report, dataset, to)


def write_server(to: Path) -> None:
    """serve.py, and the Dockerfile that starts it."""
    (to / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    contents.write_script("serve", to / "serve.py")


def papers(
    result: Exported, spec: dict[str, Any], plan: Plan, report: RunReport | None, dataset: Dataset | None, to: Path
) -> Exported:
    """The licences, the decision record where the advice is still known, and the card."""
    (to / "LICENCES.md").write_text(licences(spec), encoding="utf-8")
    if dataset is None or not write_record(dataset, plan, to):
        remark = "There is no decision record: this workspace has no advice on the dataset any more."
        result = result.model_copy(update={"remarks": (*result.remarks, remark)})
    names = sorted(path.name for path in to.iterdir())
    whole = result.model_copy(update={"files": (*names, CARD)})
    storage.write_bytes(to / CARD, str(card.card(spec, plan, report, dataset, whole)).encode())
    return whole


def licences(spec: dict[str, Any]) -> str:
    """Whose weights the model rests on, under which licence, and where that can be read."""
    rows = [_row(part) for part in card.parts_of(spec)]
    if not rows:
        return "# Licences\n\nAll weights were learned on your data: no licence of others is on them.\n"
    table = "\n".join(["| weights | source | licence | its text | conditions |", "|---|---|---|---|---|", *rows])
    return f"# Licences\n\nThe model rests on weights of others. Keep this file with it.\n\n{table}\n"


def _row(part: card.Weights) -> str:
    where = f"https://spdx.org/licenses/{part.licence}.html" if part.licence in card.LICENCES else "see the publisher"
    cells = (part.title, part.source, part.licence)
    return f"| {' | '.join(map(card.text, cells))} | {where} | {card.text(part.terms)} |"


def _untrained(spec: dict[str, Any]) -> bool:
    """Whether class names alone decide; a CLIP model has no head at all."""
    return bool((spec.get("head") or {"type": "class names"})["type"] == "class names")


def _training(model: Predictor, run: Path, to: Path) -> bool:
    """train.py with its settings; False where there is nothing to train, or no library that has the network."""
    spec = model.spec
    if _untrained(spec):
        return False
    head = spec["head"]
    trained = storage.read_object(RunFiles(run).resolved) if RunFiles(run).resolved.is_file() else {}
    settings = {"classes": list(model.classes), "rung": spec["rung"], "whole": spec["weights"] == "all",
                "head": head, "seed": int(trained.get("seed", 0)), **_steps(trained, run)}  # fmt: skip
    if settings["whole"]:
        settings["pace"] = _pace(model, trained)
    if spec["weights"] == "words":
        name = "train_words"
    elif kind_row(spec["kind"]).modality == "text":
        name = "train_texts"
    else:
        name = TRAINING.get(model.backbone.entry.loader, "")
    if not name:
        return False
    contents.write_script(name, to / "train.py")
    contents.write_json(to / "training.json", settings)
    with (to / "requirements.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"# train.py besides: {NEEDED[name]}\n")
    if spec.get("backbone", {}).get("source") == "small-resnet":
        contents.write_network(to / "network.py")
    return True


def _steps(trained: dict[str, Any], run: Path) -> dict[str, Any]:
    """Learning rates, decay and length of a run that trained layers, as they were resolved and carried out.

    LoRA learns at a rate that would undo whole layers; those are trained in its place, at their own.
    """
    known = {"learning_rate": 1e-4, "head_learning_rate": 1e-3, "weight_decay": 0.02, "batch_size": 32,
             "label_smoothing": 0.05, "warmup": 0.15, "max_epochs": 20.0, "gentle_steps": 0}  # fmt: skip
    found = {name: value if isinstance(value := trained.get(name), (int, float)) and value else usual
             for name, usual in known.items()}  # fmt: skip
    if trained.get("adapters"):
        found["learning_rate"] /= LORA_RATE_FACTOR
    return found | {"steps": _steps_done(run)}


def _steps_done(run: Path) -> int | None:
    """The steps of the run's last fit; None where they are not known."""
    lines = storage.read_lines(RunFiles(run).metrics) if RunFiles(run).metrics.is_file() else []
    return next((int(line["step"]) for line in reversed(lines) if line.get("step")), None)


def _pace(model: Predictor, trained: dict[str, Any]) -> dict[str, float]:
    """How fast each weight of the backbone learns against the top ones, by its name; the rest does not learn."""
    share, decay = float(trained.get("layer_share") or 1.0), float(trained.get("layer_decay") or 1.0)
    body: Any = contents.body(model)
    blocks = modality_of(model.spec["kind"]).blocks(body)
    name_of = {id(weight): name.removeprefix("encoder.") for name, weight in body.named_parameters()}
    learning = blocks[len(blocks) - round(share * len(blocks)) :]
    return {
        name_of[id(weight)]: decay ** (len(learning) - 1 - place)
        for place, block in enumerate(learning)
        for weight in block
    }
