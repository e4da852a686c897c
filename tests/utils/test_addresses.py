import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.addresses import local_url, normal_prefix, normal_url

WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("given_", "normal"),
    [
        ("https://deck.example.com", "https://deck.example.com/"),
        ("https://deck.example.com/", "https://deck.example.com/"),
        ("  HTTPS://Deck.Example.com:443/bot1 ", "https://deck.example.com/bot1/"),
        ("http://deck:80/a/b/", "http://deck/a/b/"),
        ("https://deck:8443/bot1", "https://deck:8443/bot1/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("https://[FD00::0007]:443/x", "https://[fd00::7]/x/"),
        ("https://schöner-handel.example/ ", "https://xn--schner-handel-kmb.example/"),
        ("https://my_host.lan", "https://my_host.lan/"),
    ],
)
def test_an_address_has_one_form(given_: str, normal: str) -> None:
    assert normal_url(given_) == normal
    assert normal_url(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "", "deck.example.com", "ftp://deck/", "https://", "https:///bot1", "https://a b/",
        "https://deck/?a=1", "https://deck/#x", "https://deck/?", "https://me:pw@deck/",
        "https://deck//x/", "https://deck/../x", "https://deck/./x", "https://deck/a%2Fb",
        "https://deck/b\u00e4r", "https://[::1", "https://[x]/", "https://deck:99999/",
        "https://deck:x/", "javascript://deck/", "https://-deck/", "https://deck/;x",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        normal_url(text)


@given(st.lists(WORDS, max_size=4))
def test_a_prefix_ends_without_a_slash(words: list[str]) -> None:
    path = "".join(f"/{word}" for word in words)

    assert normal_prefix(path) == normal_prefix(f"{path}/") == path


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/"), ("0.0.0.0", "http://127.0.0.1:8080/"),  # noqa: S104 - compared, not bound
        ("::", "http://[::1]:8080/"), ("fe80::1", "http://[fe80::1]:8080/"),
    ],
)  # fmt: skip
def test_a_page_on_this_machine_is_reached_where_it_listens(host: str, url: str) -> None:
    assert local_url(host, 8080) == url
