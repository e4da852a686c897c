"""When an alert rule fires: on what the states say now, and what it was at before.

A comparison fires when it becomes true; then not again before it was false in between. A crossing
fires when the figure is on the other side of the level than it was. Nothing fires twice within
the rule's cooldown: what becomes true meanwhile, and still is when the cooldown ends, fires then; a
crossing meanwhile is passed over.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any, Final

import msgspec

from core.alert_figures import Figure
from core.alert_rules import Comparison, Rule, Silence, figure_of
from core.spans import span_text

Payload = Mapping[str, Any]
State = dict[str, int]

_COMPARE: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_SIDES: Final = {"crosses": (-1, 1), "crosses above": (1,), "crosses below": (-1,)}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What rules are judged by: the payloads of the states by their keys, at engine time ``at``.

    ``last_trades`` is when something was opened or closed last, by strategy and (empty) by anybody.
    """

    at: int
    account: Payload
    positions: Mapping[str, Payload]
    prices: Mapping[str, Payload]
    stats: Mapping[str, Payload]
    strategies: Mapping[str, Payload]
    last_trades: Mapping[str, int]


class Reading(msgspec.Struct, frozen=True):
    """A figure's value of one thing, whose ``key`` tells it from others that the rule is about."""

    key: str
    value: Decimal
    payload: Payload


class Ruling(msgspec.Struct, frozen=True):
    """What came of looking at a rule: the state it leaves, and what fired."""

    state: State
    fired: Sequence[Reading] = ()


class Judge:
    """Looks at one rule.

    Promise: `look` is a function of the look, the state and whether it may fire, and nothing else.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._level = Decimal(0)
        self._field, self._times = "", 1
        if isinstance(rule, Comparison):
            figure = figure_of(rule)
            self._level = rule.level
            self._field = figure.share if rule.is_share else figure.amount
            self._times = figure.times

    def look(self, look: Look, state: State, *, may_fire: bool) -> Ruling:
        """Return what comes of *look*, on a rule that was at *state*."""
        rule = self.rule
        readings = self._silence(rule, look) if isinstance(rule, Silence) else self._read(look)
        if not readings and not self._is_of_positions:
            return Ruling(state)  # it is not known now, which is neither true nor false
        if isinstance(rule, Comparison) and rule.operator in _SIDES:
            return self._crossed(readings, state, _SIDES[rule.operator], may_fire=may_fire)
        true = [reading for reading in readings if self._is_true(reading)]
        told: State = {reading.key: 1 for reading in true if reading.key in state}
        new = [reading for reading in true if reading.key not in state]
        if not may_fire or not new:
            return Ruling(told)
        return Ruling({**told, **{reading.key: 1 for reading in new}}, new)

    @property
    def _is_of_positions(self) -> bool:
        return isinstance(self.rule, Comparison) and self.rule.scope == "position"

    def _is_true(self, reading: Reading) -> bool:
        if isinstance(self.rule, Silence):
            return reading.value >= self.rule.for_ms
        return _COMPARE[self.rule.operator](reading.value, self._level)

    def _crossed(
        self, readings: Sequence[Reading], state: State, ways: tuple[int, ...], *, may_fire: bool
    ) -> Ruling:
        sides: State = {}
        crossed: list[Reading] = []
        for reading in readings:
            before = state.get(reading.key, 0)
            side = (reading.value > self._level) - (reading.value < self._level) or before
            if side:
                sides[reading.key] = side
            if before and side != before and side in ways:
                crossed.append(reading)
        return Ruling(sides, crossed if may_fire else ())

    def _read(self, look: Look) -> list[Reading]:
        rule, field = self.rule, self._field
        if not isinstance(rule, Comparison):
            return []
        readings: list[Reading] = []
        for key, payload in _payloads(rule, look):
            value = payload.get(field)
            if value is not None:
                readings.append(Reading(key, exact(value) * self._times, payload))
        return readings

    @staticmethod
    def _silence(rule: Silence, look: Look) -> list[Reading]:
        last = look.last_trades.get(rule.strategy)
        return [] if last is None else [Reading("", Decimal(look.at - last), {})]


def exact(value: Any) -> Decimal:
    """Return a payload's number as it is written."""
    return Decimal(str(value))


def _payloads(rule: Comparison, look: Look) -> Sequence[tuple[str, Payload]]:
    """Return what *rule* is about, each with a key that tells it from the others."""
    if rule.scope == "account":
        return (("", look.account),)
    if rule.scope == "strategy":
        return (("", look.strategies.get(rule.name, {})),)
    if rule.scope == "symbol":
        source = look.stats if rule.figure == "funding" else look.prices
        return (("", source.get(rule.name, {})),)
    wanted = rule.name
    return [
        (key, payload)
        for key, payload in look.positions.items()
        if not wanted or payload["symbol"] == wanted
    ]


def words_of(rule: Rule, fired: Sequence[Reading], currency: str) -> str:
    """Return what fired, in a sentence."""
    if isinstance(rule, Silence):
        whose = f"{rule.strategy} has" if rule.strategy else "Nobody has"
        verb = "opened or closed nothing" if rule.strategy else "opened or closed anything"
        minutes = int(fired[0].value) // 60_000 * 60_000
        return f"{whose} {verb} for {span_text(minutes)}."
    figure = figure_of(rule)
    said = [
        f"{_whose(rule, reading, figure)} {_value(rule, reading, currency)}" for reading in fired
    ]
    return "; ".join(said) + "."


def _whose(rule: Comparison, reading: Reading, figure: Figure) -> str:
    if rule.scope == "position":
        held = reading.payload
        return f"{held['symbol']} {held['side']} of {held['strategy']}: {figure.label} is"
    if rule.scope == "symbol" and rule.figure == "price":
        return f"{rule.name} is at"
    whose = f"{rule.name}: " if rule.name else ""
    return f"{whose}{figure.label} is"


def _value(rule: Comparison, reading: Reading, currency: str) -> str:
    figure, value = figure_of(rule), reading.value
    if rule.is_share:
        text = f"{_short(round(value, 4))} %"
    elif figure.is_count:
        text = f"{value:,.0f}"
    elif rule.scope == "symbol":
        text = _short(value)
    else:
        text = f"{value:,.2f} {currency}"
    return text.replace("-", "\N{MINUS SIGN}")


def _short(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
