"""The command `keepmum`.

The daemons are started without the command line's machinery: their start counts against
the time to listening, and what isn't loaded can't leak.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from device.errors import KeepmumError

DAEMONS = ("ears", "hands", "panel", "commands")


def main() -> int:
    """Run the command that was named; every known error is one sentence, its mend and its code."""
    # onnxruntime 1.29 and later would send telemetry; the version is pinned, and this is the belt
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # before anything runs: a sealed process could not load it any more
    from device.cli import ending

    try:
        if len(sys.argv) > 1 and sys.argv[1] in DAEMONS:
            from device.cli.daemons import run_daemon

            return run_daemon(sys.argv[1], sys.argv[2:])
        from device.cli.app import run_cli

        return run_cli()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError as error:
        if sys.argv[1] in DAEMONS:
            return _end(ending.as_error(error))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to print has no reader
        return ending.BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in a sentence
        return _end(ending.as_error(error))


def _end(error: KeepmumError) -> int:
    """Say what ended the command and its mend; its exit code."""
    # sealed ears may not even write to stderr: then the exit code says it all
    with contextlib.suppress(OSError):
        os.write(2, f"keepmum: {error}\n  {error.remedy}\n".encode())
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
