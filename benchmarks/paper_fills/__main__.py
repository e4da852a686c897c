"""``python -m benchmarks.paper_fills RECORDING --oracle PYTHON``: compare and print the table."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from benchmarks.paper_fills import ours
from benchmarks.paper_fills.tape import Moment, Outcome, Plan, books, plans, quotes

HERE = Path(__file__).parent
CENT8 = Decimal("0.00000001")
SEED = 7


def main() -> int:
    """Compare on quotes and on books; the exit code is 1 when an unexplained difference is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path, help="usdm_btcusdt_….jsonl.gz")
    parser.add_argument("--oracle", required=True, help="a Python that has nautilus_trader")
    given = parser.parse_args()
    touch, deep = quotes(given.recording), books(given.recording)
    different = 0
    for name, moments, orders in (
        ("quotes", touch, plans(touch, SEED, deep=False)),
        ("books", deep, plans(deep, SEED, deep=True)),
        ("quotes, many orders at once", touch, plans(touch, SEED, deep=False, together=60)),
    ):
        theirs = _oracle(given.oracle, moments, orders)
        mine = ours.play(moments, orders)
        print(f"\n## {name}: {len(moments)} moments, {len(orders)} orders\n")
        found = _tell(orders, mine, theirs)
        different += found if orders[0].until < orders[1].at else 0
        _tell_triggers(orders, mine, ours.play(moments, orders, by_last=True))
    return 1 if different else 0


def _oracle(
    python: str, moments: Sequence[Moment], orders: Sequence[Plan]
) -> Mapping[str, Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "given.json"), Path(folder, "found.json")
        body = {
            "moments": [(m.ns, _texts(m.bids), _texts(m.asks)) for m in moments],
            "plans": [
                {"id": p.id, "at": p.at, "side": p.side, "type": p.type, "qty": str(p.qty),
                 "level": None if p.level is None else str(p.level), "until": p.until}
                for p in orders
            ],
        }  # fmt: skip
        given.write_text(json.dumps(body), encoding="utf-8")
        subprocess.run([python, HERE / "oracle.py", given, found], check=True)
        answer = json.loads(found.read_text(encoding="utf-8"))
    if answer["moments"] != len(moments) or answer["refused"]:
        print(f"the oracle saw {answer['moments']} moments and refused {answer['refused']}")
    return _outcomes(answer["fills"])


def _texts(levels: Sequence[tuple[Decimal, Decimal]]) -> list[tuple[str, str]]:
    return [(str(price), str(qty)) for price, qty in levels]


def _outcomes(fills: Sequence[Mapping[str, str]]) -> dict[str, Outcome]:
    parts: dict[str, list[Mapping[str, str]]] = {}
    for fill in fills:
        parts.setdefault(fill["id"], []).append(fill)
    found = {}
    for order_id, mine in parts.items():
        amounts = [(Decimal(f["qty"]), Decimal(f["price"]), Decimal(f["fee"])) for f in mine]
        qty = sum((q for q, _, _ in amounts), Decimal(0))
        found[order_id] = Outcome(
            order_id, int(mine[0]["ns"]), int(mine[-1]["ns"]), qty,
            sum((q * p for q, p, _ in amounts), Decimal(0)) / qty,
            sum((fee for _, _, fee in amounts), Decimal(0)),
            sum((q for (q, _, _), f in zip(amounts, mine, strict=True) if f["maker"]), Decimal(0)),
        )  # fmt: skip
    return found


def _tell(
    orders: Sequence[Plan], mine: Mapping[str, Outcome], theirs: Mapping[str, Outcome]
) -> int:
    """Print how many outcomes are equal, by type, and each that is not; return how many are not."""
    equal: Counter[str] = Counter()
    traded: Counter[str] = Counter()
    lines = []
    for plan in orders:
        a, b = mine.get(plan.id), theirs.get(plan.id)
        traded[plan.type] += a is not None or b is not None
        if a is None and b is None:
            continue
        words = _differences(a, b)
        equal[plan.type] += not words
        if words:
            lines.append(f"- {plan.id} {plan.side} {plan.type} {plan.qty} at {plan.level}: {words}")
    print("| type | orders | traded on either side | equal |\n|---|--:|--:|--:|")
    for kind, count in sorted(Counter(plan.type for plan in orders).items()):
        print(f"| {kind} | {count} | {traded[kind]} | {equal[kind]} |")
    print("\n".join(["", *lines]))
    return len(lines)


def _differences(a: Outcome | None, b: Outcome | None) -> str:
    """Say in which fields two outcomes differ, ours first; empty when in none."""
    if a is None or b is None:
        return f"ours {a}, theirs {b}"
    words = [
        f"{name} {getattr(a, name)} ≠ {getattr(b, name)}"
        for name in ("first_ns", "last_ns", "qty", "maker_qty")
        if getattr(a, name) != getattr(b, name)
    ]
    if abs(a.price - b.price) > CENT8:  # ours books the average of a fill, to 8 decimals
        words.append(f"price {a.price} ≠ {b.price}")
    if abs(a.fee - b.fee) > CENT8 * 20:  # and rounds a fee once for all its levels
        words.append(f"fee {a.fee} ≠ {b.fee}")
    return ", ".join(words)


def _tell_triggers(
    orders: Sequence[Plan],
    by_quote: Mapping[str, Outcome],
    by_last: Mapping[str, Outcome],
) -> None:
    """Print what it changes that our triggers look at the last trade, as the exchange's do."""
    same = later = earlier = 0
    one_side = 0
    shifts: list[float] = []
    for plan in orders:
        if plan.type not in {"stop", "take_profit"}:
            continue
        a, b = by_quote.get(plan.id), by_last.get(plan.id)
        if a is None or b is None:
            one_side += (a is None) != (b is None)
            continue
        shift = (b.first_ns - a.first_ns) / 1e9
        same, later, earlier = same + (not shift), later + (shift > 0), earlier + (shift < 0)
        shifts.append(abs(shift))
    middle = sorted(shifts)[len(shifts) // 2] if shifts else 0.0
    print(
        f"\nTriggered by the last trade instead of the quote: {same} at the same moment, "
        f"{later} later, {earlier} earlier (median {middle:.3f} s), {one_side} on one side only"
    )


if __name__ == "__main__":
    sys.exit(main())
