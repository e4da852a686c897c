"""The contracts that are listed, and how exchangeInfo and leverageBracket tell their rules.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

MAKER_FEE: Final = Decimal("0.0002")
TAKER_FEE: Final = Decimal("0.0005")

_MAJOR: Final = (
    ("300000", "0.004"), ("800000", "0.005"), ("3000000", "0.0065"), ("12000000", "0.01"),
    ("70000000", "0.02"), ("100000000", "0.025"), ("230000000", "0.05"),
)  # fmt: skip
_OTHER: Final = (
    ("10000", "0.005"), ("80000", "0.0065"), ("600000", "0.01"), ("2400000", "0.02"),
    ("8000000", "0.05"),
)  # fmt: skip

# base: tick, step, minimum notional, most leverage, clearance fee, brackets, price
_KNOWN: Final[dict[str, tuple[str, str, str, int, str, tuple[tuple[str, str], ...], str]]] = {
    "BTC": ("0.10", "0.001", "100", 125, "0.0125", _MAJOR, "61800"),
    "ETH": ("0.01", "0.001", "20", 125, "0.0125", _MAJOR, "2650"),
    "SOL": ("0.0100", "0.01", "5", 100, "0.015", _OTHER, "152"),
}
_OTHERS: Final = (
    "BNB:560", "XRP:0.61", "ADA:0.34", "DOGE:0.105", "AVAX:24", "DOT:4.6", "LINK:10.4", "LTC:61",
    "BCH:350", "UNI:6.4", "ATOM:4.7", "ETC:19", "FIL:3.7", "APT:6.2", "ARB:0.55", "OP:1.45",
    "NEAR:4.1",
)  # fmt: skip
_PRICES: Final = dict(text.split(":") for text in _OTHERS)
DEFAULT_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
MANY_SYMBOLS: Final = (*DEFAULT_SYMBOLS, *(f"{base}USDT" for base in _PRICES))


@dataclass(frozen=True)
class Bracket:
    """One row of the leverage bracket table; ``cum`` is the maintenance amount."""

    floor: Decimal
    cap: Decimal
    rate: Decimal
    cum: Decimal
    leverage: int


@dataclass(frozen=True)
class Contract:
    """A perpetual contract in USDT; prices are whole ticks, quantities whole steps inside."""

    id: str
    base: str
    tick: Decimal
    step: Decimal
    min_notional: Decimal
    max_leverage: int
    liquidation_fee: Decimal
    table: tuple[tuple[str, str], ...]
    start_price: Decimal

    def price(self, ticks: int) -> Decimal:
        """Return *ticks* as a price, written with the contract's decimals."""
        return ticks * self.tick

    def qty(self, steps: int) -> Decimal:
        """Return *steps* as a quantity, written with the contract's decimals."""
        return steps * self.step

    @cached_property
    def brackets(self) -> tuple[Bracket, ...]:
        """Return the brackets, smallest first."""
        rows: list[Bracket] = []
        floor = rate = cum = Decimal(0)
        for cap_text, rate_text in self.table:
            new = Decimal(rate_text)
            cum += floor * (new - rate)
            rate = new
            leverage = min(self.max_leverage, int(Decimal("0.5") / rate))
            rows.append(Bracket(floor, Decimal(cap_text), rate, cum, leverage))
            floor = Decimal(cap_text)
        return tuple(rows)

    def bracket(self, notional: Decimal) -> Bracket:
        """Return the bracket a position of *notional* is in."""
        return next((row for row in self.brackets if notional <= row.cap), self.brackets[-1])

    def bracket_rows(self) -> dict[str, Any]:
        """Return the answer of leverageBracket for this contract."""
        return {
            "symbol": self.id,
            "notionalCoef": 1.0,
            "brackets": [
                {
                    "bracket": n,
                    "initialLeverage": row.leverage,
                    "notionalCap": int(row.cap),
                    "notionalFloor": int(row.floor),
                    "maintMarginRatio": float(row.rate),
                    "cum": float(row.cum),
                }
                for n, row in enumerate(self.brackets, 1)
            ],
        }

    def info(self, *, trading: bool = True) -> dict[str, Any]:
        """Return this contract's row of exchangeInfo."""
        decimals = -int(self.tick.as_tuple().exponent)
        return {
            "symbol": self.id, "pair": self.id, "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000, "onboardDate": 1569398400000,
            "status": "TRADING" if trading else "SETTLING", "maintMarginPercent": "2.5000",
            "requiredMarginPercent": "5.0000", "baseAsset": self.base, "quoteAsset": "USDT",
            "marginAsset": "USDT", "pricePrecision": decimals,
            "quantityPrecision": -int(self.step.as_tuple().exponent), "baseAssetPrecision": 8,
            "quotePrecision": 8, "underlyingType": "COIN", "underlyingSubType": ["PoW"],
            "triggerProtect": "0.0500", "liquidationFee": str(self.liquidation_fee),
            "marketTakeBound": "0.05", "maxMoveOrderLimit": 10000, "filters": self._filters(),
            "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT",
                           "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
            "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
            "permissionSets": ["GRID", "COPY"],
        }  # fmt: skip

    def _filters(self) -> list[dict[str, Any]]:
        tick, step = str(self.tick), str(self.step)
        return [
            {"filterType": "PRICE_FILTER", "tickSize": tick, "minPrice": tick,
             "maxPrice": "4529764"},
            {"filterType": "LOT_SIZE", "stepSize": step, "minQty": step, "maxQty": "1000000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": step, "minQty": step,
             "maxQty": "120000"},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": str(self.min_notional)},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500",
             "multiplierDown": "0.9500", "multiplierDecimal": "4"},
        ]  # fmt: skip


def contract(symbol: str) -> Contract:
    """Return the contract *symbol*, such as ``BTCUSDT``; an unknown base gets plausible rules."""
    base = symbol.removesuffix("USDT")
    known = _KNOWN.get(base)
    if known is None:
        price = _PRICES.get(base, "10")
        whole = Decimal(price) >= 1
        known = ("0.0010" if whole else "0.00001", "0.1" if whole else "1", "5", 50, "0.015",
                 _OTHER, price)  # fmt: skip
    tick, step, notional, leverage, clearance, table, price = known
    return Contract(
        id=symbol, base=base, tick=Decimal(tick), step=Decimal(step),
        min_notional=Decimal(notional), max_leverage=leverage,
        liquidation_fee=Decimal(clearance), table=table, start_price=Decimal(price),
    )  # fmt: skip
