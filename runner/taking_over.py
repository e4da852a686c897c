"""Settings that the engine takes over while it trades: limits, its pace, what it keeps."""

from dataclasses import dataclass

from infra.reload import Change
from runner.daily_report import DailyReport
from runner.engine_room import EngineRoom
from runner.limits import alert_limits, anomaly_limits, risk_limits
from runner.retention import Retention
from runner.wiring import Wired


@dataclass(slots=True)
class TakingOver:
    """Puts new settings in force between two steps, and tells everybody by an alert.

    Promise: an order is checked against the old limits or the new ones, never some of each.
    """

    wired: Wired
    retention: Retention
    report: DailyReport
    room: EngineRoom

    async def take(self, change: Change) -> None:
        """Take over what *change* brings."""
        engine, settings = self.wired.engine, change.settings
        async with engine.lock:
            trader, speed, kind = engine.trader, engine.status.speed, engine.feed.kind
            trader.limits = trader.vetting.limits = risk_limits(settings, speed, kind)
            engine.alerts.watchers.limits = alert_limits(settings)
            trader.anomalies.detector.limits = anomaly_limits(settings)
            self.wired.pulse.beat_s = 1 / settings.publish_hz
            self.retention.settings = settings.retention
            self.report.settings = settings
            self.room.system = settings.system
        await engine.alert("info", "settings_changed", "Settings changed", change.text)

    async def refuse(self, sentence: str) -> None:
        """Tell that what is written down as settings cannot be."""
        title = "Settings were not taken over"
        await self.wired.engine.alert("warn", "settings_refused", title, sentence)
