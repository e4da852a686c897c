"""The launcher with a tunnel by a stand-in for ngrok's agent: everything else is real."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.runner.ngrok import TOKEN, FakeNgrok, fake_ngrok
from tests.runner.test_launch import launch
from tests.runner.test_launch_for_real import Instance, descendants, gone
from tests.services import free_port, wait_until

LINK = re.compile(r"http://localhost:\d+/#code=[\w-]+")


@pytest.fixture
def fake(tmp_path: Path) -> FakeNgrok:
    return fake_ngrok(tmp_path / "fake")


@pytest.fixture
def instance(tmp_path: Path, fake: FakeNgrok) -> Iterator[Instance]:
    quiet = {**fake.variables, "WARMUP_DAYS": "0", "XDG_CONFIG_HOME": str(tmp_path)}
    running = Instance(tmp_path / "data", free_port(), **quiet)
    with running.process:
        yield running
        if running.process.poll() is None:
            running.interrupt()


def public_links(instance: Instance, at_least: int = 1) -> list[str]:
    """Return the links through the tunnel once so many are printed."""

    def printed() -> list[str]:
        return LINK.findall(instance.out_path.read_text("utf-8"))

    wait_until(lambda: len(printed()) >= at_least, f"{at_least} public links")
    return printed()


def role_by(link: str) -> str:
    """Sign in with *link*; return the role that it gave."""
    base, _, code = link.partition("#code=")
    with httpx.Client(base_url=base, headers={"Origin": base.rstrip("/")}) as page:
        assert page.post("/api/auth/login", json={"code": code}).status_code == 200
        return str(page.get("/api/me").json()["role"])


def test_the_tunnel_leads_to_the_page_follows_its_names_and_ends_with_the_launcher(
    instance: Instance, fake: FakeNgrok, tmp_path: Path
) -> None:
    (first,) = public_links(instance)
    assert instance.link().startswith(f"http://127.0.0.1:{instance.port}/#code=")
    assert role_by(first) == "owner"
    assert f"{first.partition('#')[0]} is this page, seen from outside" in instance.log
    more = launch(tmp_path / "data", "login", **fake.variables).stdout.splitlines()
    assert LINK.fullmatch(more[1])

    # the agent dies and comes back under another name: the page must know that one, too
    os.kill(fake.starts[0]["pid"], signal.SIGKILL)
    second = public_links(instance, 2)[-1]
    assert second.partition("#")[0] != first.partition("#")[0]
    assert role_by(second) == "owner"
    assert "Page and bot start again, to learn their public URL" in instance.log

    family = [pid for pid, _ in descendants(instance.process.pid)]
    assert fake.starts[1]["pid"] in family
    assert TOKEN not in " ".join(words for _, words in descendants(instance.process.pid))
    instance.process.kill()
    wait_until(gone(family), "the agent is gone with all the rest")
    assert TOKEN not in instance.log + instance.out_path.read_text("utf-8")
