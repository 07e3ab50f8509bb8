#!/bin/bash
# A power cut with timers: run as root on a machine with an installed, running keepmum.
#
#   tests/lab/power.sh before       sets timers, an alarm and a list, and says when the power may go
#   (cut the power, boot again)
#   tests/lab/power.sh after        each line: what was looked at, what was seen, ok or NOT
set -u
note=/var/lib/keepmum-power-cut
bad=0
told() { # what, seen, wanted (a pattern)
    if [[ $2 =~ $3 ]]; then mark=ok; else mark=NOT; bad=1; fi
    printf '%-44s %-48s %s\n' "$1" "${2:0:48}" "$mark"
}
say() { keepmum say "$1" 2>&1 | tail -1; }

if [ "${1:-}" = before ]; then
    say 'set a timer for one hour'
    say 'set a pasta timer for one minute'
    say 'set an alarm for seven am'
    say 'add milk to my shopping list'
    date +%s > "$note"; sync -f "$note"
    echo 'the power may go'
    exit
fi
for _ in $(seq 240); do systemctl is-active -q keepmum-hands && break; sleep 0.5; done
told 'hands after the power came back' "$(systemctl is-active keepmum-hands)" '^active$'
gone=$(($(date +%s) - $(cat "$note")))
left=$(timeout 60 keepmum watch 2>/dev/null | grep -m1 house)
hour=$(grep -oE "'name': '', 'left': [0-9.]+" <<< "$left" | grep -oE '[0-9]+' | head -1)
told "a timer of an hour, $gone s later, in seconds" "${hour:-none}" '^[0-9]+$'
[ -z "$hour" ] || told '  off by at most 5 s' "$((3600 - gone - hour)) s" '^-?[0-5] s$'
told 'a timer that ran out meanwhile' "$(timeout 60 keepmum ledger 2>&1 | grep -ciE 'rang|missed|pasta')" '^[1-9]'
told 'the alarm' "$(say 'when is my alarm')" '7|seven'
told 'the list' "$(say "what's on my shopping list")" '[Mm]ilk'
told 'nothing was set aside' "$(ls /var/lib/keepmum | grep -c broken)" '^0$'
rm -f "$note"
exit $bad
