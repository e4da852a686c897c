import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # has no stubs
import pytest

from core.errors import ConfigError
from telegram_webapp.assets import KEPT_IN_MEMORY, ROOT, Assets
from tests.telegram_webapp.house import House, house, problem


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house"), engine=False) as built:
        yield built


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "page"
    (root / "js").mkdir(parents=True)
    (root / "dashboard.html").write_text('<link href="{{static}}a.css"><!--boot-->', "utf-8")
    (root / "js" / "main.js").write_text("import './other.js'", "utf-8")
    (root / "js" / "other.js").write_text("export {}", "utf-8")
    (root / "secret.py").write_text("TOKEN = 1", "utf-8")
    return root


def base(house: House) -> str:
    found = re.search(r'"(static/[0-9a-f]+/)', house.client().get("/").text)
    assert found is not None
    return f"/{found[1]}"


def test_everything_the_page_names_is_there_and_kept_for_ever(open_house: House) -> None:
    text = open_house.client().get("/").text
    named = {f"/{path}" for path in re.findall(r'(?:href|src)="(static/[^"]+)"', text)}
    assert any(path.endswith(".js") for path in named)

    for path in named & {base(open_house) + name for name in files()}:
        answer = open_house.client().get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def files() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")}


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [("js/main.js", "text/javascript"), ("css/base.css", "text/css"),
     ("icon.svg", "image/svg+xml"), ("plotly.min.js", "text/javascript")],
)  # fmt: skip
def test_files_are_sent_compressed(open_house: House, name: str, mimetype: str) -> None:
    path = base(open_house) + name
    client = open_house.client()
    plain = client.get(path, buffered=True)
    assert plain.mimetype == mimetype

    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        packed = client.get(path, headers={"Accept-Encoding": encoding}, buffered=True)
        assert packed.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in packed.vary
        assert unpack(packed.data) == plain.data
        assert len(packed.data) < len(plain.data)


def test_a_file_that_is_known_is_not_sent_again(open_house: House) -> None:
    path = base(open_house) + "js/main.js"
    client = open_house.client()
    etag = client.get(path).headers["ETag"]

    again = client.get(path, headers={"If-None-Match": etag})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name",
    ["dashboard.html", "app.py", "auth/guard.py", "../core/errors.py", "js/../app.py", "js/",
     "js/none.js", "/etc/passwd", "..%2f..%2fMakefile", "js\\main.js", "%00", "__init__.py"],
)  # fmt: skip
def test_nothing_but_the_pages_files_is_served(open_house: House, name: str) -> None:
    answer = open_house.client().get(base(open_house) + name)

    assert answer.status_code == 404
    assert problem(answer)["code"] == "not_found"


def test_a_file_of_another_version_is_not_served_under_its_hash(open_house: House) -> None:
    answer = open_house.client().get("/static/0123456789ab/js/main.js")

    assert answer.status_code == 404
    assert "load the page again" in problem(answer)["detail"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_browsers_that_ask_for_an_icon_get_one(open_house: House) -> None:
    answer = open_house.client().get("/favicon.ico")

    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_any_change_of_a_file_changes_every_address(tree: Path, tmp_path: Path) -> None:
    before = Assets(tmp_path / "cache", tree)
    assert Assets(tmp_path / "cache", tree).digest == before.digest

    (tree / "js" / "other.js").write_text("export {};", "utf-8")
    changed = Assets(tmp_path / "cache", tree)
    shutil.move(tree / "js" / "other.js", tree / "js" / "third.js")
    moved = Assets(tmp_path / "cache", tree)

    assert len({before.digest, changed.digest, moved.digest}) == 3
    served = before.file("js/other.js", "")
    assert served is not None
    assert served.body == b"export {}"


def test_the_page_says_where_its_files_are(tree: Path, tmp_path: Path) -> None:
    assets = Assets(tmp_path / "cache", tree)

    page = assets.page({"a": "<b>"}).decode()

    assert page == (
        f'<link href="static/{assets.digest}/a.css">'
        '<script type="application/json" id="boot">{"a":"\\u003cb>"}</script>'
    )
    assert assets.file("secret.py", "") is None


def test_a_large_file_is_compressed_once_for_all_processes(tree: Path, tmp_path: Path) -> None:
    (tree / "js" / "large.js").write_bytes(b"let a = 1;\n" * KEPT_IN_MEMORY)
    cache = tmp_path / "new" / "cache"
    first = Assets(cache, tree).file("js/large.js", "gzip")
    assert first is not None
    kept = list(cache.iterdir())
    assert [path.suffix for path in kept] == [".gzip"]
    kept[0].write_bytes(b"as it was kept")

    again = Assets(cache, tree).file("js/large.js", "gzip")

    assert again is not None
    assert again.body == kept[0]
    assert kept[0].read_bytes() == b"as it was kept"


def test_a_cache_that_cannot_be_written_costs_compression_only(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way", "utf-8")

    found = Assets(tmp_path / "cache", tree).file("plotly.min.js", "gzip")

    assert found is not None
    assert found.encoding == ""
    assert isinstance(found.body, Path)
    assert found.body.name == "plotly.min.js"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_large_file_has_a_head_and_is_known_again(open_house: House, encoding: str) -> None:
    path, client = base(open_house) + "plotly.min.js", open_house.client()
    asked = {"Accept-Encoding": encoding}
    whole = client.get(path, headers=asked, buffered=True)

    head = client.head(path, headers=asked)
    again = client.get(path, headers={**asked, "If-None-Match": whole.headers["ETag"]})

    assert head.content_length == whole.content_length == len(whole.data) > KEPT_IN_MEMORY
    assert (head.data, again.status_code, again.data) == (b"", 304, b"")


def test_each_encoding_of_a_file_has_a_tag_of_its_own(open_house: House) -> None:
    path, client = base(open_house) + "js/main.js", open_house.client()

    tags = {
        client.get(path, headers={"Accept-Encoding": e}).headers["ETag"] for e in ("", "gzip", "br")
    }

    assert len(tags) == 3


def test_a_large_file_that_went_away_is_not_found(open_house: House) -> None:
    path, asked = base(open_house) + "plotly.min.js", {"Accept-Encoding": "gzip"}
    open_house.client().get(path, headers=asked, buffered=True)
    kept = next((open_house.settings.data_dir / "cache").glob("*.gzip"))
    kept.unlink()
    kept.mkdir()  # a folder is no file either

    answer = open_house.client().get(path, headers=asked)

    kept.rmdir()
    assert (answer.status_code, problem(answer)["code"]) == (404, "not_found")


def test_a_page_without_its_place_for_data_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "dashboard.html").write_text("<html>", "utf-8")
    with pytest.raises(ConfigError, match="must hold <!--boot-->"):
        Assets(tmp_path / "cache", tree)

    (tree / "dashboard.html").unlink()
    with pytest.raises(ConfigError, match=r"dashboard\.html cannot be read"):
        Assets(tmp_path / "cache", tree)
