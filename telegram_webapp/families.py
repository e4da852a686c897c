"""Metrics for Prometheus, in our names: one value, or one for each set of labels."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PREFIX = "quarterdeck_"


def gauge(name: str, doc: str, value: float) -> GaugeMetricFamily:
    """Return a value that goes up and down."""
    return GaugeMetricFamily(f"{PREFIX}{name}", doc, value=float(value))


def counter(name: str, doc: str, value: float) -> CounterMetricFamily:
    """Return a value that only goes up."""
    return CounterMetricFamily(f"{PREFIX}{name}", doc, value=float(value))


def labelled(
    name: str, doc: str, values: Iterable[tuple[Mapping[str, str], float]]
) -> GaugeMetricFamily:
    """Return a value for each set of labels; there is one at least, and all name the same."""
    rows = list(values)
    labels = list(rows[0][0]) if rows else []
    family = GaugeMetricFamily(f"{PREFIX}{name}", doc, labels=labels)
    for row, value in rows:
        family.add_metric([row[label] for label in labels], float(value))
    return family
