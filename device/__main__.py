"""The command `keepmum`.

The daemons are started without the command line's machinery: their start counts against
the time to listening, and what isn't loaded can't leak.
"""

from __future__ import annotations

import contextlib
import os
import sys

DAEMONS = ("ears", "hands", "panel", "commands")


def main() -> int:
    """Run the command that was named; every known error is one sentence, its mend and its code."""
    # onnxruntime 1.29 and later would send telemetry; the version is pinned, and this is the belt
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    from device.errors import KeepmumError

    try:
        if len(sys.argv) > 1 and sys.argv[1] in DAEMONS:
            from device.cli.daemons import run_daemon

            return run_daemon(sys.argv[1], sys.argv[2:])
        from device.cli.app import run_cli

        return run_cli()
    except KeepmumError as error:
        # sealed ears may not even write to stderr: then the exit code says it all
        with contextlib.suppress(OSError):
            os.write(2, f"keepmum: {error}\n  {error.remedy}\n".encode())
        return error.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
