"""A served model answers as the model itself, whatever way the items come; limits and the guard hold."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from advisor.core.errors import PeopleError
from advisor.core.records import Answer, Prediction
from advisor.rungs.saved.predictor import Predictor
from advisor.serve.answers import replies
from advisor.serve.limits import Limits
from advisor.serve.served import Served
from probes.reading import LOOPED
from tests.serve.serving import JSON, Server, serving

COOKING, SPORT = "Fry the onions in butter", "The goalkeeper saved the penalty"
KEY = "a key of more than sixteen signs"


@pytest.fixture(scope="module")
def server(texts: Predictor) -> Iterator[Server]:
    with serving(texts, Limits(items=8, text_characters=1000, body_bytes=20_000)) as running:
        yield running


@pytest.fixture(scope="module")
def image_server(images: Predictor) -> Iterator[Server]:
    with serving(images) as running:
        yield running


def labels(document: dict[str, Any]) -> list[str | None]:
    return [row.get("label") for row in document["predictions"]]


def test_a_text_and_a_list_of_texts_have_the_labels_of_the_model_itself(server: Server, texts: Predictor) -> None:
    expected = texts.predict([COOKING, SPORT])
    status, document = server.predict([COOKING, SPORT], probabilities=True)
    assert status == 200 and labels(document) == ["cooking", "sport"]
    for row, seen in zip(document["predictions"], expected, strict=True):
        assert row["probabilities"] == pytest.approx(seen.probabilities, abs=1e-5)
        assert row["probability"] + row["runner_up_probability"] <= 1.0001 and row["runner_up"] != row["label"]
        assert row["not_sure"] is (row["probability"] < 0.5)
    assert labels(server.predict(COOKING)[1]) == ["cooking"]
    assert "probabilities" not in server.predict(COOKING)[1]["predictions"][0]


def test_files_and_a_bare_text_are_read_too(server: Server) -> None:
    status, document = server.upload(("a.txt", COOKING.encode()), ("b.txt", SPORT.encode("utf-16")))
    assert status == 200 and labels(document) == ["cooking", "sport"]
    status, _, body = server.request("POST", "/predict", SPORT.encode(), {"Content-Type": "text/plain"})
    assert status == 200 and labels(json.loads(body)) == ["sport"]


def test_a_bad_input_keeps_its_place_and_all_bad_is_an_error(server: Server) -> None:
    status, document = server.predict([COOKING, "  ", "t" * 1001])
    assert status == 200 and labels(document) == ["cooking", None, None]
    assert "Input 2 is empty" in document["predictions"][1]["problem"]
    assert "1,001 characters" in document["predictions"][2]["problem"]
    assert server.predict([""])[0] == 422


def test_a_text_that_names_a_file_is_a_text(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SPORT)
    status, document = server.predict([str(secret), f"file://{secret}"])
    assert status == 200 and all("problem" not in row for row in document["predictions"])


@pytest.mark.parametrize(
    ("body", "headers", "status", "said"),
    [
        (b"{", JSON, 422, "JSON cannot be used"),
        (b'{"inputs": [1]}', JSON, 422, "JSON cannot be used at"),
        (b'{"texts": ["a"]}', JSON, 422, "JSON cannot be used"),
        (b'{"inputs": []}', JSON, 422, "holds no input"),
        (json.dumps({"inputs": ["a"] * 9}).encode(), JSON, 413, "9 inputs, more than 8"),
        (b"x" * 20_001, JSON, 413, "larger than 0.02 MB"),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "is not read"),
        (b"no form", {"Content-Type": "multipart/form-data; boundary=x"}, 422, "form cannot be read"),
        (b"{}", {**JSON, "Host": "evil.example"}, 403, "localhost only"),
        (b"{}", {**JSON, "Origin": "https://evil.example"}, 403, "another site"),
    ],
)
def test_what_cannot_be_answered_says_why(
    server: Server, body: bytes, headers: dict[str, str], status: int, said: str
) -> None:
    answered, _, content = server.request("POST", "/predict", body, headers)
    assert answered == status, content
    assert said in json.loads(content)["error"]


def test_a_body_that_never_says_its_length_is_bounded_too(server: Server) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    pieces = iter([b"x" * 5000] * 10)
    connection.request("POST", "/predict", pieces, JSON, encode_chunked=True)
    assert connection.getresponse().status == 413


def test_the_page_and_the_schema_come_whole_from_here(server: Server) -> None:
    status, headers, page = server.request("GET", "/docs")
    assert status == 200 and "default-src 'none'" in headers["content-security-policy"]
    assert b"cooking" in page and not re.search(rb"(src|href)=.?https?:", page)
    schema = json.loads(server.request("GET", "/openapi.json")[2])
    assert set(schema["paths"]) == {"/predict", "/health", "/model", "/metrics"}
    assert set(schema["paths"]["/predict"]["post"]["requestBody"]["content"]) == {
        "application/json", "multipart/form-data", "text/plain",
    }  # fmt: skip


def test_the_counters_count(texts: Predictor) -> None:
    with serving(texts) as fresh:
        fresh.predict([COOKING, SPORT, ""])
        status, headers, body = fresh.request("GET", "/metrics")
    counted = body.decode()
    assert status == 200 and headers["content-type"].startswith("text/plain; version=")
    assert 'advisor_requests_total{status="200"} 1.0' in counted
    assert 'advisor_items_total{outcome="problem"} 1.0' in counted
    assert "advisor_batch_items_sum 3.0" in counted


def test_a_model_that_fails_is_answered_and_counted_and_the_server_goes_on(texts: Predictor) -> None:
    class Fails:
        def __call__(self, items: list[str]) -> list[Prediction]:
            if "fail" in items:
                raise ZeroDivisionError("by nought")
            if "refuse" in items:
                raise PeopleError("The endpoint does not answer.")
            return texts.predict_each(items)

    served = Served(texts)
    served._each = Fails()
    with serving(served) as fresh:
        status, document = fresh.predict("fail")
        assert status == 500 and "log shows the cause" in document["error"]
        status, document = fresh.predict("refuse")
        assert status == 502 and document["error"] == "The endpoint does not answer."
        assert fresh.predict(COOKING)[0] == 200
        counted = fresh.request("GET", "/metrics")[2].decode()
    assert all(f'advisor_requests_total{{status="{status}"}} 1.0' in counted for status in (200, 500, 502))


def test_a_key_is_asked_for_everything_but_health_and_the_page(texts: Predictor) -> None:
    with serving(texts, key=KEY, local=False) as closed:
        assert closed.predict(COOKING)[0] == 401 == closed.request("GET", "/metrics")[0]
        for path in ("/health", "/docs", "/openapi.json"):
            status, _, body = closed.request("GET", path)
            assert status == 200 and b"cooking" not in body and texts.spec["run"].encode() not in body
        for shown in ({"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}):
            assert closed.predict(COOKING, shown)[0] == 200
        assert closed.predict(COOKING, {"Authorization": f"Bearer {KEY[:-1]}"})[0] == 401


def test_many_clients_each_get_their_own_answer_from_few_calls(server: Server) -> None:
    wrong: list[str | None] = []

    def client(text: str, label: str) -> None:
        wrong.extend(one for _ in range(10) for one in labels(server.predict(text)[1]) if one != label)

    clients = [threading.Thread(target=client, args=pair) for pair in [(COOKING, "cooking"), (SPORT, "sport")] * 8]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert wrong == []


def test_images_as_base64_files_and_bodies(image_server: Server, images: Predictor, pictures: Path) -> None:
    path = sorted((pictures / "digit 1").iterdir())[0]
    content, expected = path.read_bytes(), images.predict([path])[0]
    coded = base64.b64encode(content).decode()
    bodies = image_server.predict([coded, f"data:image/png;base64,{coded}"])[1]["predictions"]
    bodies += image_server.upload(("one.png", content))[1]["predictions"]
    raw = image_server.request("POST", "/predict", content, {"Content-Type": "image/png"})[2]
    bodies += json.loads(raw)["predictions"]
    assert [row["label"] for row in bodies] == [expected.label] * 4
    assert [row["probability"] for row in bodies] == pytest.approx([expected.probability] * 4, abs=1e-4)


def test_paths_and_addresses_of_images_are_not_opened(image_server: Server, pictures: Path) -> None:
    path = str(sorted((pictures / "digit 1").iterdir())[0])
    status, document = image_server.predict([path, "http://127.0.0.1:1/a.png", "../etc/passwd"])
    assert status == 422
    assert all("are not opened" in row["problem"] for row in document["predictions"])


def test_a_bomb_and_a_damaged_image_have_a_reason(image_server: Server, pictures: Path) -> None:
    stream = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(stream, "PNG")
    good = sorted((pictures / "digit 1").iterdir())[0].read_bytes()
    status, document = image_server.upload(("bomb.png", stream.getvalue()), ("half.png", good[:60]), ("ok.png", good))
    bomb, half, ok = document["predictions"]
    assert status == 200 and "144 megapixels" in bomb["problem"] and half["problem"] and ok["label"] == "digit 1"


def test_an_answer_that_repeats_itself_is_left_out_and_the_status_stays() -> None:
    looping = Answer(input="q", text="The answer is: " * 9, supported=True, probability=0.5)
    (told,) = replies([looping], 0.5, False).answers
    assert (told.answer, told.supported, told.not_sure, told.note, told.problem) == ("", False, True, LOOPED, None)
