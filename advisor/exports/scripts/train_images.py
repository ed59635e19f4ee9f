"""Train this model again with torch and timm (or torchvision) alone: `python train.py FOLDER --out new`.

FOLDER holds one folder of images for each class, named as the class. A fifth is held out and measured; the weights go
to new/model.safetensors. Steps and rates are those of the run that made this folder; the head is fitted as there:
logistic regression or ridge on standardised features. Only the augmentation is simpler: random shifts.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import torch
from inputs import picture
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
RUN: dict[str, Any] = json.loads((HERE / "training.json").read_text("utf-8"))
CLASSES: list[str] = RUN["classes"]
SIZE, MEAN, STD = HOW["size_px"], torch.tensor(HOW["mean"]), torch.tensor(HOW["std"])


class Network(nn.Module):
    """The backbone with the layers that the head reads, and the head: (n, size, size, 3) uint8 to (n, C) logits."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.kept: dict[str, Tensor] = {}
        for name in HOW["layers"]:
            backbone.get_submodule(name).register_forward_hook(self.keep(name))
        self.head = nn.Linear(self.features(torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)).shape[1], len(CLASSES))

    def keep(self, name: str) -> Any:
        """Notes a layer's mean over space, or over tokens."""

        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.kept[name] = (
                output.mean(dim=(2, 3)) if output.dim() == 4 else output.mean(1) if output.dim() == 3 else output
            )

        return hook

    def features(self, pixels: Tensor) -> Tensor:
        """What the head reads, (n, d)."""
        last = self.backbone(((pixels / 255 - MEAN) / STD).permute(0, 3, 1, 2))
        return torch.cat([*(self.kept[name] for name in HOW["layers"]), *([last] if HOW["last_features"] else [])], 1)

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(pixels))
        return logits


def build(start: str | None) -> Network:
    """The network with the weights to start from: a file, those in this folder, or the library's own."""
    place = start or ("" if RUN["whole"] else str(HERE / "model.safetensors"))
    state = load_file(place) if place else None
    fetched, name = state is None and RUN["rung"] != "scratch", HOW["architecture"]
    if HOW["library"] == "timm":
        import timm

        backbone = timm.create_model(name, pretrained=fetched, num_classes=0)
    elif HOW["library"] == "torchvision":
        from torchvision.models import get_model

        backbone = get_model(name, weights="DEFAULT" if fetched else None)
        last = next(key for key, part in reversed(list(backbone.named_modules())) if isinstance(part, nn.Linear))
        backbone.set_submodule(last, nn.Identity())
    else:
        from network import SmallResNet

        backbone = SmallResNet()
        backbone.fc = nn.Identity()
    if state is not None:
        backbone.load_state_dict(
            {k.removeprefix("backbone."): v for k, v in state.items() if k.startswith("backbone.")}
        )
    return Network(backbone.eval()).eval()


def pixels(path: Path) -> Tensor:
    """(size, size, 3) uint8: shorter side to size, centre crop; an image longer than 2:1 is squashed."""
    image = Image.fromarray(picture(path))
    scale = SIZE / min(image.size)
    long = max(image.size) > 2 * min(image.size)
    sides = (SIZE, SIZE) if long else tuple(max(SIZE, round(side * scale)) for side in image.size)
    # across, then down: the order of one call depends on the version of Pillow, and the levels on the order
    image = image.resize((sides[0], image.height), Image.Resampling.BICUBIC)
    image = image.resize((sides[0], sides[1]), Image.Resampling.BICUBIC)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    return torch.frombuffer(
        bytearray(image.crop((left, top, left + SIZE, top + SIZE)).tobytes()), dtype=torch.uint8
    ).view(SIZE, SIZE, 3)


@torch.inference_mode()
def embedded(network: Network, items: Tensor) -> Tensor:
    """The features of all items."""
    network.eval()
    return torch.cat([network.features(part) for part in torch.split(items, 32)])


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


def fine_tune(network: Network, items: Tensor, y: Tensor, steps: int) -> None:
    """The layers that the run changed, each at its own pace: AdamW, warm-up then cosine, label smoothing.

    Batch norms learn from scratch only.
    """
    network.train(RUN["rung"] == "scratch")
    rate = RUN["learning_rate"]
    weights = [(weight, rate * RUN["pace"].get(name, 0.0)) for name, weight in network.backbone.named_parameters()]
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
        some = torch.randint(len(items), (min(RUN["batch_size"], len(items)),))
        shift = torch.randint(-SIZE // 16, SIZE // 16 + 1, (2,)).tolist()
        logits = network(items[some].roll(shift, (1, 2)))
        loss = nn.functional.cross_entropy(logits, y[some], label_smoothing=RUN["label_smoothing"])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        pace.step()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train this model again.")
    parser.add_argument("folder", type=Path, help="with one folder of images for each class")
    parser.add_argument("--out", type=Path, default=Path("new-model"))
    parser.add_argument("--steps", type=int, help="of fine-tuning; by default as many as the run's")
    parser.add_argument("--start", help="a model.safetensors with backbone.* to start from")
    asked = parser.parse_args()
    torch.manual_seed(RUN["seed"])
    found = [
        (path, i)
        for i, name in enumerate(CLASSES)
        for path in sorted((asked.folder / name).glob("*"))
        if path.is_file()
    ]
    if not found:
        parser.error(f"{asked.folder} has no images in folders named as the classes: {', '.join(CLASSES)}.")
    items, y = torch.stack([pixels(path) for path, _ in found]), torch.tensor([label for _, label in found])
    order = torch.randperm(len(items))
    held, rest = order[: max(1, len(order) // 5)], order[max(1, len(order) // 5) :]
    network = build(asked.start)
    if RUN["rung"] != "scratch":
        fit_head(network, embedded(network, items[rest]), y[rest])
    if RUN["whole"]:
        usual = RUN["steps"] or math.ceil(RUN["max_epochs"] * len(rest) / RUN["batch_size"])
        fine_tune(network, items[rest], y[rest], usual if asked.steps is None else asked.steps)
    with torch.inference_mode():
        right = (network.head(embedded(network, items[held])).argmax(1) == y[held]).float().mean()
    asked.out.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, asked.out / "model.safetensors"
    )
    print(f"accuracy {right:.3f} on {len(held)} held-out items; wrote {asked.out / 'model.safetensors'}")


if __name__ == "__main__":
    main()
