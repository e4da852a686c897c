"""Client order ids: made before sending, the same whenever they are made again.

An id is ``qd<account>-<order>-<number>``: six letters that name the account, twenty that name
the order, and which attempt at that order it is. It has at most 36 characters of those that
exchanges take.
"""

import hashlib
from typing import Final

PREFIX: Final = "qd"
TAG: Final = 6
DIGEST: Final = 20

# Who else closes a position, by the exchange's own client ids.
# Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Order-Update
FORCED: Final = ("autoclose-", "adl_autoclose")


def account_tag(market_id: str, account_id: int, created_at: int) -> str:
    """Return what names an account in its client ids.

    Two installations that trade with one key have different ones, for they were created at
    different times (ms): neither takes the other's orders for its own.
    """
    return _digest(f"{market_id}#{account_id}@{created_at}")[:TAG]


def client_id(tag: str, order_id: str, number: int) -> str:
    """Return the client id of the *number*-th attempt at the order *order_id*."""
    return f"{PREFIX}{tag}-{_digest(order_id)[:DIGEST]}-{number}"


def is_ours(text: str, tag: str) -> bool:
    """Return whether the client id *text* is of the account that *tag* names."""
    return text.startswith(f"{PREFIX}{tag}-")


def is_forced(text: str) -> bool:
    """Return whether the exchange closed a position by itself: liquidation or deleveraging."""
    return text.startswith(FORCED)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
