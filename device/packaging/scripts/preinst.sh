#!/bin/sh
# The release in force is kept beside, as hard links, until the new one listens: dpkg takes its
# files away before the new one has begun.
set -e

if [ "$1" = upgrade ] || [ "$1" = install ]; then
	in_force=$(readlink -f @HOME@/venv || true)
	before=@HOME@/releases/before
	case "$in_force" in
	"$before" | "") ;;
	@HOME@/releases/*)
		rm -rf "$before"
		cp -al "$in_force" "$before"
		# its command names the folder that it lies in
		rm -f "$before/bin/keepmum"
		sed "1s|$in_force/|$before/|" "$in_force/bin/keepmum" > "$before/bin/keepmum"
		chmod 755 "$before/bin/keepmum"
		ln -sfn releases/before @HOME@/.venv-next
		mv -T @HOME@/.venv-next @HOME@/venv
		;;
	esac
fi

exit 0
