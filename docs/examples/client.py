"""A small client of Quarterdeck's API: the snapshot, the stream, lists, charts and commands.

python docs/examples/client.py http://127.0.0.1:8080 "$KEY"
"""

import json
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import httpx

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is what the deck does
    """What was asked for is not granted; ``code`` is a stable word, such as ``role_needed``."""

    def __init__(self, problem: Json) -> None:
        super().__init__(problem["detail"])
        self.status: int = problem["status"]
        self.code: str = problem["code"]


class Event(NamedTuple):
    """Something that was told; docs/events.md has every type."""

    id: str
    type: str
    data: Json


class Deck:
    """One deck, seen with an API key.

    Promise: what is asked for again is not sent again while it has not changed, and a stream that
    breaks goes on where it was.
    """

    def __init__(self, url: str, key: str, timeout_s: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)
        self._kept: dict[str, tuple[str, Json]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **asked: str | int) -> Json:
        """Return the answer to a question, such as ``get("api/trades", limit=10)``.

        Raises:
            Refused: the deck does not grant it.
        """
        question = str(httpx.URL(path, params=asked))
        etag, before = self._kept.get(question, ("", {}))
        answer = self._http.get(question, headers={"If-None-Match": etag} if etag else {})
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(int(answer.headers["Retry-After"]))
            return self.get(path, **asked)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return before
        found = _granted(answer)
        if "ETag" in answer.headers:
            self._kept[question] = (answer.headers["ETag"], found)
        return found

    def snapshot(self) -> Json:
        """Return the whole state, as of the event ``epoch``-``seq``."""
        return self.get("api/dashboard")

    def each(self, name: str, **asked: str | int) -> Iterator[Json]:
        """Yield every item of a list, such as ``trades``, newest first, page after page."""
        while True:
            page = self.get(f"api/{name}", **asked)
            yield from page[name]
            if page["next_cursor"] is None:
                return
            asked["cursor"] = page["next_cursor"]

    def chart(self, name: str, **asked: str | int) -> Json:
        """Return a figure that `plotly.io.from_json` takes."""
        return self.get(f"api/chart/{name}", **asked)

    def events(self, last_id: str = "", wait_s: float = 1.0) -> Iterator[Event]:
        """Yield what happens from now on, or from after *last_id*; it never ends by itself."""
        while True:
            try:
                for event in self._stream(last_id):
                    last_id = event.id or last_id
                    yield event
            except httpx.TransportError:
                pass  # the line broke: it goes on where it was
            time.sleep(wait_s)

    def command(self, name: str, **args: str | float) -> Json:
        """Have the engine do something, and return what came of it; needs the role trader."""
        intent = self._post({"command": name, "args": args})
        if "result" in intent:
            return cast("Json", intent["result"])
        return cast("Json", self._post({"confirm": intent["intent"]["intent_id"]})["result"])

    def _post(self, wish: Json) -> Json:
        """Post a wish; its key makes it safe to send it again when no answer came."""
        wish["idempotency_key"] = secrets.token_hex(8)
        try:
            return _granted(self._http.post("api/commands", json=wish))
        except httpx.TransportError:
            return _granted(self._http.post("api/commands", json=wish))

    def _stream(self, last_id: str) -> Iterator[Event]:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        with self._http.stream("GET", "api/dashboard/stream", headers=headers) as answer:
            if answer.is_error:
                answer.read()
                _granted(answer)
            told: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    told[name] = value
                elif "data" in told:
                    data = json.loads(told["data"])
                    yield Event(told.get("id", ""), told.get("event", "message"), data)
                    told = {}


def _granted(answer: httpx.Response) -> Json:
    found: Json = answer.json()
    if answer.is_error:
        raise Refused(found)
    return found


if __name__ == "__main__":
    deck = Deck(sys.argv[1], sys.argv[2])
    print("equity", deck.snapshot()["state"]["account"].get("equity"))
    for happened in deck.events():
        print(happened.id, happened.type)
