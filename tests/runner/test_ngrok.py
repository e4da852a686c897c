"""pyngrok as it is, with a stand-in for the agent that speaks as the agent does."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from pyngrok import conf

from infra.settings import Settings
from runner.ngrok import CONFIG_NAME, UNREACHABLE, Ngrok, TunnelError, sentence
from tests.browser import PageServer
from tests.runner.ngrok import TOKEN, FakeNgrok, fake_ngrok
from tests.runner.test_launch_for_real import gone
from tests.telegram_webapp.rig import until


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNgrok:
    monkeypatch.setattr(conf, "DEFAULT_NGROK_CONFIG_PATH", str(tmp_path / "nothing.yml"))
    built = fake_ngrok(tmp_path / "fake")
    monkeypatch.setenv("FAKE_NGROK", str(built.folder))
    monkeypatch.setenv("NGROK_AUTHTOKEN", TOKEN)  # pyngrok itself would read that
    return built


@pytest.fixture
def settings(fake: FakeNgrok, tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    return Settings(data_dir=data, ngrok_path=fake.program, ngrok_authtoken=SecretStr(TOKEN))


@pytest.fixture
def page() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.close()


def refusal(settings: Settings) -> str:
    with pytest.raises(TunnelError) as error:
        Ngrok(settings).open()
    assert not (settings.run_dir / CONFIG_NAME).exists()
    return str(error.value)


def test_what_is_asked_of_its_url_reaches_the_page(
    settings: Settings, page: PageServer, fake: FakeNgrok
) -> None:
    port = int(page.url.rstrip("/").rpartition(":")[2])
    ngrok = Ngrok(settings.model_copy(update={"dashboard_port": port}))

    url = ngrok.open()
    try:
        assert "<title>test</title>" in httpx.get(url).text
        assert ngrok.urls() == [url]
    finally:
        ngrok.close()

    assert gone([fake.starts[0]["pid"]])()


def test_the_token_is_in_a_file_of_its_owner_alone_and_only_while_it_runs(
    settings: Settings, fake: FakeNgrok, caplog: pytest.LogCaptureFixture
) -> None:
    ngrok = Ngrok(settings)
    with caplog.at_level(logging.DEBUG):
        ngrok.open()
    file = settings.run_dir / CONFIG_NAME
    mode = file.stat().st_mode & 0o777
    ngrok.close()

    (start,) = fake.starts
    assert start["config"]["agent"]["authtoken"] == TOKEN
    assert start["config"]["agent"]["inspect_db_size"] == -1  # nothing is kept for :4040
    assert TOKEN not in " ".join(start["argv"])
    assert TOKEN not in caplog.text
    assert mode == 0o600
    assert not file.exists()


def test_an_agent_that_is_set_up_needs_no_other_token(
    settings: Settings, fake: FakeNgrok, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.yml"
    own.write_text("version: '3'\nagent:\n  authtoken: mine\n  region: eu\n", "utf-8")
    monkeypatch.setattr(conf, "DEFAULT_NGROK_CONFIG_PATH", str(own))
    ngrok = Ngrok(Settings(data_dir=settings.data_dir, ngrok_path=fake.program))

    ngrok.open()
    ngrok.close()

    agent = fake.starts[0]["config"]["agent"]
    assert (agent["authtoken"], agent["region"]) == ("mine", "eu")


def test_without_a_token_it_is_said_where_to_get_one(fake: FakeNgrok, tmp_path: Path) -> None:
    said = refusal(Settings(data_dir=tmp_path / "data", ngrok_path=fake.program))

    assert "set NGROK_AUTHTOKEN" in said
    assert not (fake.folder / "log").exists()


def test_a_domain_of_the_account_is_asked_for(settings: Settings) -> None:
    ngrok = Ngrok(settings.model_copy(update={"ngrok_domain": "deck.ngrok-free.app"}))

    assert ngrok.open() == "https://deck.ngrok-free.app/"
    ngrok.close()


@pytest.mark.parametrize(
    ("what", "text", "said"),
    [
        ("refuses", "bad token ERR_NGROK_105", "ngrok does not know this authtoken"),
        ("refuses", "something new", "ngrok refused: authentication failed: something new"),
        ("endpoint_refuses", "in use ERR_NGROK_334", "the domain is in use by another agent"),
        ("endpoint_refuses", "quota ERR_NGROK_725", "the month's data of this ngrok account"),
        (
            "endpoint_refuses",
            "odd ERR_NGROK_999",
            "see https://ngrok.com/docs/errors/err_ngrok_999",
        ),
        ("version", "3.19.1", "must be 3.30 or newer, was 3.19.1"),
        ("version", "x", "must be ngrok's agent, but says no version"),
    ],
)
def test_what_the_agent_refuses_is_said_in_a_sentence_without_the_token(
    settings: Settings, fake: FakeNgrok, what: str, text: str, said: str
) -> None:
    fake.will(what, text)

    told = refusal(settings)

    assert said in told
    assert TOKEN not in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("dial tcp: lookup connect.ngrok-agent.com: no such host", UNREACHABLE),
        ("dial tcp 3.1.1.1:443: i/o timeout", UNREACHABLE),
        ("limited to 3 sessions ERR_NGROK_108", "too many agents of this ngrok account run"),
        ("ERR_NGROK_725", "the month's data of this ngrok account is used up"),
        ("odd\\nERR_NGROK_999", "ngrok refused: odd, see https://ngrok.com/docs/errors/err_ngrok_999"),
        (f"strange {TOKEN}", "ngrok refused: strange ***"),
    ],
)  # fmt: skip
def test_each_trouble_has_a_sentence(said: str, told: str) -> None:
    assert sentence(said, TOKEN).startswith(told)


def test_what_is_no_program_is_said_so(settings: Settings, fake: FakeNgrok) -> None:
    fake.program.chmod(0o600)

    assert "Permission denied" in refusal(settings)


def test_an_agent_that_cannot_be_downloaded_is_said_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there

    ngrok = Settings(data_dir=settings.data_dir, ngrok_authtoken=SecretStr(TOKEN))

    assert Ngrok(ngrok).must_download
    assert "could not be downloaded" in refusal(ngrok)


def test_an_agent_that_ends_is_missed(settings: Settings, fake: FakeNgrok) -> None:
    ngrok = Ngrok(settings)
    ngrok.open()
    os.kill(fake.starts[0]["pid"], 9)

    def missed() -> str:
        try:
            return str(ngrok.urls() and "")
        except TunnelError as error:
            return str(error)

    assert "the ngrok agent" in until(missed, bool)
    ngrok.close()
