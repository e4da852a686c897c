"""Takes the pictures in docs/images of a Quarterdeck that this starts and stops.

``make screenshots``; ``make screenshots ARGS=DIR`` puts them elsewhere.
"""

import sys
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from benchmarks.deck import Deck, deck
from core import words
from pictures.card import Head
from pictures.equity import equity
from pictures.look import look
from pictures.render import png
from store.accounts import current_account
from store.database import Database
from store.figures import Asked, Moment, performance
from store.results import closed_trades
from store.series import last_moment
from tests.browser import ARGUMENTS
from tests.services import find_chromium

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SCREENS = {
    "phone": (ViewportSize(width=390, height=844), 2),
    "desktop": (ViewportSize(width=1440, height=900), 1),
}
THEMES = ("dark", "light")
VIEWS = {
    "overview": "/",
    "market": "/market",
    "signals": "/signals",
    "performance": "/performance",
    "ab-test": "/ab-test",
    "trades": "/trades",
    "more": "/more",
    "alerts": "/alerts",
    "access": "/access",
    "exchange": "/exchange",
    "market-anomalies": "/market?show=anomalies",
    "market-funding": "/market?show=funding",
    "system": "/system",
    "settings": "/settings",
    "display": "/display",
    "enhanced": "/enhanced",
}
WITH_CHART = {"overview", "market", "market-anomalies", "performance", "ab-test", "enhanced"}
DRAWN = "svg.sketch, .main-svg"
TOUCH = "dispatchEvent(new Event('pointerdown'))"  # before which a phone has sketches of charts
CHART = ".js-plotly-plot .main-svg"
CHART_MS = 20_000
# long enough to see prices move and the charts drawn to the end
SETTLE_MS = 2_500


def main(folder: Path) -> None:
    """Take every view on every screen in both themes."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium is here to take pictures with: run `make test` once.")
    folder.mkdir(parents=True, exist_ok=True)
    with deck(MARKET="sim") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        session = sign_in(browser, running)
        for screen in SCREENS:
            for theme in THEMES:
                take(browser, running, session, (screen, theme), folder)
        browser.close()
        draw_chart(running, folder / "bot-equity.png")


def draw_chart(running: Deck, file: Path) -> None:
    """Save the picture that the bot sends of the equity."""
    database = Database(f"sqlite:///{running.folder / 'quarterdeck.db'}")
    account = current_account(database)
    if account is None:
        sys.exit("The engine made no account.")
    moment = Moment(now=last_moment(database, account.id) or 0)
    trades = closed_trades(database, account.id)
    body = performance(database, account.id, trades, Asked(span="all"), moment)
    found = msgspec.json.decode(body)
    roi, newest = found["measures"]["roi"]["value"], found["equity"][-1][1]
    head = Head(
        "Equity, since the start", words.money(newest),
        f"{'▲' if roi > 0 else '▼'} {words.percent(roi)}", roi,
        f"{found['counts']['trades']:,} closed trades", "SIMULATED",
    )  # fmt: skip
    file.write_bytes(png(equity(found, head, look("dark"))))
    database.close()
    print(file)


def sign_in(browser: Browser, running: Deck) -> Path:
    """Use the one-time link; return the file with the browser's cookie."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.link)
    page.wait_for_function("!location.hash.includes('code=')")
    page.locator(CHART).first.wait_for(timeout=CHART_MS)
    kept = running.folder / "browser.json"
    context.storage_state(path=kept)
    context.close()
    return kept


def take(
    browser: Browser, running: Deck, session: Path, look: tuple[str, str], folder: Path
) -> None:
    """Save each view on one screen in one theme."""
    screen, theme = look
    size, scale = SCREENS[screen]
    context = browser.new_context(
        viewport=size, device_scale_factor=scale, storage_state=session, reduced_motion="reduce",
        color_scheme="dark" if theme == "dark" else "light", has_touch=screen == "phone",
    )  # fmt: skip
    page = context.new_page()
    for view, path in VIEWS.items():
        page.goto(running.url.rstrip("/") + path)
        if view in WITH_CHART:
            page.locator(DRAWN).first.wait_for(timeout=CHART_MS)
            page.evaluate(TOUCH)
            page.locator(CHART).first.wait_for(timeout=CHART_MS)
        page.wait_for_timeout(SETTLE_MS)
        file = folder / f"{view}-{screen}-{theme}.png"
        page.screenshot(path=file)
        print(file)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
