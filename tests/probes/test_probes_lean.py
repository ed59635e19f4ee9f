"""timm comes without torch's compiler, and the compiler is torch's own for whoever wants it afterwards."""

from __future__ import annotations

import subprocess
import sys

LEAN = """
import sys
import torch
from probes.backbones import lean
mark = torch.compiler.disable
model = lean.timm().create_model("tf_efficientnet_lite0", pretrained=False)
assert lean.torchvision().models.get_model("resnet18", weights=None) is not None
assert "torch._dynamo" not in sys.modules and "torch._dynamo.utils" not in sys.modules
assert torch.compiler.disable is mark
from torchvision.ops import roi_align
boxes = roi_align(torch.ones(1, 2, 8, 8), [torch.tensor([[0.0, 0.0, 4.0, 4.0]])], 2)
assert boxes.shape == (1, 2, 2, 2) and bool((boxes == 1).all())
import torch._dynamo.utils
assert torch._dynamo.utils.is_compile_supported("cpu") in (True, False)
assert torch._dynamo.utils.counters is not None
assert lean.timm().create_model("resnet18", pretrained=False) is not None
"""


def test_timm_is_imported_without_the_compiler_which_is_there_afterwards() -> None:
    ended = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
