"""The decision record as Markdown, as one HTML page to keep or print, and as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.sections import Section, sections
from advisor.advice.record.side_by_side import Table
from advisor.core.ladder import rung
from advisor.core.shown import visible

Form = Literal["md", "html", "json"]
#: Letters that Markdown might read as its own; a user's words keep theirs.
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&])")
#: What starts a list, a heading or a rule at the beginning of a line.
START = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$|[-=])")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Decision record: {{ record.subject.name }}</title>
<style>
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #23302f; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2 { font-family: Georgia, serif; line-height: 1.2; break-after: avoid; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
p { max-width: 46rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 0.9em; margin: 0.8rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #dcd8cc; }
td.long { overflow-wrap: anywhere; }
th { color: #6f7774; font-weight: 600; } tr { break-inside: avoid; }
pre { background: #f1efe8; padding: 0.8rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8rem; }
.quiet { color: #6f7774; }
svg { max-width: 44rem; } svg text { font: 12px system-ui, sans-serif; fill: #23302f; }
svg text.chosen { font-weight: 700; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } pre { border: 1px solid #dcd8cc; } }
</style>
</head>
<body>
<h1>Decision record: {{ record.subject.name }}</h1>
<p class="quiet">Written {{ record.written }} by Transfer Advisor {{ record.versions["transfer-advisor"] }}.</p>
<svg viewBox="0 0 640 {{ 30 * bars | length + 10 }}" role="img" width="100%" aria-label="Expected value of each rung">
{% for bar in bars %}<g>
<text x="0" y="{{ bar.y + 4 }}"{% if bar.chosen %} class="chosen"{% endif %}>{{ bar.title }}</text>
<line x1="{{ bar.low }}" x2="{{ bar.high }}" y1="{{ bar.y }}" y2="{{ bar.y }}" stroke="{{ bar.color }}" \
stroke-width="3"/>
<circle cx="{{ bar.value }}" cy="{{ bar.y }}" r="6" fill="{{ bar.color }}"/>
<text x="560" y="{{ bar.y + 4 }}">{{ bar.text }}</text>
</g>
{% endfor %}</svg>
<p class="quiet">{{ record.advice.metric | capitalize }} with its 90 % interval; the recommended rung in bold.</p>
{% for section in sections %}
<section>
<h2>{{ section.title }}</h2>
{% for sentence in section.sentences %}<p>{{ sentence }}</p>
{% endfor %}{% if section.table and section.table.rows %}<table>
<thead><tr>{% for cell in section.table.headings %}<th>{{ cell }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in section.table.rows %}<tr>{% for cell in row %}\
<td{% if cell | length > 30 %} class="long"{% endif %}>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table>
{% endif %}{% if section.code %}<pre>{{ section.code }}</pre>
{% endif %}</section>
{% endfor %}</body>
</html>
"""


def written(record: DecisionRecord, form: Form) -> str:
    """The record as "md", "html" or "json", ready to be saved as UTF-8."""
    forms: dict[Form, Callable[[DecisionRecord], str]] = {"md": markdown, "html": html, "json": json}
    return forms[form](record)


def json(record: DecisionRecord) -> str:
    """The record itself; `DecisionRecord.load` reads it back."""
    return record.model_dump_json(indent=1) + "\n"


def markdown(record: DecisionRecord) -> str:
    """The record as Markdown in which the user's words have no effect."""
    lines = [f"# Decision record: {escaped(record.subject.name)}", "", f"Written {record.written}.", ""]
    for section in sections(record):
        lines += [f"## {section.title}", "", *_section(section)]
    return "\n".join(lines)


def _section(section: Section) -> list[str]:
    lines = [line for sentence in section.sentences for line in (escaped(sentence), "")]
    if section.table is not None and section.table.rows:
        lines += [*_table(section.table), ""]
    return [*lines, *_fenced(section.code)] if section.code else lines


def _table(table: Table) -> list[str]:
    head, *rows = ["| " + " | ".join(map(escaped, row)) + " |" for row in (table.headings, *table.rows)]
    return [head, "|" + " --- |" * len(table.headings), *rows]


def _fenced(code: str) -> list[str]:
    """Code between fences that are longer than any row of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, visible(code), fence, ""]


def escaped(text: str) -> str:
    r"""Words on one line in which Markdown finds nothing.

    >>> print(escaped("*hot* <b>news</b>"), escaped("- one\ntwo"))
    \*hot\* \<b\>news\</b\> \- one two
    """
    line = MARKUP.sub(r"\\\1", " ".join(visible(text).split()))
    return START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", line)


def html(record: DecisionRecord) -> str:
    """The record as one page that needs nothing else; every word of it is escaped."""
    from jinja2 import Environment, StrictUndefined

    page = Environment(autoescape=True, undefined=StrictUndefined, finalize=_seen).from_string(PAGE)
    return page.render(record=record, sections=sections(record), bars=bars(record))


def _seen(value: object) -> object:
    return visible(value) if isinstance(value, str) else value


def bars(record: DecisionRecord) -> list[dict[str, object]]:
    """Every rung's value and interval as places in a picture 640 wide, the interval's share from 150 to 540."""
    shown = [e for e in record.advice.estimates if e.value is not None and e.low is not None and e.high is not None]
    least = min((e.low or 0.0 for e in shown), default=0.0)
    wide = max(max((e.high or 0.0 for e in shown), default=1.0) - least, 0.01)

    def place(value: float | None) -> float:
        return round(150 + 390 * ((value or 0.0) - least) / wide, 1)

    return [
        {
            "y": 20 + 30 * number, "title": rung(e.rung).title, "text": f"{100 * (e.value or 0.0):.1f} %",
            "low": place(e.low), "value": place(e.value), "high": place(e.high),
            "chosen": e.rung == record.advice.recommended,
            "color": "#2a9086" if e.rung == record.advice.recommended else "#8796a0",
        }
        for number, e in enumerate(shown)
    ]  # fmt: skip
