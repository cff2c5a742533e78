"""Run dlex from a checkout that is not installed: `python cli.py check ch3`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from dlex.cli import main

if __name__ == "__main__":
    main()
