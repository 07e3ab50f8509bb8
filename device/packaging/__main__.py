"""make deb, make lock: `python -m device.packaging deb|lock [--suite S] [--arch A]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from device.cli.install.system import CHECKOUT
from device.errors import KeepmumError
from device.packaging import deb, wheels
from device.packaging.targets import MACHINES, SUITES, target
from device.packaging.wheels import Unfit

FAILED = 64


def main(arguments: Sequence[str]) -> int:
    """Build one package, or resolve the locks anew; a fault is a sentence with its mend."""
    parser = argparse.ArgumentParser(prog="packaging")
    parser.add_argument("what", choices=("deb", "lock"))
    parser.add_argument("--suite", default="bookworm", metavar="|".join(SUITES))
    parser.add_argument("--arch", default="arm64", metavar="|".join(MACHINES))
    parser.add_argument("--into", type=Path, default=CHECKOUT / "build" / "packages")
    options = parser.parse_args(arguments)
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {text}", flush=True)

    try:
        if options.what == "lock":
            _lock(say)
            return 0
        made = deb.build(target(options.suite, options.arch), options.into, say)
    except (Unfit, ValueError, KeepmumError, OSError) as error:
        print(f"keepmum: {error}", file=sys.stderr)
        return FAILED
    say(f"{made}: {made.stat().st_size / 1e6:.0f} MB")
    print(f"Install it there: sudo apt install ./{made.name}")
    return 0


def _lock(say: Callable[[str], None]) -> None:
    for suite in SUITES:
        for arch in MACHINES:
            one = target(suite, arch)
            say(f"resolving for {one}")
            with tempfile.TemporaryDirectory(prefix="keepmum-lock-") as files:
                one.lock.write_text(wheels.resolve(one, Path(files)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
