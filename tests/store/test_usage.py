from decimal import Decimal

from store.accounts import Account, archive_account, find_or_create_account
from store.database import Database
from store.records import ModelUsage
from store.usage import spent_usd
from store.writer import Batch, Writer


def usage(strategy: str, at: int, cost: str) -> ModelUsage:
    return ModelUsage(
        strategy=strategy, at=at, symbol="BTC/USDT", model="m", cost_usd=Decimal(cost),
        prompt_tokens=1, completion_tokens=2, outcome="ok",
    )  # fmt: skip


def test_a_strategys_spending_is_summed_over_every_account_from_a_moment_on(
    database: Database, account: Account, writer: Writer
) -> None:
    name = f"asks-{account.id}"
    rows = [usage(name, 999, "5"), usage(name, 1000, "0.0001"), usage("other", 1001, "7")]
    writer.commit(Batch(usage=rows))
    archive_account(database, account.id, now=2)
    second = find_or_create_account(database, account.market_id, Decimal(1), now=3)
    Writer(database, second.id).commit(Batch(usage=[usage(name, 1002, "0.000000000001")]))

    assert spent_usd(database, name, 1000) == Decimal("0.000100000001")
    assert spent_usd(database, name, 1003) == 0
