import io
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from runner.console import LONGEST_LINE, TerminalConsole


class Terminal(io.StringIO):
    """A terminal that shows what is left on each line."""

    @override
    def isatty(self) -> bool:
        return True

    def screen(self) -> list[str]:
        return [line.rsplit("\x1b[K", 1)[-1] for line in self.getvalue().split("\n")]


def test_each_line_stands_behind_the_name_of_its_process() -> None:
    out = io.StringIO()
    console = TerminalConsole(out)

    console.child_said("engine", "one\ntwo\n")
    console.child_said("web", "three\n")
    console.tell("four")

    assert out.getvalue().splitlines() == [
        "engine │ one",
        "engine │ two",
        "   web │ three",
        "       │ four",
    ]


@given(st.lists(st.text("ab \n", max_size=12), max_size=12))
def test_where_the_pieces_are_cut_does_not_matter(pieces: list[str]) -> None:
    whole, cut = io.StringIO(), io.StringIO()
    TerminalConsole(whole).child_said("web", "".join(pieces) + "\n")
    console = TerminalConsole(cut)
    for piece in [*pieces, "\n"]:
        console.child_said("web", piece)

    assert cut.getvalue() == whole.getvalue()


def test_the_last_words_of_a_child_that_died_in_midline_are_shown() -> None:
    out = io.StringIO()
    console = TerminalConsole(out)

    console.child_said("web", "Segmentation fau")
    console.child_ended("web")

    assert out.getvalue() == "   web │ Segmentation fau\n"


def test_a_line_that_never_ends_does_not_fill_the_memory() -> None:
    out = io.StringIO()

    TerminalConsole(out).child_said("web", "x" * (LONGEST_LINE + 1))

    assert len(out.getvalue()) > LONGEST_LINE


def test_progress_is_a_bar_that_stays_in_its_place_on_a_terminal() -> None:
    terminal = Terminal()
    console = TerminalConsole(terminal)

    for percent in (0, 42, 99):
        console.child_said("engine", f"Playing the last 7 days: {percent} %\n")
        assert terminal.screen()[-1].endswith(f"{percent:3d} %")
    console.child_said("web", "Listening\n")
    assert terminal.screen()[0] == "   web │ Listening"
    assert terminal.screen()[1].endswith(" 99 %")
    console.child_said("engine", "Playing the last 7 days: 100 %\n")
    console.child_said("engine", "Trading\n")

    shown = terminal.screen()
    assert len(shown) == 4
    assert shown[1].endswith("████ 100 %")
    assert shown[2:] == ["engine │ Trading", ""]


def test_progress_is_plain_lines_in_a_file() -> None:
    out = io.StringIO()

    TerminalConsole(out).child_said("engine", "Playing: 10 %\nPlaying: 20 %\n")

    assert out.getvalue() == "engine │ Playing: 10 %\nengine │ Playing: 20 %\n"


def test_a_bar_never_shrinks_as_the_share_grows() -> None:
    terminal = Terminal()
    console = TerminalConsole(terminal)
    lengths = []
    for percent in range(100):
        console.child_said("engine", f"Playing: {percent} %\n")
        lengths.append(terminal.screen()[-1].count("█"))

    assert all(before <= after for before, after in pairwise(lengths))
