#!/usr/bin/env python3
"""Imports history: ``python update_dashboard_data.py --help`` says what it can do."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV_PYTHON = HERE / ".venv" / "bin" / "python"


def start() -> int:
    """Run the importer with the Python that has what it needs, or say what is missing."""
    if find_spec("pydantic_settings") is None:
        if VENV_PYTHON.exists() and Path(sys.prefix) != HERE / ".venv":
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.exit("What Quarterdeck needs is not installed yet: run `make run` once.")
    from runner.import_history import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
