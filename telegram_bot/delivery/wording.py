"""Messages in words: what happened, or many things that happened, with the way to their place."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.alerts import DEFAULT_MODES, TITLES, AlertType, Level, Mode
from core.words import DAY_MS, change, duration
from store.delivery import Delivery
from telegram_bot.markup import told
from telegram_bot.reply import Button, Reply, open_button

LATE_MS: Final = 60_000
MAX_TITLE: Final = 200
MAX_DETAIL: Final = 2000
MAX_LINE: Final = 120
MOST_LINES: Final = 15
ICONS: Final = {Level.ERROR: "🔴", Level.WARN: "🟠", Level.INFO: "🔹"}
DOUBT: Final = "may have come before"

_TRADES: Final = frozenset(
    {
        AlertType.TRADE_CLOSED, AlertType.STOP_HIT, AlertType.TARGET_HIT,
        AlertType.LIQUIDATION_NEAR,
    }
)  # fmt: skip


def message(row: Delivery, covered: Sequence[Delivery], page_url: str, now: int) -> Reply:
    """Return what *row* says at *now*; a digest tells of *covered*."""
    text = _digest(row, covered, now) if covered else _single(row, now)
    return Reply(text=text, buttons=_buttons(row, page_url, is_digest=bool(covered)))


def when(at: int, now: int) -> str:
    """Return the time *at*, with its day if that is another one than *now*'s."""
    then = _utc(at)
    clock = f"{then:%H:%M}"
    return clock if at // DAY_MS == now // DAY_MS else f"{then.day} {then:%b} {clock}"


def _single(row: Delivery, now: int) -> str:
    content = row.content
    head = f"{ICONS[row.level]} <b>{told(_short(content.title, MAX_TITLE))}</b>"
    lines = [" ".join([head, *_extras(row)])]
    if content.detail:
        lines.append(told(_short(content.detail, MAX_DETAIL)))
    if remarks := _remarks(row, now):
        lines.append(f"<i>{told(' · '.join(remarks))}</i>")
    return "\n".join(lines)


def _extras(row: Delivery) -> list[str]:
    amount = [told(change(float(row.content.amount)))] if row.content.amount else []
    return [*amount, f"<b>×{row.times}</b>"] if row.times > 1 else amount


def _remarks(row: Delivery, now: int) -> list[str]:
    content, late_ms = row.content, now - row.happened_at
    remarks = [content.badge] if content.badge else []
    if content.market_at is not None:
        remarks.append(f"market time {_utc(content.market_at):%Y-%m-%d %H:%M} UTC")
    elif late_ms >= LATE_MS:
        remarks.append(f"happened {when(row.happened_at, now)} UTC, {duration(late_ms)} ago")
    return [*remarks, DOUBT] if row.is_doubtful else remarks


def _digest(row: Delivery, covered: Sequence[Delivery], now: int) -> str:
    count = sum(one.times for one in covered)
    begin = when(min(one.happened_at for one in covered), now)
    why = "While it was quiet" if row.is_held else "What you missed"
    lines = [f"{ICONS[row.level]} <b>{why}: {count} since {begin} UTC</b>", _counts(covered), ""]
    ranked = _ranked(covered)
    lines += [_line(same, now) for same in ranked[:MOST_LINES]]
    rest = sum(one.times for same in ranked[MOST_LINES:] for one in same)
    if rest:
        lines.append(f"… and {rest} more")
    badges = sorted({one.content.badge for one in covered} - {""})
    remarks = [*badges, DOUBT] if row.is_doubtful else badges
    if remarks:
        lines.append(f"<i>{told(' · '.join(remarks))}</i>")
    return "\n".join(lines)


def _counts(covered: Sequence[Delivery]) -> str:
    """Return how many of each type there are, and what the closed trades made."""
    numbers: Counter[str] = Counter()
    for one in covered:
        numbers[one.type] += one.times
    parts = [f"{_title(kind)} {number}" for kind, number in numbers.most_common()]
    made = [
        one.content.amount * one.times
        for one in covered
        if one.type in _TRADES and one.content.amount
    ]
    if made:
        parts.append(f"trades made {change(float(sum(made)))}")
    return told(" · ".join(parts))


def _ranked(covered: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return *covered*, what says the same together, the gravest first and then by time."""
    groups: dict[str, list[Delivery]] = {}
    for one in covered:
        groups.setdefault(one.fold_key or str(one.id), []).append(one)
    return sorted(groups.values(), key=lambda same: (*_rank(same[0]), same[0].happened_at))


def _rank(row: Delivery) -> tuple[int, bool, bool]:
    grave = -list(Level).index(row.level)
    return grave, row.type not in _TRADES, row.is_silent or _mode(row.type) is not Mode.ON


def _line(same: Sequence[Delivery], now: int) -> str:
    first, times = same[0], sum(one.times for one in same)
    said = first.content.title
    if first.content.detail:
        said += f" · {first.content.detail}"
    amount = f" {change(float(first.content.amount))}" if first.content.amount else ""
    again = f" ×{times}" if times > 1 else ""
    text = f"{when(first.happened_at, now)} {_short(said, MAX_LINE)}{amount}{again}"
    return f"{ICONS[first.level]} {told(text)}"


def _buttons(row: Delivery, page_url: str, *, is_digest: bool) -> list[list[Button]]:
    rows = [[Button(label, data) for label, data in line] for line in row.content.buttons]
    return [*rows, open_button(page_url, "alerts" if is_digest else row.content.link)]


def _mode(kind: str) -> Mode:
    return DEFAULT_MODES[AlertType(kind)] if kind in TITLES else Mode.ON


def _title(kind: str) -> str:
    return TITLES[AlertType(kind)] if kind in TITLES else kind


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _utc(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, tz=dt.UTC)
