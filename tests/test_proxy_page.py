"""The blocks of docs/PROXY.md: they parse, and nginx passes the page and its stream with them."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.recognition import Recognition
from runner.lookout import Lookout, Sight
from tests.reverse_proxy import CERTIFICATE
from tests.runner.test_lookout import served
from tests.services import MISSING, PATIENCE_S, free_port, wait_until
from tests.telegram_webapp.rig import listens
from utils.clock import SystemClock

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "PROXY.md").read_text("utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CADDY = shutil.which("caddy")
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+')
MAIN = """
daemon off;
master_process off;
error_log stderr;
pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {sites}
}}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def directives(text: str) -> list[list[str]]:
    """Return the words of each directive of nginx's language; blocks must close."""
    found: list[list[str]] = []
    words: list[str] = []
    depth = 0
    for word in WORD.findall(re.sub(r"#.*", "", text)):
        if word not in {"{", "}", ";"}:
            words.append(word)
            continue
        assert bool(words) == (word != "}"), words
        if words:
            found.append(words)
        depth += {"{": 1, "}": -1, ";": 0}[word]
        assert depth >= 0
        words = []
    assert (depth, words) == (0, [])
    return found


@pytest.mark.parametrize("block", blocks("nginx"))
def test_every_nginx_block_passes_streams_and_says_who_asks(block: str) -> None:
    said = {tuple(words[:2]): words[2:] for words in directives(block)}

    assert said["proxy_buffering", "off"] == []
    assert said["proxy_http_version", "1.1"] == []
    for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"):
        assert said["proxy_set_header", name]
    assert ("proxy_set_header", "X-Forwarded-Prefix") in said


@pytest.mark.parametrize("block", blocks("caddy"))
def test_every_caddy_block_passes_streams_and_says_who_asks(block: str) -> None:
    assert block.count("{") == block.count("}") > 0
    assert "flush_interval -1" in block
    assert "X-Forwarded-Prefix" in block


def site(block: str, port: int, upstream: int) -> str:
    """Return *block* with the test's own ports and certificate, in a server if it is in none."""
    tls = f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {CERTIFICATE};"
    text = re.sub(r"ssl_certificate\S*\s+\S+;", "", block).replace(":8080", f":{upstream}")
    if "server {" not in text:
        text = f"server {{ listen 443 ssl; {text} }}"
    return text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl; {tls}")


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), f"{command[0]} listens")
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def nginx_command(folder: Path, block: str, port: int, upstream: int) -> list[str]:
    """Return what runs nginx with *block*, which nginx itself has found right."""
    assert NGINX is not None
    config = folder / "nginx.conf"
    sites = site(block, port, upstream)
    config.write_text(MAIN.format(folder=folder, sites=sites), encoding="utf-8")
    command = [NGINX, "-c", str(config), "-p", str(folder)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    return command


def caddy_command(folder: Path, block: str, port: int, upstream: int) -> list[str]:
    """Return what runs Caddy with *block*."""
    assert CADDY is not None
    config = folder / "Caddyfile"
    own = f"https://localhost:{port} {{\n    bind 127.0.0.1\n    tls {CERTIFICATE} {CERTIFICATE}\n"
    text = re.sub(r"\A\S+ \{\n", own, block).replace(":8080", f":{upstream}")
    options = "{\n    admin off\n    auto_https disable_redirects\n}\n"
    config.write_text(options + text, encoding="utf-8")
    return [CADDY, "run", "--adapter", "caddyfile", "--config", str(config)]


@pytest.mark.parametrize(("number", "path"), [(0, ""), (1, "bot1/")])
@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_a_server_with_such_a_block_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, number: int, path: str
) -> None:
    if {"nginx": NGINX, "caddy": CADDY}[server] is None:
        pytest.skip(f"{MISSING}{server}: its blocks are read by this test's own eyes instead")
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    port = free_port()
    url = f"https://localhost:{port}/{path}"
    settings = {"public_url": url, "trusted_proxies": ["127.0.0.1"]}
    prepare = nginx_command if server == "nginx" else caddy_command
    with served(tmp_path / "data", **settings) as upstream:
        command = prepare(tmp_path, blocks(server)[number], port, upstream)
        with running(command, port):
            lookout = Lookout(Recognition(tmp_path / "data" / "run"), SystemClock())

            assert asyncio.run(lookout.look(url)) == Sight()
