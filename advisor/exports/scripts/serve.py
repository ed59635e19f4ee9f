"""Answer over HTTP with Python's own server: `python serve.py --port 8000`.

GET /health; POST /predict with {"items": ["a text", ...]} for texts, or with the bytes of one image as the body.
For many clients at once, authentication and metrics put a real server before it.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import predict

MOST_BYTES = 20_000_000


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Whether the server is there."""
        found = self.path == "/health"
        self.answer(200 if found else 404, {"classes": predict.CLASSES} if found else {"error": "Ask for /health."})

    def do_POST(self) -> None:
        """The label of each item with the probability of each class."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/predict" or not 0 < length <= MOST_BYTES:
            self.answer(400, {"error": f"Post 1 to {MOST_BYTES:,} bytes to /predict."})
            return
        try:
            body = self.rfile.read(length)
            items = [BytesIO(body)] if predict.HOW["reads"] == "images" else [str(t) for t in json.loads(body)["items"]]
            rows = predict.probabilities(items)
        except Exception as error:  # whatever a body holds, the server goes on
            self.answer(422, {"error": f"The item cannot be used ({type(error).__name__}: {error})."})
            return
        self.answer(200, [told(row) for row in rows])

    def answer(self, status: int, content: Any) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def told(row: Any) -> dict[str, Any]:
    """What is said of an item."""
    probability = float(row.max())
    return {
        "label": predict.CLASSES[int(row.argmax())],
        "probability": probability,
        "sure": probability >= predict.HOW["not_sure_below"],
        "probabilities": dict(zip(predict.CLASSES, map(float, row), strict=True)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Answer over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    with ThreadingHTTPServer((asked.host, asked.port), Handler) as server:
        print(f"Listening on http://{asked.host}:{server.server_port}", flush=True)
        server.serve_forever()
