"""What there is to tell: rows of the outbox, and notices of who came in or wishes to."""

from core.alerts import AlertType, Level
from store.access import Role
from store.identity import owner_of
from store.notices import ACCESS_REQUESTED, NEW_SESSION, Notice
from store.outbox import OutboxRow
from telegram_bot.delivery.told import Told
from telegram_bot.people.users import access_buttons


def of_outbox(row: OutboxRow) -> Told:
    """Return what the outbox says."""
    return Told(
        source=f"outbox:{row.id}", at=row.at, type=row.type, level=Level(row.level),
        owner=row.owner, symbol=row.symbol, strategy=row.strategy, title=row.title,
        detail=row.detail, amount=row.amount, currency=str(row.data.get("currency", "")),
        badge=str(row.data.get("badge", "")), link=row.link,
    )  # fmt: skip


def of_notice(notice: Notice) -> Told:
    """Return what a notice says: to whose session it is, or to the owners."""
    match notice.kind:
        case kind if kind == ACCESS_REQUESTED:
            return _request(notice)
        case kind if kind == NEW_SESSION:
            return _session(notice)
        case _:
            return _told(notice, notice.kind.replace("_", " ").capitalize(), "")


def _request(notice: Notice) -> Told:
    name, username = notice.data.get("name", ""), notice.data.get("username", "")
    who = f"{name} (@{username})" if username else str(name or "Somebody")
    buttons = [
        [(button.label, button.data) for button in row]
        for row in access_buttons(notice.user_id or 0)
    ]
    detail = f"Their Telegram id is {notice.user_id}. Approve only whom you know."
    return _told(notice, f"{who} asks to come in", detail, buttons=buttons)


def _session(notice: Notice) -> Told:
    data = notice.data
    way = f"{data.get('subject', '')}, as {data.get('role', '')}, by {data.get('via', '')}"
    where = " · ".join(filter(None, (data.get("client", ""), data.get("address", ""))))
    detail = f"{way}\n{where}\nIf that was not you, end it." if where else way
    buttons = (
        [[("End this session", f"s:end {data['session_id']}")]] if "session_id" in data else []
    )
    owner = owner_of(notice.user_id) if notice.user_id is not None else ""
    return _told(notice, "New sign-in", detail, owner=owner, buttons=buttons)


def _told(
    notice: Notice, title: str, detail: str, *, owner: str = "",
    buttons: list[list[tuple[str, str]]] | None = None,
) -> Told:  # fmt: skip
    return Told(
        source=f"notice:{notice.id}", at=notice.at, type=AlertType.NEW_SESSION, level=Level.WARN,
        owner=owner, role=Role.VIEWER if owner else Role.OWNER, title=title, detail=detail,
        link="more", buttons=buttons or [],
    )  # fmt: skip
