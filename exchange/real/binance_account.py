"""Reads an account at Binance USDⓈ-M futures by REST; it never changes anything.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
"""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from core.errors import DataError
from core.orders import Liquidity
from exchange.real.account import (
    AccountSnapshot,
    AssetBalance,
    Caller,
    Modes,
    RealOrder,
    RealPosition,
)
from exchange.real.binance_words import (
    level,
    margin_mode,
    moment,
    number,
    order_side,
    order_status,
    order_type,
    position_side,
)
from exchange.real.errors import Maintenance, Rejected
from exchange.real.names import ours_of_id, unified
from exchange.real.updates import ZERO, FundingUpdate, TradeUpdate
from utils.clock import Clock

Fields = Mapping[str, Any]

MODES_S: Final = 55.0
MOST: Final = 1000  # rows a question may bring


class BinanceAccount:
    """Keeps the `exchange.real.account.AccountReader` contract at Binance."""

    def __init__(self, client: Caller, clock: Clock, quote: str = "USDT") -> None:
        self._client = client
        self._clock = clock
        self._quote = quote
        self._modes = Modes()
        self._modes_s = float("-inf")

    def now(self) -> int:
        """Return the exchange's time (ms), as near as we know it."""
        return self._clock.now() + (self._client.skew_ms or 0)

    def named(self, market_id: str) -> str:
        """Return our symbol for the exchange's id."""
        return ours_of_id(market_id, self._client.api.markets_by_id or {})

    async def snapshot(self) -> AccountSnapshot:
        """Return the account as it is.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        asked_at = self.now()
        account, positions, orders, waiting, config, modes = await asyncio.gather(
            self._ask("fapiPrivateV3GetAccount"),
            self._ask("fapiPrivateV3GetPositionRisk"),
            self._ask("fapiPrivateGetOpenOrders"),
            self._ask("fapiPrivateGetOpenAlgoOrders"),
            self._may_lack("fapiPrivateGetSymbolConfig"),
            self._known_modes(),
        )
        rows = config if isinstance(config, list) else []
        by_id = {str(row.get("symbol")): row for row in rows}
        try:
            return AccountSnapshot(
                asked_at=asked_at,
                balances=tuple(_balance(fields) for fields in account["assets"]),
                positions=tuple(self._positions(positions, by_id)),
                orders=(
                    *(self._order(fields) for fields in orders),
                    *(self._waiting(fields) for fields in _rows(waiting)),
                ),
                modes=modes,
                total=self._others(account, modes),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"the account's answer has no {error}") from error

    async def trades(self, symbol: str, since: int) -> list[TradeUpdate]:
        """Return the executions in our *symbol* since *since* (ms), oldest first.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        market = self._client.api.market(unified(symbol, self._client.api.markets))
        found: dict[str, TradeUpdate] = {}
        while True:
            asked = {"symbol": market["id"], "startTime": since, "limit": MOST}
            rows = await self._ask("fapiPrivateGetUserTrades", asked)
            new = [trade for trade in map(self._trade, rows) if trade.trade_id not in found]
            found |= {trade.trade_id: trade for trade in new}
            if len(rows) < MOST or not new:
                return sorted(found.values(), key=lambda trade: (trade.at, int(trade.trade_id)))
            since = max(trade.at for trade in new)

    async def funding(self, since: int) -> list[FundingUpdate]:
        """Return the funding payments since *since* (ms), oldest first.

        Raises:
            ExchangeError: the exchange did not answer.
            DataError: an answer makes no sense.
        """
        found: dict[str, FundingUpdate] = {}
        while True:
            asked = {"incomeType": "FUNDING_FEE", "startTime": since, "limit": MOST}
            rows = await self._ask("fapiPrivateGetIncome", asked)
            paid = [self._paid(fields) for fields in rows]
            new = [payment for payment in paid if payment.id not in found]
            found |= {payment.id: payment for payment in new}
            if len(rows) < MOST or not new:
                return sorted(found.values(), key=lambda payment: (payment.at, payment.id))
            since = max(payment.at for payment in new)

    async def _ask(self, method: str, asked: Fields | None = None) -> Any:
        return await self._client.call(method, dict(asked or {}))

    async def _may_lack(self, method: str) -> Any:
        """Ask what not every gateway and test network knows; None when it does not."""
        try:
            return await self._ask(method)
        except (Rejected, Maintenance):
            return None

    async def _known_modes(self) -> Modes:
        """Return how the account is set up, as of a minute ago at most: asking is expensive."""
        now_s = self._clock.monotonic()
        if now_s - self._modes_s >= MODES_S:
            self._modes, self._modes_s = await self._asked_modes(), now_s
        return self._modes

    async def _asked_modes(self) -> Modes:
        hedge, multi, burn, config = await asyncio.gather(
            self._may_lack("fapiPrivateGetPositionSideDual"),
            self._may_lack("fapiPrivateGetMultiAssetsMargin"),
            self._may_lack("fapiPrivateGetFeeBurn"),
            self._may_lack("fapiPrivateGetAccountConfig"),
        )
        is_hedge = _switch(hedge, "dualSidePosition")
        return Modes(
            position_mode={True: "hedge", False: "one_way", None: ""}[is_hedge],
            multi_asset=_switch(multi, "multiAssetsMargin"),
            bnb_fees=_switch(burn, "feeBurn"),
            can_trade=_switch(config, "canTrade"),
        )

    def _others(self, account: Fields, modes: Modes) -> Decimal | None:
        """Return what the other assets are worth as margin, None where they are none."""
        if modes.multi_asset is not True or not account.get("totalWalletBalance"):
            return None
        own = [
            number(row, "walletBalance") for row in account["assets"] if row["asset"] == self._quote
        ]
        return number(account, "totalWalletBalance") - sum(own, ZERO)

    def _positions(
        self, rows: Sequence[Fields], config: Mapping[str, Fields]
    ) -> list[RealPosition]:
        held = [row for row in rows if number(row, "positionAmt")]
        return [self._position(row, config.get(str(row["symbol"]), {})) for row in held]

    def _position(self, fields: Fields, config: Fields) -> RealPosition:
        margin = number(fields, "isolatedMargin") or number(fields, "positionInitialMargin")
        mode = margin_mode(fields.get("marginType") or config.get("marginType"))
        known = int(str(fields.get("leverage") or config.get("leverage") or 0))
        return RealPosition(
            symbol=self.named(str(fields["symbol"])), qty=number(fields, "positionAmt"),
            entry_price=number(fields, "entryPrice"), mark_price=level(fields, "markPrice"),
            liquidation_price=level(fields, "liquidationPrice"),
            margin_mode=mode or ("isolated" if number(fields, "isolatedMargin") else "cross"),
            leverage=known or _leverage(fields),
            unrealized_pnl=number(fields, "unRealizedProfit"), margin=margin,
            position_side=position_side(fields.get("positionSide")),
            at=int(str(fields.get("updateTime") or 0)),
        )  # fmt: skip

    def _order(self, fields: Fields) -> RealOrder:
        return RealOrder(
            symbol=self.named(str(fields["symbol"])), order_id=str(fields["orderId"]),
            client_id=str(fields.get("clientOrderId") or ""), side=order_side(str(fields["side"])),
            type=order_type(str(fields.get("origType") or fields["type"])),
            status=order_status(str(fields["status"])), qty=number(fields, "origQty"),
            filled_qty=number(fields, "executedQty"), price=level(fields, "price"),
            trigger_price=level(fields, "stopPrice"), reduce_only=bool(fields.get("reduceOnly")),
            close_position=bool(fields.get("closePosition")),
            position_side=position_side(fields.get("positionSide")),
            created_at=moment(fields, "time", "updateTime"),
            at=moment(fields, "updateTime", "time"),
        )  # fmt: skip

    def _waiting(self, fields: Fields) -> RealOrder:
        return RealOrder(
            symbol=self.named(str(fields["symbol"])),
            order_id=str(fields.get("actualOrderId") or ""),
            client_id=str(fields.get("clientAlgoId") or ""), side=order_side(str(fields["side"])),
            type=order_type(str(fields["orderType"])),
            status=order_status(str(fields["algoStatus"])), qty=number(fields, "quantity"),
            price=level(fields, "price"), trigger_price=level(fields, "triggerPrice"),
            reduce_only=bool(fields.get("reduceOnly")),
            close_position=bool(fields.get("closePosition")),
            position_side=position_side(fields.get("positionSide")), algo_id=str(fields["algoId"]),
            created_at=moment(fields, "createTime", "updateTime"),
            at=moment(fields, "updateTime", "createTime"),
        )  # fmt: skip

    def _trade(self, fields: Fields) -> TradeUpdate:
        return TradeUpdate(
            symbol=self.named(str(fields["symbol"])), trade_id=str(fields["id"]),
            order_id=str(fields["orderId"]), client_id="", side=order_side(str(fields["side"])),
            qty=number(fields, "qty"), price=number(fields, "price"),
            commission=number(fields, "commission"),
            commission_asset=str(fields.get("commissionAsset") or ""),
            liquidity=Liquidity.MAKER if fields.get("maker") else Liquidity.TAKER,
            realized_pnl=number(fields, "realizedPnl"), at=moment(fields, "time"),
        )  # fmt: skip

    def _paid(self, fields: Fields) -> FundingUpdate:
        symbol = str(fields.get("symbol") or "")
        return FundingUpdate(
            amount=number(fields, "income"), asset=str(fields["asset"]), at=moment(fields, "time"),
            symbol=self.named(symbol) if symbol else None, id=str(fields["tranId"]),
        )  # fmt: skip


def _balance(fields: Fields) -> AssetBalance:
    return AssetBalance(
        asset=str(fields["asset"]), wallet=number(fields, "walletBalance"),
        available=number(fields, "availableBalance"), at=int(str(fields.get("updateTime") or 0)),
    )  # fmt: skip


def _rows(answer: object) -> Sequence[Fields]:
    """Return the conditional orders of *answer*, which is a list, or an object with one.

    Raises:
        DataError: it is neither.
    """
    if isinstance(answer, Mapping):
        answer = answer.get("orders") or answer.get("data") or []
    if not isinstance(answer, list):
        raise DataError("the open conditional orders must be a list")
    return answer


def _leverage(fields: Fields) -> int | None:
    """Return notional over initial margin, which is what the exchange reckons with."""
    margin = number(fields, "positionInitialMargin")
    return round(abs(number(fields, "notional")) / margin) if margin else None


def _switch(answer: object, name: str) -> bool | None:
    """Return what a switch says, None when the exchange does not know it."""
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return None if value is None else str(value).lower() == "true"
