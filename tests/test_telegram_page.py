"""docs/TELEGRAM.md speaks of settings, files and words that there are."""

import re
from pathlib import Path

from infra.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("TELEGRAM.md", "PROXY.md")}
SETTING = re.compile(r"\b([A-Z][A-Z]+(?:_[A-Z]+)+|TUNNEL)\b")
OTHERS = {"ERR_NGROK", "SSL_CERT_FILE"}


def test_every_setting_they_name_is_one() -> None:
    for name, text in PAGES.items():
        named = set(SETTING.findall(text)) - OTHERS
        assert {word.lower() for word in named} <= set(Settings.model_fields), name


def test_every_file_they_link_to_is_there_with_its_part() -> None:
    for name, text in PAGES.items():
        for link, part in re.findall(r"\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)", text):
            target = DOCS / (link or name)
            assert target.is_file(), (name, link)
            heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            parts = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}
            assert not part or part in parts, (name, part)


def test_it_takes_ten_steps() -> None:
    steps = re.findall(r"^(\d+)\. ", PAGES["TELEGRAM.md"], re.MULTILINE)

    assert steps == [str(number) for number in range(1, 11)]


def test_what_it_quotes_of_the_launcher_is_what_that_says() -> None:
    said = "".join((ROOT / "runner" / name).read_text("utf-8") for name in ("announce.py",))

    assert "is this page, seen from outside" in said
    assert "is this page, seen from outside" in PAGES["TELEGRAM.md"]
    assert "The bot is @" in said


def test_every_trouble_in_the_table_is_one_that_the_lookout_tells() -> None:
    lookout = (ROOT / "runner" / "lookout.py").read_text("utf-8")
    table = PAGES["PROXY.md"].partition("## What the launcher may say")[2]
    rows = re.findall(r"^\| (?!it says|-)(.+?) \|", table, re.MULTILINE)
    told = [part.split(" (")[0] for row in rows for part in row.split("; ")]

    assert len(told) >= 12
    for words in told:
        first = words.replace("…", "").split("/bot1/")[0].strip()
        assert first in lookout, words
