import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import SecretStr

from core.catalogue import payload_schema
from core.errors import ConfigError
from exchange.real.errors import Rejected, Unreachable
from exchange.real.updates import BalanceUpdate
from infra.settings import Settings
from runner.real_account import RealAccount, account_market
from runner.real_tally import RealTally
from tests.exchange.venue import KEY, SECRET, Venue, venue_server
from utils.clock import SystemClock

LIMIT_S = 30


def settings(folder: Path, venue: Venue, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "broker": "watch", "market": "exchange", "exchange_url": venue.url,
        "exchange_key": SecretStr(KEY), "exchange_secret": SecretStr(SECRET),
    }  # fmt: skip
    return Settings(data_dir=folder, **given | changes)


def with_account(
    folder: Path, story: Callable[[RealAccount, Venue], Awaitable[None]], **changes: Any
) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=20) as venue:
            venue.account().permissions |= {"enableFutures": True}
            account = await RealAccount.open(settings(folder, venue, **changes), SystemClock())
            following = asyncio.create_task(account.follow())
            try:
                async with asyncio.timeout(LIMIT_S):
                    await account.stream.synced.wait()
                    await story(account, venue)
            finally:
                following.cancel()
                await asyncio.wait([following])
                await account.close()

    asyncio.run(run())


def refused(folder: Path, prepare: Callable[[Venue], None], **changes: Any) -> str:
    """Return the sentence with which an account is refused."""

    async def run() -> str:
        async with venue_server(rate_hz=0) as venue:
            prepare(venue)
            with pytest.raises(ConfigError) as told:
                await RealAccount.open(settings(folder, venue, **changes), SystemClock())
            return str(told.value)

    return asyncio.run(run())


LIVE = {"broker": "live", "i_understand_the_risk": "yes"}


def test_what_is_told_of_it_fits_the_schema(tmp_path: Path) -> None:
    async def story(account: RealAccount, venue: Venue) -> None:
        venue.trade("BTC/USDT", "0.02")
        venue.trade("ETH/USDT", "-0.5", "9000", client_id="web_2")
        while not (account.view.positions and account.view.orders):
            await asyncio.sleep(0.01)
        account.ours = lambda one: one.symbol == "BTC/USDT"
        body = account.payload(1)
        jsonschema.validate(body, payload_schema("real_account"))
        assert [(p["symbol"], p["ours"]) for p in body["positions"]] == [("BTC/USDT", True)]
        assert [(o["symbol"], o["ours"]) for o in body["orders"]] == [("ETH/USDT", False)]
        whole = body["wallet_balance"] + body["unrealized_pnl"]
        assert body["margin_balance"] == pytest.approx(whole)
        assert (body["mode"], body["note"]) == ("watch", "")

    with_account(tmp_path, story)


def test_who_watches_can_send_nothing_however_it_is_asked(tmp_path: Path) -> None:
    async def story(account: RealAccount, venue: Venue) -> None:
        order = ("BTC/USDT:USDT", "market", "buy", 0.01)
        for method, words in (
            ("create_order", order), ("cancel_all_orders", ("BTC/USDT:USDT",)),
            ("set_leverage", (5, "BTC/USDT:USDT")), ("fapiPrivatePostOrder", ({"symbol": "X"},)),
            ("fapiPrivateDeleteAllOpenOrders", ({"symbol": "X"},)), ("withdraw", ("USDT", 1, "x")),
        ):  # fmt: skip
            with pytest.raises(Rejected, match="only watches"):
                await account.client.call(method, *words)
        assert {one.path for one in venue.seen if one.method != "GET"} == {"/fapi/v1/listenKey"}

    with_account(tmp_path, story)


def test_money_that_is_paid_in_or_out_is_no_gain(tmp_path: Path) -> None:
    async def story(account: RealAccount, venue: Venue) -> None:
        tally = RealTally(account.view, 0)
        venue.account().wallet += 500
        paid = BalanceUpdate(
            asset="USDT", wallet=venue.account().wallet, change=venue.account().wallet - 10_000,
            at=venue.now(), reason="DEPOSIT",
        )  # fmt: skip
        account.view.apply(paid)
        tally.hear(paid)
        assert tally.balance == tally.equity({}) == tally.initial == 10_500
        assert tally.pnl_today({}) == 0
        tally.hear(BalanceUpdate(asset="USDT", wallet=paid.wallet, change=paid.wallet, at=1))
        tally.deposit(paid.wallet)  # whatever our own books may think
        assert tally.initial == 10_500

    with_account(tmp_path, story)


def test_a_key_that_may_withdraw_is_not_traded_with(tmp_path: Path) -> None:
    def may(venue: Venue, **more: bool) -> None:
        venue.account().permissions |= {"enableFutures": True, "enableWithdrawals": False} | more

    assert "may withdraw, so it is not traded with" in refused(
        tmp_path, lambda venue: may(venue, enableWithdrawals=True), **LIVE
    )
    assert "may not trade futures" in refused(
        tmp_path, lambda venue: may(venue, enableFutures=False), **LIVE
    )


def test_a_key_that_is_refused_is_a_persons_to_mend(tmp_path: Path) -> None:
    wrong = {"exchange_secret": SecretStr("not-the-secret")}
    said = refused(tmp_path, lambda _: None, **wrong)
    assert said.startswith("binanceusdm refuses the keys")
    assert "not-the-secret" not in said


def test_that_a_key_may_withdraw_is_said_to_who_watches(tmp_path: Path) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue:
            venue.account().permissions["enableWithdrawals"] = True
            account = await RealAccount.open(settings(tmp_path, venue), SystemClock())
            await account.close()
            assert "one that may only read is enough" in account.note

    asyncio.run(run())


def test_an_exchange_that_is_away_may_be_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue:
            given = settings(tmp_path, venue, exchange_url="http://127.0.0.1:9")
            with pytest.raises(Unreachable):
                await RealAccount.open(given, SystemClock())

    asyncio.run(run())


def test_each_broker_keeps_books_of_its_own() -> None:
    names = {account_market(broker, "exchange:x") for broker in ("paper", "watch", "testnet")}
    assert names == {"exchange:x", "watch:exchange:x", "testnet:exchange:x"}
