"""Who may speak to the bot: decided for every update before anything else sees it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from telegram import Update
from telegram.constants import ChatType

from core.errors import StoreError
from store.access import AccessStore, Identity, Role
from store.audit import AuditRow
from store.user import User
from telegram_bot.flood import Flood
from utils.clock import Clock

STALE_MS: Final = 30_000
FRESH_S: Final = 2.0
SEEN_EVERY_MS: Final = 60_000
REMEMBERED: Final = 2000

log = logging.getLogger(__name__)

Say = Callable[[Update, str], Awaitable[None]]


class Came(msgspec.Struct, frozen=True):
    """What an update says of who sent it."""

    user_id: int
    name: str
    username: str
    update_id: int
    age_ms: int | None  # None: a tap, which bears no time


class Gate:
    """Lets allowed users' updates of private chats pass.

    Promise: the answer is no unless the users table says otherwise, at most `FRESH_S` ago;
    each update passes once; one written more than 30 s ago does not pass. Groups, channels and
    edits get no answer at all.
    """

    def __init__(self, access: AccessStore, clock: Clock, say: Say) -> None:
        """Prepare.

        Args:
            access: of the allow-list.
            clock: tells the time.
            say: answers an update that does not pass.
        """
        self._access = access
        self._clock = clock
        self._say = say
        self._known: dict[int, tuple[float, User | None]] = {}
        self._seen: dict[int, int] = {}
        self._passed: OrderedDict[int, None] = OrderedDict()
        self._strangers = Flood(each=3, all_together=30, per_s=60, clock=clock)
        self._late_through = -1

    def taps_are_late(self, update_id: int) -> None:
        """Refuse taps up to *update_id*: they waited while Telegram could not be reached."""
        self._late_through = max(self._late_through, update_id)

    def forget(self, user_id: int) -> None:
        """Ask the table anew about a user."""
        self._known.pop(user_id, None)

    async def admit(self, update: Update) -> Identity | None:
        """Return who sent *update* if it may pass; else answer it, or not, and return None."""
        came = _came(update, self._clock.now())
        if came is None or came.update_id in self._passed:
            return None
        self._remember(came.update_id)
        try:
            return await self._decide(update, came)
        except StoreError as error:
            log.error("Who may come in is not known: %s", error)  # noqa: TRY400 (it says it)
        if self._strangers.lets(came.user_id):
            await self._say(update, "Who may come in cannot be looked up now; the log says why.")
        return None

    async def _decide(self, update: Update, came: Came) -> Identity | None:
        user = await self._user(came)
        if user is None or user.status != "allowed" or user.role is None:
            await self._refuse_stranger(update, came, user)
            return None
        identity = self._access.identity_of(user)
        if late := self._late(came):
            await asyncio.to_thread(self._record, identity, came, "stale")
            await self._say(update, late)
            return None
        return identity

    def _late(self, came: Came) -> str:
        """Return why it comes too late, empty when it does not."""
        if came.age_ms is None:
            is_late = came.update_id <= self._late_through
            return "This tap came late, so nothing was done. Tap again." if is_late else ""
        if abs(came.age_ms) <= STALE_MS:
            return ""
        if came.age_ms < 0:
            return (
                f"By this machine's clock you wrote that {-came.age_ms // 1000} s from now, so "
                "nothing was done: the clock is slow and must be set."
            )
        return (
            f"This reached me {came.age_ms // 1000} s after you wrote it, so nothing was done. "
            "Send it again. If that happens each time, this machine's clock is fast."
        )

    async def _user(self, came: Came) -> User | None:
        until, user = self._known.get(came.user_id, (0.0, None))
        if self._clock.monotonic() >= until:
            user = await asyncio.to_thread(self._access.users.find, came.user_id)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[came.user_id] = self._clock.monotonic() + FRESH_S, user
        if user is not None and user.status == "allowed":
            await self._note_seen(came)
        return user

    async def _note_seen(self, came: Came) -> None:
        now = self._clock.now()
        if now - self._seen.get(came.user_id, 0) >= SEEN_EVERY_MS:
            self._seen[came.user_id] = now
            seen = self._access.users.seen
            try:
                await asyncio.to_thread(seen, came.user_id, came.name, came.username, now)
            except StoreError as error:  # a full disk must not keep out who only reads
                log.warning("When a user came was not written down: %s", error)

    async def _refuse_stranger(self, update: Update, came: Came, user: User | None) -> None:
        """Say politely why not, and let the owner know of who is new; a flood gets silence."""
        if not self._strangers.lets(came.user_id):
            return
        if user is None:
            now = self._clock.now()
            ask = self._access.users.ask
            await asyncio.to_thread(ask, came.user_id, came.name, came.username, now)
            self.forget(came.user_id)
        hello = f"This is a private deck. Your id is {came.user_id}."
        if user is not None and user.status == "blocked":
            text = f"{hello} You were blocked."
        elif await asyncio.to_thread(self._has_owner):
            text = f"{hello} Its owner was told that you ask to come in; once they agree, /start."
        else:
            text = (
                f"{hello} It has no owner yet. If it is yours, set "
                f"TELEGRAM_USERS={came.user_id}:owner where it runs, and start it again."
            )
        await self._say(update, text)

    def _has_owner(self) -> bool:
        owners = (u for u in self._access.users.listed() if u.role is Role.OWNER)
        return any(owner.status == "allowed" for owner in owners)

    def _record(self, identity: Identity, came: Came, result: str) -> None:
        row = AuditRow(
            at=self._clock.now(), actor=identity.subject, role=identity.role, action="telegram",
            detail={"update_id": came.update_id}, result=result,
        )  # fmt: skip
        self._access.audit.record(row)

    def _remember(self, update_id: int) -> None:
        self._passed[update_id] = None
        while len(self._passed) > REMEMBERED:
            self._passed.popitem(last=False)


def _came(update: Update, now: int) -> Came | None:
    """Return who sent it and when, or None if it is of no kind that gets an answer."""
    user, chat = update.effective_user, update.effective_chat
    is_private = chat is not None and user is not None and chat.id == user.id
    if user is None or chat is None or user.is_bot or chat.type != ChatType.PRIVATE:
        return None
    if not is_private or (update.message is None and update.callback_query is None):
        return None
    age_ms = None
    if update.message is not None:
        age_ms = now - int(update.message.date.timestamp() * 1000)
    return Came(user.id, user.full_name, user.username or "", update.update_id, age_ms)
