"""Lists as files, their amounts exact: CSV that a spreadsheet opens without running it, or JSON.

Source: https://www.rfc-editor.org/rfc/rfc4180, https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from flask import Response

# What makes a spreadsheet take text for a formula.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE: Final = 500

Columns = Sequence[str]
Rows = Iterable[Sequence[Any]]


def csv_response(name: str, columns: Columns, rows: Rows) -> Response:
    """Return *rows* as the file *name*, *columns* first; they are read as they are sent."""
    return _file(name, "text/csv", _csv_chunks(columns, rows))


def json_response(name: str, columns: Columns, rows: Rows) -> Response:
    """Return *rows* as the file *name*: one array of objects, read as they are sent.

    Amounts are text, so that no program rounds them.
    """
    return _file(name, "application/json", _json_chunks(columns, rows))


FILES: Final[Mapping[str, tuple[str, Callable[[str, Columns, Rows], Response]]]] = {
    "csv": ("csv", csv_response),
    "json-file": ("json", json_response),
}


def file_response(kind: str, name: str, columns: Columns, rows: Rows) -> Response:
    """Return *rows* as a file of *kind*, one of `FILES`."""
    ending, respond = FILES[kind]
    return respond(f"quarterdeck-{name}.{ending}", columns, rows)


def _file(name: str, mimetype: str, chunks: Iterator[str]) -> Response:
    response = Response(chunks, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv_chunks(columns: Columns, rows: Rows) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, row in enumerate(rows):
        writer.writerow([_cell(value) for value in row])
        if number % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
            yield _drained(buffer)
    yield _drained(buffer)


def _json_chunks(columns: Columns, rows: Rows) -> Iterator[str]:
    buffer = io.StringIO("[", newline="")
    buffer.seek(0, io.SEEK_END)
    for number, row in enumerate(rows):
        item = {name: _exact(value) for name, value in zip(columns, row, strict=True)}
        buffer.write((",\n" if number else "\n") + msgspec.json.encode(item).decode())
        if number % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
            yield _drained(buffer)
    buffer.write("\n]\n")
    yield _drained(buffer)


def _drained(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cell(value: Any) -> Any:
    """Return *value* exactly; text that looks like a formula with a quote before it."""
    if isinstance(value, Mapping | list | tuple):
        value = msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return _exact(value)


def _exact(value: Any) -> Any:
    """Return *value*, an amount as text without an exponent or padding."""
    if not isinstance(value, Decimal):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text  # databases differ in zeros
