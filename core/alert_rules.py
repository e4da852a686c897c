"""Alert rules of one's own: their grammar, and the normal form that parses to itself.

``equity < 9500``, ``BTC/USDT crosses 70000``, ``position pnl < -2 %``, ``no trade for 6h``:
docs/ALERTS.md tells it whole. Amounts are in quote currency, percentages bear a ``%``.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

import msgspec

from core.alert_figures import FIGURES, Figure, Scope, names
from core.errors import DataError
from core.spans import span_ms, span_text

Operator = Literal["<", "<=", ">", ">=", "crosses", "crosses above", "crosses below"]

LONGEST_TEXT: Final = 120
MAX_DECIMALS: Final = 8
MAX_LEVEL: Final = Decimal(10) ** 12
MINUTE_MS: Final = 60_000
SHORTEST_SILENCE_MS: Final = MINUTE_MS
LONGEST_SILENCE_MS: Final = 30 * 24 * 60 * MINUTE_MS
EXAMPLES: Final = (
    "equity < 9500", "BTC/USDT crosses 70000", "position pnl < -2 %", "drawdown > 5 %",
    "no trade for 6h",
)  # fmt: skip


class Known(msgspec.Struct, frozen=True):
    """What there is to be watched: the symbols that are traded and the strategies' names."""

    symbols: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A figure against a level.

    ``name`` is the strategy or symbol; it is empty for the account and for any position.
    ``is_share`` says that the level is in %.
    """

    scope: Scope
    name: str = ""
    figure: str
    operator: Operator
    level: Decimal
    is_share: bool = False


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """That nothing was opened or closed for a while, by ``strategy`` or (empty) by anybody."""

    strategy: str = ""
    for_ms: int


Rule = Comparison | Silence

_WORDS: Final[Mapping[str, Operator]] = {
    "<": "<", "<=": "<=", "=<": "<=", "≤": "<=", "below": "<", "under": "<", "is below": "<",
    ">": ">", ">=": ">=", "=>": ">=", "≥": ">=", "above": ">", "over": ">", "is above": ">",
    "crosses": "crosses", "cross": "crosses",
    "crosses above": "crosses above", "crosses over": "crosses above",
    "crosses below": "crosses below", "crosses under": "crosses below",
}  # fmt: skip
_OPERATOR: Final = re.compile(
    r"\s*(<=|=<|>=|=>|<|>|≤|≥)\s*"
    r"|\s+(crosses (?:above|over|below|under)|cross(?:es)?|(?:is )?(?:above|below)|under|over)\s+"
)
_LEVEL: Final = re.compile(
    r"([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s?([km]?)\s?(%|usdt|usd|\$)?", re.ASCII
)
_SILENCE: Final = re.compile(r"(?:(.+) )?no trades? for (.+)")
_TIMES: Final = {"": 1, "k": 1000, "m": 1_000_000}
_SIGNS: Final = str.maketrans(
    {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{NO-BREAK SPACE}": " "}
)


def parse_rule(text: str, known: Known) -> Rule:
    """Return the rule that *text* says, among what is *known*.

    Raises:
        DataError: it says none; the sentence says what was expected.
    """
    words = " ".join(text[: LONGEST_TEXT + 1].translate(_SIGNS).split())
    if not words or len(text) > LONGEST_TEXT or not words.isprintable():
        raise DataError(f"a rule must have 1 to {LONGEST_TEXT} characters, such as {EXAMPLES[0]}")
    silence = _SILENCE.fullmatch(words.lower())
    if silence:
        return _silence(silence[1] or "", silence[2], known)
    found = _OPERATOR.search(words.lower())
    if found is None:
        shown = ", ".join(EXAMPLES)
        raise DataError(
            f"a rule must compare a figure (<, <=, >, >=, crosses) or say 'no trade for', "
            f"was {words!r}; examples: {shown}"
        )
    left, right = words[: found.start()].strip(), words[found.end() :].strip()
    operator = _WORDS[(found[1] or found[2]).strip()]
    scope, name, figure = _subject(left, known)
    level, is_share = _level(right, figure)
    return Comparison(
        scope=scope, name=name, figure=figure.name, operator=operator, level=level,
        is_share=is_share,
    )  # fmt: skip


def rule_text(rule: Rule) -> str:
    """Return the normal form of *rule*, which `parse_rule` takes back."""
    if isinstance(rule, Silence):
        whose = f"{rule.strategy} " if rule.strategy else ""
        return f"{whose}no trade for {span_text(rule.for_ms)}"
    level = number_text(rule.level) + (" %" if rule.is_share else "")
    return f"{_subject_text(rule)} {rule.operator} {level}"


def figure_of(rule: Comparison) -> Figure:
    """Return the figure that *rule* is about."""
    return FIGURES[rule.scope][rule.figure]


def number_text(value: Decimal) -> str:
    """Return *value* as plain digits without needless zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _silence(name: str, span: str, known: Known) -> Silence:
    strategy = _strategy(name, known) if name else ""
    if strategy is None:
        raise DataError(f"{name!r} is no strategy; they are {_listed(known.strategies)}")
    for_ms = span_ms(span)
    is_whole = for_ms is not None and for_ms % MINUTE_MS == 0
    if for_ms is None or not is_whole or not SHORTEST_SILENCE_MS <= for_ms <= LONGEST_SILENCE_MS:
        raise DataError(
            f"a time must be 1m to 30d in whole minutes, such as 45m, 6h or 1d 12h, was {span!r}"
        )
    return Silence(strategy=strategy, for_ms=for_ms)


def _subject(left: str, known: Known) -> tuple[Scope, str, Figure]:
    """Return what the words before the operator name.

    Raises:
        DataError: nothing.
    """
    words = left.lower()
    if words in FIGURES["account"]:
        return "account", "", FIGURES["account"][words]
    first, _, rest = words.partition(" ")
    if first == "position":
        return "position", "", _figure("position", rest or "pnl", "a position")
    if first == "funding":
        first, rest = rest, "funding"
    symbol, strategy = _symbol(first, known), _strategy(first, known)
    if symbol is not None:
        return _of_symbol(symbol, rest or "price")
    if strategy is not None:
        return "strategy", strategy, _figure("strategy", rest, f"strategy {strategy}")
    if "/" in first or rest == "funding":
        raise DataError(
            f"{first.upper()!r} is not traded here; symbols are {_listed(known.symbols)}"
        )
    raise DataError(
        f"{left!r} is no figure; they are {names('account')}, position …, a symbol "
        f"({_listed(known.symbols)}) or a strategy ({_listed(known.strategies)}) with its figure"
    )


def _of_symbol(symbol: str, word: str) -> tuple[Scope, str, Figure]:
    if word in FIGURES["position"] and word not in FIGURES["symbol"]:
        return "position", symbol, FIGURES["position"][word]
    return "symbol", symbol, _figure("symbol", word, symbol)


def _figure(scope: Scope, word: str, whose: str) -> Figure:
    figure = FIGURES[scope].get(word)
    if figure is not None:
        return figure
    also = f", {names('position')} of a position in it" if scope == "symbol" else ""
    raise DataError(f"{word!r} is no figure of {whose}; they are {names(scope)}{also}")


def _subject_text(rule: Comparison) -> str:
    if rule.scope == "account":
        return rule.figure
    if rule.scope == "position":
        return f"{rule.name or 'position'} {rule.figure}"
    if rule.scope == "strategy":
        return f"{rule.name} {rule.figure}"
    if rule.figure == "funding":
        return f"funding {rule.name}"
    return rule.name if rule.figure == "price" else f"{rule.name} {rule.figure}"


def _level(right: str, figure: Figure) -> tuple[Decimal, bool]:
    """Return the number after the operator and whether it is in %.

    Raises:
        DataError: it is none, too large, or not in the figure's unit.
    """
    found = _LEVEL.fullmatch(right.lower())
    if found is None:
        raise DataError(
            f"{figure.name} must be compared with {figure.units}, such as 9500 or 2.5 %, "
            f"was {right!r}"
        )
    sign, digits, times, unit = found.groups()
    level = Decimal(digits.replace(",", "")) * _TIMES[times]
    is_share = unit == "%"
    wrong = not (figure.share if is_share else figure.amount)
    if wrong or (figure.is_count and unit):
        raise DataError(f"{figure.name} must be compared with {figure.units}, was {right!r}")
    places = -int(level.as_tuple().exponent)
    if level >= MAX_LEVEL or places > MAX_DECIMALS:
        raise DataError(
            f"a level must be below 10^12 with at most {MAX_DECIMALS} decimals, was {right!r}"
        )
    return -level if sign == "-" and level else level, is_share


def _symbol(word: str, known: Known) -> str | None:
    """Return the symbol that `BTC/USDT`, `btcusdt` or, if it is one alone, `BTC` names."""
    plain = word.upper().replace("/", "")
    for symbol in known.symbols:
        if symbol.upper().replace("/", "") == plain:
            return symbol
    bases = [symbol for symbol in known.symbols if symbol.upper().partition("/")[0] == plain]
    return bases[0] if len(bases) == 1 else None


def _strategy(word: str, known: Known) -> str | None:
    return next((name for name in known.strategies if name.lower() == word.lower()), None)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "none"
