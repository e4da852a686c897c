"""Every query behind the views finds its rows by an index, and lists are read in its order.

The SQL that is really sent is caught and explained, in a database that holds several accounts.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Connection, Table, event, insert, literal, select

from core.ledger import EntryKind
from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from core.orders import OrderStatus
from store import (
    decisions,
    digest,
    history,
    imported,
    learning,
    market_history,
    minutes,
    outbox,
    recovery,
    results,
    retention,
    series,
    story,
    tables,
    usage,
)
from store.accounts import find_or_create_account
from store.database import Database
from store.history import Wanted
from store.outbox import OutboxRow
from store.writer import WRITTEN, Batch, Writer
from tests.store import samples

ROWS = 1200
OTHERS = 4
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
STRATEGIES = ("full_math", "trend", "gru")
FACTS = ("order_filled", "trade_closed", "alert_raised", "funding_paid")
MEASURES = ("return", "volume", "spread", "funding", "book_imbalance")
START, END = samples.START, samples.START + ROWS * 1000
MIDDLE = (START + END) // 2

SMALL: Final = {
    "accounts": "a handful",
    "checkpoints": "one a living account",
    "model_performance": "one a trial of a model, and never more than a hundred are shown",
}
OF_SMALL: Final = re.compile(rf"FROM ({'|'.join(SMALL)})\b")
WHOLE: Final = {
    "results.closed_trades": "figures are made of every closed trade",
    "results.count_trades": "counts them all",
    "results.read_curve": "figures are made of every point of the span",
    "learning.theory_tallies": "a theory is judged by every trade it had a say in",
    "learning.live_scores": "a model is judged by every prediction that is due",
    "recovery.learned": "a strategy hears of every trade of its own",
    "imported.stored_results": "a file is compared with all there is",
    "imported.stored_points": "a file is compared with all there is",
    "series.equity": "the whole time may be asked for",
    "series.candles": "every minute of a span is summed up",
    "market_history.missing_minutes": "each minute of the span is compared with the one before",
    "usage.spent_usd": "every account counts",
}

Run = Callable[[Database, int], object]
Query = tuple[str, Any]


def narrowed(**choices: tuple[Any, ...]) -> Iterator[Wanted]:
    """Yield every combination of these filters with every span and kind of page."""
    spans: tuple[dict[str, Any], ...] = (
        {}, {"since": MIDDLE}, {"until": MIDDLE}, {"since": MIDDLE, "until": END}
    )  # fmt: skip
    for chosen in itertools.product(*choices.values()):
        given = {k: v for k, v in zip(choices, chosen, strict=True) if v is not None}
        yield from (Wanted(limit=20, **given, **span) for span in spans)


def pages(read: Callable[..., history.Page[Any]], **choices: tuple[Any, ...]) -> Run:
    """Return what reads the first page and the one after it of every combination."""

    def run(database: Database, account_id: int) -> None:
        for wanted in narrowed(**choices):
            page = read(database, account_id, wanted)
            if page.next_cursor is not None:
                read(database, account_id, msgspec.structs.replace(wanted, cursor=page.next_cursor))

    return run


BY: Final[dict[str, tuple[Any, ...]]] = {
    "symbol": (None, SYMBOLS[0]),
    "strategy": (None, STRATEGIES[0]),
}
LIMITS: Final = retention.Limits(  # nothing here is as old
    equity_minute_days=2, candle_days=2, hold_signal_days=2, prediction_days=2, fact_days=2
)
PAGED: Final[dict[str, Run]] = {
    "retention": lambda d, _: retention.Sweep(d, LIMITS).run(),
    "history.trades": pages(history.trades, **BY),
    "history.orders": pages(history.orders, **BY),
    "history.fills": pages(history.fills, **BY),
    "history.signals": pages(
        history.signals, **BY, action=(None, "buy"), decision=(None, "traded")
    ),
    "history.facts": pages(history.facts, types=((), FACTS[:1], FACTS)),
    "history.alerts": pages(history.alerts, **BY, types=((), ("fill",))),
    "history.anomalies": pages(
        history.anomalies,
        symbol=BY["symbol"],
        measure=(None, MEASURES[0]),
        severity=(None, "extreme"),
    ),
    "history.predictions": pages(history.predictions, **BY, model=(None, "gru-1")),
    "history.equity": pages(history.equity, strategy=(None, STRATEGIES[0])),
    "recovery.last_candles": lambda d, a: recovery.last_candles(d, a, SYMBOLS[0], 500),
    "recovery.latest_signals": lambda d, a: recovery.latest_signals(d, a, 500),
    "recovery.journal": lambda d, a: next(recovery.journal(d, a)),
    "recovery.journal_after": lambda d, a: next(recovery.journal_after(d, a, 50)),
    "minutes.minutes": lambda d, a: list(minutes.minutes(d, a, SYMBOLS[0], START, END)),
    "series.performance": lambda d, a: (
        series.performance(d, a, STRATEGIES[0], newest=100),
        series.performance(d, a, symbol=SYMBOLS[0], newest=100),
    ),
}
OTHER: Final[dict[str, Run]] = {
    "market_history.missing_minutes": lambda d, a: market_history.missing_minutes(
        d, a, SYMBOLS[0], START, END
    ),
    "market_history.funding_between": lambda d, a: market_history.funding_between(
        d, a, SYMBOLS[0], START, END
    ),
    "market_history.funding_booked": lambda d, a: market_history.funding_booked(
        d, a, SYMBOLS[0], MIDDLE
    ),
    "market_history.hourly_closes": lambda d, a: market_history.hourly_closes(
        d, a, SYMBOLS[0], range(START // HOUR_MS, START // HOUR_MS + 9)
    ),
    "market_history.newest_funding": lambda d, a: market_history.newest_funding(
        d, a, SYMBOLS[0]
    ),
    "minutes.newest_minute": lambda d, a: minutes.newest_minute(d, a, SYMBOLS[0]),
    "results.closed_trades": lambda d, a: (
        results.closed_trades(d, a), results.closed_trades(d, a, since=MIDDLE, limit=9)
    ),
    "results.count_trades": results.count_trades,
    "results.read_curve": lambda d, a: [
        results.read_curve(d, a, span, END, strategy)
        for span in ("today", "all") for strategy in (None, STRATEGIES[0])
    ],
    "series.equity": lambda d, a: [
        series.equity(d, a, since, until, points, strategy=strategy)
        for since in (None, START) for until in (None, END + DAY_MS)
        for points in (50, 9000) for strategy in ("", STRATEGIES[0])
    ],
    "series.last_moment": series.last_moment,
    "series.candles": lambda d, a: [
        series.candles(d, a, SYMBOLS[0], START, START + 300 * MINUTE_MS, every)
        for every in (MINUTE_MS, HOUR_MS)
    ],
    "series.candle_span": lambda d, a: series.candle_span(d, a, SYMBOLS[0], START, END),
    "decisions.count_decisions": lambda d, a: [
        decisions.count_decisions(d, a, wanted) for wanted in narrowed(**BY, decision=("traded",))
    ],
    "decisions.newest_signals": lambda d, a: decisions.newest_signals(d, a, SYMBOLS[0], MIDDLE),
    "decisions.last_signal_at": decisions.last_signal_at,
    "learning.theory_tallies": lambda d, a: [
        learning.theory_tallies(d, a, strategy) for strategy in (None, STRATEGIES[0])
    ],
    "learning.live_scores": lambda d, a: [
        learning.live_scores(d, a, strategy) for strategy in (None, STRATEGIES[0])
    ],
    "learning.model_scores": lambda d, a: [
        learning.model_scores(d, a, strategy) for strategy in (None, STRATEGIES[0])
    ],
    "story.find_story": lambda d, a: story.find_story(d, a, "position-700"),
    "story.find_signal": lambda d, a: story.find_signal(d, a, "position-700"),
    "digest.digest": lambda d, a: digest.digest(d, a, END - 60_000),
    "recovery.open_orders": recovery.open_orders,
    "recovery.checkpoint": recovery.checkpoint,
    "recovery.next_fact_number": recovery.next_fact_number,
    "recovery.candles_between": lambda d, a: recovery.candles_between(
        d, a, SYMBOLS[0], START, START + 300 * MINUTE_MS
    ),
    "recovery.signals_of": lambda d, a: recovery.signals_of(d, a, ["position-7", "position-8"]),
    "recovery.learned": lambda d, a: list(recovery.learned(d, a, STRATEGIES[0])),
    "recovery.open_predictions": recovery.open_predictions,
    "imported.stored_points": imported.stored_points,
    "imported.stored_results": imported.stored_results,
    "outbox.read_outbox": lambda d, _: outbox.read_outbox(d, 3000, 50),
    "outbox.newest_outbox_id": lambda d, _: outbox.newest_outbox_id(d),
    "usage.spent_usd": lambda d, _: usage.spent_usd(d, STRATEGIES[0], START),
}  # fmt: skip
MODULES: Final = (
    history, results, series, decisions, learning, story, digest, recovery, imported, usage,
    minutes, market_history, outbox,
)  # fmt: skip
NOT_OF_THE_VIEWS: Final = {
    "imported.imported_account", "imported.add_points", "imported.add_trades",
}  # fmt: skip


@dataclass(slots=True)
class Crowd:
    """A database that holds several accounts, one of them, and the queries sent for each name."""

    database: Database
    account_id: int
    sent: dict[str, list[Query]] = field(default_factory=dict)

    def asked(self, name: str) -> list[Query]:
        """Return the different queries that `PAGED` or `OTHER` of this *name* sends."""
        if name not in self.sent:
            self.sent[name] = self.overheard((PAGED | OTHER)[name])
        return self.sent[name]

    def overheard(self, run: Run) -> list[Query]:
        """Return the different queries that *run* sends."""
        found: dict[str, Any] = {}

        def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith(("SELECT", "WITH")):
                found[statement] = parameters

        event.listen(self.database.engine, "before_cursor_execute", listen)
        run(self.database, self.account_id)
        event.remove(self.database.engine, "before_cursor_execute", listen)
        assert found
        return list(found.items())

    def plans(self, sent: list[Query], *avoided: str) -> Iterator[tuple[str, str]]:
        """Yield (line of a plan, statement); PostgreSQL does what is *avoided* only if it must."""
        with self.database.read() as connection:
            if not self.database.path:
                for name in avoided:
                    connection.exec_driver_sql(f"SET LOCAL enable_{name} = off")
            explain = "EXPLAIN QUERY PLAN" if self.database.path else "EXPLAIN"
            for statement, parameters in sent:
                for row in connection.exec_driver_sql(f"{explain} {statement}", parameters):
                    yield str(row[-1]).strip(), statement


@pytest.fixture(scope="module")
def crowd(database: Database) -> Crowd:
    """Some thousand rows of each kind, a fifth of them of the account that is asked for."""
    mine = find_or_create_account(database, "plans", Decimal(1), now=1).id
    Writer(database, mine, durable=False).commit(lived())
    others = [find_or_create_account(database, f"plans:{n}", Decimal(1), now=1).id
              for n in range(OTHERS)]  # fmt: skip
    with database.write(durable=False) as connection:
        for table, other in itertools.product(WRITTEN, others):
            copy_rows(connection, table, mine, other)
        if not database.path:
            connection.exec_driver_sql("ANALYZE")
    return Crowd(database, mine)


def lived() -> Batch:
    """Return what an account leaves behind."""
    batch = Batch(checkpoint={"number": 1})
    for n in range(ROWS):
        symbol, strategy = SYMBOLS[n % 3], STRATEGIES[n // 3 % 3]
        whose = {"symbol": symbol, "strategy": strategy}
        final = OrderStatus.OPEN if n % 500 == 0 else OrderStatus.FILLED
        kind = EntryKind.FILL if n % 2 else EntryKind.FEE
        decided = "traded" if n % 100 == 0 else "held"
        action = ("buy", "sell", "hold")[n // 9 % 3]
        batch.journal.append(samples.entry(n, kind=kind, position_id=f"position-{n}", **whose))
        batch.orders.append(samples.order(n, status=final, position_id=f"position-{n}", **whose))
        batch.trades.append(samples.trade(n, **whose))
        batch.facts.append(samples.fact(n, FACTS[n % len(FACTS)]))
        batch.candles.append(samples.bar(n))
        batch.funding.append(samples.funding(n))
        batch.anomalies.append(samples.anomaly(n, symbol=symbol, measure=MEASURES[n % 5]))
        batch.equity += (samples.point(n), samples.point(n, strategy=STRATEGIES[0]))
        batch.signals.append(samples.signal(n, decision=decided, action=action, **whose))
        batch.theories.append(samples.theory(n, **whose))
        rose = None if n > ROWS - 60 else bool(n % 2)
        batch.predictions.append(samples.prediction(n, rose=rose, **whose))
        batch.usage.append(samples.usage(n, **whose))
        batch.performance.append(samples.figures(n, strategy=STRATEGIES[n % 2]))
        batch.performance.append(samples.figures(n, strategy="", symbol=symbol))
        batch.outbox.append(alert(n, **whose))
        batch.acknowledgements.append(samples.seen(n, START + n * 1000))
    batch.scores += map(samples.score, range(20))
    return batch


def alert(number: int, symbol: str, strategy: str) -> OutboxRow:
    """Return something that people were told, each tenth of it one person alone."""
    return OutboxRow(
        fact_id=f"f{number}", at=START + number * 1000, type=("fill", "signal")[number % 2],
        level="info", owner="" if number % 10 else "telegram:1", title="Bought 1 BTC", data={},
        symbol=symbol, strategy=strategy,
    )  # fmt: skip


def copy_rows(connection: Connection, table: Table, mine: int, other: int) -> None:
    """Give account *other* what *mine* has."""
    counted = {tables.journal.c.id, tables.outbox.c.id}
    columns = [c for c in table.c if c.name != "account_id" and c not in counted]
    rows = select(literal(other), *columns).where(table.c.account_id == mine)
    names = ["account_id", *(c.name for c in columns)]
    connection.execute(insert(table).from_select(names, rows))


def scanned(line: str) -> str | None:
    """Return the table that *line* of a plan reads from end to end, if it does."""
    # SQLite calls the rows of a subquery and of a list of constants a scan as well.
    found = re.search(r"^SCAN (\w+)|Seq Scan on (\w+)", line)
    name = found and (found[1] or found[2])
    name = name and re.sub(r"_\d+$", "", name)
    return name if name in tables.metadata.tables and name not in SMALL else None


def sorted_apart(line: str) -> bool:
    return bool(re.search(r"USE TEMP B-TREE FOR .*ORDER BY|^(->)? *(Incremental )?Sort\b", line))


def test_every_question_of_the_store_is_asked_here() -> None:
    """A function that is added must be explained too."""
    public = {
        f"{module.__name__.removeprefix('store.')}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "database" in inspect.signature(function).parameters
    }

    assert public - NOT_OF_THE_VIEWS == {*PAGED, *OTHER} - {"retention"}
    assert set(WHOLE) <= public


@pytest.mark.parametrize("name", [*PAGED, *OTHER])
def test_no_question_reads_a_table_from_end_to_end(crowd: Crowd, name: str) -> None:
    """Of what is in `WHOLE` a server may choose to: there it must merely have an index."""
    avoided = ["seqscan"] if name in WHOLE else []

    plans = crowd.plans(crowd.asked(name), *avoided)

    assert [told for told in plans if scanned(told[0])] == []


@pytest.mark.parametrize("name", PAGED)
def test_lists_are_read_in_the_order_of_an_index(crowd: Crowd, name: str) -> None:
    """A server sorts a handful of rows where that is quicker: here it must only be able not to."""
    plans = crowd.plans(crowd.asked(name), "sort", "incremental_sort")

    assert [told for told in plans if sorted_apart(told[0]) and not OF_SMALL.search(told[1])] == []


@pytest.mark.parametrize(
    ("read", "column"),
    [
        (history.trades, "symbol"),
        (history.trades, "strategy"),
        (history.orders, "symbol"),
        (history.orders, "strategy"),
        (history.signals, "symbol"),
        (history.signals, "strategy"),
        (history.signals, "decision"),
        (history.fills, "symbol"),
    ],
)
def test_what_is_rare_in_a_list_is_sought_and_not_met_on_the_way(
    crowd: Crowd, read: Callable[..., history.Page[Any]], column: str
) -> None:
    def run(database: Database, account_id: int) -> None:
        rare: dict[str, Any] = {column: "a rare one"}
        read(database, account_id, Wanted(limit=20, **rare))

    plan = [line for line, _ in crowd.plans(crowd.overheard(run), "sort", "incremental_sort")]

    # SEARCH trades USING INDEX … (account_id=? AND symbol=?)
    # Index Cond: ((account_id = 1) AND (symbol = 'a rare one'::text))
    sought = [line for line in plan if line.startswith(("SEARCH", "Index Cond"))]
    assert re.search(rf"\b{column} ?= ?", "\n".join(sought)), plan


def test_a_scan_and_a_sort_would_be_seen(crowd: Crowd) -> None:
    """Else the tests above could not fail."""
    table = tables.trades

    def run(database: Database, _: int) -> None:
        with database.read() as connection:
            # a condition that nothing is indexed by, an order that nothing is kept in
            query = select(table.c.id).where(table.c.leverage == 7).order_by(table.c.fees)
            connection.execute(query.limit(5)).all()

    lines = [line for line, _ in crowd.plans(crowd.overheard(run), "sort", "incremental_sort")]

    assert "trades" in map(scanned, lines)
    assert any(map(sorted_apart, lines))
