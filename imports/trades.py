"""Closed trades: one a row, with what is needed to work its result out again."""

import hashlib
from decimal import Decimal
from typing import Final

from core.arithmetic import CENT8, initial_margin, net_pnl, realized_pnl, roe_pct, truncate8
from core.errors import DataError
from core.orders import OrderRole
from core.trades import PositionSide, Trade
from imports.moments import Moments
from imports.outcome import Outcome
from imports.sheet import Line, Sheet

NAMES: Final = {
    "symbol": ("pair", "market", "instrument", "ticker"),
    "side": ("direction", "position_side", "type"),
    "qty": ("quantity", "amount", "size", "volume"),
    "entry_price": ("open_price", "open_rate", "entry", "price_in"),
    "exit_price": ("close_price", "close_rate", "exit", "price_out"),
    "opened_at": ("open_time", "entry_time", "open_date", "time_in"),
    "closed_at": ("close_time", "exit_time", "close_date", "time_out"),
    "fees": ("fee", "commission", "commissions"),
    "funding": ("funding_fees", "funding_fee"),
    "net_pnl": ("pnl", "profit", "profit_abs", "net_profit", "realized_pnl"),
    "leverage": ("lev",),
    "strategy": ("bot", "enter_tag", "system"),
    "exit_reason": ("reason", "close_reason"),
    "stop_price": ("stop", "stop_loss"),
    "id": ("trade_id", "uid"),
}
REQUIRED: Final = (
    "symbol", "side", "qty", "entry_price", "exit_price", "opened_at", "closed_at",
)  # fmt: skip
SIDES: Final = {
    "long": PositionSide.LONG, "buy": PositionSide.LONG,
    "short": PositionSide.SHORT, "sell": PositionSide.SHORT,
}  # fmt: skip
UNKNOWN: Final = "imported"
QUOTES: Final = ("USDT", "USDC", "USD", "EUR", "BTC")
CENT: Final = Decimal("0.01")
MOST_LEVERAGE: Final = 125


def read_trades(sheet: Sheet, moments: Moments, outcome: Outcome) -> list[tuple[int, Trade]]:
    """Return the good rows of *sheet* with their line, by their close; others go to *outcome*."""
    found: dict[str, tuple[int, Trade]] = {}
    for line in sheet.lines:
        try:
            trade = _trade(sheet, line, moments)
        except DataError as error:
            outcome.refuse(line.number, str(error))
            continue
        if trade.id in found:
            outcome.refuse(line.number, f"the same trade as line {found[trade.id][0]}")
        else:
            found[trade.id] = (line.number, trade)
    return sorted(found.values(), key=lambda row: (row[1].closed_at, row[1].id))


def _trade(sheet: Sheet, line: Line, moments: Moments) -> Trade:
    side = _side(line.text("side"))
    qty, entry, leaving = (
        _positive(sheet, line, name) for name in ("qty", "entry_price", "exit_price")
    )
    opened, closed = (moments.read(line.text(name)) for name in ("opened_at", "closed_at"))
    if closed < opened:
        raise DataError(f"it closed ({closed} ms) before it opened ({opened} ms)")
    way = 1 if side is PositionSide.LONG else -1
    gross = realized_pnl(qty * way, entry, leaving)
    fees, funding = (_or_zero(sheet, line, name) for name in ("fees", "funding"))
    net = net_pnl(gross, abs(fees), funding)
    _check_result(sheet, line, net)
    leverage = _leverage(sheet, line)
    trade = Trade(
        id=line.text("id"), symbol=_symbol(line.text("symbol")),
        strategy=line.text("strategy") or UNKNOWN, side=side, leverage=leverage, qty=qty,
        entry_price=entry, exit_price=leaving, opened_at=opened, closed_at=closed,
        gross_pnl=gross, fees=truncate8(abs(fees)), funding=truncate8(funding),
        roe_pct=roe_pct(net, initial_margin(qty, entry, leverage)).quantize(CENT8),
        exit_reason=_reason(line.text("exit_reason")), entry_notional=truncate8(qty * entry),
        exit_notional=truncate8(qty * leaving), risk=_risk(sheet, line, entry, qty),
    )  # fmt: skip
    return _named(trade)


def _named(trade: Trade) -> Trade:
    """Give a trade without an id one that is the same each time."""
    if trade.id:
        return trade
    words = f"{trade.symbol} {trade.side} {trade.qty} {trade.entry_price} {trade.exit_price}"
    text = f"{words} {trade.opened_at} {trade.closed_at} {trade.strategy}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return Trade(**{f: getattr(trade, f) for f in trade.__struct_fields__} | {"id": digest})


def _positive(sheet: Sheet, line: Line, name: str) -> Decimal:
    value = sheet.amount(line, name)
    if value <= 0:
        raise DataError(f"{name} must be above 0, was {value}")
    return value


def _or_zero(sheet: Sheet, line: Line, name: str) -> Decimal:
    return sheet.amount(line, name) if line.text(name) else Decimal(0)


def _side(text: str) -> PositionSide:
    found = SIDES.get(text.lower())
    if found is None:
        raise DataError(f"side must be long or short (or buy, sell), was {text[:20]!r}")
    return found


def _symbol(text: str) -> str:
    plain = text.upper().partition(":")[0].replace("-", "/").replace("_", "/")
    if "/" not in plain:
        quote = next((q for q in QUOTES if plain.endswith(q) and plain != q), None)
        plain = f"{plain.removesuffix(quote)}/{quote}" if quote else plain
    base, _, quote_found = plain.partition("/")
    if not (base.isalnum() and quote_found.isalnum()):
        raise DataError(f"symbol must be like BTC/USDT or BTCUSDT, was {text[:20]!r}")
    return plain


def _leverage(sheet: Sheet, line: Line) -> int:
    if not line.text("leverage"):
        return 1
    value = sheet.amount(line, "leverage")
    if value != int(value) or not 1 <= value <= MOST_LEVERAGE:
        raise DataError(f"leverage must be a whole number from 1 to 125, was {value}")
    return int(value)


def _reason(text: str) -> OrderRole:
    known = {role.value: role for role in OrderRole if role is not OrderRole.ENTRY}
    return known.get(text.lower().replace("take_profit", "target"), OrderRole.MANUAL)


def _risk(sheet: Sheet, line: Line, entry: Decimal, qty: Decimal) -> Decimal | None:
    if not line.text("stop_price"):
        return None
    return truncate8(abs(entry - _positive(sheet, line, "stop_price")) * qty)


def _check_result(sheet: Sheet, line: Line, net: Decimal) -> None:
    """Compare the file's own result with what prices, fees and funding come to.

    Raises:
        DataError: they differ by more than a cent and a thousandth.
    """
    if not line.text("net_pnl"):
        return
    said = sheet.amount(line, "net_pnl")
    if abs(said - net) > max(CENT, abs(net) / 1000):
        raise DataError(f"net_pnl says {said}, but prices, fees and funding come to {net}")
