"""A small residual network for learning from little data, from random weights only.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385, section 4.2,
with one block per stage, a stride in the stem and twice the width. On small sets, simple networks do as well as large
ones or better when both start at random (Brigato and Iocchi, "A Close Look at Deep Learning with Small Data",
ICPR 2020, https://arxiv.org/abs/2003.12843). It has no pre-trained weights, so it is no entry of the catalog.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from probes.backbones.entry import Entry

#: Channels of the stem and of each stage; every stage but the first halves height and width.
WIDTHS = (32, 32, 64, 128, 192)
INPUT_PX = 96
SMALL = Entry(
    "small-resnet", "image", "a small ResNet", "own", "small-resnet", None, "Apache-2.0", 0, None, INPUT_PX,
    (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), WIDTHS[-1], "Made for little data; 0.9 million weights, all random at first.",
)  # fmt: skip


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norm around a shortcut. Shape: (n, c_in, h, w) to (n, c_out, h / s, w / s)."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or c_in != c_out:
            self.shortcut = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        out: Tensor = (inner + self.shortcut(x)).relu()
        return out


class SmallResNet(nn.Module):
    """Shape: (n, 3, s, s) to (n, n_classes); its last layer is `fc`, as in torchvision's ResNets."""

    def __init__(self, n_classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(inplace=True)
        )
        stages = [Block(c_in, c_out, 1 if i == 0 else 2) for i, (c_in, c_out) in enumerate(pairwise(WIDTHS))]
        self.blocks = nn.Sequential(*stages)
        self.fc = nn.Linear(WIDTHS[-1], n_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.blocks(self.stem(x)).mean(dim=(2, 3)))
        return logits
