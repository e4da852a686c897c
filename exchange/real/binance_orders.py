"""Orders at Binance USDⓈ-M futures: the only place that sends any.

Market and limit orders go to the book, stops and targets to the algo service, which makes market
orders of them when the last price reaches their trigger. Everything is one-way mode, isolated.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.errors import DataError
from core.orders import Liquidity, OrderType
from exchange.real.account import Caller
from exchange.real.binance_words import (
    level,
    moment,
    number,
    order_side,
    order_status,
    order_type,
    position_side,
)
from exchange.real.errors import OutcomeUnknown, Rejected
from exchange.real.money import Income
from exchange.real.names import ours_of_id, unified
from exchange.real.requests import Found, Request
from exchange.real.sending import NOT_FOUND, RECV_WINDOW_MS
from exchange.real.updates import AlgoUpdate, OrderUpdate, TradeUpdate

Fields = Mapping[str, Any]

_TYPES: Final = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_MARKET",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT_MARKET",
}
ISOLATED_ALREADY: Final = -4046
MOST: Final = 1000


class BinanceOrders:
    """Keeps the `exchange.real.requests.Door` contract at Binance.

    Promise: each call is one attempt, and what its error says of the outcome is certain.
    """

    def __init__(self, client: Caller) -> None:
        self._client = client

    async def place(self, request: Request) -> Found:
        """Send an order; return how it stands.

        Raises:
            ExchangeError: it was not taken, or that is not known.
        """
        order = request.order
        asked: dict[str, Any] = {
            "symbol": self._id(order.symbol), "side": order.side.value.upper(),
            "type": _TYPES[order.type], "quantity": _text(order.qty),
            "reduceOnly": "true" if order.reduce_only else "false", "recvWindow": RECV_WINDOW_MS,
        }  # fmt: skip
        if request.is_conditional:
            asked |= {
                "algoType": "CONDITIONAL", "clientAlgoId": request.client_id,
                "triggerPrice": _text(order.trigger_price), "workingType": "CONTRACT_PRICE",
            }  # fmt: skip
            answer = await self._client.call("fapiPrivatePostAlgoOrder", asked)
            return (self._sure(self._algo, answer),)
        asked |= {"newClientOrderId": request.client_id, "newOrderRespType": "RESULT"}
        if order.type is OrderType.LIMIT:
            asked |= {"price": _text(order.price), "timeInForce": "GTC"}
        return (self._sure(self._order, await self._client.call("fapiPrivatePostOrder", asked)),)

    async def cancel(self, request: Request) -> Found:
        """Take an order back; of a conditional one its state is not told.

        Raises:
            ExchangeError: it was not taken back, or that is not known.
        """
        symbol = self._id(request.order.symbol)
        if request.is_conditional:
            asked = {"symbol": symbol, "clientAlgoId": request.client_id}
            await self._client.call("fapiPrivateDeleteAlgoOrder", asked)
            return ()
        asked = {"symbol": symbol, "origClientOrderId": request.client_id}
        return (self._sure(self._order, await self._client.call("fapiPrivateDeleteOrder", asked)),)

    async def query(self, request: Request) -> Found:
        """Return how an order stands; of a conditional one also the order that it became.

        Raises:
            ExchangeError: the exchange does not say, or does not know it.
            DataError: its answer makes no sense.
        """
        symbol = self._id(request.order.symbol)
        if not request.is_conditional:
            asked = {"symbol": symbol, "origClientOrderId": request.client_id}
            return (self._order(await self._client.call("fapiPrivateGetOrder", asked)),)
        asked = {"symbol": symbol, "clientAlgoId": request.client_id}
        algo = self._algo(await self._client.call("fapiPrivateGetAlgoOrder", asked))
        child = request.child_id or algo.order_id
        became = await self.lookup(request.order.symbol, child) if child else None
        return (algo,) if became is None else (algo, became)

    async def lookup(self, symbol: str, order_id: str) -> OrderUpdate | None:
        """Return an order by the exchange's number, None when it does not know it.

        Raises:
            Rejected: the exchange does not say.
            ExchangeError: neither.
            DataError: its answer makes no sense.
        """
        asked = {"symbol": self._id(symbol), "orderId": order_id}
        try:
            return self._order(await self._client.call("fapiPrivateGetOrder", asked))
        except Rejected as error:
            if error.code in NOT_FOUND:
                return None
            raise

    async def trades(self, request: Request) -> list[TradeUpdate]:
        """Return what an order traded.

        Raises:
            ExchangeError: the exchange does not say.
            DataError: its answer makes no sense.
        """
        number_of = request.child_id if request.is_conditional else request.exchange_id
        asked = {"symbol": self._id(request.order.symbol), "orderId": number_of, "limit": MOST}
        rows = await self._client.call("fapiPrivateGetUserTrades", asked)
        return [self._trade(row) for row in rows if str(row["orderId"]) == number_of]

    async def prepare(self, request: Request) -> None:
        """Set the symbol to isolated margin and the order's leverage.

        Raises:
            Rejected: it cannot be so, such as while a position is open in another mode.
            ExchangeError: it is not so, or that is not known; asking again changes nothing more.
        """
        symbol = self._id(request.order.symbol)
        try:
            asked = {"symbol": symbol, "marginType": "ISOLATED"}
            await self._client.call("fapiPrivatePostMarginType", asked)
        except Rejected as error:
            if error.code != ISOLATED_ALREADY:
                raise
        leverage = request.order.leverage
        answer = await self._client.call(
            "fapiPrivatePostLeverage", {"symbol": symbol, "leverage": leverage}
        )
        if int(answer.get("leverage", leverage)) != leverage:
            raise Rejected(f"{request.order.symbol} cannot have leverage {leverage}")

    async def income(self, since: int) -> list[Income]:
        """Return the lines of the income history since *since* (the exchange's time, ms).

        Raises:
            ExchangeError: the exchange does not say.
            DataError: its answer makes no sense.
        """
        found: dict[str, Income] = {}
        while True:
            asked = {"startTime": since, "limit": MOST}
            rows = await self._client.call("fapiPrivateGetIncome", asked)
            lines = [self._income(row) for row in rows]
            new = [line for line in lines if line.key not in found]
            found |= {line.key: line for line in new}
            if len(rows) < MOST or not new:
                return list(found.values())
            since = max(line.at for line in new)

    async def bnb_price(self) -> Decimal | None:
        """Return the mark price of BNB, in which fees may be paid.

        Raises:
            ExchangeError: the exchange does not say.
        """
        answer = await self._client.call("fapiPublicGetPremiumIndex", {"symbol": "BNBUSDT"})
        return level(answer, "markPrice")

    def _id(self, symbol: str) -> str:
        api = self._client.api
        return str(api.market(unified(symbol, api.markets))["id"])

    def _named(self, market_id: object) -> str:
        return ours_of_id(str(market_id), self._client.api.markets_by_id or {})

    @staticmethod
    def _sure(read: Any, answer: Fields) -> Any:
        """Return what *answer* to something that was sent says; nonsense leaves it unknown.

        Raises:
            OutcomeUnknown: it cannot be read.
        """
        try:
            return read(answer)
        except (KeyError, TypeError, AttributeError, DataError) as error:
            raise OutcomeUnknown(f"the exchange's answer makes no sense: {error}") from error

    def _order(self, fields: Fields) -> OrderUpdate:
        try:
            return OrderUpdate(
                symbol=self._named(fields["symbol"]), order_id=str(fields["orderId"]),
                client_id=str(fields.get("clientOrderId") or ""),
                side=order_side(str(fields["side"])),
                type=order_type(str(fields.get("origType") or fields["type"])),
                status=order_status(str(fields["status"])), qty=number(fields, "origQty"),
                filled_qty=number(fields, "executedQty"), price=level(fields, "price"),
                average_price=number(fields, "avgPrice"),
                trigger_price=level(fields, "stopPrice"),
                reduce_only=bool(fields.get("reduceOnly")),
                position_side=position_side(fields.get("positionSide")),
                at=moment(fields, "updateTime", "time"),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"an order has no {error}") from error

    def _algo(self, fields: Fields) -> AlgoUpdate:
        try:
            child = str(fields.get("actualOrderId") or "")
            return AlgoUpdate(
                symbol=self._named(fields["symbol"]), algo_id=str(fields["algoId"]),
                client_id=str(fields.get("clientAlgoId") or ""),
                side=order_side(str(fields["side"])), type=order_type(str(fields["orderType"])),
                status=order_status(str(fields["algoStatus"])), qty=number(fields, "quantity"),
                order_id="" if child == "0" else child,
                trigger_price=level(fields, "triggerPrice"),
                reduce_only=bool(fields.get("reduceOnly")),
                position_side=position_side(fields.get("positionSide")),
                at=moment(fields, "updateTime", "createTime"),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"a conditional order has no {error}") from error

    def _trade(self, fields: Fields) -> TradeUpdate:
        try:
            return TradeUpdate(
                symbol=self._named(fields["symbol"]), trade_id=str(fields["id"]),
                order_id=str(fields["orderId"]), client_id="",
                side=order_side(str(fields["side"])), qty=number(fields, "qty"),
                price=number(fields, "price"), commission=number(fields, "commission"),
                commission_asset=str(fields.get("commissionAsset") or ""),
                liquidity=Liquidity.MAKER if fields.get("maker") else Liquidity.TAKER,
                realized_pnl=number(fields, "realizedPnl"), at=moment(fields, "time"),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"an execution has no {error}") from error

    def _income(self, fields: Fields) -> Income:
        try:
            symbol = str(fields.get("symbol") or "")
            return Income(
                kind=str(fields["incomeType"]), id=str(fields["tranId"]),
                symbol=self._named(symbol) if symbol else "", asset=str(fields["asset"]),
                amount=number(fields, "income"), at=moment(fields, "time"),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"a line of the income history has no {error}") from error


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
