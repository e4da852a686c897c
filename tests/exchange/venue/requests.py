"""What a request for an order must look like: the filters, read before anything happens.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue.orders import ZERO
from tests.exchange.venue.pair import Pair

CONDITIONAL: Final = frozenset(
    {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
)
_TIFS: Final = frozenset({"GTC", "IOC", "FOK", "GTX", "GTD", "GTE_GTC"})


@dataclass(frozen=True)
class Request:
    """An order as asked for; *ticks* 0 is at market, *steps* 0 only for close-position."""

    buys: bool
    type: str
    tif: str
    steps: int
    ticks: int
    trigger: Decimal
    client_id: str
    reduce_only: bool
    close_position: bool
    working_type: str
    callback: Decimal


def truth(params: dict[str, str], name: str) -> bool:
    """Return a switch of *params*, off when absent."""
    return params.get(name, "false").lower() == "true"


def decimal(params: dict[str, str], name: str) -> Decimal:
    """Return a number of *params*, 0 when absent.

    Raises:
        RefusedError: it is no number.
    """
    try:
        return Decimal(params.get(name, "0"))
    except InvalidOperation:
        raise RefusedError(-1102, f"Malformed parameter '{name}'.") from None


def needed(params: dict[str, str], name: str) -> str:
    """Return a parameter that must be there.

    Raises:
        RefusedError: it is missing.
    """
    if not params.get(name):
        raise RefusedError(
            -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        )
    return params[name]


def read(contract: Contract, params: dict[str, str], *, algo: bool) -> Request:
    """Return the order *params* ask for.

    Raises:
        RefusedError: something is missing or breaks a filter.
    """
    kind, side = needed(params, "type"), needed(params, "side")
    if side not in {"BUY", "SELL"}:
        raise RefusedError(-1117, "Invalid side.")
    if (kind in CONDITIONAL) != algo:
        _wrong_kind(kind)
    at_market = kind.endswith("MARKET")
    close_position = truth(params, "closePosition")
    tif = params.get("timeInForce", "GTC") if at_market else needed_tif(params, algo=algo)
    if tif not in _TIFS:
        raise RefusedError(-1115, "Invalid timeInForce.")
    ticks = 0 if at_market else _ticks(contract, decimal_needed(params, "price"))
    steps = 0 if close_position else _steps(contract, decimal_needed(params, "quantity"))
    trigger = decimal(params, "activatePrice" if kind.startswith("TRAILING") else "triggerPrice")
    if algo and not kind.startswith("TRAILING"):
        decimal_needed(params, "triggerPrice")
    _ticks(contract, trigger)
    return Request(
        buys=side == "BUY", type=kind, tif=tif, steps=steps, ticks=ticks, trigger=trigger,
        client_id=params.get("clientAlgoId" if algo else "newClientOrderId", ""),
        reduce_only=truth(params, "reduceOnly"), close_position=close_position,
        working_type=params.get("workingType", "CONTRACT_PRICE"),
        callback=decimal(params, "callbackRate"),
    )  # fmt: skip


def needed_tif(params: dict[str, str], *, algo: bool) -> str:
    """Return timeInForce, which limit orders must name; conditional ones need not.

    Raises:
        RefusedError: it is missing.
    """
    return params.get("timeInForce", "GTC") if algo else needed(params, "timeInForce")


def decimal_needed(params: dict[str, str], name: str) -> Decimal:
    """Return a number that must be there.

    Raises:
        RefusedError: it is missing or no number.
    """
    needed(params, name)
    return decimal(params, name)


def check_price(pair: Pair, request: Request) -> None:
    """Hold the limit against PERCENT_PRICE.

    Raises:
        RefusedError: it is too far from the mark price.
    """
    if not request.ticks:
        return
    price = pair.contract.price(request.ticks)
    highest, lowest = pair.mark * Decimal("1.05"), pair.mark * Decimal("0.95")
    if request.buys and price > highest:
        raise RefusedError(-4016, f"Limit price can't be higher than {highest:.2f}.")
    if not request.buys and price < lowest:
        raise RefusedError(-4024, f"Limit price can't be lower than {lowest:.2f}.")


def check_notional(pair: Pair, request: Request) -> None:
    """Hold the order's worth against MIN_NOTIONAL; one that only reduces may be smaller.

    Raises:
        RefusedError: it is worth too little.
    """
    contract = pair.contract
    price = contract.price(request.ticks or pair.last)
    worth = contract.qty(request.steps) * price
    if not request.reduce_only and not request.close_position and worth < contract.min_notional:
        raise RefusedError(
            -4164,
            f"Order's notional must be no smaller than {contract.min_notional} (unless you choose "
            "reduce only).",
        )


def _wrong_kind(kind: str) -> None:
    if kind in CONDITIONAL:
        raise RefusedError(
            -4120,
            "Order type not supported for this endpoint. Please use the Algo Order API endpoints "
            "instead.",
        )
    raise RefusedError(-1116, "Invalid orderType.")


def _ticks(contract: Contract, price: Decimal) -> int:
    ticks = price / contract.tick
    if price < ZERO:
        raise RefusedError(-4001, "Price less than 0.")
    if ticks != int(ticks):
        raise RefusedError(-4014, "Price not increased by tick size.")
    return int(ticks)


def _steps(contract: Contract, qty: Decimal) -> int:
    steps = qty / contract.step
    if qty <= ZERO:
        raise RefusedError(-4003, "Quantity less than or equal to zero.")
    if steps != int(steps):
        raise RefusedError(-1111, "Precision is over the maximum defined for this asset.")
    return int(steps)
