"""Binance's user data stream in our words.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.errors import DataError
from core.orders import Liquidity
from exchange.real.binance_words import (
    CONDITIONAL,
    forced,
    level,
    margin_mode,
    moment,
    number,
    order_side,
    order_status,
    order_type,
    position_side,
)
from exchange.real.updates import (
    AlgoUpdate,
    BalanceUpdate,
    ConfigUpdate,
    FundingUpdate,
    MarginCall,
    OrderUpdate,
    PositionUpdate,
    Status,
    TradeUpdate,
    Update,
)

Fields = Mapping[str, Any]
Named = Callable[[str], str]  # our symbol for the exchange's id

EXPIRED: Final = "listenKeyExpired"
# after these the account must be asked by REST: they say that something happened, not what
ASK_AGAIN: Final = frozenset({"CONDITIONAL_ORDER_TRIGGER_REJECT"})


def body(message: object) -> Fields:
    """Return the event itself, without the envelope that combined streams put around it.

    Raises:
        DataError: it is no object.
    """
    if isinstance(message, Mapping) and isinstance(message.get("data"), Mapping):
        message = message["data"]
    if not isinstance(message, Mapping):
        raise DataError("an event of the account must be an object")
    return message


def decode(event: Fields, named: Named) -> list[Update]:
    """Return what *event* says; nothing for one that tells nothing new, such as TRADE_LITE.

    An order's commissions and results come with its fill, once; the same fill's ACCOUNT_UPDATE
    says what wallet and position came to.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    decoder = _DECODERS.get(str(event.get("e", "")))
    if decoder is None:
        return []
    try:
        return decoder(event, named)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{event.get('e')} has no {error}") from error


def _order(event: Fields, named: Named) -> list[Update]:
    order = event["o"]
    symbol, client_id = named(str(order["s"])), str(order.get("c") or "")
    execution, at = str(order["x"]), moment({**event, **order}, "T", "E")
    status = order_status(str(order["X"]))
    if execution == "EXPIRED" and str(order["o"]) in CONDITIONAL and not number(order, "z"):
        status = Status.TRIGGERED  # it goes on as a market order of the same id
    trade = _trade(order, symbol, at) if number(order, "l") > 0 and order.get("t") else None
    return [
        OrderUpdate(
            symbol=symbol, client_id=client_id, order_id=str(order["i"]),
            side=order_side(str(order["S"])), type=order_type(str(order.get("ot") or order["o"])),
            status=status, qty=number(order, "q"), filled_qty=number(order, "z"), at=at,
            average_price=number(order, "ap"), price=level(order, "p"),
            trigger_price=level(order, "sp"), reduce_only=bool(order.get("R")),
            close_position=bool(order.get("cp")), position_side=position_side(order.get("ps")),
            execution=execution, reason=forced(client_id) or _why(order), trade=trade,
        )
    ]  # fmt: skip


def _why(order: Fields) -> str:
    """Return the exchange's word for why an order ended, empty when it does not say."""
    if order["X"] == "EXPIRED_IN_MATCH":
        return "it would have traded with an order of the same account"
    reason = str(order.get("er") or "0")
    return "" if reason == "0" else f"reason {reason}"


def _trade(order: Fields, symbol: str, at: int) -> TradeUpdate:
    return TradeUpdate(
        symbol=symbol, trade_id=str(order["t"]), order_id=str(order["i"]),
        client_id=str(order.get("c") or ""), side=order_side(str(order["S"])),
        qty=number(order, "l"), price=number(order, "L"), commission=number(order, "n"),
        commission_asset=str(order.get("N") or ""),
        liquidity=Liquidity.MAKER if order.get("m") else Liquidity.TAKER,
        realized_pnl=number(order, "rp"), at=at,
    )  # fmt: skip


def _algo(event: Fields, named: Named) -> list[Update]:
    order = event["o"]
    return [
        AlgoUpdate(
            symbol=named(str(order["s"])), client_id=str(order.get("caid") or ""),
            algo_id=str(order["aid"]), side=order_side(str(order["S"])),
            type=order_type(str(order["o"])), status=order_status(str(order["X"])),
            qty=number(order, "q"), at=moment(event, "T", "E"), order_id=str(order.get("ai") or ""),
            trigger_price=level(order, "tp"), price=level(order, "p"),
            reduce_only=bool(order.get("R")), close_position=bool(order.get("cp")),
            position_side=position_side(order.get("ps")), reason=str(order.get("rm") or ""),
        )
    ]  # fmt: skip


def _account(event: Fields, named: Named) -> list[Update]:
    account, at = event["a"], moment(event, "T", "E")
    reason = str(account.get("m") or "")
    balances: Sequence[Fields] = account.get("B") or ()
    positions: Sequence[Fields] = account.get("P") or ()
    found: list[Update] = [
        BalanceUpdate(
            asset=str(b["a"]), wallet=number(b, "wb"), at=at, cross_wallet=number(b, "cw"),
            change=number(b, "bc"), reason=reason,
        )
        for b in balances
    ]  # fmt: skip
    found += [_position(fields, named, at, reason) for fields in positions]
    if reason == "FUNDING_FEE":
        alone = named(str(positions[0]["s"])) if len(positions) == 1 else None
        found += [
            FundingUpdate(amount=number(b, "bc"), asset=str(b["a"]), at=at, symbol=alone)
            for b in balances
        ]
    return found


def _position(fields: Fields, named: Named, at: int, reason: str) -> PositionUpdate:
    return PositionUpdate(
        symbol=named(str(fields["s"])), qty=number(fields, "pa"), at=at,
        entry_price=number(fields, "ep"), unrealized_pnl=number(fields, "up"),
        margin_mode=margin_mode(fields.get("mt")), isolated_wallet=number(fields, "iw"),
        position_side=position_side(fields.get("ps")), reason=reason,
    )  # fmt: skip


def _config(event: Fields, named: Named) -> list[Update]:
    at, symbol, whole = moment(event, "T", "E"), event.get("ac"), event.get("ai")
    if symbol:
        return [ConfigUpdate(at=at, symbol=named(str(symbol["s"])), leverage=int(symbol["l"]))]
    return [ConfigUpdate(at=at, multi_asset=bool(whole["j"]))] if whole else []


def _margin_call(event: Fields, named: Named) -> list[Update]:
    symbols = tuple(named(str(fields["s"])) for fields in event.get("p") or ())
    return [MarginCall(at=moment(event, "E"), symbols=symbols)]


_DECODERS: Final[Mapping[str, Callable[[Fields, Named], list[Update]]]] = {
    "ORDER_TRADE_UPDATE": _order,
    "ALGO_UPDATE": _algo,
    "ACCOUNT_UPDATE": _account,
    "ACCOUNT_CONFIG_UPDATE": _config,
    "MARGIN_CALL": _margin_call,
}
