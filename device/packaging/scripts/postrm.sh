#!/bin/sh
# Removal keeps settings and state; purge takes everything, and the users that it belonged to.
set -e

case "$1" in
upgrade)
	# bytecode and measurements of the version that goes; those of the new one are made anew
	find @RELEASE@ -name __pycache__ -prune -exec rm -rf {} + 2> /dev/null || true
	rm -f @RELEASE@/@PACE@
	;;
remove)
	for drop_in in @DROP_INS@; do
		rm -f "/etc/systemd/system/$drop_in"
		rmdir "/etc/systemd/system/${drop_in%/*}" 2> /dev/null || true
	done
	rm -rf /run/keepmum /run/keepmum-commands
	# every Debian has it from the start; dpkg takes it away when nothing is left in it
	[ -d /opt ] || mkdir -m 755 /opt
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload > /dev/null || true
		systemctl reset-failed @UNITS@ > /dev/null 2>&1 || true
	fi
	if [ -x /usr/bin/deb-systemd-helper ]; then
		deb-systemd-helper mask @UNITS@ > /dev/null || true
	fi
	;;
purge)
	if [ -x /usr/bin/deb-systemd-helper ]; then
		deb-systemd-helper purge @UNITS@ > /dev/null || true
		deb-systemd-helper unmask @UNITS@ > /dev/null || true
	fi
	for unit in @UNITS@; do
		rm -rf "/etc/systemd/system/$unit.d"
	done
	rm -rf @HOME@ @SETTINGS@ @STATE@
	for user in @USERS@; do
		if getent passwd "$user" > /dev/null; then userdel "$user" || true; fi
	done
	for group in @GROUPS@; do
		if getent group "$group" > /dev/null; then groupdel "$group" || true; fi
	done
	;;
esac

exit 0
