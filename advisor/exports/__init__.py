"""A run's model leaves this program: as ONNX, as safetensors, or as a folder with all that its next user needs."""
