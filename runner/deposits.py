"""Transfers into sub-accounts: each strategy that can trade begins with the same."""

from collections.abc import Sequence
from decimal import Decimal

from core.ledger import Entry, EntryKind, Portfolio
from runner.roster import off_reason
from store.accounts import Account
from store.writer import Batch, Writer
from strategy.base import Strategy

CENT = Decimal("0.01")


def give_deposits(
    writer: Writer,
    portfolio: Portfolio,
    strategies: Sequence[Strategy],
    account: Account,
    at: int,
) -> None:
    """Give every strategy that can trade and has no sub-account yet its first transfer.

    At the first start they share the account's balance. One that is added later gets as much as
    the others began with, so that they can be compared: a transfer that makes the account larger.
    """
    able = [strategy.name for strategy in strategies if not off_reason(strategy)]
    new = [name for name in able if name not in portfolio.transferred]
    if portfolio.transferred:
        share = max(portfolio.transferred.values())
        amounts = dict.fromkeys(new, share)
    else:
        amounts = shares(new or [strategies[0].name], account.initial_balance)
    if not amounts:
        return
    entries = [
        Entry(
            at=at, kind=EntryKind.TRANSFER, strategy=name, amount=amount, source="transfer",
            source_id=name,
        )
        for name, amount in amounts.items()
    ]  # fmt: skip
    writer.commit(Batch(journal=entries))
    for entry in entries:
        portfolio.apply(entry)


def shares(names: Sequence[str], total: Decimal) -> dict[str, Decimal]:
    """Return equal parts in cents; the first gets what does not divide."""
    share = (total / len(names)).quantize(CENT)
    return {
        name: share if number else total - share * (len(names) - 1)
        for number, name in enumerate(names)
    }
