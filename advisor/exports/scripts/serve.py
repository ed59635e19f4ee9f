"""Answer over HTTP with Python's own server: `python serve.py --port 8000`.

GET /health. POST /predict with {"items": ["a text", ...]} for texts and questions, or with the bytes of one image.
This server is small: it has no keys and no metrics. `advisor serve` has both.
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
        if self.path == "/health":
            self.answer(200, {"status": "ok", "classes": getattr(predict, "CLASSES", [])})
        else:
            self.answer(404, {"error": "Ask for /health, or post to /predict."})

    def do_POST(self) -> None:
        """What is said of each item."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/predict" or not 0 < length <= MOST_BYTES:
            self.answer(400, {"error": f"Post 1 to {MOST_BYTES:,} bytes to /predict."})
            return
        try:
            body = self.rfile.read(length)
            images = predict.HOW["reads"] == "images"
            told = answers([BytesIO(body)] if images else [str(item) for item in json.loads(body)["items"]])
        except Exception as error:  # whatever a body holds, the server goes on
            self.answer(422, {"error": f"The item cannot be used ({type(error).__name__}: {error})."})
            return
        self.answer(200, told)

    def answer(self, status: int, content: Any) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def answers(items: list[Any]) -> list[dict[str, Any]]:
    """What is said of each item; a model of classes tells the probability of each."""
    if not hasattr(predict, "probabilities"):
        return [predict.answer(question) for question in items]
    rows = predict.probabilities(items)
    return [
        {**predict.answer(row), "probabilities": dict(zip(predict.CLASSES, row.tolist(), strict=True))} for row in rows
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Answer over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    with ThreadingHTTPServer((asked.host, asked.port), Handler) as server:
        print(f"Listening on http://{asked.host}:{server.server_port}", flush=True)
        server.serve_forever()
