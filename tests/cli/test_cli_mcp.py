"""`advisor mcp` as an agent meets it: a client over stdio lists the tools, takes advice, and stays in its folder."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from advisor.cli import mcp as tools
from advisor.core.errors import DatasetError, RunError

client = pytest.importorskip("mcp")


async def asked(folder: Path, *calls: tuple[str, dict[str, Any]]) -> tuple[list[str], list[Any]]:
    """The names of the tools, and the result of each call."""
    server = client.StdioServerParameters(
        command=sys.executable, args=["-m", "advisor.cli", "mcp"], env=dict(os.environ), cwd=str(folder)
    )
    async with client.stdio_client(server) as (reader, writer), client.ClientSession(reader, writer) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        return names, [await session.call_tool(name, arguments) for name, arguments in calls]


def test_a_client_lists_the_tools_takes_advice_and_stays_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    rows = [
        (f"{word} number {i} is here", label) for i in range(40) for word, label in (("tea", "drink"), ("car", "ride"))
    ]
    for place in (folder, tmp_path):
        pd.DataFrame(rows, columns=["text", "label"]).to_csv(place / "t.csv", index=False)
    names, (read, advised, outside, listed, sample) = asyncio.run(
        asked(
            folder,
            ("read", {"source": "t.csv"}),
            ("advise", {"source": "t.csv", "budget_seconds": 5}),
            ("read", {"source": "../t.csv"}),
            ("runs", {}),
            ("read", {"source": "sample:digits"}),
        )
    )
    assert names == ["read", "profile", "advise", "train", "runs", "predict"]
    assert json.loads(read.content[0].text)["classes"] == ["drink", "ride"]
    advice = json.loads(advised.content[0].text)
    assert advice["headline"] and len(advice["rungs"]) == 5
    assert outside.is_error and "lies outside" in outside.content[0].text
    assert not listed.is_error and not sample.is_error


def test_a_path_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    root = tmp_path.resolve() / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    assert (
        tools.inside(root, "a/b.csv") == str(root / "a/b.csv")
        and tools.inside(root, "sample:digits") == "sample:digits"
    )
    for path in ("..", "/etc/passwd", "link/t.csv", "a\0b"):
        with pytest.raises(DatasetError, match="outside"):
            tools.inside(root, path)


@pytest.mark.parametrize("run", ["", "..", "../somewhere", "/tmp/model"])
def test_a_run_is_named_by_its_id_alone(run: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not the id"):
        tools.applied(tmp_path, run, ["a"])
