"""Debian packages of which datasets are made: fetched into the workspace and unpacked there, never installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from advisor.core.workspace import Workspace

#: The version of each package, of Debian 12, so that a set has the same items on every machine.
VERSIONS = {
    "fluid-soundfont-gm": "3.1-5.3",
    "fonts-arphic-uming": "0.2.20080216.2-11",
    "fonts-noto-color-emoji": "2.042-0+deb12u1",
    "fortunes": "1:1.99.1-7.3",
    "iso-codes": "4.15.0-1",
    "lintian": "2.116.3+deb12u1",
    "linux-libc-dev": "6.1.176-1",
    "openclipart-png": "1:0.18+dfsg-19",
    "scid-data": "1:4.7.4+dfsg1-2",
    "stellarium-data": "0.22.2-1",
    "tuxpaint-stamps-default": "2022.06.04-1",
    "unicode-data": "15.0.0-1",
    "wesnoth-1.16-data": "1:1.16.9-1",
    "wordnet-base": "1:3.0-37",
}


def unpacked(package: str) -> Path | None:
    """Where the package's files lie, as below "/"; None where this machine cannot fetch that version.

    The workspace keeps them: the largest package takes 390 MB.
    """
    version = VERSIONS[package]
    folder = Workspace.here().folder / "bench" / "debian" / f"{package}_{version.replace(':', '.')}"
    if folder.is_dir():
        return folder
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        subprocess.run(["apt-get", "download", f"{package}={version}"], cwd=aside, capture_output=True, check=False)
        archive = next(Path(aside).glob("*.deb"), None)
        if archive is None:
            return None
        subprocess.run(["dpkg-deb", "-x", str(archive), str(Path(aside, "files"))], check=True)
        Path(aside, "files").rename(folder)
    return folder
