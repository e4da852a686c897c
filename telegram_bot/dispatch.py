"""From an update that passed the gate to its answer."""

import asyncio
import logging
from typing import Final

import msgspec
from telegram import CallbackQuery, Message, Update
from telegram.error import BadRequest, TelegramError

from core.errors import BusError, CommandError, QuarterdeckError, StoreError
from infra.bus.base import EngineAway
from infra.correlation import correlated
from store.access import Identity, Role
from store.audit import AuditRow
from telegram_bot.command import Answer, Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told
from telegram_bot.registry import Registry
from telegram_bot.sending import Sender

MAX_TOAST: Final = 200
AGAIN: Final = "r"  # the prefix of buttons that run a command again
MENUS: Final = {"r:start", "r:help"}  # buttons of menus and of what leads there
UNKNOWN: Final = "I don't know that. /help lists what I do."
OF_OTHERS: Final = "What is forwarded is no command. Write it yourself."

log = logging.getLogger(__name__)


class Dispatch:
    """Finds what is asked for, checks the role, answers; whatever fails is said in a sentence."""

    def __init__(self, deck: Deck, registry: Registry, sender: Sender) -> None:
        self._deck = deck
        self._registry = registry
        self._sender = sender

    async def say(self, update: Update, text: str) -> None:
        """Answer *update* with a plain sentence that does not take a tapped message's place."""
        try:
            if update.callback_query is not None:
                await _toast(update.callback_query, text, is_loud=True)
            elif update.effective_chat is not None:
                await self._sender.send(update.effective_chat.id, Reply(text=told(text)))
        except TelegramError as error:
            log.warning("An answer did not get through: %s", error)

    async def handle(self, update: Update, identity: Identity) -> None:
        """Answer *update*, which *identity* sent."""
        try:
            with correlated(f"telegram-{update.update_id}"):
                await self._dispatch(update, identity)
        except TelegramError as error:
            log.warning("An answer did not get through: %s", error)
        except StoreError as error:  # a refusal could not be written down; it stands
            await self.say(update, str(error))

    async def _dispatch(self, update: Update, identity: Identity) -> None:
        if update.callback_query is not None:
            await self._tapped(update, update.callback_query, identity)
        elif update.message is not None:
            await self._said(update, update.message, identity)

    async def _said(self, update: Update, message: Message, identity: Identity) -> None:
        found = _command(message.text or "", self._deck.bot_name)
        if found is None:
            return
        if message.forward_origin is not None or message.via_bot is not None:
            await self.say(update, OF_OTHERS)
            return
        name, words = found
        command = self._registry.commands.get(name)
        if command is None:
            await self.say(update, UNKNOWN)
            return
        ask = self._ask(update, identity, words, 0)
        if await self._is_refused(identity, command.role, f"/{name}", ask):
            await self.say(
                update, f"/{name} needs the role {command.role}; you are {identity.role}."
            )
            return
        reply = await self._answer(command.answer, ask)
        await self._sender.send(ask.chat_id, reply)

    async def _tapped(self, update: Update, query: CallbackQuery, identity: Identity) -> None:
        prefix, _, rest = (query.data or "").partition(":")
        words = rest.split()
        entry = self._registry.taps.get(prefix)
        answer, role = (entry.answer, entry.role) if entry else (None, Role.VIEWER)
        if prefix == AGAIN and words:
            command = self._registry.commands.get(words.pop(0))
            answer, role = (command.answer, command.role) if command else (None, Role.VIEWER)
        if answer is None:
            await _toast(query, "This button is of another version.", is_loud=False)
            return
        message = query.message if isinstance(query.message, Message) else None
        ask = self._ask(update, identity, words, message.message_id if message else 0)
        if await self._is_refused(identity, role, f"{prefix}:", ask):
            await _toast(
                query, f"This needs the role {role}; you are {identity.role}.", is_loud=True
            )
            return
        reply = await self._answer(answer, ask, is_tap=True)
        if prefix == AGAIN:
            reply = _with_way_back(reply)
        await _toast(query, reply.alert, is_loud=reply.is_loud)
        await self._sender.show(message, ask.chat_id, reply)

    def _ask(self, update: Update, identity: Identity, words: list[str], message_id: int) -> Ask:
        chat = update.effective_chat
        return Ask(
            identity=identity, chat_id=chat.id if chat else 0, update_id=update.update_id,
            words=words, now=self._deck.clock.now(), message_id=message_id,
        )  # fmt: skip

    async def _is_refused(self, identity: Identity, role: Role, action: str, ask: Ask) -> bool:
        if identity.role.includes(role):
            return False
        row = AuditRow(
            at=ask.now, actor=identity.subject, role=identity.role, action=action,
            detail={"words": ask.words[:10]}, result="role_needed",
        )  # fmt: skip
        await asyncio.to_thread(self._deck.access.audit.record, row)
        return True

    async def _answer(self, answer: Answer, ask: Ask, *, is_tap: bool = False) -> Reply:
        try:
            return await answer(self._deck, ask)
        except CommandError as error:
            text = str(error)
        except EngineAway:
            text = "The engine is away, so nothing was done."
        except BusError as error:
            text = (
                f"The engine did not answer: {error}. Whether it acted is not known; see /status."
            )
            text = f"{text[:1].upper()}{text[1:]}"
        except QuarterdeckError as error:
            text = str(error)
        except Exception:
            log.exception("A command failed")
            text = "That failed, and the reason is in the log."
        if is_tap:
            return Reply(alert=text, is_loud=True)
        return Reply(text=told(text))


def _with_way_back(reply: Reply) -> Reply:
    """Return *reply* with a button to the menus that it took the place of, unless it asks."""
    told_data = {button.data for row in reply.buttons for button in row}
    asks = any(data.startswith("c:") for data in told_data)
    if not (reply.text or reply.photo) or asks or not told_data.isdisjoint(MENUS):
        return reply
    return msgspec.structs.replace(reply, buttons=[*reply.buttons, [Button("« Menu", "r:start")]])


async def _toast(query: CallbackQuery, text: str, *, is_loud: bool) -> None:
    """End the tap's waiting, with *text* if there is one."""
    shown = text if len(text) <= MAX_TOAST else f"{text[: MAX_TOAST - 1]}…"
    try:
        await query.answer(shown or None, show_alert=is_loud)
    except BadRequest as error:  # it took long, or the connection was away
        log.info("A tap was not answered: %s", error)


def _command(text: str, bot_name: str) -> tuple[str, list[str]] | None:
    """Return the command's name, in lower case, and the words behind; None if it isn't ours.

    What is no command counts as one without a name.
    """
    first, *words = text.split() or [""]
    if not first.startswith("/"):
        return "", []
    name, _, whose = first[1:].partition("@")
    if whose and whose.lower() != bot_name.lower():
        return None
    return name.lower(), words
