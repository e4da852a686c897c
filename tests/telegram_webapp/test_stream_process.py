"""The stream as clients meet it: real sockets, a real web process, a stand-in engine."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.stream import EventId
from tests.telegram_webapp.rig import Client, StandInEngine, WebProcess, free_port, web_process


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StandInEngine]:
    with StandInEngine(tmp_path) as running:
        yield running


@pytest.fixture
def web(engine: StandInEngine, tmp_path: Path) -> Iterator[WebProcess]:
    assert not engine.server.has_subscribers
    with web_process(tmp_path, tmp_path / "log") as running:
        yield running


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_a_stream_begins_with_a_heartbeat_and_the_whole_state(
    engine: StandInEngine, web: WebProcess
) -> None:
    engine.facts(3)
    with Client(web.port, key="reader:trader") as client:
        events = [client.begin().event(), client.event()]

        assert b"HTTP/1.1 200 OK\r\n" in client.head
        assert b"\r\nContent-Type: text/event-stream" in client.head
        assert b"\r\nCache-Control: no-store, no-transform\r\n" in client.head
        assert b"\r\nX-Accel-Buffering: no\r\n" in client.head
        assert b"Content-Length" not in client.head
        assert b"chunked" not in client.head
        assert [event.type for event in events] == ["heartbeat", "snapshot"]
        assert events[0].data["role"] == "trader"
        assert events[0].data["engine"] == "up"
        assert events[1].data["epoch"] == "e1"
        assert len(events[1].data["state"]["equity"]) == events[1].data["seq"]


def test_a_client_that_was_away_gets_what_it_missed_and_nothing_twice(
    engine: StandInEngine, web: WebProcess
) -> None:
    last = engine.facts(5)
    with Client(web.port, "e1-2") as client:
        client.begin()
        engine.facts(3)

        assert client.facts_until(last + 3) == [3, 4, 5, 6, 7, 8]


def test_a_web_process_that_is_killed_costs_no_client_its_place(
    engine: StandInEngine, web: WebProcess, tmp_path: Path
) -> None:
    last = engine.facts(10)
    with Client(web.port, "e1-0") as client:
        before = client.begin().facts_until(last)
        web.kill()
        last = engine.facts(10)
        with (
            web_process(tmp_path, tmp_path / "log", web.port) as again,
            Client(again.port, client.place) as resumed,
        ):
            resumed.begin()
            after = resumed.facts_until(last)

    assert before + after == list(range(1, 21))


def test_a_new_engine_gives_every_client_a_snapshot(tmp_path: Path) -> None:
    with StandInEngine(tmp_path, "e1") as old, web_process(tmp_path, tmp_path / "log") as web:
        old.facts(5)
        with Client(web.port, "e1-1") as client:
            client.begin().facts_until(5)
            old.stop()
            away = client.until(lambda e: e.type == "heartbeat" and e.data["engine"] == "away")
            with StandInEngine(tmp_path, "e2") as new:
                seq = new.facts(2)
                began = client.until(lambda e: e.type == "snapshot")
                last = new.facts(1)
                client.facts_until(last)

    assert away[-1].data["away_since"] is not None
    assert began[-1].data["epoch"] == "e2"
    assert began[-1].data["seq"] <= seq


def test_an_engine_that_comes_back_in_time_costs_nobody_anything(
    engine: StandInEngine, web: WebProcess
) -> None:
    engine.facts(1)
    with Client(web.port, "e1-0") as client:
        client.begin().facts_until(1)
        engine.lose_subscribers()
        last = engine.facts(4)
        events = client.until(lambda e: e.place is not None and e.place.seq == last)

    assert [e.place.seq for e in events if e.place] == [2, 3, 4, 5]
    assert [e.data["engine"] for e in events if e.type == "heartbeat"][:1] == ["away"]


def test_a_live_snapshot_reaches_every_client(engine: StandInEngine, web: WebProcess) -> None:
    with Client(web.port) as client:
        client.begin().until(lambda e: e.type == "snapshot")
        engine.call(engine.publisher.send_snapshot)
        engine.facts(1)

        assert [client.event().type, client.event().type] == ["snapshot", "equity_point"]


def test_a_thin_client_is_told_of_a_fact_at_once_and_may_go_on_at_another_rate(
    engine: StandInEngine, web: WebProcess
) -> None:
    with Client(web.port, query="?rate=saver") as thin:
        thin.begin().until(lambda e: e.type == "snapshot")
        engine.price(1.5)
        last = engine.facts(1)
        told = thin.until(lambda e: e.type == "changes")[-1]
        rates = web.stats()
    engine.facts(1)
    with Client(web.port, thin.place) as live:
        resumed = live.begin().until(lambda e: e.place is not None)[-1]

    assert told.place == EventId("e1", last)
    assert (told.data["n"], len(told.data["facts"]), len(told.data["states"])) == (2, 1, 1)
    assert (rates["live"], rates["saver"]) == (0, 1)
    assert (resumed.type, resumed.place) == ("equity_point", EventId("e1", last + 1))


def test_a_thin_client_that_reads_nothing_is_cut_as_well(
    engine: StandInEngine, web: WebProcess
) -> None:
    with Client(web.port, query="?rate=saver") as stuck:
        stuck.shrink().begin()
        for _ in range(60):
            engine.facts(10, size=8000)
        web.until(lambda stats: stats["cut"] == 1 and stats["saver"] == 0)


def test_a_client_that_reads_nothing_is_cut_and_costs_the_others_nothing(
    engine: StandInEngine, web: WebProcess
) -> None:
    with Client(web.port) as stuck, Client(web.port) as live:
        stuck.shrink()
        live.begin().until(lambda e: e.type == "snapshot")
        seen: list[int] = []
        for _ in range(60):
            seen += live.facts_until(engine.facts(10, size=8000))
        web.until(lambda stats: stats["cut"] == 1 and stats["clients"] == 1)

    assert seen == list(range(1, 601))
    assert "A stream of reader cut" in web.log()


def test_a_slow_client_gets_every_fact_and_the_newest_price(
    engine: StandInEngine, web: WebProcess
) -> None:
    with Client(web.port, "e1-0") as slow:
        web.until(lambda stats: stats["clients"] == 1)
        for number in range(1, 300):
            engine.price(float(number), padding=5000)
            engine.facts(1)
        last = engine.price(1e6)
        web.until(lambda stats: stats["delivered"] == last)
        slow.begin()
        events = slow.until(lambda e: e.place is not None and e.place.seq == last)
        stats = web.stats()

    places = [e.place.seq for e in events if e.place]
    assert places == sorted(set(places))
    assert sum(e.type == "equity_point" for e in events) == 299
    assert events[-1].data["last"] == 1e6
    assert stats["replaced"] == last - len(places) > 0


def test_a_byte_at_a_time_is_still_a_whole_stream(engine: StandInEngine, web: WebProcess) -> None:
    with Client(web.port, "e1-0") as drip, Client(web.port, "e1-0") as live:
        drip.shrink()
        last = engine.facts(20, size=2000)
        received = b"".join([drip.byte() for _ in range(3000)])

        assert live.begin().facts_until(last) == list(range(1, 21))
        assert received.count(b"\nevent: equity_point\n") >= 1


def test_a_client_that_closes_within_a_frame_is_forgotten(
    engine: StandInEngine, web: WebProcess
) -> None:
    client = Client(web.port).shrink().begin()
    web.until(lambda stats: stats["clients"] == 1)
    engine.facts(200, size=5000)
    client.byte()
    client.reset()

    assert web.until(lambda stats: stats["clients"] == 0)["left"] == 1


def test_hundreds_that_connect_and_vanish_are_noticed_and_leave_no_descriptor(
    engine: StandInEngine, web: WebProcess
) -> None:
    worker = web.worker()
    with Client(web.port, "e1-0") as live:
        live.begin()
        web.until(lambda stats: stats["clients"] == 1)
        before = descriptors(worker)
        crowd = [Client(web.port) for _ in range(500)]
        web.until(lambda stats: stats["clients"] == 501)
        for number, client in enumerate(crowd):
            if number % 2:
                client.reset()
            else:
                client.__exit__()
        web.until(lambda stats: stats["clients"] == 1)
        live.facts_until(engine.facts(1))

        assert web.stats()["left"] == 500
        web.until(lambda _: descriptors(worker) <= before + 1)


def test_what_a_client_sends_is_drained_and_changes_nothing(
    engine: StandInEngine, web: WebProcess
) -> None:
    with Client(web.port, "e1-0") as talker:
        talker.begin()
        talker.say(b"GET / HTTP/1.1\r\n\r\n" * 10_000)
        for number in range(1, 6):
            assert talker.facts_until(engine.facts(1)) == [number]


def test_hundreds_that_resume_at_once_each_get_what_they_missed(
    engine: StandInEngine, web: WebProcess
) -> None:
    last = engine.facts(20)
    with ExitStack() as stack:
        crowd = [stack.enter_context(Client(web.port, f"e1-{n % 20}")) for n in range(400)]
        for number, client in enumerate(crowd):
            expected = list(range(number % 20 + 1, last + 1))
            assert client.begin().facts_until(last) == expected


def test_a_revoked_credential_ends_its_streams_at_the_next_heartbeat(
    engine: StandInEngine, web: WebProcess
) -> None:
    with (
        Client(web.port, "e1-0", key="mallory") as revoked,
        Client(web.port, "e1-0", key="anna") as other,
    ):
        web.until(lambda stats: stats["clients"] == 2)
        web.get("/revoke/mallory")

        assert revoked.rest().endswith(b"\n\n")
        other.begin().facts_until(engine.facts(1))


def test_a_stopped_web_process_ends_by_itself_and_says_when_to_come_back(
    engine: StandInEngine, web: WebProcess
) -> None:
    engine.facts(1)
    with ExitStack() as stack:
        crowd = [stack.enter_context(Client(web.port, "e1-0")) for _ in range(50)]
        for client in crowd:
            client.begin().facts_until(1)
        web.stop()
        endings = {client.rest() for client in crowd}

    assert all(ending.startswith(b"retry: ") for ending in endings)
    assert len(endings) > 10


def test_the_last_state_is_served_while_there_is_no_engine(tmp_path: Path) -> None:
    with StandInEngine(tmp_path) as engine:
        engine.price(5.0)
        (tmp_path / "dashboard_state.json").write_bytes(engine.publisher.snapshot())
    with (
        web_process(tmp_path, tmp_path / "log", free_port()) as web,
        Client(web.port) as client,
    ):
        beat, whole = client.begin().event(), client.event()
        with StandInEngine(tmp_path, "e2") as engine:
            began = client.until(lambda e: e.type == "snapshot")

    assert beat.data["engine"] == "away"
    assert whole.data["state"]["prices"]["BTC/USDT"]["last"] == 5.0
    assert began[-1].data["epoch"] == "e2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not usable and is left as it is"),
        ('{"schema_version": 99}', "schema_version must be 1, was 99"),
        ('{"schema_version":1,"epoch":"e","seq":1,"at":1,"state":{}}', "section engine must be"),
    ],
)
def test_a_state_file_that_is_not_ours_is_said_kept_and_ignored(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "dashboard_state.json"
    file.write_text(text)
    with web_process(tmp_path, tmp_path / "log") as web, Client(web.port) as client:
        beat = client.begin().event()
        with StandInEngine(tmp_path):
            began = client.until(lambda e: e.type == "snapshot")

    assert beat.data["engine"] == "away"
    assert not {"engine_age_ms", "engine_at"} & beat.data.keys()
    assert began[-1].data["epoch"] == "e1"
    assert said in web.log()
    assert file.read_text() == text
