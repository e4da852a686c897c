"""Account arithmetic of USDT-margined futures: one function a formula, plain numbers in and out.

``qty`` is in base and signed: positive is long, negative short. Prices and money are in quote.
What is booked is cut towards zero to 8 decimals, as the exchange's own figures are: of
0.001 · (21123.05052574 - 22185.2) it shows -1.06214947, not -1.06214947426.
Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V2
"""

from decimal import ROUND_DOWN, Decimal
from typing import Final

CENT8: Final = Decimal("0.00000001")
HUNDRED: Final = Decimal(100)


def truncate8(amount: Decimal) -> Decimal:
    """Return *amount* cut (towards zero) to 8 decimals, as the exchange does."""
    return amount.quantize(CENT8, ROUND_DOWN)


def notional(qty: Decimal, price: Decimal) -> Decimal:
    """Return |qty| · price: what a position or fill is worth, in quote."""
    return abs(qty) * price


def unrealized_pnl(qty: Decimal, entry_price: Decimal, mark_price: Decimal) -> Decimal:
    """Return qty · (mark - entry): the gross P&L of what is open, not cut.

    The exchange writes it position size · direction · (mark price - entry price).
    Source: https://www.binance.com/en/support/faq/360039304272
    """
    return qty * (mark_price - entry_price)


def realized_pnl(qty: Decimal, entry_price: Decimal, exit_price: Decimal) -> Decimal:
    """Return qty · (exit - entry), cut: the gross P&L that closing *qty* books.

    *qty* is what is closed, with the sign of the position it is closed from.
    Source: https://www.binance.com/en/support/faq/360039304272
    """
    return truncate8(qty * (exit_price - entry_price))


def net_pnl(gross: Decimal, fees: Decimal, funding: Decimal) -> Decimal:
    """Return gross - fees + funding; fees are a cost (positive), funding negative when paid."""
    return gross - fees + funding


def trading_fee(qty: Decimal, price: Decimal, rate: Decimal) -> Decimal:
    """Return |qty| · price · rate, cut: what a fill costs at the maker's or taker's *rate*.

    Source: https://www.binance.com/en/support/faq/360033544231
    """
    return truncate8(notional(qty, price) * rate)


def funding_payment(qty: Decimal, mark_price: Decimal, rate: Decimal) -> Decimal:
    """Return -qty · mark · rate, cut: what a settlement adds to the account.

    At a positive *rate* longs pay shorts, so a long's payment is negative.
    Source: https://www.binance.com/en/support/faq/360033525031
    """
    return -truncate8(qty * mark_price * rate)


def initial_margin(qty: Decimal, price: Decimal, leverage: int) -> Decimal:
    """Return |qty| · price ÷ leverage: at the entry price what is put up, at the mark ROE's base.

    Source: https://www.binance.com/en/support/faq/360033162192
    """
    return notional(qty, price) / leverage


def roe_pct(pnl: Decimal, margin: Decimal) -> Decimal:
    """Return 100 · pnl ÷ margin: the return on equity, in %. Say which *margin* it is of.

    Two are in use. This system takes the initial margin at the *entry* price, which is what was
    put up and what the exchange's calculator divides by; the exchange's position list takes that
    at the *mark* price, which makes gains of a long look smaller. Both are `initial_margin`.
    Source: https://www.binance.com/en/support/faq/360039304272 (at the mark) and
    https://www.binance.com/en/support/faq/360036498511 (calculator, at the entry)
    """
    return HUNDRED * pnl / margin
