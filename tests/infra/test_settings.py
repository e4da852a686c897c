from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError

from core.errors import ConfigError
from infra.setting_groups import Group, RiskSettings
from infra.setting_rules import Rule
from infra.settings import ROOT, YAML_FILE, Settings, load_settings
from runner.arguments import parse

OURS = tuple(name.upper() for name in Settings.model_fields)


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = [name.replace(".", "__").upper() for name in leaves(Settings) if "." in name]
    for name in (*OURS, *inner):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project folder."""
    (tmp_path / "config").mkdir()
    return tmp_path


def write_yaml(root: Path, text: str) -> None:
    (root / YAML_FILE).write_text(text, encoding="utf-8")


def problems(root: Path, **flags: Any) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_settings(flags, root)
    return str(error.value).splitlines()


def test_without_any_source_the_defaults_hold(root: Path) -> None:
    assert load_settings(root=root) == Settings()


def test_flags_win_over_environment_over_dotenv_over_yaml(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_yaml(root, "dashboard_port: 1\nseed: 1\npublish_hz: 1\ntick_ms: 100\n")
    (root / ".env").write_text("DASHBOARD_PORT=2\nSEED=2\nPUBLISH_HZ=2\n", encoding="utf-8")
    monkeypatch.setenv("DASHBOARD_PORT", "3")
    monkeypatch.setenv("SEED", "3")

    settings = load_settings({"dashboard_port": "4"}, root)

    assert settings.dashboard_port == 4
    assert settings.seed == 3
    assert settings.publish_hz == 2
    assert settings.tick_ms == 100


def test_each_layer_gives_only_a_part_of_a_group(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_yaml(root, "risk:\n  leverage: 2\n  max_positions: 3\n")
    monkeypatch.setenv("RISK__LEVERAGE", "4")

    assert load_settings(root=root).risk == RiskSettings(leverage=4, max_positions=3)


def test_every_problem_is_told_at_once_under_the_name_it_was_given_by(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_yaml(root, "tick_ms: soon\nrisk:\n  leverage: 999\n")
    (root / ".env").write_text("SEED=x\n", encoding="utf-8")
    monkeypatch.setenv("DASHBOARD_PORT", "80x")

    assert problems(root, balance="-1", speed="fast") == [
        "--speed must be a number above 0, at most 100000, or max, was 'fast'",
        "SEED in .env must be a whole number from 0 to 2147483647, was 'x'",
        "tick_ms in config/dashboards.yaml must be a whole number from 10 to 60000, was 'soon'",
        "--balance must be a number from 1 to 1000000000, was '-1'",
        "risk.leverage in config/dashboards.yaml must be a whole number from 1 to 125, was '999'",
        "DASHBOARD_PORT must be a whole number from 1 to 65535, was '80x'",
    ]


def test_an_unknown_key_is_refused_with_the_nearest_name(root: Path) -> None:
    write_yaml(root, "dashboard_prot: 1\nrisk:\n  levrage: 3\nxyzzy: 1\n")

    assert sorted(problems(root)) == [
        "dashboard_prot in config/dashboards.yaml is no setting: did you mean 'dashboard_port'?",
        "risk.levrage in config/dashboards.yaml is no setting: did you mean 'risk.leverage'?",
        "xyzzy in config/dashboards.yaml is no setting",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "dashboards.yaml cannot be read as YAML"),
        ("- one\n- two\n", "dashboards.yaml must hold lines like 'name: value'"),
        ("1: 2\n", "dashboards.yaml must hold lines like 'name: value'"),
        ("risk: high\n", "risk in config/dashboards.yaml must be a group of settings, was 'high'"),
    ],
)
def test_a_broken_file_is_one_sentence(root: Path, text: str, sentence: str) -> None:
    write_yaml(root, text)

    [problem] = problems(root)
    assert sentence in problem


def test_an_empty_file_changes_nothing(root: Path) -> None:
    write_yaml(root, "# nothing\n")

    assert load_settings(root=root) == Settings()


def test_files_to_replay_are_made_absolute_and_must_exist(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    for name in ("a.csv", "b.csv"):
        (root / name).touch()
    monkeypatch.setenv("REPLAY", "a.csv:b.csv")

    settings = load_settings(root=root)

    assert settings.replay == [root / "a.csv", root / "b.csv"]
    assert settings.market_kind == "replay"
    assert problems(root, replay=["a.csv", "c.csv"]) == [
        "--replay must be a list of files or folders that exist, was 'c.csv'"
    ]


def test_settings_that_contradict_each_other_are_refused(root: Path) -> None:
    (root / "a.csv").touch()

    assert problems(root, market="replay") == [
        "market replay needs files of candles: name them with --replay"
    ]
    assert problems(root, market="sim", replay=[str(root / "a.csv")]) == [
        "market sim replays no files: leave --replay out, or set market replay"
    ]
    assert "risk.leverage must be at most risk.max_leverage, 10, was 11" in problems(
        root, risk={"leverage": 11}
    )


def test_a_folder_too_long_for_a_socket_is_refused(root: Path) -> None:
    [problem] = problems(root, data_dir=f"/tmp/{'x' * 100}")  # noqa: S108 - never made

    assert problem.startswith("data_dir must be shorter, for /tmp/xxx")


def test_passwords_are_masked_where_settings_are_shown() -> None:
    settings = Settings(database_url="postgresql+psycopg://me:s3cret@host/db")

    assert settings.effective()["database_url"] == "postgresql+psycopg://me:***@host/db"
    assert "s3cret" not in str(settings.effective())


def test_where_it_is_found_from_outside_has_one_form(root: Path) -> None:
    flags = {"public_url": "HTTPS://Example.com:443/bot1", "trusted_proxies": "10.0.0.9/8, ::1"}

    settings = load_settings(flags, root)

    assert settings.public_url == "https://example.com/bot1/"
    assert settings.trusted_proxies == ["10.0.0.0/8", "::1/128"]


def test_a_public_url_that_is_none_a_proxy_and_an_agent_are_refused_in_words(root: Path) -> None:
    flags = {
        "public_url": "example.com", "trusted_proxies": "proxy.lan",
        "tunnel": "cloudflared", "ngrok_path": "/no/such/agent",
    }  # fmt: skip

    told = problems(root, **flags)

    assert [line.partition(" must be ")[0] for line in told] == [
        "--public-url", "--trusted-proxies", "--tunnel", "--ngrok-path",
    ]  # fmt: skip
    assert told[0].endswith("https://example.com/bot1/, was 'example.com'")
    assert told[3] == "--ngrok-path must be a program that exists, was '/no/such/agent'"


def test_people_are_named_with_their_roles(root: Path) -> None:
    settings = load_settings({"telegram_users": "123:owner, 456:viewer"}, root)

    assert settings.telegram_roles == {123: "owner", 456: "viewer"}


@pytest.mark.parametrize("text", ["123", "123:boss", "-1:owner", "0:owner", "1:owner,1:viewer"])
def test_who_is_named_otherwise_is_refused_in_words(root: Path, text: str) -> None:
    (told,) = problems(root, telegram_users=text)

    assert told.startswith("--telegram-users must be a list of Telegram ids, each once, with roles")
    assert told.endswith(f", was {text!r}")


def test_what_the_page_checks_telegram_with_is_derived_or_given(root: Path) -> None:
    token, key = SecretStr("1:token"), SecretStr("ab" * 32)

    derived = Settings(telegram_bot_token=token).telegram_key

    assert len(bytes.fromhex(derived)) == 32
    assert Settings(telegram_webapp_key=SecretStr(derived)).telegram_key == derived
    assert Settings(telegram_bot_token=token, telegram_webapp_key=key).telegram_key == "ab" * 32
    assert Settings().telegram_key == ""
    (told,) = problems(root, telegram_webapp_key="s3cret")
    assert "64 hex digits" in told
    assert "s3cret" not in told


@given(
    st.builds(
        Settings,
        public_url=st.none() | st.just("https://example.com/bot1/"),
        trusted_proxies=st.lists(st.just("10.0.0.0/8"), max_size=2),
        speed=st.just("max") | st.floats(0.001, 100_000),
        seed=st.integers(0, 2**31 - 1),
        balance=st.decimals(1, 10**9, places=2),
        symbols=st.lists(st.from_regex(r"[A-Z]{3}/[A-Z]{4}", fullmatch=True), min_size=1),
        replay_loop=st.booleans(),
        data_dir=st.sampled_from([Path("/srv/a b"), Path("/srv/ü")]),
        risk=st.builds(RiskSettings, max_exposure_pct=st.decimals(0, 10_000, places=3)),
    )
)
def test_another_process_gets_the_same_settings_by_its_environment(settings: Settings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.environment().items():
            patch.setenv(name, value)

        assert load_settings(root=Path("/nowhere")) == settings


def groups() -> dict[str, type[Group]]:
    """Return the groups of settings by name."""
    fields = Settings.model_fields.items()
    kinds = [(name, known.annotation) for name, known in fields]
    return {n: kind for n, kind in kinds if isinstance(kind, type) and issubclass(kind, Group)}


def leaves(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Return the default of each setting by its dotted name."""
    found: dict[str, Any] = {}
    for name, known in model.model_fields.items():
        kind = known.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= leaves(kind, f"{prefix}{name}.")
        else:
            found[prefix + name] = known.default
    return found


def flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        inner = flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else None
        found |= {prefix + name: value} if inner is None else inner
    return found


def documented() -> dict[str, Any]:
    """Return the settings that the YAML file shows, as if its '#' were removed."""
    lines = (ROOT / YAML_FILE).read_text(encoding="utf-8").splitlines()
    known = {part for name in leaves(Settings) for part in name.split(".")}
    shown = [line[2:] for line in lines if line.startswith("# ")]
    text = "\n".join(line for line in shown if line.split(":")[0].strip() in known and ":" in line)
    values = yaml.safe_load(text)
    assert isinstance(values, dict)
    return flatten(values)


def test_every_setting_is_explained_with_its_default() -> None:
    shown = documented()

    assert set(shown) == set(leaves(Settings))
    for name, default in leaves(Settings).items():
        expected = "none" if name == "data_dir" or default is None else default
        if isinstance(expected, SecretStr):
            expected = expected.get_secret_value()
        actual = Decimal(str(shown[name])) if isinstance(default, Decimal) else shown[name]
        assert actual == expected, name


def test_every_setting_says_what_it_must_be() -> None:
    models: list[type[BaseModel]] = [Settings, *groups().values()]
    for model in models:
        for name, known in model.model_fields.items():
            if model is not Settings or name not in groups():
                secret = known.annotation is SecretStr
                assert secret or any(isinstance(item, Rule) for item in known.metadata), name


def test_flags_that_are_not_given_are_no_settings() -> None:
    assert parse([]).flags == {}
    assert parse(["--port", "8090", "--replay", "a", "b"]).flags == {
        "dashboard_port": "8090",
        "replay": ["a", "b"],
    }


@pytest.mark.parametrize("value", ["nonsense-secret", "ftp://secret/x", "https://x/?secret", "x y"])
def test_a_heartbeat_url_that_is_none_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(heartbeat_url=SecretStr(value))
    (error,) = refused.value.errors()
    assert error["msg"].endswith("HEARTBEAT_URL must be a URL such as https://hc-ping.com/<id>")


def test_whose_account_trades_is_refused_in_words_where_something_is_missing(root: Path) -> None:
    keys = {"exchange_key": "key-of-a-test", "exchange_secret": "secret-of-a-test"}

    (told,) = problems(root, market="sim", broker="watch")
    assert told == (
        "broker watch has to do with a real account, which market sim has not: "
        "set market exchange, or broker paper"
    )
    (told,) = problems(root, broker="testnet")
    assert told == (
        "broker testnet needs the keys of an account: set EXCHANGE_KEY and EXCHANGE_SECRET in "
        ".env, or exchange_key_file"
    )
    (told,) = problems(root, broker="live", **keys)
    assert told == (
        "broker live trades with real money, which can all be lost: set "
        "I_UNDERSTAND_THE_RISK=yes to say that you know"
    )
    settings = load_settings({"broker": "live", "i_understand_the_risk": "yes", **keys}, root)
    assert settings.market_kind == "exchange"
    assert "of-a-test" not in str(settings.effective())


def test_keys_are_given_whole_and_in_one_way(root: Path) -> None:
    assert problems(root, exchange_secret="secret-of-a-test") == [
        "EXCHANGE_SECRET needs EXCHANGE_KEY beside it: give both, or neither"
    ]
    (told,) = problems(
        root, exchange_key="key-of-a-test", exchange_secret="secret-of-a-test",
        exchange_key_file="keys.txt",
    )  # fmt: skip
    assert told.startswith("the keys of the exchange must be given in one way")
    assert "of-a-test" not in told


def test_the_risk_is_understood_by_yes_alone(root: Path) -> None:
    write_yaml(root, "i_understand_the_risk: yes\n")
    assert load_settings(root=root).i_understand_the_risk == "yes"

    assert problems(root, i_understand_the_risk="maybe") == [
        "--i-understand-the-risk must be yes, or nothing, was 'maybe'"
    ]


def test_an_exchange_goes_at_the_speed_of_the_world(root: Path) -> None:
    assert problems(root, market="exchange", speed="60") == [
        "market exchange goes at the speed of the world: leave speed out, was 60.0"
    ]
    assert Settings(speed=60).market_kind == "sim"
    assert Settings().market_kind == "auto"


def test_limits_on_real_orders_are_given_as_a_group(root: Path) -> None:
    flags = {"live": {"symbols": "BTC/USDT, ETH/USDT", "max_order_notional": "12.5"}}

    settings = load_settings(flags, root)

    assert settings.live.symbols == ["BTC/USDT", "ETH/USDT"]
    assert settings.live.max_order_notional == Decimal("12.5")
    assert settings.kill_path == settings.data_dir / "KILL"
