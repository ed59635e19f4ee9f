"""What the Machine page shows: the device and its speed, the models, the check-up, the workspace by size."""
