#!/bin/sh
# Users, settings and drop-ins by the installer's own code; units by Debian's own helpers.
set -e

release=@RELEASE@
ours() {
	"$release/bin/python3" -I -B -m device.cli.install.packaged "$@"
}

case "$1" in
configure)
	systemd-sysusers keepmum.conf
	systemd-tmpfiles --create keepmum.conf || true
	echo "keepmum: preparing its programs (a minute on a small Pi)"
	"$release/bin/python3" -I -m compileall -q -j 0 "$release/lib" || true
	ours settle "$release"
	for unit in @ENABLED@; do
		deb-systemd-helper unmask "$unit" > /dev/null || true
		if deb-systemd-helper --quiet was-enabled "$unit"; then
			deb-systemd-helper enable "$unit" > /dev/null || true
		else
			deb-systemd-helper update-state "$unit" > /dev/null || true
		fi
	done
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload > /dev/null || true
	fi
	ours begin "$release"
	;;
abort-upgrade | abort-remove | abort-deconfigure) ;;
*)
	echo "postinst called with unknown argument \`$1'" >&2
	exit 1
	;;
esac

exit 0
