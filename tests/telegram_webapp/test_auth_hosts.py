import pytest

from telegram_webapp.auth.hosts import Hosts
from telegram_webapp.problems import Problem

HOSTS = Hosts("quarter.lan", ["trade.example.com", ".ts.net"])


@pytest.mark.parametrize(
    "header",
    [
        "localhost", "localhost:8080", "LocalHost:1", "127.0.0.1:8080", "[::1]:8080", "[::1]",
        "192.168.1.7:80", "[fd00::7]", "quarter.lan", "quarter.lan:8080", "quarter.lan.",
        "trade.example.com", "deck.tail1234.ts.net",
    ],
)  # fmt: skip
def test_our_own_names_and_every_address_are_answered(header: str) -> None:
    HOSTS.check(header)


@pytest.mark.parametrize(
    "header",
    [
        "evil.com", "evil.com:8080", "localhost.evil.com", "127.0.0.1.evil.com", "example.com",
        "a.trade.example.com", "ts.net", "evilts.net", "1.2.3", "1.2.3.4.5", "127.1",
    ],
)  # fmt: skip
def test_another_name_is_refused_with_what_to_do(header: str) -> None:
    with pytest.raises(Problem, match="add it to TRUSTED_HOSTS"):
        HOSTS.check(header)


@pytest.mark.parametrize(
    "header",
    [None, "", ":8080", "a b", "localhost:", "localhost:x", "localhost:123456", "[::1", "::1",
     "local/host", "x@localhost", "localhost\n", "[::1%eth0]", "\u2603", "[x]"],
)  # fmt: skip
def test_what_is_no_host_is_refused(header: str | None) -> None:
    with pytest.raises(Problem, match="Host must be"):
        HOSTS.check(header)
