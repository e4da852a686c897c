"""Recorded days of three markets: every trade and every cent worked out a second time.

There is a month of them, which `make torture` plays whole.
"""

import asyncio
import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from itertools import islice
from pathlib import Path

import pytest

from core.ledger import Entry, EntryKind
from core.market import MINUTE_MS
from exchange.replay.candles import symbol_of
from tests.runner.audit import Books, check_books, check_candles
from tests.runner.engines import open_engine, settings, warm

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"
DAY_MINUTES = 1440
MINUTES = 43_199 if os.environ.get("TORTURE") else 8 * DAY_MINUTES
TAKER = Decimal("0.0005")

pytestmark = [
    pytest.mark.skipif(not RECORDED.exists(), reason="no recorded market data beside the project"),
    pytest.mark.torture,
]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """What the engine's own strategy did with it, flat out."""
    folder = tmp_path_factory.mktemp("month")
    candles = [cut_off(path, folder) for path in sorted((RECORDED / "candles").glob("*.csv.gz"))]
    wanted = settings(
        folder, market="replay", replay=candles, funding=funding_files(), speed="max"
    )  # fmt: skip
    asyncio.run(warm(wired := open_engine(wanted)))
    wired.close()
    return Books(folder)


def cut_off(path: Path, folder: Path) -> Path:
    """Return a copy of the candles at *path* that ends after `MINUTES`."""
    copy = folder / path.name.removesuffix(".gz")
    with gzip.open(path, "rt", encoding="utf-8") as whole:
        copy.write_text("".join(islice(whole, 1 + MINUTES)), encoding="utf-8")
    return copy


def funding_files() -> list[Path]:
    return sorted((RECORDED / "funding").glob("*.csv"))


def recorded_funding() -> Iterator[tuple[tuple[str, int], Decimal]]:
    """Yield ((symbol, minute it settled in), rate)."""
    for path in funding_files():
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                minute = round(int(row["funding_time"]) / MINUTE_MS) * MINUTE_MS
                yield (symbol_of(path), minute), Decimal(row["funding_rate"])


def cut(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.00000001"), ROUND_DOWN)


def signed(fill: Entry) -> Decimal:
    assert fill.side is not None
    return fill.side.sign * fill.qty


def by_position(books: Books, kind: EntryKind) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in books.journal:
        if entry.kind is kind:
            found[entry.position_id].append(entry)
    return found


def test_the_month_is_whole_and_its_books_agree(month: Books) -> None:
    check_books(month)
    for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT"):
        bars = [bar for bar in month.candles.values() if bar.symbol == symbol]
        assert len(bars) == MINUTES
        check_candles(bars)
    assert len(month.equity_at) == MINUTES
    assert len(month.trades) > MINUTES / 800
    assert {f["kind"] for f in month.facts}.isdisjoint({"alert_raised", "order_refused"})


def test_every_fill_lies_in_its_minute_and_costs_the_takers_fee(month: Books) -> None:
    fees = by_position(month, EntryKind.FEE)
    for position_id, fills in by_position(month, EntryKind.FILL).items():
        for fill, fee in zip(fills, fees[position_id], strict=True):
            bar = month.candles[fill.symbol, fill.at - fill.at % MINUTE_MS]
            slack = bar.close * Decimal("0.0002")
            assert bar.low - slack <= fill.price <= bar.high + slack
            assert -fee.amount == cut(fill.qty * fill.price * TAKER)


def test_every_trade_won_or_lost_what_its_prices_say(month: Books) -> None:
    trades = {trade.id: trade for trade in month.trades}
    for position_id, fills in by_position(month, EntryKind.FILL).items():
        if position_id not in trades:
            continue
        entry, leaving = fills
        assert signed(entry) == -signed(leaving)
        assert entry.amount == 0
        assert leaving.amount == cut(signed(entry) * (leaving.price - entry.price))
        assert trades[position_id].gross_pnl == leaving.amount


def test_every_settlement_of_funding_was_charged_once_to_who_held(month: Books) -> None:
    rates = dict(recorded_funding())
    charged = {
        (entry.position_id, int(entry.source_id.rpartition(":")[2])): entry.amount
        for entries in by_position(month, EntryKind.FUNDING).values()
        for entry in entries
    }
    expected: dict[tuple[str, int], Decimal] = {}
    for position_id, (entry, *left) in by_position(month, EntryKind.FILL).items():
        until = left[0].at if left else max(time for _, time in month.candles) + 1
        for (symbol, at), rate in rates.items():
            if symbol == entry.symbol and entry.at < at <= until and rate:
                price = month.candles[symbol, at].open
                expected[position_id, at] = -cut(signed(entry) * price * rate)
    assert charged == expected
    assert len(charged) > MINUTES / 800
