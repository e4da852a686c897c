import asyncio
import logging
import pickle
from pathlib import Path

import pytest

from core.errors import ConfigError
from exchange.real.client import ExchangeClient
from exchange.real.errors import AuthRefused
from exchange.real.keys import Keys, given_keys, read_key_file
from exchange.real.permissions import Permissions, check_permissions, read_permissions
from exchange.real.venue import Venue as At
from infra.logging import LineFormatter, without_secrets
from tests.exchange.venue import KEY, SECRET, Venue, venue_server
from utils.clock import SystemClock
from utils.hidden import without_hidden

TEXT = f"key={KEY}\nsecret={SECRET}\n"


def key_file(folder: Path, text: str = TEXT, mode: int = 0o600) -> Path:
    path = folder / "keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_keys_are_read_from_a_file_that_is_its_owners_alone(tmp_path: Path) -> None:
    keys = read_key_file(key_file(tmp_path, f"# of the desk\n\n SECRET = {SECRET} \nkey={KEY}\n"))

    assert (keys.key, keys.secret) == (KEY, SECRET)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o700, 0o400])
def test_a_file_of_another_mode_is_refused_with_what_to_say(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, mode=mode)

    with pytest.raises(ConfigError) as told:
        read_key_file(path)
    assert f"chmod 600 {path}" in str(told.value)
    assert f"{mode:04o}" in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"key={KEY}\n", "must hold a line secret=…"),
        ("", "must hold a line key=… and a line secret=…"),
        (f"key={KEY}\nsecret=\n", "must hold a line secret=…"),
        (f"{TEXT}key={KEY}\n", "line 3 of"),
        (f"{SECRET}\n", "line 1 of"),
        (f"password={SECRET}\n", "line 1 of"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_without_what_it_holds(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as told:
        read_key_file(key_file(tmp_path, text))
    assert said in str(told.value)
    assert KEY not in str(told.value)
    assert SECRET not in str(told.value)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_key_file(tmp_path / "nowhere")
    path = key_file(tmp_path)
    path.write_bytes(b"key=\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read: it is no text"):
        read_key_file(path)


def test_keys_come_from_one_place_and_whole(tmp_path: Path) -> None:
    assert given_keys("", "", None) is None
    assert given_keys(KEY, SECRET, None) == Keys(KEY, SECRET)
    assert given_keys("", "", key_file(tmp_path)) == Keys(KEY, SECRET)
    with pytest.raises(ConfigError, match="EXCHANGE_KEY is set and EXCHANGE_SECRET is not"):
        given_keys(KEY, "", None)
    with pytest.raises(ConfigError, match="EXCHANGE_SECRET is set and EXCHANGE_KEY is not"):
        given_keys("", SECRET, None)
    with pytest.raises(ConfigError, match="given twice"):
        given_keys(KEY, SECRET, key_file(tmp_path))


def test_keys_show_themselves_nowhere() -> None:
    keys = Keys(KEY, SECRET)

    for text in (repr(keys), str(keys), f"{keys}", f"{[keys]!r}"):
        assert "***" in text
        assert KEY not in text
        assert SECRET not in text
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(keys)


def test_what_a_library_prints_loses_the_keys() -> None:
    Keys(KEY, "line one of it\nline two of it")

    said = without_secrets(f"GET /x?listenKey=abc-1&signature=0f9e {KEY} then line two of it.")
    assert said == "GET /x?listenKey=***&signature=*** *** then ***."
    assert without_hidden("line%20one%20of%20it%0Aline%20two%20of%20it") == "***"
    assert without_secrets("{'X-MBX-APIKEY': 'abc'}") == "{'X-MBX-APIKEY': '***'}"
    assert without_secrets('{"listenKey": "abc"}') == '{"listenKey": "***"}'


def test_a_traceback_in_the_log_loses_the_keys() -> None:
    secret = Keys(KEY, SECRET).secret
    with pytest.raises(ValueError, match="invalid literal") as told:
        int(f"not a number: {secret}")
    record = logging.makeLogRecord({"msg": "Gone", "exc_info": (told.type, told.value, told.tb)})

    line = LineFormatter("engine").format(record)
    assert "not a number: ***" in line
    assert SECRET not in line


@pytest.mark.parametrize(
    ("permissions", "mode", "said"),
    [
        (Permissions(can_trade=True, can_withdraw=True), "live", "may withdraw"),
        (Permissions(can_trade=True), "live", "not known whether the key may withdraw"),
        (Permissions(can_trade=False, can_withdraw=False), "live", "may not trade futures"),
        (Permissions(can_trade=False), "testnet", "may not trade futures"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(permissions: Permissions, mode: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_permissions(permissions, mode)


def test_a_key_that_fits_is_taken_with_what_should_be_known() -> None:
    trades = Permissions(can_trade=True, can_withdraw=False)
    assert check_permissions(trades, "live") == ""
    assert check_permissions(Permissions(can_trade=False, can_withdraw=False), "watch") == ""
    assert "one that may only read" in check_permissions(Permissions(can_withdraw=True), "watch")
    silent = Permissions(note="a test network does not say it")
    assert check_permissions(silent, "testnet") == "A test network does not say it."


def test_the_exchange_says_what_a_key_may_do() -> None:
    async def ask(venue: Venue, *, testnet: bool = False) -> Permissions:
        client = await ExchangeClient.open(
            At("binanceusdm", testnet=testnet, url=venue.url), SystemClock(), Keys(KEY, SECRET)
        )
        try:
            return await read_permissions(client, testnet=testnet)
        finally:
            await client.close()

    async def story() -> None:
        async with venue_server(rate_hz=0) as venue:
            may = venue.account().permissions
            may |= {"enableFutures": True, "enableWithdrawals": False}
            assert await ask(venue) == Permissions(can_trade=True, can_withdraw=False)
            may |= {"enableFutures": False, "enableWithdrawals": True}
            assert await ask(venue) == Permissions(can_trade=False, can_withdraw=True)
            seen = len(venue.seen)
            told = await ask(venue, testnet=True)
            assert (told.can_withdraw, len(venue.seen)) == (None, seen)
            assert "test network" in told.note

    asyncio.run(story())


def test_a_wrong_secret_is_the_keys_fault() -> None:
    async def story() -> None:
        async with venue_server(rate_hz=0) as venue:
            at, clock = At("binanceusdm", url=venue.url), SystemClock()
            client = await ExchangeClient.open(at, clock, Keys(KEY, "another-secret"))
            try:
                with pytest.raises(AuthRefused) as told:
                    await read_permissions(client, testnet=False)
            finally:
                await client.close()
            assert "another-secret" not in str(told.value)
            assert KEY not in str(told.value)

    asyncio.run(story())
