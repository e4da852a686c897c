"""The recorded market and the orders that both sides are given; plain Python, for both of them.

The recording is a ``usdm_*.jsonl.gz`` of lines ``{"recv_ns": …, "msg": …}``: Binance USDT-M
websocket frames with one REST snapshot of the book.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

TICK = Decimal("0.1")
STEP = Decimal("0.001")
DEPTH = 10
ORDERS = 300
KINDS = ("market", "limit", "limit", "stop", "take_profit")

Level = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Moment:
    """The book at ``ns``, best first; ``last`` is the newest trade's price."""

    ns: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    last: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """An order: given after moment ``at``, taken back after moment ``until`` if it still rests."""

    id: str
    at: int
    side: str
    type: str
    qty: Decimal
    level: Decimal | None
    until: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order: when it began and ended to trade, how much, at what average."""

    id: str
    first_ns: int
    last_ns: int
    qty: Decimal
    price: Decimal
    fee: Decimal
    maker_qty: Decimal


def quotes(path: Path) -> list[Moment]:
    """Return each bookTicker as a book of one level a side."""
    found: list[Moment] = []
    last: Decimal | None = None
    for ns, data in _frames(path):
        if data.get("e") == "trade":
            last = Decimal(data["p"])
        elif data.get("e") == "bookTicker":
            bid = (Decimal(data["b"]), Decimal(data["B"]))
            ask = (Decimal(data["a"]), Decimal(data["A"]))
            found.append(Moment(ns, (bid,), (ask,), last or ask[0]))
    return found


def books(path: Path) -> list[Moment]:
    """Return the best levels after each depth diff, from the snapshot on."""
    found: list[Moment] = []
    bids: dict[Decimal, Decimal] = {}
    asks: dict[Decimal, Decimal] = {}
    known, last = 0, Decimal(0)
    for ns, data in _frames(path):
        if "lastUpdateId" in data:
            known = data["lastUpdateId"]
            _change(bids, data["bids"])
            _change(asks, data["asks"])
        elif data.get("e") == "trade":
            last = Decimal(data["p"])
        elif data.get("e") == "depthUpdate" and known and data["u"] >= known:
            _change(bids, data["b"])
            _change(asks, data["a"])
            best = tuple(sorted(bids.items(), reverse=True)[:DEPTH])
            found.append(Moment(ns, best, tuple(sorted(asks.items())[:DEPTH]), last))
    return found


def _change(levels: dict[Decimal, Decimal], changes: Sequence[Sequence[str]]) -> None:
    for price, qty in changes:
        levels.pop(Decimal(price), None)
        if Decimal(qty):
            levels[Decimal(price)] = Decimal(qty)


def _frames(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            heard = json.loads(line)
            message = heard["msg"]
            yield heard["recv_ns"], message.get("data", message)


def plans(moments: Sequence[Moment], seed: int, *, deep: bool, together: int = 1) -> list[Plan]:
    """Return orders of every type, of which at most *together* rest at once.

    Alone, market and triggered orders ask for no more than stands in the book they meet: how the
    rest of a larger one trades is a guess on either side. Limit orders ask for anything.
    """
    chance = random.Random(seed)  # noqa: S311 - made-up orders
    life = (len(moments) - 1) // ORDERS
    found = []
    for number in range(ORDERS):
        at = number * life + chance.randrange(life // 4)
        moment = moments[at]
        side, kind = chance.choice(("buy", "sell")), chance.choice(KINDS)
        theirs = moment.asks if side == "buy" else moment.bids
        level = None if kind == "market" else _level(chance, moment, side, kind)
        if kind == "market":
            room = sum((qty for _, qty in theirs), Decimal(0)) if deep else theirs[0][1]
            qty = _on_step(room * Decimal(chance.random()))
        elif kind == "limit":
            qty = _on_step(Decimal(chance.choice(("0.01", "0.3", "4"))) * Decimal(chance.random()))
        else:
            qty = STEP * (chance.randint(1, 100) if deep or together > 1 else 1)
        until = min((number + together) * life, len(moments)) - 1
        found.append(Plan(f"o{number:03d}", at, side, kind, qty, level, until))
    return found


def _level(chance: random.Random, moment: Moment, side: str, kind: str) -> Decimal:
    """Return a price that is not yet met by a trigger; a limit may cross the book."""
    bid, ask = moment.bids[0][0], moment.asks[0][0]
    away = TICK * chance.randint(1, 12)
    if kind == "limit" and chance.random() < 0.3:  # noqa: PLR2004
        away = -TICK * chance.randint(0, 30)
    up = (side == "buy") == (kind == "stop")
    return (max(bid, ask, moment.last) + away) if up else (min(bid, ask, moment.last) - away)


def _on_step(qty: Decimal) -> Decimal:
    return max(STEP, (qty // STEP) * STEP)
