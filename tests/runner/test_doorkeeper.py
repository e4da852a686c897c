from pathlib import Path

import pytest

from core.errors import ConfigError
from infra.settings import Settings
from runner.doorkeeper import Doorkeeper
from runner.instance import only_instance
from store.access import AccessStore, Role
from utils.clock import SetClock

NOON = 1_700_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", dashboard_port=8123)


@pytest.fixture
def doorkeeper(settings: Settings) -> Doorkeeper:
    return Doorkeeper(settings, SetClock(NOON))


def test_a_link_signs_in_once_as_owner(settings: Settings, doorkeeper: Doorkeeper) -> None:
    url, _, code = doorkeeper.one_time_link().partition("/#code=")

    assert url == "http://127.0.0.1:8123"
    store = AccessStore(settings.access_path)
    first = store.redeem_code(code, now=NOON + 1, life_ms=1000)
    assert first is not None
    assert first[1].role is Role.OWNER
    assert store.redeem_code(code, now=NOON + 1, life_ms=1000) is None
    store.close()


def test_a_link_names_the_place_of_the_instance_that_runs(
    settings: Settings, doorkeeper: Doorkeeper
) -> None:
    with only_instance(settings.run_dir, "::", 8456):
        assert doorkeeper.one_time_link().startswith("http://[::1]:8456/#code=")
    with only_instance(settings.run_dir, "192.168.1.5", 8457):
        assert doorkeeper.one_time_link().startswith("http://192.168.1.5:8457/#code=")


def test_a_key_holds_until_it_is_revoked(settings: Settings, doorkeeper: Doorkeeper) -> None:
    secret = doorkeeper.create_key("grafana", "viewer")

    store = AccessStore(settings.access_path)
    found = store.find(secret, NOON)
    assert found is not None
    assert found.role is Role.VIEWER
    doorkeeper.revoke_key("grafana")
    assert store.find(secret, NOON) is None
    store.close()
    with pytest.raises(ConfigError, match="'grafana' does not exist, or was revoked before"):
        doorkeeper.revoke_key("grafana")


def test_keys_are_listed_without_their_secrets(doorkeeper: Doorkeeper) -> None:
    secret = doorkeeper.create_key("phone at home", "trader")

    head, row = doorkeeper.key_table().splitlines()

    assert head.split()[:2] == ["NAME", "ROLE"]
    assert row.split() == ["phone", "at", "home", "trader", "2023-11-14", "22:13", "-", "-"]
    assert secret not in row


def test_what_it_makes_is_its_owners_alone(settings: Settings, doorkeeper: Doorkeeper) -> None:
    doorkeeper.one_time_link()

    assert settings.data_dir.stat().st_mode & 0o077 == 0
    assert settings.access_path.stat().st_mode & 0o077 == 0
