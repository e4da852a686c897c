"""Settings that change under a running engine."""

import signal
from pathlib import Path

from tests.runner.engine_process import EngineProcess


def test_an_engine_takes_over_what_is_good_and_leaves_what_is_not(tmp_path: Path) -> None:
    page = tmp_path / "data" / "settings.yaml"
    with EngineProcess(tmp_path / "data", PUBLISH_HZ="8") as engine:
        engine.wait_until(engine.socket.exists, "it listens")
        engine.process.send_signal(signal.SIGHUP)  # while it starts
        engine.wait_until(lambda: engine.heard.status == "running", "it runs")

        page.write_text("log_level: DEBUG\nrisk:\n  leverage: 3\n", encoding="utf-8")
        engine.wait_until(lambda: told(engine, "settings_changed"), "the change is told")
        assert "risk.leverage 5 → 3" in told(engine, "settings_changed")[0]
        assert "log_level INFO → DEBUG" in told(engine, "settings_changed")[0]
        engine.wait_until(lambda: "Settings were read again" in engine.log, "it is logged")

        page.write_text("risk:\n  leverage: 200\nlog_level: ERROR\n", encoding="utf-8")
        engine.process.send_signal(signal.SIGHUP)
        engine.wait_until(lambda: told(engine, "settings_refused"), "the refusal is told")
        assert "risk.leverage in" in told(engine, "settings_refused")[0]
        assert "must be a whole number from 1 to 125, was '200'" in engine.log

        page.write_text("publish_hz: 1\n", encoding="utf-8")
        engine.process.send_signal(signal.SIGHUP)
        engine.wait_until(lambda: len(told(engine, "settings_changed")) == 2, "it is told")
        assert "risk.leverage 3 → 5" in told(engine, "settings_changed")[1]
        assert "publish_hz" not in told(engine, "settings_changed")[1]  # the environment has it
        engine.stop()
        assert engine.process.returncode == 0


def told(engine: EngineProcess, code: str) -> list[str]:
    """Return the details of the alerts of *code*."""
    alerts = engine.heard.of("alert_raised")
    return [str(body["detail"]) for body in alerts if body["code"] == code]
