"""An exported folder pushed to a model hub, Hugging Face's or one that speaks its language."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from advisor.core.errors import RunError
from advisor.exports.beside import CARD
from advisor.exports.export import export, exported_in
from probes.errors import first_line
from probes.progress import Progress, silent, within

#: What hubs show of a repository.
SHOWN = "README.md"


def publish(
    run: Path, repo: str, *, private: bool = True, token: str | None = None, progress: Progress = silent
) -> str:
    """Export the model in a run's folder whole and push it to the repository `repo` (``name`` or ``owner/name``).

    run: also a folder that was exported whole. token: by default what ``hf auth login`` or HF_TOKEN have left. Returns
    the address. Raises RunError in plain words where there is no token, or where the hub refuses or is not reached.
    """
    api = _hub(token)
    with tempfile.TemporaryDirectory(prefix="advisor-publish-") as room:
        done = exported_in(run)
        if done is not None and done.form != "folder":
            raise RunError(f"{run} holds the {done.form} alone. Export the whole folder: --format folder")
        folder = Path(room) / "model"
        if done is None:
            export(run, "folder", folder, within(progress, 0.0, 0.7))
        else:
            shutil.copytree(run, folder)
        shutil.copyfile(folder / CARD, folder / SHOWN)
        progress("Uploading", 0.7)
        return _pushed(api, repo, folder, private)


def _hub(token: str | None) -> Any:
    """The hub as this user. Raises RunError without a token, so that nothing is exported in vain."""
    from huggingface_hub import HfApi, constants, get_token

    known = token or get_token()
    if not known:
        raise RunError("There is no token of a model hub here. Run `hf auth login`, or set HF_TOKEN, and try again.")
    if constants.HF_HUB_OFFLINE:
        raise RunError("HF_HUB_OFFLINE is set, so no hub is asked. Unset it and try again.")
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, token=known)


def _pushed(api: Any, repo: str, folder: Path, private: bool) -> str:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        address = api.create_repo(repo, private=private, exist_ok=True)
        api.upload_folder(repo_id=address.repo_id, folder_path=folder, commit_message="A model by Transfer Advisor")
    except HFValidationError as error:
        raise RunError(f"{repo!r} is no name of a repository. Give name or owner/name.") from error
    except HfHubHTTPError as error:
        raise RunError(_refused(repo, error)) from error
    except Exception as error:  # whatever the hub's client is built on raises kinds of its own
        raise RunError(f"The hub was not reached ({first_line(error)}). Check the network and try again.") from error
    return str(address)


def _refused(repo: str, error: Any) -> str:
    """Why the hub refused, and what to do."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == 401:
        return "The hub does not accept the token. Run `hf auth login` with one that may write."
    if status == 403:
        return f"The token may not write to {repo}. Use one with write access, or a name of your own."
    if status == 404:
        return f"The hub has no place {repo}. Check the owner's name."
    return f"The hub refused {repo} ({first_line(error)}). Try again later."
