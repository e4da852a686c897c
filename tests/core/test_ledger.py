"""The journal and its fold: averages, results, and that an entry counts once."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.arithmetic import truncate8
from core.errors import LedgerError
from core.ledger import (
    Entry,
    EntryKind,
    Portfolio,
    fill_entries,
    funding_entry,
)
from core.orders import Fill, FundingCharged, Liquidity, OrderRole, Side

START = Decimal(10_000)


def deposit(strategy: str = "trend", amount: Decimal = START) -> Entry:
    return Entry(
        at=0, kind=EntryKind.TRANSFER, strategy=strategy, amount=amount, source="transfer",
        source_id=strategy,
    )  # fmt: skip


def fill(number: int, side: str, qty: str | Decimal, price: str | Decimal, **changes: str) -> Fill:
    fields = {
        "id": f"f{number}", "order_id": f"o{number}", "position_id": "p1", "strategy": "trend",
        "symbol": "BTC/USDT", "side": Side(side), "qty": Decimal(qty), "price": Decimal(price),
        "fee": truncate8(Decimal(qty) * Decimal(price) * Decimal("0.0005")),
        "liquidity": Liquidity.TAKER, "role": OrderRole.ENTRY, "leverage": 5,
        "reduce_only": False, "at": number, "reference_price": Decimal(price),
    }  # fmt: skip
    return msgspec.convert(fields | changes, Fill)


def funding(number: int, amount: str, position_id: str = "p1") -> FundingCharged:
    return FundingCharged(
        position_id=position_id, strategy="trend", symbol="BTC/USDT", amount=Decimal(amount),
        rate=Decimal("0.0001"), mark_price=Decimal(100), at=number,
    )  # fmt: skip


def booked(*happened: Fill | FundingCharged) -> tuple[Portfolio, list[Entry]]:
    journal = [deposit()]
    portfolio = Portfolio.replay(journal)
    for event in happened:
        if isinstance(event, Fill):
            entries = fill_entries(event, portfolio.position(event.strategy, event.symbol))
        else:
            entries = [funding_entry(event)]
        journal += entries
        for entry in entries:
            portfolio.apply(entry)
    return portfolio, journal


def test_entries_average_and_exits_realize() -> None:
    portfolio, _ = booked(
        fill(1, "buy", "1", "100"), fill(2, "buy", "3", "120"), fill(3, "sell", "2", "130")
    )
    held = portfolio.position("trend", "BTC/USDT")

    assert held is not None
    assert (held.qty, held.entry_price, held.max_qty) == (Decimal(2), Decimal(115), Decimal(4))
    assert held.realized_pnl == 30
    assert held.margin == Decimal(2) * 115 / 5
    assert held.unrealized_pnl(Decimal(100)) == -30
    assert portfolio.balance == START + 30 - held.fees


def test_a_short_gains_when_it_falls() -> None:
    portfolio, _ = booked(fill(1, "sell", "2", "100"), fill(2, "buy", "2", "90"))

    assert portfolio.positions == {}
    assert portfolio.balance == START + 20 - portfolio.fees


def test_the_entry_that_closes_a_position_returns_it_with_its_last_fee() -> None:
    portfolio, journal = booked(fill(1, "buy", "1", "100"), funding(5, "-0.01"))
    out = fill(9, "sell", "1", "110")
    traded, fee = fill_entries(out, portfolio.position("trend", "BTC/USDT"))

    assert portfolio.apply(traded) is None
    closed = portfolio.apply(fee)

    assert closed is not None
    assert (closed.qty, closed.realized_pnl, closed.funding) == (
        Decimal(0), Decimal(10), Decimal("-0.01")
    )  # fmt: skip
    assert closed.fees == Decimal("0.105")
    assert len(journal) == 4


def test_sub_accounts_hold_apart() -> None:
    portfolio = Portfolio.replay([deposit("a"), deposit("b", Decimal(500))])
    for number, (strategy, side) in enumerate((("a", "buy"), ("b", "sell"))):
        order = fill(number, side, "1", "100", strategy=strategy, position_id=strategy)
        for entry in fill_entries(order, None):
            portfolio.apply(entry)

    assert portfolio.available("a") == START - 20 - Decimal("0.05")
    assert portfolio.available("b") == 500 - 20 - Decimal("0.05")
    assert portfolio.unrealized_pnl({"BTC/USDT": Decimal(90)}) == 0
    assert portfolio.unrealized_pnl({"BTC/USDT": Decimal(90)}, "b") == 10
    assert portfolio.margin_used() == 40


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"qty": Decimal(5), "source_id": "x"}, "fill x would turn position p1 over"),
        ({"amount": Decimal(7), "source_id": "x"}, "fill x books 7, the journal says 10.00000000"),
        (
            {"position_id": "p2", "source_id": "x"},
            "fill x is for position p2, but p1 is open in BTC/USDT",
        ),
        ({"side": None, "source_id": "x"}, "fill x has no side, quantity or price"),
        ({"qty": Decimal(0), "source_id": "x"}, "fill x has no side, quantity or price"),
        (
            {"side": Side.BUY, "source_id": "x"},
            "fill x opens or enlarges position p1, so it must book 0, not 10.00000000",
        ),
        (
            {"kind": EntryKind.FUNDING, "position_id": "p9", "source_id": "x"},
            "funding x belongs to position p9, which is not open",
        ),
    ],
)
def test_an_entry_that_contradicts_the_journal_is_refused_and_changes_nothing(
    entry: dict[str, object], sentence: str
) -> None:
    portfolio, journal = booked(fill(1, "buy", "1", "100"))
    good, _ = fill_entries(fill(2, "sell", "1", "110"), portfolio.position("trend", "BTC/USDT"))

    with pytest.raises(LedgerError) as error:
        portfolio.apply(msgspec.structs.replace(good, **entry))

    assert str(error.value) == sentence
    assert portfolio == Portfolio.replay(journal)
    portfolio.apply(good)


def test_the_first_fill_of_a_position_books_nothing_but_its_fee() -> None:
    traded, _ = fill_entries(fill(1, "buy", "1", "100"), None)

    with pytest.raises(LedgerError, match="must book 0, not 5"):
        Portfolio().apply(msgspec.structs.replace(traded, amount=Decimal(5)))


sizes = st.integers(1, 5000).map(lambda steps: Decimal(steps) / 1000)
prices = st.integers(1, 10**6).map(lambda ticks: Decimal(ticks) / 10)
trades = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), sizes, prices, st.booleans()), max_size=30
)


def history(wanted: Iterable[tuple[str, Decimal, Decimal, bool]]) -> list[Fill | FundingCharged]:
    """Return fills and fundings that never turn a position over; each position has its own id."""
    happened: list[Fill | FundingCharged] = []
    held, position = Decimal(0), 0
    for number, (side, size, price, funded) in enumerate(wanted, start=1):
        sign = Side(side).sign
        qty = min(size, abs(held)) if held * sign < 0 else size
        position += held == 0
        happened.append(fill(number, side, qty, price, position_id=f"p{position}"))
        held += sign * qty
        if funded and held:
            happened.append(funding(number, "-0.12345678", f"p{position}"))
    return happened


@given(trades)
def test_cash_is_what_went_in_plus_results_less_fees_plus_funding(
    wanted: list[tuple[str, Decimal, Decimal, bool]],
) -> None:
    portfolio, journal = booked(*history(wanted))
    gross = sum((e.amount for e in journal if e.kind is EntryKind.FILL), Decimal(0))

    assert portfolio.balance == START + gross - portfolio.fees + portfolio.funding
    assert portfolio.margin_used() >= 0


@given(trades)
def test_result_and_what_is_open_are_worth_what_was_traded(
    wanted: list[tuple[str, Decimal, Decimal, bool]],
) -> None:
    """Σ sold - Σ bought + holding at the mark = gross result + unrealized, but for cutting."""
    happened = history(wanted)
    portfolio, journal = booked(*happened)
    mark = Decimal(500)
    fills = [f for f in happened if isinstance(f, Fill)]
    traded = sum((-f.side.sign * f.qty * f.price for f in fills), Decimal(0))
    held = sum((f.side.sign * f.qty for f in fills), Decimal(0))
    gross = sum((e.amount for e in journal if e.kind is EntryKind.FILL), Decimal(0))

    value = gross + portfolio.unrealized_pnl({"BTC/USDT": mark})

    assert abs(value - (traded + held * mark)) < Decimal("0.0000001") * (len(fills) + 1)


@given(trades, st.data())
def test_an_entry_counts_once_however_often_it_is_applied(
    wanted: list[tuple[str, Decimal, Decimal, bool]], data: st.DataObject
) -> None:
    portfolio, journal = booked(*history(wanted))
    twice: list[Entry] = []
    for entry in journal:
        twice += [entry] * data.draw(st.integers(1, 3))
    twice += data.draw(st.permutations(journal))

    assert Portfolio.replay(twice) == portfolio


@given(trades, st.integers(0, 100))
def test_folding_on_from_any_point_is_folding_all(
    wanted: list[tuple[str, Decimal, Decimal, bool]], cut: int
) -> None:
    whole, journal = booked(*history(wanted))
    part = Portfolio.replay(journal[:cut])
    for entry in journal[cut:]:
        part.apply(entry)

    assert part == whole
    assert part.positions == whole.positions


@given(st.decimals("-100000", "100000", places=12))
def test_money_is_cut_towards_zero(amount: Decimal) -> None:
    cut = truncate8(amount)

    assert abs(cut) <= abs(amount)
    assert abs(amount - cut) < Decimal("0.00000001")
