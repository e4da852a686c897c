"""Which accounts there are, so that the history of any of them can be asked for."""

from typing import TypedDict

from flask import Blueprint, Response

from store.access import Role
from store.accounts import Account
from store.imported import PREFIX
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import NO_DATABASE, described
from telegram_webapp.replies import number, reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site


class ShownAccount(TypedDict):
    """An account; only one is the engine's current one, imported ones never are."""

    id: int
    market_id: str
    imported: bool
    current: bool
    initial_balance: float
    created_at: At
    archived_at: At | None


class Accounts(TypedDict):
    """Every account there ever was."""

    accounts: list[ShownAccount]


def account_routes(site: Site) -> Blueprint:
    """Serve the list of accounts."""
    blueprint = Blueprint("accounts", __name__)

    @blueprint.get("/api/accounts")
    @requires(Role.VIEWER)
    @described(answers=Accounts, problems=(NO_DATABASE,))
    def accounts() -> Response:
        """Return every account: the engine's, those set aside and those that were imported."""
        known = site.archive.accounts()
        current = next((a.id for a in known if a.archived_at is None and not _is_imported(a)), None)
        return reply({"accounts": [_shown(account, current) for account in known]})

    return blueprint


def _shown(account: Account, current: int | None) -> ShownAccount:
    is_imported = _is_imported(account)
    return {
        "id": account.id,
        "market_id": account.market_id.removeprefix(PREFIX) if is_imported else account.market_id,
        "imported": is_imported,
        "current": account.id == current,
        "initial_balance": number(account.initial_balance),
        "created_at": account.created_at,
        "archived_at": account.archived_at,
    }


def _is_imported(account: Account) -> bool:
    return account.market_id.startswith(PREFIX)
