"""Stands in for ngrok's agent: its command line, its log lines, its local API, and a way in.

The variable FAKE_NGROK names a folder. ``log`` there gets the agent's arguments and token; what
a test puts there steers it: ``refuses`` (text of an error at start), ``endpoint_refuses`` (at
the endpoint), ``version``, ``silent``, ``port`` of the public side.
"""

import json
import os
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from typing_extensions import override

from tests.reverse_proxy import Habits, ReverseProxy

FOLDER = Path(os.environ["FAKE_NGROK"])


def told(name: str) -> str:
    path = FOLDER / name
    return path.read_text("utf-8") if path.exists() else ""


def say(level: str, message: str, **more: str) -> None:
    fields = "".join(f" {name}={json.dumps(value)}" for name, value in more.items())
    line = f't=2026-11-21T12:00:00+0000 lvl={level} msg="{message}"{fields}\n'
    sys.stdout.write(line)
    sys.stdout.flush()


class Agent:
    """One agent's endpoints, by name."""

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Any]] = {}

    def open(self, wish: dict[str, Any]) -> dict[str, Any]:
        port = urlsplit(wish["upstream"]["url"]).port
        assert port is not None
        proxy = ReverseProxy(port)
        proxy.port = int(told("port") or 0)
        proxy.__enter__()
        address = f"localhost:{proxy.port}"
        proxy.habits = Habits(says={"X-Forwarded-Proto": "http", "X-Forwarded-Host": address})
        found = {"name": wish["name"], "url": wish.get("url") or f"http://{address}",
                 "upstream": wish["upstream"]}  # fmt: skip
        self.endpoints[wish["name"]] = found
        return found


class Api(BaseHTTPRequestHandler):
    agent = Agent()

    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK, {"endpoints": list(self.agent.endpoints.values())})

    def do_POST(self) -> None:
        wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if refusal := told("endpoint_refuses"):
            details = {"err": f"failed to start tunnel: {refusal}"}
            self._answer(
                HTTPStatus.BAD_GATEWAY, {"msg": "failed to start tunnel", "details": details}
            )
        else:
            self._answer(HTTPStatus.CREATED, self.agent.open(wish))

    def _answer(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        sys.stdout.write(f"ngrok version {told('version') or '3.39.8'}\n")
        return 0
    config = yaml.safe_load(Path(arguments[arguments.index("--config") + 1]).read_text("utf-8"))
    with (FOLDER / "log").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"pid": os.getpid(), "argv": arguments, "config": config}) + "\n")
    if told("silent"):
        time.sleep(600)
    if refusal := told("refuses"):
        token = config["agent"]["authtoken"]
        error = f"authentication failed: {refusal}\\nYour authtoken: {token}"
        sys.stderr.write(f"ERROR:  {error}\n")
        say("eror", "failed to auth", obj="tunnels.session", err=error)
        say("crit", "command failed", err=error)
        return 1
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("info", "starting web service", obj="web", addr=f"127.0.0.1:{server.server_port}")
    say("info", "client session established", obj="tunnels.session")
    say("info", "tunnel session started", obj="tunnels.session")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
