"""The two libraries that users reach for: fastai for images, SetFit for texts. `make bench-rungs` installs them."""

from __future__ import annotations

import tempfile
import time
from typing import Any

import numpy as np

from advisor.core.records import Dataset
from advisor.data.features import load_backbone
from benchmarks.rungs.opponents import BATCH, IMAGE_PX, TRAINING_SHARE
from probes.backbones import catalog
from probes.backbones.weights import weights_path

#: fastai users take three to five epochs; more only where the budget has room.
MOST_EPOCHS = 5
TIMED_STEPS = 3


def fastai(dataset: Dataset, budget_seconds: float) -> np.ndarray:
    """`vision_learner(...).fine_tune(epochs)` on the default backbone, as many epochs (1 to 5) as the budget has."""
    from fastai.vision import all as fast

    fast.set_seed(0)
    train, test = dataset.where("train", "val"), dataset.where("test")
    paths = dataset.items["path"].astype(str)
    labels = [dataset.classes[label] for label in dataset.labels]
    loaders = fast.ImageDataLoaders.from_lists(
        ".", paths.iloc[train].tolist(), [labels[row] for row in train], valid_pct=0.15, seed=0, bs=BATCH,
        item_tfms=fast.Resize(IMAGE_PX), num_workers=0,
        batch_tfms=[*fast.aug_transforms(), fast.Normalize.from_stats([0.5] * 3, [0.5] * 3)],
    )  # fmt: skip
    entry = catalog.default("image")
    learner = fast.vision_learner(loaders, entry.source_id, pretrained=False, normalize=False)
    own = load_backbone(entry, IMAGE_PX, "cpu").module.state_dict()
    missing, _ = learner.model[0].model.load_state_dict(own, strict=False)
    assert not missing, missing
    step = _fastai_step_seconds(learner, loaders)
    epochs = int(TRAINING_SHARE * budget_seconds / (step * len(loaders.train))) - 1
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(min(MOST_EPOCHS, max(1, epochs)))
        scores, _ = learner.get_preds(dl=loaders.test_dl(paths.iloc[test].tolist()))
    place = {name: label for label, name in enumerate(dataset.classes)}
    vocabulary = np.array([place[str(name)] for name in loaders.vocab])
    predicted: np.ndarray = vocabulary[scores.argmax(1).numpy()]
    return predicted


def _fastai_step_seconds(learner: Any, loaders: Any) -> float:
    """Seconds of one training step of all layers, its batch included; the weights are left as they are."""
    seconds = []
    for _ in range(TIMED_STEPS):
        started = time.monotonic()
        images, labels = loaders.one_batch()
        learner.loss_func(learner.model(images), labels).backward()
        seconds.append(time.monotonic() - started)
    learner.model.zero_grad()
    return float(np.median(seconds))


def setfit(dataset: Dataset, budget_seconds: float) -> np.ndarray:
    """SetFit's Trainer with its defaults (one epoch of pairs), cut to as many steps as the budget has."""
    from datasets import Dataset as Rows
    from setfit import SetFitModel, Trainer, TrainingArguments

    train, test = dataset.where("train", "val"), dataset.where("test")
    texts = dataset.items["text"]
    rows = Rows.from_dict({"text": texts.iloc[train].tolist(), "label": dataset.labels[train].tolist()})
    model = SetFitModel.from_pretrained(str(weights_path(catalog.default("text")).parent), trust_remote_code=False)
    steps = int(TRAINING_SHARE * budget_seconds / _setfit_step_seconds(model, texts.iloc[train].tolist()))
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, batch_size=16, num_epochs=1, max_steps=max(1, min(steps, _one_epoch(dataset, train))),
            report_to="none", save_strategy="no", show_progress_bar=False, seed=0,
        )  # fmt: skip
        Trainer(model=model, args=arguments, train_dataset=rows).train()
    return np.asarray(model.predict(texts.iloc[test].tolist())).astype(int)


def _one_epoch(dataset: Dataset, train: np.ndarray) -> int:
    """Steps of one epoch: every unordered pair once, the rarer kind (same class or not) repeated up to the other."""
    counts = np.bincount(dataset.labels[train])
    positive = int((counts * (counts + 1) // 2).sum())
    negative = len(train) * (len(train) - 1) // 2 - int((counts * (counts - 1) // 2).sum())
    return 2 * max(positive, negative) // 16 + 1


def _setfit_step_seconds(model: Any, texts: list[str]) -> float:
    """Seconds of one training step of 16 pairs."""
    body = model.model_body
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(TIMED_STEPS):
        chosen = [texts[i] for i in rng.integers(len(texts), size=32)]
        started = time.monotonic()
        batch = body.preprocess(chosen) if hasattr(body, "preprocess") else body.tokenize(chosen)
        body(batch)["sentence_embedding"].square().sum().backward()
        seconds.append(time.monotonic() - started)
    body.zero_grad()
    return float(np.median(seconds))
