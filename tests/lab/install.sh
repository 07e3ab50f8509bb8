#!/bin/bash
# Run as root on a bare Debian 12 or 13 (amd64 or arm64) with a network: install, again, uninstall.
#
#   tests/lab/install.sh            each line: what was looked at, what was seen, ok or NOT
#   OLD=FOLDER tests/lab/install.sh the checkout in FOLDER is installed first, this one over it
#   KEEP=1 tests/lab/install.sh     ends before uninstalling, for the other scripts here
#
# Nothing of keepmum may be there before, and nothing is afterwards but what uninstalling says.
set -u
cd "$(dirname "$0")/../.."
units="keepmum-panel keepmum-hands keepmum-ears"
log=$(mktemp)
bad=0

told() { # what, seen, wanted (a pattern)
    if [[ $2 =~ $3 ]]; then mark=ok; else mark=NOT; bad=1; fi
    printf '%-44s %-48s %s\n' "$1" "${2:0:48}" "$mark"
}
make_timed() { # what, folder, words
    local began=$SECONDS code
    make --no-print-directory -C "$2" "${@:3}" > "$log" 2>&1; code=$?
    told "$1" "code $code, $((SECONDS - began)) s" '^code 0'
    [ $code = 0 ] || tail -20 "$log"
}
services() { systemctl is-active $units | sort -u | tr '\n' ' '; }
waited() { for _ in $(seq 240); do [ "$(services)" = "active " ] && break; sleep 0.5; done; services; }
ours() { find / -xdev \( -path /home -o -path /root -o -path /proc -o -path /tmp -o -path "$PWD" \) -prune \
    -o -iname '*keepmum*' -print 2> /dev/null | sort; }
works() {
    told "$1: services" "$(waited)" '^active $'
    told "$1: imports" "$(/opt/keepmum/venv/bin/python3 -I -c '
import aiomqtt, mpd, gpiozero, piper, pyrage, websockets, vosk, pyaudio, onnxruntime, pocketsphinx
print("all")' 2>&1 | tail -1)" '^all$'
    told "$1: says the time" "$(keepmum say 'what time is it' 2>&1 | tail -1)" "[0-9]|o'clock|noon|midnight"
    told "$1: failed units" "$(systemctl --failed --plain --no-legend | grep -c keepmum)" '^0$'
}

told 'Debian' "$(cat /etc/debian_version), $(uname -m), $(python3 -V 2>&1)" .
told 'nothing there before' "$(ours | grep -vE "$(id -un)" | head -3 | tr '\n' ' ')" '^$'
if [ -n "${OLD:-}" ]; then
    make_timed 'the version of before' "$OLD" install
    told 'the version of before: services' "$(waited)" '^active $'
    keepmum say 'add milk to my shopping list' > /dev/null 2>&1
fi
make_timed 'installed' . install
works 'installed'
[ -z "${OLD:-}" ] || told 'the list of before is there' \
    "$(keepmum say "what's on my shopping list" 2>&1 | tail -1)" '[Mm]ilk'
release=$(readlink /opt/keepmum/venv)
make_timed 'installed again' . install
works 'installed again'
told 'the same release' "$(readlink /opt/keepmum/venv)" "^$release$"
told 'one release is kept' "$(ls /opt/keepmum/releases | wc -l)" '^1$'
told 'the checkout is as it was' "$(find . -newer "$log" -type f -not -path './.git/*' | head -2)" '^$'

[ -z "${KEEP:-}" ] || exit $bad
mkdir -p /etc/systemd/system/keepmum-hands.service.d
echo '[Service]' > /etc/systemd/system/keepmum-hands.service.d/mine.conf
make_timed 'uninstalled' . uninstall
said=$(tail -1 "$log")
for path in $(ours); do
    owner=$path
    for stays in /etc/keepmum /var/lib/keepmum /var/lib/keepmum-panel /etc/systemd/system/keepmum-hands.service.d; do
        case $path in "$stays"|"$stays"/*) owner="" ;; esac
    done
    [ -z "$owner" ] || told 'left without a word' "$owner" '^$'
done
told 'what stays is said' "$said" 'What stays'
told 'a drop-in of the owner stays' "$(ls /etc/systemd/system/keepmum-hands.service.d)" '^mine.conf$'
make_timed 'uninstalled with PURGE' . uninstall PURGE=1
told 'nothing is left' "$(ours | tr '\n' ' ')" '^$'
told 'no user is left' "$(grep -c keepmum /etc/passwd /etc/group | tr '\n' ' ')" '^/etc/passwd:0 /etc/group:0 $'
rm -f "$log"
exit $bad
