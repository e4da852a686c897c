"""The report's tables: strategies, positions, trades, signals, theories, models."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core import words
from reports.gathered import Gathered

Cell = Mapping[str, str]
Table = Mapping[str, Any]


def tables(found: Gathered) -> Iterator[Table]:
    """Yield every table; one without rows says why."""
    yield _groups(found)
    yield _positions(found)
    yield _trades(found)
    yield _decisions(found)
    yield _signals(found)
    if found.theories:
        yield _theories(found)
    if found.live:
        yield _live(found)
    if found.models:
        yield _models(found)


def _table(title: str, note: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Return a table; a column whose name begins with # holds numbers."""
    named = [{"name": c.lstrip("#"), "number": c.startswith("#")} for c in columns]
    return {"title": title, "note": note, "columns": named, "rows": rows}


def _cell(text: object, tone: str = "") -> Cell:
    return {"text": str(text), "tone": tone}


def _money(value: float | None) -> Cell:
    return _cell(words.change(value), words.tone(value))


def _groups(found: Gathered) -> Table:
    rows = [
        [
            _cell(group["key"]), _cell(group["trades"]), _money(group["net_pnl"]),
            _cell(words.percent(group["win_rate_pct"], 1)), _money(group["avg_pnl"]),
            _cell(words.measure(group["profit_factor"], "ratio")),
        ]
        for name in ("by_strategy", "by_symbol", "by_side", "by_exit")
        for group in found.summary[name]
    ]  # fmt: skip
    columns = ("What", "#Trades", "#Net P&L", "#Win rate", "#Average", "#Profit factor")
    note = "" if rows else "Awaiting closed trades."
    return _table("By strategy, symbol, side and exit", note, columns, rows)


def _positions(found: Gathered) -> Table:
    rows = [
        [
            _cell(p.symbol), _cell("long" if p.qty > 0 else "short"), _cell(p.strategy),
            _cell(f"{abs(p.qty).normalize():f}"), _cell(f"{p.entry_price:,.8g}"),
            _cell("–" if mark is None else f"{mark:,.8g}"),
            _money(None if mark is None else float(p.qty) * (mark - float(p.entry_price))),
            _cell(moment(p.opened_at)),
        ]
        for p, mark in found.positions
    ]  # fmt: skip
    columns = (
        "Symbol",
        "Side",
        "Strategy",
        "#Size",
        "#Entry",
        "#Last close",
        "#Unrealized",
        "Since",
    )
    return _table("Open positions", "" if rows else "None.", columns, rows)


def _trades(found: Gathered) -> Table:
    rows = [
        [
            _cell(moment(t.closed_at)), _cell(t.symbol), _cell(t.side.value), _cell(t.strategy),
            _cell(words.duration(t.closed_at - t.opened_at)), _cell(t.exit_reason.value),
            _cell(words.money(float(t.fees))), _money(float(t.funding)), _money(float(t.net_pnl)),
        ]
        for t in found.listed_trades
    ]  # fmt: skip
    columns = ("Closed", "Symbol", "Side", "Strategy", "Held", "Exit", "#Fees", "#Funding", "#Net")
    shown, all_trades = len(rows), len(found.trades)
    note = f"The newest {shown} of {all_trades}." if rows else "Awaiting closed trades."
    return _table("Trades", note, columns, rows)


def _decisions(found: Gathered) -> Table:
    rows = [[_cell(what), _cell(count)] for what, count in found.decisions]
    note = f"Of the newest {len(found.signals)} signals." if rows else "No signal yet."
    return _table("Decisions on signals", note, ("Decision, and gate", "#Signals"), rows)


def _signals(found: Gathered) -> Table:
    rows = [
        [
            _cell(moment(s.at)), _cell(s.symbol), _cell(s.strategy), _cell(s.action),
            _cell(f"{s.confidence:.2f}"), _cell(s.decision), _cell(s.why),
        ]
        for s in found.signals[::-1][:50]
    ]  # fmt: skip
    columns = ("When", "Symbol", "Strategy", "Leans to", "#Confidence", "Decision", "Why")
    return _table("Newest signals", "" if rows else "No signal yet.", columns, rows)


def _theories(found: Gathered) -> Table:
    rows = [
        [
            _cell(t.strategy), _cell(t.theory), _cell(t.trades), _cell(t.leaned),
            _cell(words.percent(100 * t.right / t.leaned if t.leaned else None, 1)),
            _cell(words.measure(t.avg_contribution, "ratio")),
        ]
        for t in found.theories
    ]  # fmt: skip
    note = "Whether the side each leaned to at the entry was the side that made money."
    columns = ("Strategy", "Theory", "#Trades", "#Leaned", "#Right", "#Average contribution")
    return _table("Theories", note, columns, rows)


def _live(found: Gathered) -> Table:
    rows = [
        [
            _cell(m.model), _cell(m.samples),
            _cell(words.percent(100 * m.right / m.samples if m.samples else None, 1)),
            _cell(f"{m.squared:.4f}"), _cell(f"{_climate(m.rose, m.samples):.4f}"),
        ]
        for m in found.live
    ]  # fmt: skip
    note = (
        "Each prediction against the close when it fell due. A lower Brier score is better; the "
        "baseline always tells the share of rises."
    )
    columns = ("Model", "#Predictions due", "#Right side", "#Brier", "#Baseline")
    return _table("Predictions", note, columns, rows)


def _climate(rose: int, samples: int) -> float:
    """Return the Brier score of always telling the share that rose."""
    share = rose / samples if samples else 0.0
    return share * (1 - share)


def _models(found: Gathered) -> Table:
    rows = [
        [
            _cell(m.model), _cell(m.kind.replace("_", " ")), _cell(m.samples),
            _cell(words.percent(None if m.accuracy is None else 100 * m.accuracy, 1)),
            _cell("–" if m.brier is None else f"{m.brier:.4f}"),
            _cell("–" if m.baseline_brier is None else f"{m.baseline_brier:.4f}"),
            _cell("yes" if m.passes else "no"), _cell(moment(m.at)),
        ]
        for m in found.models
    ]  # fmt: skip
    columns = ("Model", "Kind", "#Samples", "#Accuracy", "#Brier", "#Baseline", "Passes", "When")
    return _table("Models", "A lower Brier score is better.", columns, rows)


def moment(at: int) -> str:
    """Return a time (ms) as people read it, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
