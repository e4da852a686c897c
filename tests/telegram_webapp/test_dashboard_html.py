"""The page's own file: what it asks for first is what its first figures need, and is there."""

import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "telegram_webapp"
PAGE = (WEB / "dashboard.html").read_text(encoding="utf-8")
IMPORT = re.compile(r'^(?:import|export)[^;]*?from "(\.[^"]+)";', re.MULTILINE)


def modules_of(entry: Path) -> set[Path]:
    """Return the modules that *entry* imports before it can run, and theirs."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            text = module.read_text(encoding="utf-8")
            waiting += [(module.parent / name).resolve() for name in IMPORT.findall(text)]
    return found


def test_exactly_the_modules_of_the_first_figures_are_preloaded() -> None:
    preloaded = re.findall(r'<link rel="modulepreload" href="{{static}}([^"]+)">', PAGE)
    needed = modules_of(WEB / "js/main.js") - {WEB / "js/main.js"}

    assert len(preloaded) == len(set(preloaded))
    assert {WEB / path for path in preloaded} == needed


def test_inside_telegram_all_that_is_needed_comes_at_once() -> None:
    text = (WEB / "js/inside.js").read_text(encoding="utf-8")
    parts = re.findall(r'"(\w+)"', text.partition("const PARTS = [")[2].partition("]")[0])
    guest = modules_of(WEB / "js/telegram/guest.js")

    assert {WEB / f"js/telegram/{part}.js" for part in parts} == {
        module for module in guest if module.parent.name == "telegram"
    }


def test_every_file_it_names_is_there() -> None:
    for path in re.findall(r"{{static}}([^\"]+)", PAGE):
        assert (WEB / path).is_file(), path


def test_no_script_or_style_stands_in_the_page_itself() -> None:
    assert "<style" not in PAGE
    assert " style=" not in PAGE
    assert re.findall(r"<script(?![^>]* src=)", PAGE) == []


def test_every_module_is_small_and_imports_what_exists() -> None:
    for module in (WEB / "js").rglob("*.js"):
        text = module.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, module
        for name in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', text):
            assert (module.parent / name).resolve().is_file(), f"{module}: {name}"
