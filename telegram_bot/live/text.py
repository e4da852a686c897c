"""What messages that stay say; no ages, which would change them when nothing happened."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core import words
from telegram_bot.answers import frame
from telegram_bot.answers.frame import Row, State
from telegram_bot.command import Reply
from telegram_bot.deck import Deck
from telegram_bot.follower import Snapshot
from telegram_bot.markup import told
from telegram_bot.reply import open_button

MOST: Final = 8  # positions, and prices, that are listed
ENDED: Final = "<i>This message is not kept up to date any more. /live pins a new one.</i>"


class Shown(msgspec.Struct, frozen=True):
    """What a message says now; it is sent when its *key* differs from that of the last one."""

    key: str
    reply: Reply


def live_text(deck: Deck) -> Shown:
    """Return what the pinned message says."""
    snapshot = deck.snapshot()
    body = [*_headline(snapshot), _positions(snapshot), _prices(snapshot)]
    return _shown(deck, "Live", body, "changed")


def summary_text(deck: Deck) -> Shown:
    """Return what the periodic summary says."""
    snapshot = deck.snapshot()
    body = [*_headline(snapshot), _account(snapshot), _positions(snapshot)]
    return _shown(deck, "Summary", body, "as of")


def _shown(deck: Deck, title: str, body: list[str], verb: str) -> Shown:
    snapshot, now = deck.snapshot(), deck.clock.now()
    head = f"<b>{title}</b> · {told(frame.badge(snapshot))}"
    key = "\n".join(filter(None, (head, *body, _standing(snapshot))))
    since = told(_since(snapshot, now))
    text = "\n".join(filter(None, (head, *body, since, f"<i>{verb} {_clock(now)} UTC</i>")))
    # no other buttons: their answers would take this message's place
    return Shown(key, Reply(text=text, buttons=[open_button(deck.page_url, "overview")]))


def _headline(snapshot: Snapshot) -> list[str]:
    account = _section(snapshot, "account")
    if not account:
        return ["No figures yet."]
    pnl, pct = account["pnl_today"], account["pnl_today_pct"]
    today = f"{frame.arrow(pnl)}{words.change(pnl)} ({words.percent(pct)}) today, UTC"
    return [f"<b>{told(words.money(account['equity']))}</b>", told(today)]


def _account(snapshot: Snapshot) -> str:
    account = _section(snapshot, "account")
    if not account:
        return ""
    return frame.table([
        ("Unrealized", words.change(account["unrealized_pnl"])),
        ("Realized", words.change(account["realized_pnl"])),
        ("Margin used", words.percent(account["margin_used_pct"], 1)),
        ("Max drawdown", words.percent(-account["max_drawdown_pct"])),
        ("Closed trades", f"{account['closed_trades']:,}"),
    ])  # fmt: skip


def _positions(snapshot: Snapshot) -> str:
    held = sorted(_section(snapshot, "positions").values(), key=lambda p: int(p["opened_at"]))
    rows: list[Row] = [
        (f"{p['symbol'].partition('/')[0]} {p['side']} {p['leverage']}×",
         words.change(p["unrealized_pnl"]))
        for p in held[:MOST]
    ]  # fmt: skip
    if len(held) > MOST:
        rest = sum(p["unrealized_pnl"] for p in held[MOST:])
        rows.append((f"{len(held) - MOST} more", words.change(rest)))
    if rows:
        return frame.table(rows)
    return "No open positions." if _section(snapshot, "account") else ""


def _prices(snapshot: Snapshot) -> str:
    stats = _section(snapshot, "stats")
    rows: list[Row] = []
    for symbol, price in list(_section(snapshot, "prices").items())[:MOST]:
        decimals = int(stats.get(symbol, {}).get("price_decimals", 2))
        change = price.get("change_24h_pct")
        last = words.price(price["last"], decimals)
        rows.append((symbol.partition("/")[0], f"{last} {words.percent(change):>8}"))
    return frame.table(rows)


def _section(snapshot: Snapshot, name: str) -> State:
    found: dict[str, Any] = (snapshot.state or {}).get(name) or {}
    return found


def _standing(snapshot: Snapshot) -> str:
    """Return what is not as usual, without since when."""
    engine, feed = _section(snapshot, "engine"), _section(snapshot, "feed")
    return f"{snapshot.is_up} {feed.get('status')} {engine.get('status')} {engine.get('paused')}"


def _since(snapshot: Snapshot, now: int) -> str:
    engine, feed = _section(snapshot, "engine"), _section(snapshot, "feed")
    lines = []
    if not snapshot.is_up:
        since = f" since {_clock(now - snapshot.age_ms)} UTC" if snapshot.age_ms else ""
        lines.append(f"⚠️ Engine away{since}. Last known figures.")
    elif feed.get("status") == "stale":
        lines.append("⚠️ Prices are stale. New entries are stopped. Stops still stand.")
    if engine.get("paused"):
        lines.append(f"⏸ Paused by {engine.get('paused_by')}. No new entries.")
    return "\n".join(lines)


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S}"
