"""Train this model again with torch and transformers alone: `python train.py table.csv --out new`.

The table has the columns text and label. A fifth is held out and measured; the weights go to new/model.safetensors.
Steps and rates are those of the run that made this folder; the head is fitted as there: logistic regression or ridge on
standardised features.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
RUN: dict[str, Any] = json.loads((HERE / "training.json").read_text("utf-8"))
CLASSES: list[str] = RUN["classes"]
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.enable_truncation(HOW["max_tokens"])
TOKENIZER.enable_padding(pad_id=HOW["pad_id"], pad_token=HOW["pad_token"])


class Network(nn.Module):
    """The encoder with the layers that the head reads, and the head: texts to (n, C) logits."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(self.features(["a", "b"]).shape[1], len(CLASSES))

    def features(self, texts: list[str]) -> Tensor:
        """What the head reads, (n, d): the mean of each layer's tokens, and the last as the encoder was made for."""
        tokens = TOKENIZER.encode_batch([HOW["prefix"] + text for text in texts])
        ids, mask = (torch.tensor([getattr(t, name) for t in tokens]) for name in ("ids", "attention_mask"))
        states = self.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        weight = mask.unsqueeze(-1).float()
        means = [(state * weight).sum(1) / weight.sum(1) for state in states]
        ends = {"mean": means[-1], "cls": states[-1][:, 0],
                "last": states[-1][torch.arange(len(texts)), mask.sum(1) - 1]}  # fmt: skip
        return torch.cat(
            [*(means[i] for i in HOW["layers"]), *([ends[HOW["pooling"]]] if HOW["last_features"] else [])], 1
        )

    def forward(self, texts: list[str]) -> Tensor:
        logits: Tensor = self.head(self.features(texts))
        return logits


def build(start: str | None) -> Network:
    """The network with the weights to start from: a file, those in this folder, or the hub's."""
    place = start or ("" if RUN["whole"] else str(HERE / "model.safetensors"))
    if not place:
        encoder = AutoModel.from_pretrained(HOW["architecture"], add_pooling_layer=False, trust_remote_code=False)
        return Network(encoder.eval()).eval()
    config = AutoConfig.from_pretrained(HERE / "config.json", trust_remote_code=False)
    encoder = AutoModel.from_config(config, trust_remote_code=False)
    state = load_file(place)
    encoder.load_state_dict({k.removeprefix("backbone.encoder."): v for k, v in state.items()
                             if k.startswith("backbone.encoder.")}, strict=False)  # fmt: skip
    return Network(encoder.eval()).eval()


@torch.inference_mode()
def embedded(network: Network, texts: list[str]) -> Tensor:
    """The features of all texts."""
    network.eval()
    return torch.cat([network.features(texts[start : start + 32]) for start in range(0, len(texts), 32)])


def fit_head(network: Network, x: Tensor, y: Tensor) -> None:
    """The linear layer on raw features, fitted on standardised ones."""
    mean, scale, penalty = x.mean(0), x.std(0).clamp(min=1e-6), float(RUN["head"].get("penalty", 100.0))
    z, hot = ((x - mean) / scale).double(), nn.functional.one_hot(y, len(CLASSES)).double()
    weight = torch.linalg.solve(z.T @ z + penalty * torch.eye(z.shape[1]), z.T @ (hot - hot.mean(0))).contiguous()
    bias = hot.mean(0).clone()
    if RUN["head"].get("head", "logistic") == "logistic":
        weight, bias = weight.requires_grad_(), bias.requires_grad_()
        optimizer: Any = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

        def loss() -> float:
            optimizer.zero_grad()
            value = (
                nn.functional.cross_entropy(z @ weight + bias, y, reduction="sum") + penalty / 2 * weight.square().sum()
            )
            torch.autograd.backward(value)
            return float(value.detach())

        optimizer.step(loss)
    with torch.no_grad():
        network.head.weight.copy_((weight.T / scale).float())
        network.head.bias.copy_((bias - (mean / scale).double() @ weight).float())


def fine_tune(network: Network, texts: list[str], y: Tensor, steps: int) -> None:
    """The layers that the run changed, each at its own pace: AdamW, warm-up then cosine, label smoothing."""
    network.train()
    rate = RUN["learning_rate"]
    weights = [(weight, rate * RUN["pace"].get(name, 0.0)) for name, weight in network.encoder.named_parameters()]
    weights += [(weight, RUN["head_learning_rate"]) for weight in network.head.parameters()]
    gentle = min(1.0, max(0.25, steps / RUN["gentle_steps"])) if RUN["gentle_steps"] else 1.0
    groups = []
    for weight, own in weights:
        weight.requires_grad_(own > 0)
        if own > 0:
            decay = RUN["weight_decay"] if weight.ndim > 1 else 0.0
            groups.append({"params": [weight], "lr": gentle * own, "weight_decay": decay})
    optimizer = torch.optim.AdamW(groups)
    warmup = max(1, int(RUN["warmup"] * steps))
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(
            (step + 1) / warmup, 0.5 + 0.5 * math.cos(math.pi * max(0, step - warmup) / max(1, steps - warmup))
        ),
    )
    for _ in range(steps):
        some = torch.randint(len(texts), (min(RUN["batch_size"], len(texts)),))
        loss = nn.functional.cross_entropy(
            network([texts[int(i)] for i in some]), y[some], label_smoothing=RUN["label_smoothing"]
        )
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        pace.step()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train this model again.")
    parser.add_argument("table", type=Path, help="a CSV file with the columns text and label")
    parser.add_argument("--out", type=Path, default=Path("new-model"))
    parser.add_argument("--steps", type=int, help="of fine-tuning; by default as many as the run's")
    parser.add_argument("--start", help="a model.safetensors with backbone.encoder.* to start from")
    asked = parser.parse_args()
    torch.manual_seed(RUN["seed"])
    with asked.table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("label") in CLASSES]
    if not rows:
        parser.error(f"{asked.table} has no row with one of the classes in its column label: {', '.join(CLASSES)}.")
    y = torch.tensor([CLASSES.index(row["label"]) for row in rows])
    order = torch.randperm(len(rows))
    held, rest = order[: max(1, len(order) // 5)], order[max(1, len(order) // 5) :]
    seen, unseen = ([rows[int(i)]["text"] for i in part] for part in (rest, held))
    network = build(asked.start)
    fit_head(network, embedded(network, seen), y[rest])
    if RUN["whole"]:
        usual = RUN["steps"] or math.ceil(RUN["max_epochs"] * len(rest) / RUN["batch_size"])
        fine_tune(network, seen, y[rest], usual if asked.steps is None else asked.steps)
    with torch.inference_mode():
        right = (network.head(embedded(network, unseen)).argmax(1) == y[held]).float().mean()
    asked.out.mkdir(parents=True, exist_ok=True)
    names = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(
        {f"backbone.{n}" if n.startswith("encoder.") else n: t for n, t in names.items()},
        asked.out / "model.safetensors",
    )
    print(f"accuracy {right:.3f} on {len(held)} held-out texts; wrote {asked.out / 'model.safetensors'}")


if __name__ == "__main__":
    main()
