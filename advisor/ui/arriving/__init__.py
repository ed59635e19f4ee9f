"""Where data arrives: samples, files, a path, the camera, and the preview before anything is read."""
