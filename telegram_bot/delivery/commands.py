"""How a person says what they wish to hear: /alerts, /mute and /quiet."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from core.alerts import TITLES, AlertType, Level, Mode
from core.errors import CommandError, ConfigError
from core.quiet_hours import parse_quiet_hours
from core.words import duration
from store.access import Role
from store.alert_settings import AlertSettings, change_settings, read_settings
from store.fan_out import add_deliveries
from telegram_bot.command import Ask, Button, Command, Reply, Tap
from telegram_bot.deck import Deck
from telegram_bot.delivery.people import read_people, settle_people
from telegram_bot.delivery.rules import add_rule, remove_rule, rule_buttons, rule_lines
from telegram_bot.delivery.spans import parse_span
from telegram_bot.delivery.told import Told, rows_for
from telegram_bot.delivery.waiting import waiting_lines
from telegram_bot.delivery.wording import when
from telegram_bot.markup import told

LONGEST_MUTE_S: Final = 30 * 86_400
ICONS: Final = {Mode.ON: "🔔", Mode.SILENT: "🔕", Mode.OFF: "✖️"}
NEXT: Final = {Mode.ON: Mode.SILENT, Mode.SILENT: Mode.OFF, Mode.OFF: Mode.ON}
TYPES_BUTTON: Final = Button("What is told…", "a:types")

Change = Callable[[AlertSettings], AlertSettings]


async def alerts(deck: Deck, ask: Ask) -> Reply:
    """Show what is told and one's rules, or do what the words say.

    Raises:
        CommandError: they say nothing that can be done.
    """
    match ask.words:
        case []:
            return await _menu(deck, ask)
        case ["add", *words] if words:
            return await add_rule(deck, ask, words)
        case ["remove", which]:
            return await remove_rule(deck, ask, which)
        case ["test"]:
            return await _test(deck, ask)
        case _:
            usage = "/alerts, /alerts add equity < 9500 every 30m, /alerts remove 3, /alerts test"
            raise CommandError("bad_usage", f"It goes like this: {usage}.", 400)


async def mute(deck: Deck, ask: Ask) -> Reply:
    """Hold everything but errors for a while.

    Raises:
        CommandError: the words say no time.
    """
    if ask.words:
        text = " ".join(ask.words)
        is_off = text.lower() == "off"
        until = None if is_off else ask.now + 1000 * parse_span(text, LONGEST_MUTE_S)
        kept = await _change(deck, ask, _with_mute(until))
    else:
        kept = await _settings(deck, ask)
    buttons = [
        [Button(label, f"r:mute {label}") for label in ("30m", "2h", "8h", "1d")],
        [Button("Unmute", "r:mute off")] if kept.is_muted(ask.now) else [],
    ]
    return Reply(text="\n".join([_mute_line(kept, ask.now), _HELD]), buttons=buttons)


async def quiet(deck: Deck, ask: Ask) -> Reply:
    """Hold everything but errors in some hours of each day.

    Raises:
        CommandError: the words say no hours.
    """
    kept = await _settings(deck, ask)
    if ask.words:
        text = " ".join(ask.words)
        try:
            hours = None if text.lower() == "off" else parse_quiet_hours(text, kept.utc_offset)
        except ConfigError as error:
            raise CommandError("bad_hours", f"{error}"[:1].upper() + f"{error}"[1:], 400) from error
        kept = await _change(deck, ask, lambda before: before.with_quiet_hours(hours))
    example = "Change them like this: /quiet 22-07, or with your clock: /quiet 22-07 +2"
    off = [[Button("No quiet hours", "r:quiet off")]] if kept.quiet_hours else []
    lines = [_quiet_line(kept), _HELD, example]
    return Reply(text="\n".join(lines), buttons=off)


async def tapped(deck: Deck, ask: Ask) -> Reply:
    """Do what a button under the menu of alerts says.

    Raises:
        CommandError: it is of another version.
    """
    match ask.words:
        case ["menu"]:
            return await _menu(deck, ask)
        case ["types"]:
            return _types(await _settings(deck, ask))
        case ["mode", kind, mode] if kind in {*AlertType} and mode in {*Mode}:
            change = partial(AlertSettings.with_mode, alert_type=AlertType(kind), mode=Mode(mode))
            kept = await _change(deck, ask, change)
            reply = _types(kept)
            said = f"{TITLES[AlertType(kind)]}: {mode}"
            return msgspec.structs.replace(reply, alert=said)
        case ["remove", rule_id]:
            reply = await remove_rule(deck, ask, rule_id)
            menu = await _menu(deck, ask)
            return msgspec.structs.replace(menu, alert=reply.alert)
        case _:
            raise CommandError("bad_button", "This button is of another version.", 400)


async def _menu(deck: Deck, ask: Ask) -> Reply:
    kept = await _settings(deck, ask)
    lines = [
        "<b>Alerts</b>", _modes_line(kept), _mute_line(kept, ask.now), _quiet_line(kept),
        *await waiting_lines(deck, ask), "", *await rule_lines(deck, ask),
    ]  # fmt: skip
    buttons = [
        [TYPES_BUTTON, Button("Test", "r:alerts test")],
        *await rule_buttons(deck, ask),
    ]
    return Reply(text="\n".join(lines), buttons=buttons)


def _types(kept: AlertSettings) -> Reply:
    """Return a button for each type, which turns it on, silent and off."""
    buttons = [_type_button(kind, kept.mode_of(kind)) for kind in AlertType]
    rows = [buttons[number : number + 2] for number in range(0, len(buttons), 2)]
    text = (
        "<b>What is told</b>\nTap to change: 🔔 with a sound, 🔕 without one, ✖️ not at all. "
        "It holds for what happens from now on."
    )
    return Reply(text=text, buttons=[*rows, [Button("Back", "a:menu")]])


def _type_button(kind: AlertType, mode: Mode) -> Button:
    return Button(f"{ICONS[mode]} {TITLES[kind]}", f"a:mode {kind} {NEXT[mode]}")


async def _test(deck: Deck, ask: Ask) -> Reply:
    """Send an alert to the person alone, by the way that every alert goes."""
    message = Told(
        source=f"test:{ask.update_id}", at=ask.now, type=AlertType.SYSTEM, level=Level.INFO,
        title="This is a test", detail="So an alert looks. It went the way that all of them go.",
        owner=ask.identity.owner_id, link="alerts", is_folded=False,
    )  # fmt: skip
    if not await asyncio.to_thread(_add_test, deck, message, ask):
        return Reply(text=told("System alerts are off for you, so none was sent. See /alerts."))
    return Reply(text="A test is on its way. During quiet hours it waits for their end.")


def _add_test(deck: Deck, message: Told, ask: Ask) -> bool:
    settle_people(deck.access, ask.now)
    rows = rows_for(message, read_people(deck.access), ask.now)
    add_deliveries(deck.access.database, rows)
    return bool(rows)


async def _settings(deck: Deck, ask: Ask) -> AlertSettings:
    return await asyncio.to_thread(read_settings, deck.access.database, ask.identity.owner_id)


async def _change(deck: Deck, ask: Ask, change: Change) -> AlertSettings:
    owner = ask.identity.owner_id
    return await asyncio.to_thread(change_settings, deck.access.database, owner, change, ask.now)


def _with_mute(until: int | None) -> Change:
    return lambda before: msgspec.structs.replace(before, muted_until=until)


_HELD: Final = (
    "What comes meanwhile is told together afterwards; errors come at once, without a sound "
    "while muted."
)


def _modes_line(kept: AlertSettings) -> str:
    modes = [kept.mode_of(kind) for kind in AlertType]
    return " · ".join(f"{ICONS[mode]} {modes.count(mode)} {mode}" for mode in Mode)


def _mute_line(kept: AlertSettings, now: int) -> str:
    if kept.muted_until is None or not kept.is_muted(now):
        return "Not muted."
    left = duration(kept.muted_until - now)
    return f"🔇 Muted until {when(kept.muted_until, now)} UTC, for {left}."


def _quiet_line(kept: AlertSettings) -> str:
    hours = kept.quiet_hours
    return f"🌙 Quiet hours {hours}." if hours else "No quiet hours."


COMMANDS: Final = (
    Command(
        name="alerts", hint="What you are told, and your own rules",
        usage="[add RULE every 30m | remove N | test]", group="alerts", role=Role.VIEWER,
        answer=alerts,
    ),
    Command(
        name="mute", hint="Only errors for a while", usage="[2h | off]", group="alerts",
        role=Role.VIEWER, answer=mute,
    ),
    Command(
        name="quiet", hint="Hours in which only errors come", usage="[22-07 +2 | off]",
        group="alerts", role=Role.VIEWER, answer=quiet,
    ),
)  # fmt: skip

TAPS: Final = (Tap(prefix="a", role=Role.VIEWER, answer=tapped),)
