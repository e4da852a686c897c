"""What config/dashboards.yaml says of each setting, as a page and as words for the program."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from infra.setting_catalogue import Setting, catalogue
from runner.arguments import flag_names

YAML: Final = Path(__file__).resolve().parent.parent / "config" / "dashboards.yaml"
SECTION: Final = re.compile(r"# -{10,} (?P<title>.+)")
LINE: Final = re.compile(r"# (?P<inner>  )?(?P<name>[a-z_]+):(?P<value>[^#]*)(# (?P<text>.+))?$")
COLUMNS: Final = (
    "| setting | what it is | default | environment, flag | taken over |\n|---|---|---|---|---|"
)
HEAD: Final = """# Configuration

<!-- made by `make docs` from infra/setting_fields.py and config/dashboards.yaml -->

Quarterdeck needs no settings. Those that there are stand, each commented out with its default, in
[config/dashboards.yaml](../config/dashboards.yaml).

## Which place wins

From the weakest to the strongest; each may give a part of a group only:

1. the default;
2. `config/dashboards.yaml`, written by hand;
3. `data/settings.yaml`, written by the page when an owner changes a setting there
   (`GET` and `PUT /api/settings`). Take a line out, or press "Put back" on the page, and the others
   speak again;
4. `.env` beside the launcher;
5. the environment;
6. a flag on the command line.

What the environment or a flag gives, the page shows and does not change. An unknown name or a bad
value stops the start, with a sentence each. `python run_dashboard.py --check` shows what is in
force.

## While it runs

Settings marked *live* are taken over without a restart; the others at the next start, and a reload
names those that wait. Three ways ask for it:

- the page: what is saved under More, Settings is in force everywhere within a second or two, and
  "Read the files again" there takes over what was written by hand;
- `SIGHUP` to the launcher, which passes it on: `kill -HUP $(pgrep -f run_dashboard.py)`. (When the
  terminal that it was started at is closed, the launcher ends, as ever.)
- `SIGHUP` to engine, page or bot alone: `systemctl reload quarterdeck-engine` and its siblings.

Everything is read and checked whole, then swapped. A file with anything wrong in it changes
nothing: the log, an alert and the page say what is wrong. Limits in the group `risk` may be changed
live; those in `live`, the last fence around real money, may not. Every change is in the audit
and told by an alert.
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a setting.

    Attributes:
        section: where it stands.
        block: its group, or the first of those that share a paragraph.
        about: that paragraph.
        text: what is said of it alone, in a group.
    """

    section: str
    block: str
    about: str
    text: str


def words() -> dict[str, Words]:
    """Return what is said of each setting, by its dotted name."""
    found: dict[str, Words] = {}
    section = ""
    for block in re.split(r"\n\s*\n", YAML.read_text(encoding="utf-8")):
        lines = block.splitlines()
        if titled := SECTION.match(lines[0]):
            section = titled["title"]
        else:
            found |= _of_block(section, lines)
    return found


def _of_block(section: str, lines: list[str]) -> dict[str, Words]:
    """Return the settings of a paragraph, each with what is said of it."""
    prose, group, said = list[str](), "", dict[str, str]()
    for line in lines:
        known = LINE.match(line)
        name = "" if known is None else known["name"]
        if known is not None and group and known["inner"] and f"{group}.{name}" in catalogue():
            said[f"{group}.{name}"] = _sentence(known["text"] or "")
        elif known is not None and name in catalogue() and not known["inner"]:
            said[name] = ""
        elif known is not None and any(one.startswith(f"{name}.") for one in catalogue()):
            group = name
        else:
            prose.append(line.removeprefix("#").strip())
    about = " ".join(prose)
    block = group or next(iter(said), "")
    return {name: Words(section, block, about, text) for name, text in said.items()}


def _sentence(text: str) -> str:
    text = text.strip()
    return text and text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def words_text() -> str:
    """Return what the program says of each setting, as JSON."""
    said = words()
    listed = {name: asdict(said[name]) for name in catalogue()}
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def configuration_page() -> str:
    """Return the page about every setting."""
    said, flags, parts = words(), flag_names(), [HEAD]
    section = ""
    for block in dict.fromkeys(one.block for one in said.values()):
        settings = [catalogue()[name] for name, one in said.items() if one.block == block]
        first = said[settings[0].name]
        if first.section != section:
            section = first.section
            parts.append(f"## {section[0].upper()}{section[1:]}\n")
        title = ", ".join(f"`{one.name}`" for one in settings if len(one.path) == 1)
        rows = "\n".join(
            _row(one, said[one.name].text, flags.get(one.name, "")) for one in settings
        )
        parts.append(f"### {title or f'`{block}`'}\n\n{first.about}\n\n{COLUMNS}\n{rows}\n")
    return "\n".join(parts)


def _row(setting: Setting, text: str, flag: str) -> str:
    cells = (
        f"`{setting.name}`",
        f"{text} Must be {setting.rule}.".strip(),
        f"`{_default(setting)}`",
        f"`{setting.variable}`" + (f", `{flag}`" if flag else ""),
        "live" if setting.is_live else "next start",
    )
    return f"| {' | '.join(cells)} |"


def _default(setting: Setting) -> str:
    value: Any = setting.default
    if setting.name == "data_dir":
        return "data"
    if isinstance(value, SecretStr):
        return "none"
    return "[]" if value == [] else setting.words(value)
