from decimal import Decimal

from store.accounts import Account
from store.database import Database
from store.digest import digest
from store.writer import Batch, Writer
from tests.store import samples

NOON = samples.START + 43_200_000


def test_a_digest_counts_what_happened_since(
    database: Database, account: Account, writer: Writer
) -> None:
    results = {"40.00000001": 1, "-12.5": 2, "0": 3, "7.25": 4}
    writer.commit(
        Batch(
            trades=[samples.trade(99, closed_at=NOON)]
            + [
                samples.trade(
                    n, closed_at=NOON + n, gross_pnl=Decimal(gross) + 1, fees=Decimal(1),
                    funding=Decimal(0),
                )
                for gross, n in results.items()
            ],
            facts=[samples.fact(1, "order_refused")]
            + [samples.fact(43_200 + n, "order_refused") for n in (0, 1, 2)]
            + [samples.fact(43_200 + n, "alert_raised") for n in (3,)]
            + [samples.fact(43_200 + n, "order_filled") for n in (4, 5)],
            equity=[samples.point(m, f"{m}.5") for m in (718, 719, 721, 725)],
        )
    )  # fmt: skip

    seen = digest(database, account.id, NOON)

    assert (seen.closed_trades, seen.wins, seen.losses, seen.breakevens) == (4, 2, 1, 1)
    assert seen.net_pnl == Decimal("34.75000001")
    assert (seen.refused, seen.alerts) == (2, 1)
    assert seen.equity_then == samples.point(719, "719.5")
    assert seen.equity_now == samples.point(725, "725.5")


def test_a_digest_of_a_new_account_is_empty(database: Database, account: Account) -> None:
    seen = digest(database, account.id, NOON)

    assert (seen.closed_trades, seen.refused, seen.alerts) == (0, 0, 0)
    assert seen.net_pnl == 0
    assert seen.equity_then is seen.equity_now is None
