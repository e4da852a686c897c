"""The commands that change trading: each shows what it would do, except the kill switch."""

from typing import Any, Final

from core.errors import CommandError
from core.words import change, money
from telegram_bot.answers import frame
from telegram_bot.command import Ask, Button, Later, Reply
from telegram_bot.control.keys import wish_key
from telegram_bot.deck import Deck
from telegram_bot.markup import told

KEEP: Final = {
    "close_position": "Keep open",
    "close_all": "Keep open",
    "pause": "Keep trading",
    "resume": "Stay paused",
}
EXPIRED: Final = "No longer valid: it was not confirmed in time, and nothing was done. Ask again."
MOST_CLOSE_BUTTONS: Final = 40
MAX_REASON: Final = 200


async def pause(deck: Deck, ask: Ask) -> Reply:
    """Show what pausing would do."""
    return await _prepare(deck, ask, "pause", {})


async def resume(deck: Deck, ask: Ask) -> Reply:
    """Show what resuming would do."""
    return await _prepare(deck, ask, "resume", {})


async def close(deck: Deck, ask: Ask) -> Reply:
    """Show what closing the named position would do, or which could be closed."""
    if ask.words:
        return await _prepare(deck, ask, "close_position", {"position_id": ask.words[0]})
    state = deck.snapshot().state or {}
    positions = sorted(state.get("positions", {}).values(), key=lambda p: int(p["opened_at"]))
    if not positions:
        return Reply(text=f"<b>{_badge(deck)}</b>\nThere is no open position to close.")
    buttons = [[_close_button(position)] for position in positions[:MOST_CLOSE_BUTTONS]]
    return Reply(text=f"<b>{_badge(deck)}</b>\nWhich position?", buttons=buttons)


async def close_all(deck: Deck, ask: Ask) -> Reply:
    """Show what closing every position would do."""
    return await _prepare(deck, ask, "close_all", {})


async def stop(deck: Deck, ask: Ask) -> Reply:
    """Stop new orders at once; nothing is asked first."""
    reason = " ".join(ask.words)[:MAX_REASON]
    args = {"reason": reason} if reason else {}
    result = await deck.wish("stop", args, ask.identity, wish_key(deck, ask))
    title, detail = told(result.get("title", "Trading stopped")), told(result.get("detail", ""))
    text = f"⏹ <b>{title}</b> · {_badge(deck)}\n{detail}"
    return Reply(text=text.strip(), buttons=[[Button("Resume…", "r:resume")]])


async def _prepare(deck: Deck, ask: Ask, command: str, args: dict[str, Any]) -> Reply:
    """Return the engine's intent with its amounts and two buttons.

    Raises:
        CommandError: the engine refused, or answered with no intent.
    """
    wanted = {"command": command, "args": args}
    intent = await deck.wish("prepare", wanted, ask.identity, wish_key(deck, ask))
    nonce = intent.get("intent_id")
    if not isinstance(nonce, str):
        raise CommandError("bad_answer", "The engine answered with no intent; nothing was done.")
    valid_s = int(intent.get("valid_s", 60))
    lines = [
        f"<b>{told(intent['title'])}</b> · {told(intent['badge'])}",
        told(intent["summary"]),
        *(_line(line) for line in intent.get("lines", ())),
        f"<i>Valid for {valid_s} s.</i>",
    ]
    buttons = [[
        Button(str(intent["act_label"]), f"c:{nonce}"),
        Button(KEEP.get(command, "Keep as it is"), f"x:{nonce}"),
    ]]  # fmt: skip
    title = f"<s>{told(intent['title'])}</s> · {told(intent['badge'])}"
    later = Later(valid_s, f"{title}\n{EXPIRED}")
    return Reply(text="\n".join(lines), buttons=buttons, later=later)


def _line(line: dict[str, Any]) -> str:
    value, tone = line["value"], line["tone"]
    shown = line.get("text") or (change(value) if tone in {"gain_loss", "total"} else money(value))
    text = f"{told(line['label'])}: {told(shown)}"
    return f"<b>{text}</b>" if tone == "total" else text


def _close_button(position: dict[str, Any]) -> Button:
    pnl = change(position.get("unrealized_pnl"))
    label = f"{position['symbol']} {position['side']} · {position['strategy']} · {pnl}"
    return Button(label, f"r:close {position['id']}")


def _badge(deck: Deck) -> str:
    return told(frame.badge(deck.snapshot()))
