import json
from typing import Any

import pytest
from playwright.sync_api import Page

from core.changes import FIELDS
from core.dashboard import EVENT_TYPES, FOLD_TABLE, empty_state
from tests.browser import Exchange, PageServer

LIVE = """async ([fold, fields, alone]) => {
  const [{ Api }, { Store }, { EngineClock }, { Live }] = await Promise.all(
    ["api", "store", "time", "live"].map((name) => import(`/js/${name}.js`)));
  const api = Object.assign(new Api({ base: "/", csrf: null }), { alone });
  window.store = new Store(fold);
  window.live = new Live({
    api, store, clock: new EngineClock(), boot: { fold, fields },
    onChange() {}, onDenied() {}, onRole() {},
  });
  live.start();
}"""
PRICE = {**dict.fromkeys(EVENT_TYPES["price"]["fields"], 1.5), "at": 1000, "symbol": "BTC/USDT"}
LAST = list(FIELDS["price"]).index("last")


def changes(seq: int, n: int, last: float) -> bytes:
    entry = [list(FIELDS).index("price"), "BTC/USDT", LAST, last]
    data = json.dumps({"at": 2000, "n": n, "states": [entry]})
    return f"id: e-{seq}\nevent: changes\ndata: {data}\n\n".encode()


class Deck:
    """The state at a place, and a stream that says what a test tells it to, once for each."""

    def __init__(self, server: PageServer, *streams: bytes) -> None:
        self.streams = list(streams)
        self.places: list[str | None] = []
        self.asked = 0
        self.seq = 5
        server.routes["/api/dashboard"] = self.whole
        server.routes["/api/dashboard/stream"] = self.stream

    def whole(self, exchange: Exchange) -> None:
        self.asked += 1
        state: dict[str, Any] = {**empty_state(), "prices": {"BTC/USDT": PRICE}}
        whole = {"schema_version": 1, "epoch": "e", "seq": self.seq, "at": 1000, "state": state}
        exchange.head(200, {"Content-Type": "application/json"})
        exchange.body(json.dumps(whole).encode())

    def stream(self, exchange: Exchange) -> None:
        self.places.append(exchange.headers.get("Last-Event-ID"))
        exchange.stream(self.streams.pop(0) if self.streams else b"")
        exchange.hold()


def begin(page: Page, *, alone: bool) -> None:
    page.evaluate(LIVE, [FOLD_TABLE, FIELDS, alone])


def shows(page: Page, last: float) -> None:
    page.wait_for_function(f"store.state?.prices['BTC/USDT'].last === {last}")


@pytest.mark.parametrize("alone", [True, False], ids=["a page alone", "shared tabs"])
def test_changes_that_were_made_for_another_place_are_not_believed(
    page: Page, server: PageServer, *, alone: bool
) -> None:
    deck = Deck(server, changes(6, 1, 2.5) + changes(9, 2, 99.5), changes(8, 3, 3.5))
    begin(page, alone=alone)

    shows(page, 3.5)
    assert deck.places == ["e-5", "e-5"]
    assert deck.asked == 2


@pytest.mark.parametrize("alone", [True, False], ids=["a page alone", "shared tabs"])
def test_another_rate_is_read_from_the_place_that_was_reached(
    page: Page, server: PageServer, *, alone: bool
) -> None:
    deck = Deck(server, changes(6, 1, 2.5), changes(7, 1, 3.5))
    begin(page, alone=alone)
    shows(page, 2.5)
    page.evaluate("live.pace.choose('saver')")

    shows(page, 3.5)
    assert deck.places == ["e-5", "e-6"]
    assert page.evaluate("[live.rate, live.opens]") == ["saver", 1]
    assert deck.asked == 1
