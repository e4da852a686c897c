"""What is remembered of a position while it is open."""

from decimal import Decimal

from core.ledger import Entry, EntryKind, Portfolio
from core.market import MINUTE_MS, Bar, Tick
from core.orders import Side
from core.trades import Course
from runner.courses import Courses
from store.columns import money_text

SYMBOL = "BTC/USDT"
OPENED = 10 * MINUTE_MS


def holding(qty: str = "1", price: str = "100", at: int = OPENED) -> Portfolio:
    entry = Entry(
        at=at, kind=EntryKind.FILL, strategy="trend", amount=Decimal(0), source="fill",
        source_id="1", symbol=SYMBOL, position_id="p", side=Side.BUY, qty=Decimal(qty),
        price=Decimal(price),
    )  # fmt: skip
    return Portfolio.replay([entry])


def popped(courses: Courses, portfolio: Portfolio) -> tuple[Decimal, Decimal]:
    course: Course = courses.pop(portfolio.positions["trend", SYMBOL])
    return course.mae, course.mfe


def bar(opened: int, high: int, low: int, close: int) -> Bar:
    o, h, lo, c = (Decimal(n) for n in (close, high, low, close))
    return Bar(SYMBOL, opened, o, h, lo, c, Decimal(1))


def tick(at: int, price: str) -> Tick:
    p = Decimal(price)
    return Tick(SYMBOL, at, p, p, p)


def test_a_bar_shows_its_extremes_to_who_held_it_from_the_open() -> None:
    portfolio = holding(at=OPENED)
    courses = Courses(portfolio)

    courses.update(bar(OPENED, high=120, low=90, close=105))

    assert popped(courses, portfolio) == (Decimal(-10), Decimal(20))


def test_what_a_bar_went_through_before_the_entry_does_not_count() -> None:
    portfolio = holding(at=OPENED + 30_000)
    courses = Courses(portfolio)

    courses.update(bar(OPENED, high=120, low=90, close=105))

    assert popped(courses, portfolio) == (Decimal(0), Decimal(5))


def test_ticks_count_as_they_come() -> None:
    portfolio = holding()
    courses = Courses(portfolio)

    courses.update(tick(OPENED + 500, "93"))
    courses.update(tick(OPENED + 1000, "104"))

    assert popped(courses, portfolio) == (Decimal(-7), Decimal(4))


def test_they_can_be_stored_whatever_the_average_entry_price_is() -> None:
    price = str(Decimal(301) / 3)  # 28 digits, as an average of several fills has
    portfolio = holding(qty="0.003", price=price)
    courses = Courses(portfolio)

    courses.update(tick(OPENED + 500, "100"))

    worst, best = popped(courses, portfolio)
    assert (money_text(worst), money_text(best)) == ("-0.00099999", "0.00000000")
