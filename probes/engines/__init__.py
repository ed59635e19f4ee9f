"""Inference engines: a backbone as a graph that something faster than eager torch runs, on a processor.

Context: on one AVX-512 core, EfficientNet-Lite0 at 224 px ran 13 images a second in torch, 21 in its best format, 75 in
ONNX Runtime and 141 in OpenVINO; MiniLM at 64 tokens 44, 44, 39 and 98 texts. Choice: features come from the fastest
engine that agrees with torch on the items at hand (`probes.forward`, the one place that decides); torch trains, and
takes over whenever an engine fails. torch.compile is no engine here: compiling takes from half a minute on, at each
batch shape, for less than OpenVINO's rate.

`graph` says what is translated, `kept` keeps translations on disk, `on_openvino` and `on_onnxruntime` run them, `race`
times them, `opened` holds those that are open in this process.

Both libraries send usage data unless they are told not to. ONNX Runtime reads its setting from the environment, once,
so `probes` sets it; OpenVINO's sender is kept from being imported (`on_openvino`).
"""

from __future__ import annotations

#: What people call them; read where nothing heavy may be imported.
TITLES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}
