"""The files that run Quarterdeck as a service, each by its own tool where that is installed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings import ROOT, Settings
from tests.services import MISSING

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
NOT_OURS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PYTHONUNBUFFERED"}
TLS = ROOT / "tests" / "localhost.pem"


def run(*command: str | Path) -> str:
    """Run a checker; return what it says; it must be content."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{MISSING}{name}")
    assert found is not None
    return found


def test_the_units_are_right(tmp_path: Path) -> None:
    verify = tool("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text().replace("/opt/quarterdeck/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)

    said = run(verify, "verify", "--man=no", *sorted(tmp_path.iterdir()))

    assert "quarterdeck" not in said


def test_every_program_of_a_unit_exists() -> None:
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE):
            program, *arguments = line.split()
            assert program == "/opt/quarterdeck/.venv/bin/python"
            named = arguments[1] if arguments[0] == "-m" else arguments[0]
            assert (ROOT / named).exists(), line


def test_every_service_reads_its_settings_again_at_a_reload() -> None:
    for name in ("engine", "web", "bot"):
        unit = (DEPLOY / "systemd" / f"quarterdeck-{name}.service").read_text()
        assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in unit, name


def test_each_unit_knows_only_its_own_secrets() -> None:
    files = {
        unit.stem: re.findall(r"^EnvironmentFile=-(\S+)$", unit.read_text(), re.MULTILINE)
        for unit in UNITS
        if unit.suffix == ".service" and "backup" not in unit.name
    }

    assert set(files) == {"quarterdeck-engine", "quarterdeck-web", "quarterdeck-bot"}
    for name, read in files.items():
        own = name.removeprefix("quarterdeck-")
        assert read == ["/etc/quarterdeck/quarterdeck.env", f"/etc/quarterdeck/{own}.env"]


@pytest.mark.parametrize("site", ["nginx/quarterdeck.conf", "compose/nginx.conf"])
def test_nginx_finds_its_sites_right(tmp_path: Path, site: str) -> None:
    nginx = tool("nginx")
    text = (DEPLOY / site).read_text().replace("http://web:", "http://127.0.0.1:")
    text = re.sub(r"(ssl_certificate(?:_key)?\s+)\S+;", rf"\g<1>{TLS};", text)
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/b; "
        f"proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f; "
        f"uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n{text}\n}}\n"
    )

    assert "test is successful" in run(nginx, "-t", "-p", tmp_path, "-c", config)


@pytest.mark.parametrize("site", ["nginx/quarterdeck.conf", "compose/nginx.conf"])
def test_the_sites_say_to_the_page_what_the_tried_block_says(site: str) -> None:
    tried = (ROOT / "docs" / "PROXY.md").read_text().partition("```nginx")[2].partition("```")[0]
    text = (DEPLOY / site).read_text()

    wanted, given = directives(tried), directives(text)
    assert len(wanted) >= 9
    assert wanted <= given


def directives(block: str) -> set[str]:
    """Return what *block* says of the way to the page, but not where it is."""
    found = re.findall(r"(proxy_(?!pass)\w+\s.+);", block)
    return {" ".join(line.split()) for line in found}


def test_logrotate_reads_its_file(tmp_path: Path) -> None:
    rotate = tool("logrotate")
    text = (DEPLOY / "logrotate" / "quarterdeck").read_text()
    rules = tmp_path / "rules"
    rules.write_text(re.sub(r"^\s+su .*$", "", text, flags=re.MULTILINE))
    rules.chmod(0o644)

    said = run(rotate, "--debug", "--state", str(tmp_path / "state"), rules)

    assert "error" not in said.replace("errors", "")


def documents() -> Iterator[tuple[str, Any]]:
    for path in [*DEPLOY.glob("compose/*.yaml"), *DEPLOY.glob("kubernetes/*.yaml")]:
        for document in yaml.safe_load_all(path.read_text()):
            yield path.name, document


def names(node: Any) -> Iterator[str]:
    """Yield the environment variables that a document gives to programs."""
    if isinstance(node, list):
        for item in node:
            yield from names(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"environment", "x-environment"} and isinstance(value, dict):
                yield from value
            elif key == "env" and isinstance(value, list):
                yield from (entry["name"] for entry in value)
            elif key == "data" and node.get("kind") == "ConfigMap":
                yield from value
            else:
                yield from names(value)


def test_every_variable_is_a_setting() -> None:
    known = {name.upper() for name in Settings.model_fields} | NOT_OURS

    found = {name for _, document in documents() for name in names(document)}

    assert found <= known, found - known
    assert {"DATABASE_URL", "PUBLIC_URL", "EXCHANGE_KEY"} <= found


def test_only_the_bot_has_its_token_and_only_the_engine_the_exchanges_keys() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    manifests = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "quarterdeck.yaml").read_text()))
    pod = next(m for m in manifests if m["kind"] == "StatefulSet")["spec"]["template"]["spec"]
    holders = [
        {
            name: set(service.get("environment", {}))
            for name, service in compose["services"].items()
        },
        {box["name"]: {e["name"] for e in box.get("env", [])} for box in pod["containers"]},
    ]

    for held in holders:
        assert [name for name in held if "TELEGRAM_BOT_TOKEN" in held[name]] == ["bot"]
        assert [name for name in held if "EXCHANGE_SECRET" in held[name]] == ["engine"]


def test_the_pod_is_probed_and_locked_down() -> None:
    manifests = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "quarterdeck.yaml").read_text()))
    pod = next(m for m in manifests if m["kind"] == "StatefulSet")["spec"]["template"]["spec"]

    for box in pod["containers"]:
        assert box["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not box["securityContext"]["allowPrivilegeEscalation"]
        if box["name"] != "bot":
            assert box["livenessProbe"]
            assert box["startupProbe"]
    web = next(box for box in pod["containers"] if box["name"] == "web")
    asked = {name: box["httpGet"]["path"] for name, box in web.items() if name.endswith("Probe")}
    assert asked == {
        "livenessProbe": "/api/health/live", "startupProbe": "/api/health/live",
        "readinessProbe": "/api/health/ready?for=page",
    }  # fmt: skip
