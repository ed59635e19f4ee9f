"""The page that says how to ask: the addresses of the OpenAPI schema with what each takes, and a form to try it.

Context: FastAPI's own page fetches its code from a public network of servers, so it stays blank on a machine without
the internet and tells that network who looks. This one comes whole from here.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Any

from advisor.core.shown import visible
from advisor.core.wording import listed

if TYPE_CHECKING:
    from advisor.serve.served import Served

_STYLE = """
body{font:16px/1.55 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1c2526;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.1rem;margin-top:2rem}code,pre,textarea{font:14px/1.5 ui-monospace,monospace}
pre{background:#f1f5f5;padding:.7rem;border-radius:.4rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
textarea,input[type=password]{width:100%;box-sizing:border-box;padding:.4rem}table{border-collapse:collapse}
td{padding:.2rem 1rem .2rem 0;vertical-align:top}button{padding:.4rem 1rem;margin:.6rem 0}
@media(prefers-color-scheme:dark){body{color:#e4eaea;background:#14191a}pre{background:#20282a}
textarea,input{background:#20282a;color:inherit;border:1px solid #465255}a{color:#63c1b8}}
"""
_SCRIPT = """
const form = document.querySelector('form'), shown = document.querySelector('#answer');
form.addEventListener('submit', async event => {
  event.preventDefault();
  const headers = {}, key = form.key.value, files = form.files ? form.files.files : [];
  if (key) headers['Authorization'] = 'Bearer ' + key;
  let body;
  if (files.length) { body = new FormData(); for (const file of files) body.append('files', file); }
  else { headers['Content-Type'] = 'application/json';
         body = JSON.stringify({inputs: form.inputs.value.split('\\n').filter(line => line.trim())}); }
  shown.textContent = '…';
  const answer = await fetch('/predict', {method: 'POST', headers, body}).catch(error => ({text: () => String(error)}));
  const text = await answer.text();
  try { shown.textContent = JSON.stringify(JSON.parse(text), null, 1); } catch { shown.textContent = text; }
});
"""


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


#: Nothing is fetched but this server's own answers, and no other script runs.
CONTENT_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; "
    f"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_FIELDS = {
    "image": '<p><label>Images <input type="file" name="files" multiple accept="image/*"></label></p>',
    "text": '<p><label>One input on each line<textarea name="inputs" rows="4"></textarea></label></p>',
}
_CURL = {
    "image": (
        "curl http://HOST/predict -F files=@one.jpg -F files=@two.jpg",
        'curl http://HOST/predict -H "Content-Type: image/jpeg" --data-binary @one.jpg',
    ),
    "text": (
        'curl http://HOST/predict -H "Content-Type: application/json" -d \'{"inputs": ["first", "second"]}\'',
        "curl http://HOST/predict -F files=@letter.txt",
    ),
}


def page(served: Served, schema: dict[str, Any], address: str, private: bool) -> str:
    """The page as HTML. schema: OpenAPI's; address: as its reader wrote it; private: tell nothing of the model."""
    rows = "".join(
        f"<tr><td><code>{method.upper()} {escape(path)}</code></td><td>{escape(entry['summary'])}</td></tr>"
        for path, methods in schema["paths"].items()
        for method, entry in methods.items()
    )
    title = "A model behind a key" if private else served.title
    about = "" if private else f"<p>Run {plain(served.run)}.</p>"
    if served.classes and not private:
        about += f"<p>Classes: {plain(listed(served.classes, 40))}.</p>"
    examples = plain("\n".join(_CURL[served.modality]).replace("http://HOST", address.rstrip("/")))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{plain(title)}</title><style>{_STYLE}</style><h1>{plain(title)}</h1>{about}"
        f'<table>{rows}</table><p>The schema for other programs: <a href="/openapi.json">/openapi.json</a></p>'
        f"<h2>From a shell</h2><pre>{examples}</pre>"
        f'<p>Where the server has a key, add <code>-H "Authorization: Bearer KEY"</code>.</p>'
        f"<h2>Try it</h2><form>{_FIELDS[served.modality]}"
        f'<p><label>API key, where there is one<input type="password" name="key" autocomplete="off"></label></p>'
        f'<button>Predict</button></form><pre id="answer" aria-live="polite"></pre><script>{_SCRIPT}</script></html>'
    )


def plain(text: str) -> str:
    """A user's words as HTML without any mark-up of their own."""
    return escape(visible(text))
