"""Measures: items or arrays in, numbers out; never imports advisor.

Waiting OpenMP threads sleep instead of spinning. On two cores that another process also used, spinning threads
forwarded 16 and 43 images a second where sleeping ones forwarded 115 and 136 (Lite0, 128 px); on an idle machine
there was no difference. A dashboard beside a training run is just such a case. OpenMP reads the setting once, when
torch is first imported, so it is set here; your own setting wins.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

#: ONNX Runtime sends usage data since 1.29, unless it is told not to before it loads; both names have been in use.
for _name in ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"):
    os.environ.setdefault(_name, "1")
