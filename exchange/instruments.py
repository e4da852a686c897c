"""Trading rules of contracts we know by heart, and plausible ones for any other.

Source of the known: Binance USDT-M exchangeInfo and leverage brackets, as of 2026; an exchange
feed brings its own. The clearance fees of liquidations are the ``liquidationFee`` of exchangeInfo
as it was on 2024-03-28, the newest copy at hand: 0.010 to 0.020, most often 0.015.
"""

from decimal import Decimal
from typing import Final

from core.margin import margin_tiers
from core.market import Instrument

MAKER_FEE: Final = Decimal("0.0002")
TAKER_FEE: Final = Decimal("0.0005")

_MAJOR: Final = (
    ("300000", "0.004"),
    ("800000", "0.005"),
    ("3000000", "0.0065"),
    ("12000000", "0.01"),
    ("70000000", "0.02"),
    ("100000000", "0.025"),
    ("230000000", "0.05"),
)
_OTHER: Final = (
    ("10000", "0.005"),
    ("80000", "0.0065"),
    ("600000", "0.01"),
    ("2400000", "0.02"),
    ("8000000", "0.05"),
)

# symbol: tick, step, minimum notional, most leverage, clearance fee, brackets
_KNOWN: Final = {
    "BTC/USDT": ("0.1", "0.001", "100", 125, "0.0125", _MAJOR),
    "ETH/USDT": ("0.01", "0.001", "20", 125, "0.0125", _MAJOR),
    "SOL/USDT": ("0.01", "0.01", "5", 100, "0.015", _OTHER),
}
_UNKNOWN: Final = ("0.0001", "0.1", "5", 50, "0.015", _OTHER)


def instrument(symbol: str) -> Instrument:
    """Return the rules of *symbol*, which is ``BASE/QUOTE``."""
    base, _, quote = symbol.partition("/")
    tick, step, notional, leverage, clearance, brackets = _KNOWN.get(symbol, _UNKNOWN)
    tiers = margin_tiers((Decimal(cap), Decimal(rate)) for cap, rate in brackets)
    return Instrument(
        symbol=symbol, base=base, quote=quote, tick_size=Decimal(tick), step_size=Decimal(step),
        min_notional=Decimal(notional), max_leverage=leverage, maker_fee=MAKER_FEE,
        taker_fee=TAKER_FEE, liquidation_fee=Decimal(clearance), tiers=tiers,
    )  # fmt: skip
