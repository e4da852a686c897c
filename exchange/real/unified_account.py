"""Reads an account by what ccxt has in common for all exchanges; it never changes anything."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.errors import DataError
from exchange.real.account import AccountSnapshot, AssetBalance, Caller, Modes, RealPosition
from exchange.real.errors import Rejected
from exchange.real.names import unified
from exchange.real.unified_events import (
    balances,
    funding_update,
    position,
    resting,
    trade_update,
)
from exchange.real.updates import ZERO, FundingUpdate, TradeUpdate
from utils.clock import Clock

MOST: Final = 500
# where ccxt's ``total`` is the equity; elsewhere it is the wallet
WITH_RESULTS: Final = frozenset({"binance", "binanceusdm", "binancecoinm", "okx", "bitget"})


class UnifiedAccount:
    """Keeps the `exchange.real.account.AccountReader` contract where ccxt knows how."""

    def __init__(self, client: Caller, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def now(self) -> int:
        """Return the exchange's time (ms), as near as we know it."""
        return self._clock.now() + (self._client.skew_ms or 0)

    async def snapshot(self) -> AccountSnapshot:
        """Return the account as it is.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        asked_at = self.now()
        money = await self._client.call("fetch_balance")
        held = await self._if_known("fetchPositions", "fetch_positions")
        orders = await self._if_known("fetchOpenOrders", "fetch_open_orders")
        try:
            positions = tuple(p for p in map(position, held) if p.qty)
            return AccountSnapshot(
                asked_at=asked_at,
                balances=tuple(self._wallet(b, positions) for b in balances(money)),
                positions=positions,
                orders=tuple(map(resting, orders)),
                modes=await self._modes(),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise DataError(f"the account's answer makes no sense: {error}") from error

    async def trades(self, symbol: str, since: int) -> list[TradeUpdate]:
        """Return the executions in our *symbol* since *since* (ms), oldest first.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        name = unified(symbol, self._client.api.markets)
        rows = await self._if_known("fetchMyTrades", "fetch_my_trades", name, since, MOST)
        return sorted(map(trade_update, rows), key=lambda trade: (trade.at, trade.trade_id))

    async def funding(self, since: int) -> list[FundingUpdate]:
        """Return the funding payments since *since* (ms), oldest first.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        rows = await self._if_known("fetchFundingHistory", "fetch_funding_history", None, since)
        return sorted(map(funding_update, rows), key=lambda paid: (paid.at, paid.id))

    def _wallet(self, money: AssetBalance, held: Sequence[RealPosition]) -> AssetBalance:
        """Return *money* without open results, where the exchange counts them in."""
        if self._client.api.id not in WITH_RESULTS:
            return money
        open_results = (p.unrealized_pnl for p in held if p.symbol.endswith(f"/{money.asset}"))
        return msgspec.structs.replace(money, wallet=money.wallet - sum(open_results, ZERO))

    async def _modes(self) -> Modes:
        if not self._client.api.has.get("fetchPositionMode"):
            return Modes()
        try:
            answer = await self._client.call("fetch_position_mode")
        except Rejected:
            return Modes()
        return Modes(position_mode="hedge" if answer.get("hedged") else "one_way")

    async def _if_known(self, what: str, method: str, *args: Any) -> list[Any]:
        """Return the rows of *method*, none where the exchange has no such thing."""
        if not self._client.api.has.get(what):
            return []
        try:
            return list(await self._client.call(method, *args))
        except Rejected:  # such as one that wants a symbol for this question
            return []
