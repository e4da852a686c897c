"""What programs that watch the dashboard are told."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from infra.bus.base import CommandReply, CommandRequest
from store.access import Role
from tests.e2e import scene
from tests.telegram_webapp.house import NOW, House, house, problem

TRADES = "trades BTC/USDT"


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        assert built.engine is not None
        publisher = built.engine.publisher

        def tell() -> None:
            for name in ("engine", "feed", "account", "venue", "real_account"):
                publisher.touch(name, "", partial(getattr(scene, name), NOW))
            publisher.touch("stream", TRADES, lambda: scene.stream(NOW))
            odd = 'book "A\\B"\n/USDT'
            waiting = {"symbol": odd, "kind": "book", "state": "waiting", "last_at": None}
            publisher.touch("stream", odd, lambda: scene.stream(NOW, odd, **waiting))
            publisher.flush()

        built.engine.call(tell)
        yield built


def scraped(house: House) -> dict[str, Metric]:
    answer = house.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.content_type.startswith("text/plain; version=1.0.0")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families: dict[str, Metric], metric: str, **labels: str) -> float:
    """Return the one sample of *metric* with these labels."""
    [found] = [
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == f"quarterdeck_{metric}" and labels.items() <= sample.labels.items()
    ]
    return float(found)


def test_each_stream_has_its_state_age_rate_and_counts(open_house: House) -> None:
    families = scraped(open_house)

    assert value(families, "stream_live", name=TRADES) == 1
    assert value(families, "stream_state", name=TRADES, state="live") == 1
    assert value(families, "stream_messages_per_second", name=TRADES) == 12.0
    assert value(families, "stream_reconnects_total", name=TRADES) == 2
    assert value(families, "stream_gaps_total", name=TRADES) == 1
    assert value(families, "stream_age_seconds", name=TRADES) == 0
    assert value(families, "stream_live", kind="book") == 0


def test_the_exchange_engine_feed_and_hub_are_there(open_house: House) -> None:
    families = scraped(open_house)

    assert value(families, "engine_up") == 1
    assert value(families, "engine_info", badge="SIMULATED", broker="paper") == 1
    assert value(families, "feed_live") == 1
    assert value(families, "venue_clock_skew_seconds") == 1.27
    assert value(families, "venue_banned_seconds") == 0
    assert value(families, "real_account_differences") == 1
    assert value(families, "account_equity") == 10443.26
    assert value(families, "hub_clients", rate="live") == 0
    assert value(families, "event_seq") > 0
    assert "process_resident_memory_bytes" in families


def test_an_engine_that_answers_is_believed_before_the_state(open_house: House) -> None:
    def answer(request: CommandRequest) -> CommandReply:
        assert (request.name, request.role) == ("connection", "viewer")
        now = NOW + 9000
        streams = [scene.stream(now, TRADES, last_at=NOW + 8500, messages=77)]
        result = {"at": now, "venue": scene.venue(now, banned_until=now + 4000), "streams": streams}
        return CommandReply(ok=True, result=result)

    usual, open_house.answer = open_house.answer, answer
    families = scraped(open_house)
    told: Any = open_house.get("/api/connection").json
    open_house.answer = usual

    assert value(families, "stream_age_seconds", name=TRADES) == 0.5
    assert value(families, "stream_messages_total", name=TRADES) == 77
    assert value(families, "venue_banned_seconds") == 4
    assert value(families, "feed_age_seconds") == 9
    assert told["streams"][0]["messages"] == 77
    assert told["stale"] is False


def test_the_metrics_are_for_those_with_a_role_by_key_or_cookie(open_house: House) -> None:
    assert problem(open_house.client().get("/metrics"))["code"] == "not_signed_in"
    assert open_house.browser(Role.VIEWER).get("/metrics").status_code == 200


def test_while_the_engine_is_away_the_last_word_is_told_and_that_it_is_old(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with house(tmp_path_factory.mktemp("away")) as built:
        built.stop_engine()

        families = scraped(built)
        told: Any = built.get("/api/connection").json

    assert value(families, "engine_up") == 0
    assert told["stale"] is True
    assert told["venue"] is None


def test_before_any_engine_ever_ran_a_scrape_says_just_that(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with house(tmp_path_factory.mktemp("never"), engine=False) as built:
        families = scraped(built)
        told: Any = built.get("/api/connection").json

    assert value(families, "engine_up") == 0
    assert value(families, "hub_clients", rate="saver") == 0
    assert (told["stale"], told["streams"]) == (True, [])
