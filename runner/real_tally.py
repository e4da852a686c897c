"""The account a person sees while we only watch: the exchange's own figures, not our books'."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from typing_extensions import override

from core.ledger import Portfolio
from core.metrics import Drawdown
from exchange.real.account_view import AccountView
from exchange.real.updates import BalanceUpdate, Update
from runner.tally import Tally

# Why a wallet changes without anything being earned or lost.
TRANSFERS: Final = frozenset(
    {
        "DEPOSIT", "WITHDRAW", "WITHDRAW_REJECT", "ADMIN_DEPOSIT", "ADMIN_WITHDRAW",
        "ASSET_TRANSFER", "COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW",
    }
)  # fmt: skip


class RealTally(Tally):
    """Counts what the exchange says of the account since we began to watch it.

    Promise: money that is paid in or out is neither gain nor loss.
    """

    def __init__(self, view: AccountView, started_at: int) -> None:
        """Begin with what the account is worth now."""
        super().__init__(Portfolio(), view.margin_balance, started_at)
        self._view = view
        self.day_open_balance = view.wallet_balance
        self.drawdown = Drawdown(self.initial)

    @property
    @override
    def balance(self) -> Decimal:
        """Return the wallet's balance."""
        return self._view.wallet_balance

    @property
    @override
    def margin_used(self) -> Decimal:
        """Return what is not free for new margin."""
        return max(self._view.margin_balance - self._view.available, Decimal(0))

    @property
    @override
    def held(self) -> int:
        """Return the number of open positions."""
        return len(self._view.positions)

    @override
    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return wallet and open results at *marks*, and let the drawdown see it."""
        for symbol, mark in marks.items():
            self._view.mark(symbol, mark)
        equity = self._view.margin_balance
        self.drawdown.update(equity)
        return equity

    @override
    def deposit(self, amount: Decimal) -> None:
        """Take no notice: only the exchange says what was paid in; see `hear`."""

    def hear(self, update: Update) -> None:
        """Take a transfer that the exchange tells of."""
        if not isinstance(update, BalanceUpdate) or update.asset != self._view.quote:
            return
        if update.reason in TRANSFERS:
            super().deposit(update.change)
