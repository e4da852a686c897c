"""The report's drawings, as Plotly figures made from the figures' JSON.

Colours are chosen to be told apart on a light and on a dark ground alike.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

ACCENT: Final = "#4f7df0"
GAIN: Final = "#0f9d83"
LOSS: Final = "#d9592b"
SECOND: Final = "#c08a2e"
QUIET: Final = "#7d899c"
GRID: Final = "rgba(125, 137, 156, 0.22)"
FEW_DAYS: Final = 62
MONEY: Final = "$,.0f"

Data = Mapping[str, Any]


def equity(summary: Data) -> go.Figure:
    """Draw equity over its fall from the peak, on one time axis."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3])
    at, values = _columns(summary["equity"])
    figure.add_scatter(
        x=at, y=values, line={"color": ACCENT, "width": 2}, name="Equity", row=1, col=1
    )
    at, falls = _columns(summary["underwater"])
    figure.add_scatter(
        x=at, y=falls, line={"color": LOSS, "width": 1.5}, fill="tozeroy", name="Drawdown, %",
        row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(tickformat=MONEY, row=1, col=1)
    figure.update_yaxes(ticksuffix="%", row=2, col=1)
    return _finished(figure, 420)


def daily(summary: Data) -> go.Figure:
    """Draw each day's return, or each month's when there are many days."""
    name = "daily" if len(summary["daily"]) <= FEW_DAYS else "monthly"
    rows = [row for row in summary[name] if row[1] is not None]
    return _bars([row[0] for row in rows], [row[1] for row in rows], "%")


def distribution(summary: Data) -> go.Figure:
    """Draw how many trades ended with which result."""
    width = summary["histogram"]["width"]
    bins = summary["histogram"]["bins"]
    centres = [start + width / 2 for start, _ in bins]
    figure = go.Figure()
    figure.add_bar(
        x=centres, y=[count for _, count in bins], width=[width * 0.92] * len(bins),
        marker_color=[GAIN if centre > 0 else LOSS for centre in centres], name="Trades",
    )  # fmt: skip
    figure.update_xaxes(tickformat=MONEY)
    return _finished(figure, 260)


def group(rows: Sequence[Data]) -> go.Figure:
    """Draw the net P&L of each group, with its number of trades."""
    figure = _bars([str(r["key"]) for r in rows], [r["net_pnl"] for r in rows], "")
    figure.update_traces(text=[f"{r['trades']}" for r in rows], textposition="outside")
    figure.update_yaxes(tickformat=MONEY)
    return figure


def curves(named: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> go.Figure:
    """Draw returns since the start of two or more strategies on one axis, in %."""
    figure = go.Figure()
    for number, (name, points) in enumerate(named):
        at, values = _columns(points)
        style = {"color": ACCENT, "width": 2} if not number else {"color": SECOND, "dash": "dash"}
        figure.add_scatter(x=at, y=values, line=style, name=name)
    figure.update_yaxes(ticksuffix="%")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12})
    return _finished(figure, 320)


def candles(bars: Sequence[Sequence[Any]], trade: Data) -> go.Figure:
    """Draw the candles around a trade with its entry, exit, stop and target."""
    at, *prices, _ = (list(column) for column in zip(*bars, strict=True))
    figure = go.Figure()
    figure.add_candlestick(
        x=[_moment(t) for t in at], open=prices[0], high=prices[1], low=prices[2],
        close=prices[3], increasing_line_color=GAIN, decreasing_line_color=LOSS, name="",
    )  # fmt: skip
    for name, dash in (("entry_price", "dot"), ("exit_price", "dot"), ("stop_price", "dash"),
                       ("target_price", "dash")):  # fmt: skip
        if trade.get(name) is not None:
            words = name.removesuffix("_price")
            figure.add_hline(
                y=trade[name], line={"dash": dash, "width": 1, "color": QUIET},
                annotation_text=words, annotation_position="top left",
            )  # fmt: skip
    span = [_moment(trade["opened_at"]), _moment(trade["closed_at"])]
    figure.add_scatter(
        x=span, y=[trade["entry_price"], trade["exit_price"]], mode="markers+lines", name="trade",
        line={"color": ACCENT, "width": 1.5},
        marker={"size": 9, "symbol": ["triangle-up", "circle"]},
    )  # fmt: skip
    figure.update_layout(xaxis_rangeslider_visible=False)
    return _finished(figure, 300)


def _bars(keys: Sequence[str], values: Sequence[float], suffix: str) -> go.Figure:
    figure = go.Figure()
    figure.add_bar(x=keys, y=values, marker_color=[GAIN if v > 0 else LOSS for v in values])
    figure.update_yaxes(ticksuffix=suffix)
    figure.update_xaxes(type="category")
    return _finished(figure, 260)


def _columns(points: Sequence[Sequence[Any]]) -> tuple[list[datetime], list[Any]]:
    return [_moment(point[0]) for point in points], [point[1] for point in points]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).replace(tzinfo=None)


def _finished(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 56, "t": 12, "b": 32}, showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hovermode="x unified",
        font={"color": QUIET, "size": 12}, bargap=0.15,
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=GRID, side="right")
    return figure
