"""The metrics for Prometheus: made for each scrape from what is known then; nothing is counted.

Ages of market data and streams are on the engine's clock, which in a replay is the market's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from telegram_webapp.families import counter, gauge, labelled
from telegram_webapp.mirror import Snapshot
from telegram_webapp.system_metrics import system_families

Data = Mapping[str, Any]

_STREAM: Final = ("name", "kind", "symbol")
_RATES: Final = ("live", "balanced", "saver")
_ENDS: Final = ("left", "cut", "revoked", "stopped")
# field of the event, its name here, what it says
_STREAM_COUNTS: Final = (
    ("messages", "Messages since it was started."),
    ("reconnects", "Times it was connected anew."),
    ("gaps", "Times messages were missing and a snapshot was taken."),
    ("duplicates", "Messages that came twice or too late, left out."),
)
_ACCOUNT: Final = (
    ("equity", "Balance and unrealized P&L, quote currency."),
    ("balance", "Wallet balance, quote currency."),
    ("unrealized_pnl", "Of open positions at mark price, quote currency."),
    ("positions", "Open positions."),
)


def registry_of(
    snapshot: Snapshot, connection: Data, hub: Mapping[str, int], system: Data
) -> CollectorRegistry:
    """Return what one scrape finds.

    Args:
        snapshot: the newest whole state.
        connection: of ``connection_now``.
        hub: counters of ``Hub.stats``.
        system: of ``system_now``.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(snapshot, connection, hub, system))
    ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry) -> bytes:
    """Return the text of one scrape, for Prometheus."""
    return generate_latest(registry)


def listed(registry: CollectorRegistry) -> list[dict[str, Any]]:
    """Return the same as builtins; what is no finite number is None."""
    return [
        {
            "name": metric.name,
            "type": metric.type,
            "help": metric.documentation,
            "samples": [
                {
                    "name": sample.name,
                    "labels": dict(sample.labels),
                    "value": sample.value if isfinite(sample.value) else None,
                }
                for sample in metric.samples
            ],
        }
        for metric in registry.collect()
    ]


class _Scrape(Collector):
    """What one scrape finds."""

    def __init__(
        self, snapshot: Snapshot, connection: Data, hub: Mapping[str, int], system: Data
    ) -> None:
        self._snapshot = snapshot
        self._system = system
        self._connection = connection
        self._hub = hub

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield every metric."""
        data = self._snapshot.data or {"seq": 0, "state": {}}
        state, at = data["state"], self._connection["at"]
        yield from _engine(self._snapshot, state, data["seq"])
        yield from _feed(state.get("feed") or {}, at)
        yield from _account(state.get("account") or {})
        yield from _real_account(state.get("real_account") or {}, at)
        yield from _venue(self._connection["venue"] or {}, at)
        yield from _streams(self._connection["streams"], at)
        yield from _hub(self._hub)
        yield from system_families(self._system)


def _engine(snapshot: Snapshot, state: Data, seq: int) -> Iterator[Metric]:
    engine = state.get("engine") or {}
    yield gauge("engine_up", "Whether the engine is connected.", not snapshot.stale)
    age_ms = snapshot.engine_age_ms
    if age_ms is not None:
        yield gauge("engine_silent_seconds", "Since anything was heard of it.", age_ms / 1000)
    yield gauge("event_seq", "Number of the newest event; begins anew with the engine.", seq)
    if engine:
        labels = {name: str(engine.get(name, "")) for name in ("version", "market", "broker")}
        info = {**labels, "badge": engine["badge"], "status": engine["status"]}
        yield labelled("engine_info", "What the engine does, in its labels.", [(info, 1)])
        yield gauge("trading_paused", "Whether new entries are stopped.", engine["paused"])


def _feed(feed: Data, at: int) -> Iterator[Metric]:
    if not feed:
        return
    yield gauge("feed_live", "Whether market data is live.", feed["status"] == "live")
    yield gauge(
        "feed_stale_after_seconds", "Limit of its age.", feed["stale_after_ms"] / 1000
    )  # fmt: skip
    yield counter("feed_refused_messages", "Messages that made no sense.", feed["refused"])
    if feed["last_message_at"] is not None:
        age_s = _age_s(feed["last_message_at"], at)
        yield gauge("feed_age_seconds", "Since the newest market message.", age_s)


def _account(account: Data) -> Iterator[Metric]:
    for name, doc in _ACCOUNT:
        if name in account:
            yield gauge(f"account_{name}", doc, account[name])


def _real_account(account: Data, at: int) -> Iterator[Metric]:
    if not account:
        return
    differences = len(account["differences"])
    yield gauge("real_account_differences", "Between our books and the exchange's.", differences)
    if account["checked_at"] is not None:
        age_s = _age_s(account["checked_at"], at)
        yield gauge("real_account_checked_seconds", "Since both were compared.", age_s)


def _venue(venue: Data, at: int) -> Iterator[Metric]:
    if not venue:
        return
    yield gauge("venue_reachable", "Whether the exchange answered last.", venue["reachable"])
    for field, name, doc in (
        ("skew_ms", "venue_clock_skew_seconds", "Its clock minus ours."),
        ("round_trip_ms", "venue_round_trip_seconds", "Of a question and its answer."),
    ):
        if venue[field] is not None:
            yield gauge(name, doc, venue[field] / 1000)
    yield gauge("venue_used_weight", "Of its rate limit, this minute.", venue["used_weight"])
    if venue["weight_limit"] is not None:
        yield gauge("venue_weight_limit", "A minute.", venue["weight_limit"])
    banned = venue["banned_until"]
    left_s = 0.0 if banned is None else max(0.0, (banned - at) / 1000)
    yield gauge("venue_banned_seconds", "Until it may be asked again.", left_s)


def _streams(streams: Iterable[Data], at: int) -> Iterator[Metric]:
    known = [({label: stream[label] for label in _STREAM}, stream) for stream in streams]
    if not known:
        return
    states = [({**labels, "state": stream["state"]}, 1) for labels, stream in known]
    yield labelled("stream_state", "Its state, in the label: always 1.", states)
    ups = [(labels, int(stream["state"] == "live")) for labels, stream in known]
    yield labelled("stream_live", "Whether it is live.", ups)
    ages = [
        (labels, _age_s(stream["last_at"], at))
        for labels, stream in known
        if stream["last_at"] is not None
    ]
    yield labelled("stream_age_seconds", "Since its newest message.", ages)
    rates = [(labels, stream["rate_per_s"]) for labels, stream in known]
    yield labelled("stream_messages_per_second", "Messages a second.", rates)
    for field, doc in _STREAM_COUNTS:
        family = CounterMetricFamily(f"quarterdeck_stream_{field}", doc, labels=_STREAM)
        for labels, stream in known:
            family.add_metric(list(labels.values()), stream[field])
        yield family


def _hub(hub: Mapping[str, int]) -> Iterator[Metric]:
    clients = [({"rate": rate}, hub[rate]) for rate in _RATES]
    yield labelled("hub_clients", "Open streams to pages and programs.", clients)
    for field in ("frames", "delivered", "replaced"):
        yield counter(f"hub_{field}", f"Events {field} so far.", hub[field])
    ends = CounterMetricFamily("quarterdeck_hub_streams_ended", "Ends so far.", labels=("how",))
    for how in _ENDS:
        ends.add_metric([how], hub[how])
    yield ends


def _age_s(since: int, at: int) -> float:
    return max(0, at - since) / 1000
