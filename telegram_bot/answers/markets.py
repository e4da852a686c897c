"""Prices, what strategies make of them, and why there is a trade or none."""

from functools import partial
from typing import Any, Final

from core import words
from core.errors import CommandError
from core.market import DAY_MS, HOUR_MS
from core.symbols import meant_symbol
from store import history
from store.decisions import count_decisions
from store.history import Wanted
from store.why import lately, sentences
from telegram_bot.answers import frame
from telegram_bot.answers.frame import State
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

HOURS: Final = 2
SHOWN: Final = 10
ARROWS: Final = {"buy": "▲", "sell": "▼", "hold": "·"}


async def prices(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Return the newest price of each symbol, its change over a day and its funding."""
    state = frame.state_of(deck)
    blocks = [_price(state, symbol) for symbol in state["prices"]]
    body = "\n".join(blocks) or "No price yet."
    chart = [Button(f"📈 {name}", f"r:chart {name}") for name in list(state["prices"])[:3]]
    has_charts = any(entry.name == "chart" for entry in deck.entries)
    buttons = [chart] if chart and has_charts else []
    return frame.reply(deck, "Prices", body, again="prices", buttons=buttons, link="market")


async def signals(deck: Deck, ask: Ask) -> Reply:
    """Return what the strategies said in the last two hours, or hours."""
    hours = frame.whole(ask.words[0], 1, 168, "/signals 6") if ask.words else HOURS
    state = frame.state_of(deck)
    now = deck.snapshot().at or int(state["engine"]["at"])
    wanted = Wanted(since=max(0, now - hours * HOUR_MS), limit=SHOWN)
    found = await deck.ask(partial(history.signals, wanted=wanted))
    counted = await deck.ask(partial(count_decisions, wanted=wanted))
    by = counted.by_action
    mean = counted.avg_confidence
    head = f"{by.get('buy', 0)} buy, {by.get('sell', 0)} sell, {by.get('hold', 0)} hold"
    if mean is not None:
        head += f"; average confidence {mean:.2f}"
    lines = [told(f"Last {hours} h: {head}."), ""]
    for row in found.items:
        what = f"{ARROWS.get(row.action, '·')} {row.symbol} {row.action} {row.confidence:.2f}"
        lines.append(f"<b>{told(what)}</b>")
        lines.append(told(f"{frame.hour(row.at)} {row.strategy}: {row.decision}. {row.why}"))
    if not found.items:
        lines.append("No signal in that time.")
    again = f"signals {hours}" if ask.words else "signals"
    names = [symbol.partition("/")[0] for symbol in list(state["prices"])[:3]]
    why_row = [Button(f"Why {name}?", f"r:why {name}") for name in names]
    return frame.reply(
        deck, "Signals", "\n".join(lines), again=again, buttons=[why_row], link="signals"
    )


async def why(deck: Deck, ask: Ask) -> Reply:
    """Return why there is, or is no, trade in a symbol.

    Raises:
        CommandError: no symbol is given, or one that is not traded here.
    """
    state = frame.state_of(deck)
    known = list(state["prices"])
    if not ask.words:
        raise CommandError("usage", f"Write /why and a symbol: {', '.join(known)}.", 400)
    symbol = the_symbol(ask.words[0], known)
    now = deck.snapshot().at or int(state["engine"]["at"])
    newest, counted = await deck.ask(partial(lately, symbol=symbol, since=now - DAY_MS))
    lines = [told(" ".join(sentences(symbol, newest, state)))]
    if counted.by_gate:
        stopped = ", ".join(f"{gate} {times}×" for gate, times in counted.by_gate[:5])
        lines.append(told(f"What held wishes back in the last day: {stopped}."))
    again = f"why {symbol}"
    return frame.reply(
        deck, f"Why, {symbol}", "\n".join(lines), again=again, link=f"symbol_{_joined(symbol)}"
    )


def the_symbol(text: str, known: list[str]) -> str:
    """Return which of the *known* symbols is meant: BTC/USDT, BTCUSDT or BTC.

    Raises:
        CommandError: none of them.
    """
    found = meant_symbol(text, known)
    if found is not None:
        return found
    detail = f"{text[:20]!r} is not traded here; there is {', '.join(known) or 'no symbol yet'}."
    raise CommandError("unknown_symbol", detail, 404)


def _price(state: State, symbol: str) -> str:
    price: dict[str, Any] = state["prices"][symbol]
    stats: dict[str, Any] = state["stats"].get(symbol, {})
    decimals = int(stats.get("price_decimals", 2))
    change = price.get("change_24h_pct")
    rows = [
        ("24 h", f"{frame.arrow(change)}{words.percent(change)}"),
        ("Bid", words.price(price["bid"], decimals)),
        ("Ask", words.price(price["ask"], decimals)),
        ("High 24 h", words.price(stats.get("high_24h"), decimals)),
        ("Low 24 h", words.price(stats.get("low_24h"), decimals)),
    ]
    rate = stats.get("funding_rate")
    if rate is not None:
        rows.append(("Funding", words.percent(100 * rate, 4)))
    head = f"<b>{told(symbol)}</b> {told(words.price(price['last'], decimals))}"
    return f"{head}\n{frame.table(rows)}"


def _joined(symbol: str) -> str:
    return symbol.replace("/", "")
