"""What a child works out is what would be worked out here."""

from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest
from typing_extensions import override

from core.errors import StoreError
from core.market import DAY_MS
from store.accounts import find_or_create_account
from store.database import Database
from store.figures import Asked, Moment, performance
from store.results import closed_trades
from store.writer import Batch, Writer
from telegram_webapp.apart import Apart
from telegram_webapp.errands import LongHistory
from tests.store import samples
from utils.clock import SystemClock

NOW = samples.START + 90 * DAY_MS
MOMENT = Moment(now=NOW, open_since=(("trend", "BTC/USDT", "long", NOW - DAY_MS),), currency="USDC")


class SlowClock(SystemClock):
    """A clock that goes on by a second each time it is looked at, and otherwise when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    @override
    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("long") / "quarterdeck.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    account = find_or_create_account(database, "test", Decimal(10000), now=1)
    chance = Random(3)
    trades = [
        samples.trade(n, closed_at=samples.START + n * DAY_MS, gross_pnl=Decimal(gross))
        for n, gross in enumerate(chance.choices(range(-9, 9), k=90))
    ]  # fmt: skip
    Writer(database, account.id).commit(
        Batch(trades=trades, equity=[samples.point(n * 1440) for n in range(90)])
    )
    database.close()
    return f"sqlite:///{path}"


@pytest.mark.parametrize("asked", [Asked(span="all"), Asked(span="7d", side="long")])
def test_a_child_comes_to_the_same_figures(url: str, asked: Asked) -> None:
    wanted = LongHistory(database_url=url, account_id=1, asked=asked, moment=MOMENT)

    body = Apart(SystemClock()).figures(wanted)

    database = Database(url)
    here = performance(database, 1, closed_trades(database, 1), asked, MOMENT)
    database.close()
    assert body == here
    assert msgspec.json.decode(body)["counts"]["trades"] == (90 if asked.span == "all" else 6)


def test_figures_of_a_child_hold_for_a_while(url: str) -> None:
    clock = SlowClock()
    apart = Apart(clock)
    wanted = LongHistory(database_url=url, account_id=1, asked=Asked(span="all"), moment=MOMENT)

    first = apart.figures(wanted)
    assert apart.figures(wanted) is first

    clock.seconds += 20
    again = apart.figures(wanted)
    assert again is not first
    assert again == first


def test_a_child_that_cannot_says_why(tmp_path: Path) -> None:
    gone = LongHistory(
        database_url=f"sqlite:///{tmp_path}/gone.db", account_id=1, asked=Asked(span="all"),
        moment=MOMENT,
    )  # fmt: skip

    with pytest.raises(StoreError, match=r"gone\.db refused: unable to open database file"):
        Apart(SystemClock()).figures(gone)


def test_two_strategies_are_compared_once() -> None:
    apart = Apart(SystemClock())
    chance = Random(5)
    returns = tuple([chance.gauss(mean, 0.2) for _ in range(50)] for mean in (1.0, 0.0))
    pair = (returns[0], returns[1])

    first = apart.compare(("a", "b"), pair)

    assert apart.compare(("a", "b"), pair) is first
    found = msgspec.json.decode(first)
    assert found["verdict"]["state"] == "a"
    assert found["difference"]["low_pct"] < 1.0 < found["difference"]["high_pct"]
