"""An anomaly in plain words: what happened, and how much it is against what is usual."""

from core.anomalies import Anomaly, Measure

MINUS = "\N{MINUS SIGN}"


def title(anomaly: Anomaly) -> str:
    """Return what happened: `BTC/USDT moved −2.13 % in a minute`."""
    symbol, value = anomaly.symbol, anomaly.value
    match anomaly.measure:
        case Measure.RETURN:
            return f"{symbol} moved {amount(value, anomaly.measure, symbol)} in a minute"
        case Measure.VOLUME:
            return f"{symbol} traded {amount(value, anomaly.measure, symbol)} in a minute"
        case Measure.SPREAD:
            return f"{symbol} spread is {amount(value, anomaly.measure, symbol)}"
        case Measure.FUNDING:
            return f"{symbol} funding rate is {amount(value, anomaly.measure, symbol)}"
        case Measure.BOOK_IMBALANCE:
            side = "buyers" if value > 0 else "sellers"
            return f"{symbol} book leans to {side} by {amount(abs(value), anomaly.measure, symbol)}"


def detail(anomaly: Anomaly) -> str:
    """Return how much it is against what is usual, in one sentence."""
    measure, symbol = anomaly.measure, anomaly.symbol
    usual, deviation = (amount(v, measure, symbol) for v in (anomaly.usual, anomaly.deviation))
    times = f"this is {abs(anomaly.z):.0f} times that"
    if measure is Measure.RETURN:
        return f"A usual minute moves it {deviation}; {times}."
    return f"Usual is {usual}, give or take {deviation}; {times} away."


def amount(value: float, measure: Measure, symbol: str) -> str:
    """Return a *value* of *measure* with its unit."""
    match measure:
        case Measure.VOLUME:
            unit = symbol.partition("/")[0]
        case Measure.SPREAD:
            unit = "bps"
        case _:
            unit = "%"
    return f"{_figure(value)} {unit}".replace("-", MINUS)


def _figure(value: float) -> str:
    """Return *value* with two decimals, or below 1 with four; without needless zeros."""
    text = f"{value:.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") if abs(value) < 1 else text.removesuffix(".00")
