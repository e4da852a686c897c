"""What closing a position would bring right now, itemised: the figures of a confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.arithmetic import net_pnl, trading_fee
from core.errors import OrderRejected
from core.ledger import Position
from runner.board import Market
from runner.payloads import Data, num

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """An estimate in quote currency; fees are costs, positive."""

    price: Decimal
    gross: Decimal
    fees: Decimal
    funding: Decimal
    margin: Decimal

    @property
    def net(self) -> Decimal:
        """Return gross − fees + funding."""
        return net_pnl(self.gross, self.fees, self.funding)

    @classmethod
    def total(cls, quotes: "Sequence[Quote]") -> "Quote":
        """Return the sum of *quotes*; its price means nothing."""
        return cls(
            ZERO,
            sum((q.gross for q in quotes), ZERO),
            sum((q.fees for q in quotes), ZERO),
            sum((q.funding for q in quotes), ZERO),
            sum((q.margin for q in quotes), ZERO),
        )

    def lines(self, price_text: str | None) -> tuple[Data, ...]:
        """Return the confirmation's lines; *price_text* is left out when None."""
        rows = [
            _line("Gross P&L", self.gross, "gain_loss"),
            _line("Fees, entry and exit", -self.fees, "plain"),
            _line("Funding so far", self.funding, "plain"),
            _line("Net result", self.net, "total"),
            _line("Margin released", self.margin, "plain"),
        ]
        if price_text is not None:
            rows.insert(0, _line("Expected price", self.price, "price") | {"text": price_text})
        return tuple(rows)


def close_quote(position: Position, market: Market) -> Quote:
    """Estimate a market close of *position* at the best opposite price.

    Raises:
        OrderRejected: no price is known yet.
    """
    if market.last is None:
        raise OrderRejected(f"no price for {position.symbol} yet")
    price = market.bid if position.qty > 0 else market.ask
    exit_fee = trading_fee(position.qty, price, market.instrument.taker_fee)
    return Quote(
        price=price,
        gross=position.realized_pnl + position.unrealized_pnl(price),
        fees=position.fees + exit_fee,
        funding=position.funding,
        margin=position.margin,
    )


def _line(label: str, value: Decimal, tone: str) -> Data:
    return {"label": label, "value": num(value), "tone": tone, "text": ""}
