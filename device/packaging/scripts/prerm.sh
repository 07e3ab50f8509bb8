#!/bin/sh
# Stop what runs, and take away what was written beside the files that dpkg knows. On an upgrade the
# version that runs goes on.
set -e

if [ "$1" = remove ] || [ "$1" = deconfigure ]; then
	if [ -d /run/systemd/system ]; then
		deb-systemd-invoke stop @UNITS@ > /dev/null || true
	fi
	rm -f @HOME@/venv
	rm -rf @HOME@/releases/before
	find @RELEASE@ -name __pycache__ -prune -exec rm -rf {} + 2> /dev/null || true
	rm -f @RELEASE@/@PACE@
fi

exit 0
