from core.applied import KEPT_POSITIONS, Applied


def test_what_belongs_to_an_open_position_is_never_forgotten() -> None:
    applied = Applied()
    applied.add(("transfer", "trend"), "")
    applied.add(("fill", "first"), "held")
    for number in range(10 * KEPT_POSITIONS):
        applied.add(("fill", f"f{number}"), f"p{number}")
        applied.close(f"p{number}")

    assert ("fill", "first") in applied
    assert ("transfer", "trend") in applied


def test_only_the_newest_closed_positions_are_remembered() -> None:
    applied = Applied()
    for number in range(10 * KEPT_POSITIONS):
        applied.add(("fill", f"f{number}"), f"p{number}")
        applied.add(("fee", f"f{number}"), f"p{number}")
        applied.close(f"p{number}")

    newest, oldest = 10 * KEPT_POSITIONS - 1, 9 * KEPT_POSITIONS
    assert ("fee", f"f{newest}") in applied
    assert ("fill", f"f{oldest}") in applied
    assert ("fill", f"f{oldest - 1}") not in applied
    assert len(applied) == 2 * KEPT_POSITIONS
