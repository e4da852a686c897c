"""The API for people: a page of the product, and docs/API.md, both from the OpenAPI document."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from telegram_webapp.problems import MIMETYPE

Document = dict[str, Any]

JSON: Final = "application/json"
MOST_EXAMPLE: Final = 1200
INTRO: Final = """# The API

Everything that the page shows can be asked for by a program. Make a key at `/access` or with
`python run_dashboard.py keys create <name> --role viewer`, and send it as a bearer:

```
export DECK=http://127.0.0.1:8080 KEY=qd_…
curl -s "$DECK/api/me" -H "Authorization: Bearer $KEY"
```

`/api/openapi.json` has all of this as an OpenAPI 3.1 document, `/api/docs` as a page;
[examples/client.py](examples/client.py) is a small typed client.

- **Times** are whole milliseconds since 1970, UTC. **Amounts** are numbers; files have them exact.
- **Errors** are `application/problem+json` (RFC 9457): `status`, `code` (a stable word for
  programs), `detail` (a sentence that says what is wrong). `429` and `503` say in `Retry-After`
  when to come again.
- **Lists** come newest first, `limit` at a time; `next_cursor`, and `Link: rel="next"`, say how to
  ask for the next page.
- **Keeping**: what may be kept has an `ETag`; send it as `If-None-Match` and get an empty `304`
  while nothing changed. Answers over 1 KiB are compressed with Brotli or gzip where that is
  accepted.
- **Budgets**: `RateLimit-Policy` and `RateLimit` tell how often one may ask (`q` in `w` seconds)
  and what is left (`r`, anew in `t` seconds).
- **While the database is away**, what was asked before is told again, with `cached.age_ms` and an
  `Age` header; the rest is a `503` within two seconds. While the engine is away, its last state is
  told with `stale: true`.

This page is made from the code by `make docs`.
"""


class Told(NamedTuple):
    """One operation, as a page tells it."""

    method: str
    path: str
    operation: dict[str, Any]
    curl: str

    @property
    def anchor(self) -> str:
        """Return what links to it."""
        name: str = self.operation["operationId"]
        return name


def told(document: Document) -> dict[str, list[Told]]:
    """Return every operation of *document*, by group."""
    groups: dict[str, list[Told]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            one = Told(method.upper(), path, operation, _curl(method.upper(), path, operation))
            groups.setdefault(operation["tags"][0], []).append(one)
    return dict(sorted(groups.items()))


def markdown(document: Document) -> str:
    """Return ``docs/API.md``."""
    parts = [INTRO]
    for group, operations in told(document).items():
        parts.append(f"## {group.capitalize()}\n")
        parts += ["\n".join(_markdown(one)) for one in operations]
    return "\n".join(parts)


def page(document: Document, static: str) -> bytes:
    """Return the page; *static* is where its files are, from there."""
    groups = told(document)
    contents = "".join(
        f'<li><a href="#{_slug(group)}">{escape(group.capitalize())}</a></li>' for group in groups
    )
    body = "".join(
        f'<section aria-labelledby="{_slug(group)}"><h2 id="{_slug(group)}">'
        f"{escape(group.capitalize())}</h2>{''.join(map(_html, operations))}</section>"
        for group, operations in groups.items()
    )
    sheets = "".join(
        f'<link rel="stylesheet" href="{static}css/{name}.css">'
        for name in ("tokens", "base", "api")
    )
    intro = escape(document["info"]["description"]).replace("`", "")
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="dark light"><meta name="robots" content="noindex">'
        f"<title>API · Quarterdeck</title>{sheets}"
        f'<link rel="icon" type="image/svg+xml" href="{static}icon.svg"></head>'
        f'<body class="api"><header><h1>Quarterdeck API</h1><p>{intro}</p>'
        '<p><a href="openapi.json">OpenAPI 3.1 document</a> · <a href="../">The deck</a></p>'
        f'</header><nav aria-label="Groups"><ul>{contents}</ul></nav><main>{body}</main>'
        "</body></html>"
    )
    return text.encode()


def _slug(group: str) -> str:
    return "of-" + group.replace(" ", "-")


def _markdown(one: Told) -> Iterator[str]:
    operation = one.operation
    yield f"### {one.method} {one.path}\n\n{operation['summary']}. {_line(operation)}\n"
    rows = [
        f"| `{row[0]}` | {row[1]} | {row[2].replace('|', chr(92) + '|')} |"
        for row in _parameters(operation)
    ]
    if rows:
        yield "\n".join(["| parameter | limits | meaning |", "|---|---|---|", *rows]) + "\n"
    yield f"```\n{one.curl}\n```\n"
    example = _example(operation)
    if example:
        yield f"```json\n{example}\n```\n"
    yield "".join(f"- `{status}` {words}\n" for status, words in _errors(operation))


def _html(one: Told) -> str:
    operation = one.operation
    rows = "".join(
        f"<tr><th scope=row><code>{escape(name)}</code></th>"
        f"<td>{escape(about)}<span>{escape(limits)}</span></td></tr>"
        for name, limits, about in _parameters(operation)
    )
    table = f"<table><caption>Parameters</caption>{rows}</table>" if rows else ""
    example = _example(operation)
    shown = (
        f'<h3>Answer</h3><pre tabindex="0"><code>{escape(example)}</code></pre>' if example else ""
    )
    errors = "".join(
        f"<li><b>{status}</b> {escape(words.replace('`', ''))}</li>"
        for status, words in _errors(operation)
    )
    return (
        f'<details id="{one.anchor}"><summary><b>{one.method}</b> <code>{escape(one.path)}</code> '
        f"<span>{escape(operation['summary'])}</span></summary>"
        f"<p>{escape(_line(operation)).replace('`', '')}</p>{table}"
        f'<h3>curl</h3><pre tabindex="0"><code>{escape(one.curl)}</code></pre>{shown}'
        f"<h3>Errors</h3><ul>{errors}</ul></details>"
    )


def _line(operation: dict[str, Any]) -> str:
    """Return what is said of an operation beyond its summary, on one line."""
    return " ".join(operation["description"].split())


def _parameters(operation: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (one["name"], _limits(one["schema"], is_required=one["required"]), one["description"])
        for one in operation["parameters"]
    ]


def _limits(schema: dict[str, Any], *, is_required: bool) -> str:
    words = ["required"] if is_required else []
    if "enum" in schema:
        words.append(" or ".join(schema["enum"]))
    elif schema["type"] == "integer":
        high = schema.get("maximum")
        words.append(f"{schema['minimum']} to {high}" if high else f"from {schema['minimum']}")
    elif "maxLength" in schema:
        words.append(f"text of at most {schema['maxLength']}")
    else:
        words.append("any text")
    if "default" in schema:
        words.append(f"usually {schema['default']}")
    return ", ".join(words)


def _example(operation: dict[str, Any]) -> str:
    """Return the example of its answer, cut where it is long; empty without one."""
    found = next(code for code in operation["responses"] if code.startswith("2"))
    content = operation["responses"][found].get("content", {}).get(JSON)
    if content is None:
        return ""
    text = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return text if len(text) <= MOST_EXAMPLE else text[:MOST_EXAMPLE].rpartition("\n")[0] + "\n…"


def _errors(operation: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (status, response["description"])
        for status, response in operation["responses"].items()
        if MIMETYPE in response.get("content", {})
    ]


def _curl(method: str, path: str, operation: dict[str, Any]) -> str:
    """Return the line that asks for it in a shell."""
    where, asked = path, {}
    for one in operation["parameters"]:
        if one["in"] == "path":
            where = where.replace(f"{{{one['name']}}}", quote(str(one["example"]), safe=""))
        elif one["required"]:
            asked[one["name"]] = one["example"]
    query = f"?{urlencode(asked)}" if asked else ""
    parts = [f'curl -s "$DECK{where}{query}"']
    if method != "GET":
        parts.insert(1, f"-X {method}")
    if operation.get("security") != []:
        parts.append('-H "Authorization: Bearer $KEY"')
    if "requestBody" in operation:
        body = operation["requestBody"]["content"][JSON]["example"]
        data = json.dumps(body).replace("'", "'\\''")
        parts += ["-H 'Content-Type: application/json'", f"-d '{data}'"]
    elif method == "POST":
        parts.append("-H 'Content-Type: application/json'")
    return " ".join(parts)
