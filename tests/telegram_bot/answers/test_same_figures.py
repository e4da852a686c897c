"""What the chat says is what the page says, of one and the same history."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from html import unescape
from typing import Any, cast

import msgspec
import pytest

from core import words
from core.metrics import DEFINITIONS
from infra.bus.unix_async_client import AsyncUnixCommands
from store.access import Identity, Role
from store.database import CheckedDatabase
from telegram_bot.answers import frame, holdings, results
from telegram_bot.answers.results import PROFIT, STATS
from telegram_bot.command import Ask, Reply
from telegram_bot.deck import Deck
from telegram_bot.follower import Follower
from tests.telegram_bot.by_hand import Followed
from tests.telegram_webapp.house import NOW, House
from tests.telegram_webapp.test_routes_performance import make_house
from utils.clock import SetClock


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from make_house(tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def deck(house: House) -> Iterator[Deck]:
    engine = Followed()
    engine.state = {**page(house, "/api/dashboard")["state"], "engine": {"badge": "SIMULATED"}}
    engine.at = NOW
    database = CheckedDatabase(house.settings.database)
    yield Deck(
        settings=house.settings, clock=SetClock(NOW), access=house.store,
        follower=cast("Follower", engine), database=database,
        commands=AsyncUnixCommands(house.settings.socket_path),
    )  # fmt: skip
    database.close()


def page(house: House, path: str) -> dict[str, Any]:
    answer = house.get(path)
    assert answer.status_code == 200, answer.text
    return dict(msgspec.json.decode(answer.data))


def asked(deck: Deck, command: Callable[[Deck, Ask], Awaitable[Reply]], text: str = "") -> str:
    identity = Identity(
        subject="Vera (3)", role=Role.VIEWER, via="telegram", credential_id="user-3", user_id=3
    )
    ask = Ask(identity=identity, chat_id=3, update_id=1, words=text.split(), now=NOW)

    async def act() -> Reply:
        return await command(deck, ask)

    return asyncio.run(act()).text


def rows(html: str) -> dict[str, str]:
    """Return what the tables of an answer say, by label."""
    lines = "\n".join(re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)).splitlines()
    found = (re.fullmatch(r"(\s*\S.*?)\s{1,}(\S+(?: [^ ]+%)?)", unescape(line)) for line in lines)
    return {match[1]: match[2] for match in found if match}


@pytest.mark.parametrize("span", ["all", "30d", "7d", "today"])
@pytest.mark.parametrize(
    ("command", "names"),
    [(results.profit, PROFIT), (results.stats, STATS)],
    ids=["profit", "stats"],
)
def test_each_figure_is_the_pages_or_has_its_reason(
    house: House, deck: Deck, command: Any, names: tuple[str, ...], span: str
) -> None:
    told = page(house, f"/api/performance?range={span}")
    html = asked(deck, command, span)
    lines = unescape(html).splitlines()

    for name in names:
        measure, meant = told["measures"][name], told["definitions"][name]
        if measure["value"] is None:
            assert any(meant["label"] in line and measure["reason"] in line for line in lines), name
        else:
            value = words.figure(name, measure["value"], meant["unit"])
            expected = frame.table([(meant["label"], value)])
            assert unescape(expected.removeprefix("<pre>").removesuffix("</pre>")) in unescape(html)


def test_every_figure_that_is_told_is_one_that_is_defined() -> None:
    assert set(PROFIT) | set(STATS) <= set(DEFINITIONS)


def test_splits_are_the_pages(house: House, deck: Deck) -> None:
    told = page(house, "/api/performance?range=all")
    text = unescape(asked(deck, results.performance))

    for split in ("by_strategy", "by_symbol", "by_side"):
        assert told[split]
        for group in told[split]:
            line = re.search(rf"^(?:<pre>)?{re.escape(group['key'])} +(\S+)$", text, re.MULTILINE)
            assert line is not None
            assert line[1].removesuffix("</pre>") == words.change(group["net_pnl"])
            assert f"{group['trades']:,} trades" in text
            assert f"{words.percent(group['win_rate_pct'], 1)} won" in text


def test_days_are_the_pages(house: House, deck: Deck) -> None:
    told = page(house, "/api/performance?range=30d")
    text = asked(deck, results.daily, "60")

    assert told["daily"]
    for day, value, pnl in told["daily"]:
        number = int(day.rpartition("-")[2])
        line = next(
            line
            for line in text.splitlines()
            if line.startswith(f"{date.fromisoformat(day):%a} {number} ")
        )
        assert words.change(pnl) in line
        assert words.percent(value) in line


def test_the_balance_is_the_states(house: House, deck: Deck) -> None:
    account = page(house, "/api/dashboard")["state"]["account"]
    text = rows(asked(deck, holdings.balance))

    assert text["Equity"] == words.money(account["equity"])
    assert text["Balance"] == words.money(account["balance"])
    assert text["Realized"] == words.change(account["realized_pnl"])
    assert text["Unrealized"] == words.change(account["unrealized_pnl"])
    assert text["ROI"] == words.percent(account["roi_pct"])
    assert text["Max drawdown"] == words.percent(-account["max_drawdown_pct"])


@pytest.mark.parametrize("command", [results.profit, results.weekly, results.monthly])
def test_amounts_say_what_money_it_is(deck: Deck, command: Any) -> None:
    assert asked(deck, command).splitlines()[0].endswith("SIMULATED")
