"""What Lighthouse says of the overview on a slow phone: three scores, the median of some runs.

Lighthouse is fetched by npx, so this needs Node.js and, the first time, a network. It slows the
processor down fourfold and counts as if the network were a phone's; it wants a machine to itself.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.browsing import browser
from benchmarks.deck import Deck, deck
from benchmarks.report import Result
from tests.browser import ARGUMENTS
from tests.services import find_chromium

PACKAGE: Final = "lighthouse@12.8.2"
RUNS: Final = 3
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
LEAST: Final = 95
LIVE: Final = ".conn[data-tone=live]"
TIMINGS: Final = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
}


def run() -> list[Result]:
    """Measure, or say why not."""
    npx = shutil.which("npx")
    if npx is None:
        sys.stderr.write("Lighthouse needs Node.js, whose npx was not found: not measured\n")
        return []
    with deck() as running, TemporaryDirectory(prefix="qd") as name:
        headers = Path(name) / "headers.json"
        headers.write_text(json.dumps({"Cookie": _cookie(running)}), encoding="utf-8")
        signed_in = [_report(npx, running.url, headers) for _ in range(RUNS)]
        nobody = [_report(npx, running.url, None) for _ in range(RUNS)]
    return [*_results("signed in", signed_in), *_results("signing in", nobody)]


def _results(who: str, reports: list[dict[str, Any]]) -> list[Result]:
    results = []
    for category in CATEGORIES:
        scores = [100 * report["categories"][category]["score"] for report in reports]
        note = _timings(reports) if category == CATEGORIES[0] else ""
        name = f"Lighthouse, {who}, {category.replace('-', ' ')}"
        note = f"median of {RUNS}, worst {min(scores):.0f}{note}"
        results.append(Result(name, median(scores), "", at_least=LEAST, note=note))
    return results


def _timings(reports: list[dict[str, Any]]) -> str:
    told = {
        name: median(report["audits"][audit]["numericValue"] for report in reports)
        for audit, name in TIMINGS.items()
    }
    return "".join(f", {name} {value:.0f} ms" for name, value in told.items())


def _report(npx: str, url: str, headers: Path | None) -> dict[str, Any]:
    extra = [f"--extra-headers={headers}"] if headers else []
    flags = " ".join(["--headless=new", *ARGUMENTS])
    command = [
        npx, "--yes", PACKAGE, url, "--quiet", "--output=json", *extra,
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}",
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": str(find_chromium(whole=True))}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _cookie(running: Deck) -> str:
    """Sign in; return what the browser then says who it is with."""
    with browser() as chromium:
        page = chromium.new_page()
        page.goto(running.link)
        page.locator(LIVE).wait_for()
        return "; ".join(f"{kept['name']}={kept['value']}" for kept in page.context.cookies())
