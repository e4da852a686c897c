"""What is held now: positions, balance, how many of what may be."""

from typing import Any, Final

from core import words
from core.errors import CommandError
from telegram_bot.answers import exchange, frame
from telegram_bot.answers.frame import State
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

NOTHING_YET: Final = "No figures yet: history is still being played."

Position = dict[str, Any]


async def status(deck: Deck, ask: Ask) -> Reply:
    """Return the open positions or, with an id, one of them whole."""
    state = frame.state_of(deck)
    if ask.words:
        return _one(deck, state, ask.words[0])
    positions = _ordered(state)
    lines = [_brief(position, state) for position in positions]
    body = "\n\n".join(lines) if lines else nothing_open(state)
    account = state["account"]
    if positions:
        total = account["unrealized_pnl"]
        body += f"\n\nUnrealized in all: <b>{told(words.change(total))}</b>"
    at = deck.snapshot().at or deck.clock.now()
    body += "".join(f"\n\n⚠️ {told(trouble)}" for trouble in exchange.troubles(state, at))
    buttons = [
        [Button(f"{p['symbol']} {p['side']} · {p['strategy']}", f"r:status {p['id']}")]
        for p in positions[:20]
    ]
    return frame.reply(deck, "Positions", body, again="status", buttons=buttons, link="overview")


async def balance(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Return what the account holds, in all and by strategy."""
    state = frame.state_of(deck)
    account = state["account"]
    if not account:
        return frame.reply(deck, "Balance", NOTHING_YET, again="balance", link="overview")
    pnl, pct = account["pnl_today"], account["pnl_today_pct"]
    rows = [
        ("Equity", words.money(account["equity"])),
        ("Balance", words.money(account["balance"])),
        ("Unrealized", words.change(account["unrealized_pnl"])),
        ("Realized", words.change(account["realized_pnl"])),
        ("Today (UTC)", f"{words.change(pnl)} {words.percent(pct)}"),
        ("ROI", words.percent(account["roi_pct"])),
        ("Margin used", f"{words.money(account['margin_used'])}"),
        ("Margin used, %", words.percent(account["margin_used_pct"], 1)),
        ("Available", words.money(account["available"])),
        ("Fees", words.money(account["fees"])),
        ("Funding", words.change(account["funding"])),
        ("Max drawdown", words.percent(-account["max_drawdown_pct"])),
    ]
    body = frame.table(rows)
    shares = [
        (str(member["id"]), f"{words.money(member['equity'])} {words.percent(member['roi_pct'])}")
        for member in state["strategies"].values()
        if member.get("initial_balance")
    ]
    if shares:
        body += "\nBy strategy\n" + frame.table(shares)
    return frame.reply(deck, "Balance", body, again="balance", link="overview")


async def count(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Return how many positions are open, of how many there may be."""
    state = frame.state_of(deck)
    account = state["account"]
    if not account:
        return frame.reply(deck, "Count", NOTHING_YET, again="count", link="overview")
    most = deck.settings.risk.max_positions
    rows = [
        ("Open positions", f"{account['positions']} of {most}"),
        ("Resting orders", str(len(state["orders"]))),
        ("Margin used", words.percent(account["margin_used_pct"], 1)),
        ("Notional", words.money(sum(p["notional"] for p in state["positions"].values()))),
        ("Closed trades", f"{account['closed_trades']:,}"),
    ]
    return frame.reply(deck, "Count", frame.table(rows), again="count", link="overview")


def nothing_open(state: State) -> str:
    """Say that nothing is held, and what is looked at meanwhile."""
    names = [symbol.partition("/")[0] for symbol in state["prices"]]
    watched = f" Watching {_listed(names)}." if names else ""
    return f"No open positions.{told(watched)}"


def _one(deck: Deck, state: State, position_id: str) -> Reply:
    position = state["positions"].get(position_id)
    if position is None:
        known = ", ".join(state["positions"]) or "none is open"
        raise CommandError(
            "not_open", f"Position {position_id[:80]!r} is not open; there is: {known}.", 404
        )
    decimals = _decimals(state, position["symbol"])
    distance = position["liquidation_distance_pct"]
    rows = [
        ("P&L", words.change(position["unrealized_pnl"])),
        ("ROE, on initial margin", words.percent(position["roe_pct"])),
        ("Size", words.quantity(position["qty"])),
        ("Notional", words.money(position["notional"])),
        ("Entry", words.price(position["entry_price"], decimals)),
        ("Mark", words.price(position["mark_price"], decimals)),
        ("Stop", words.price(position["stop_price"], decimals)),
        ("Target", words.price(position["target_price"], decimals)),
        ("Liquidation", words.price(position["liquidation_price"], decimals)),
        ("Liquidation away", words.percent(distance, 1)),
        ("Margin", words.money(position["margin"])),
        ("Fees so far", words.money(position["fees"])),
        ("Funding so far", words.change(position["funding"])),
        ("Open for", words.age(position["at"] - position["opened_at"])),
    ]
    head = told(f"{_name(position)} · {position['strategy']}")
    body = f"{head}\n{frame.table(rows)}<code>{told(position['id'])}</code>"
    buttons = [[Button("Close…", f"r:close {position['id']}"), Button("All", "r:status")]]
    link = f"position_{position['id']}"
    again = f"status {position['id']}"
    return frame.reply(deck, "Position", body, again=again, buttons=buttons, link=link)


def _brief(position: Position, state: State) -> str:
    decimals = _decimals(state, position["symbol"])
    pnl = position["unrealized_pnl"]
    age = words.age(position["at"] - position["opened_at"])
    entry = words.price(position["entry_price"], decimals)
    mark = words.price(position["mark_price"], decimals)
    away = words.percent(position["liquidation_distance_pct"], 1)
    first = f"<b>{told(_name(position))}</b>  {frame.arrow(pnl)}<b>{told(words.change(pnl))}</b>"
    return "\n".join(
        (
            f"{first} ({told(words.percent(position['roe_pct']))} ROE)",
            told(f"{words.quantity(position['qty'])} at {entry}, mark {mark}"),
            told(f"{position['strategy']}, {age}; liquidation {away} away"),
        )
    )


def _ordered(state: State) -> list[Position]:
    return sorted(state["positions"].values(), key=lambda p: (int(p["opened_at"]), str(p["id"])))


def _name(position: Position) -> str:
    return f"{position['symbol']} {position['side']} {position['leverage']}×"


def _decimals(state: State, symbol: str) -> int:
    return int(state["stats"].get(symbol, {}).get("price_decimals", 2))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
