"""The dashboard for Grafana asks for nothing that is not told."""

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.bus.base import CommandReply
from tests.e2e import scene
from tests.telegram_webapp.gathered import engine_tells
from tests.telegram_webapp.house import NOW, House, house

BOARD = json.loads((Path(__file__).parents[2] / "deploy/grafana/quarterdeck.json").read_bytes())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]


@pytest.fixture(scope="module")
def whole_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        assert built.engine is not None
        publisher = built.engine.publisher

        def tell() -> None:
            for name in ("engine", "feed", "account", "venue", "real_account"):
                publisher.touch(name, "", partial(getattr(scene, name), NOW))
            publisher.touch("stream", "trades BTC/USDT", lambda: scene.stream(NOW))
            publisher.flush()

        built.engine.call(tell)
        built.answer = lambda request: CommandReply(
            ok=True, result=engine_tells(built.clock.now()) if request.name == "system" else {}
        )
        built.get("/api/performance")  # asks the database
        yield built


def asked() -> set[tuple[str, str]]:
    """Return each metric that a panel asks for, with the panel's title."""
    return {
        (name, panel["title"])
        for panel in PANELS
        for target in panel["targets"]
        for name in re.findall(r"quarterdeck_\w+", target["expr"])
    }


def test_every_metric_it_asks_for_is_told_by_text_and_by_json(whole_house: House) -> None:
    text = whole_house.get("/metrics").text
    as_json = whole_house.get("/api/metrics").json
    assert as_json is not None

    families = list(text_string_to_metric_families(text))
    told = {sample.name for family in families for sample in family.samples}
    listed = {sample["name"] for family in as_json["metrics"] for sample in family["samples"]}

    assert [one for one in sorted(asked()) if one[0] not in told] == []
    assert {name for name in told if name.startswith("quarterdeck_")} <= listed
    assert len(asked()) > 25


def test_every_label_it_filters_or_shows_is_told(whole_house: House) -> None:
    text = whole_house.get("/metrics").text
    labels = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    for panel in PANELS:
        for target in panel["targets"]:
            (name,) = re.findall(r"quarterdeck_\w+", target["expr"])
            wanted = set(re.findall(r"(\w+)=", target["expr"])) - {"instance"}
            wanted |= set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert wanted <= labels[name], (panel["title"], name)


def test_it_is_a_dashboard_that_grafana_takes() -> None:
    ids = [panel["id"] for panel in BOARD["panels"]]
    source, instance = BOARD["templating"]["list"]

    assert (BOARD["uid"], len(ids)) == ("quarterdeck", len(set(ids)))
    assert (source["type"], source["name"], instance["type"]) == ("datasource", "source", "query")
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${source}"
        assert panel["fieldConfig"]["defaults"]["unit"]
    for one, other in combinations(BOARD["panels"], 2):
        assert not overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])
        assert one["gridPos"]["x"] + one["gridPos"]["w"] <= 24


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (apart_x or apart_y)
