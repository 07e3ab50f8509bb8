#!/bin/bash
# Run as root on a machine with an installed, running keepmum and the snd-aloop module: what a real
# sound card is seen to do. Two cards are made, Mic and Speaker; the far side of Mic plays the room.
#
#   tests/lab/sound.sh          each line: what was looked at, what was seen, ok or NOT
#
# It changes /etc/keepmum/cards.json and leaves it as it was. ONLY='48000 2' looks at that form alone;
# PATIENCE is what `keepmum watch` may take to start, in seconds (4; a slow machine takes 20).
set -u
cards=/etc/keepmum/cards.json
saved=$(mktemp)
cp "$cards" "$saved" 2>/dev/null || : > "$saved"
bad=0

told() { # what, seen, wanted (a pattern)
    if [[ $2 =~ $3 ]]; then mark=ok; else mark=NOT; bad=1; fi
    printf '%-44s %-48s %s\n' "$1" "${2:0:48}" "$mark"
}
until_told() { # what, seconds, wanted, command...
    local what=$1 limit=$2 wanted=$3 seen="" began=$SECONDS
    shift 3
    while [ $((SECONDS - began)) -lt "$limit" ]; do
        seen=$("$@" 2>&1 | tr '\n' ' ')
        [[ $seen =~ $wanted ]] && break
        sleep 0.5
    done
    told "$what ($((SECONDS - began)) s)" "$(grep -oE "$wanted" <<< "$seen" | head -1)" "$wanted"
}
state() { timeout "${PATIENCE:-4}" keepmum watch | grep -m1 'house'; }
room() { # RATE CHANNELS SOURCE: what the microphone hears, and the only way in which it can be opened
    kill "${player:-}" 2>/dev/null; wait "${player:-}" 2>/dev/null
    aplay -q -D hw:Mic,1 -t raw -f S16_LE -r "$1" -c "$2" --buffer-time=200000 < "$3" & player=$!
}
hw() { grep -E '^(rate|channels)' /proc/asound/Mic/pcm0c/sub0/hw_params | tr '\n' ' '; }
noise=$(mktemp)
python3 -c "
import random, array, sys
second = array.array('h', (random.randint(-40, 40) for _ in range(96000))).tobytes()
for _ in range(900): sys.stdout.buffer.write(second)" > "$noise"

[ -d /proc/asound/Mic ] || modprobe snd-aloop index=0,1 id=Mic,Speaker enable=1,1 pcm_substreams=1,1
feed() { room "$1" "$2" "$noise"; }
trap 'kill ${player:-} ${holder:-} 2>/dev/null; [ -s "$saved" ] && cp "$saved" "$cards"; rm -f "$saved" "$noise"' EXIT

keepmum devices --microphone hw:CARD=Mic,DEV=0 --loudspeaker hw:CARD=Speaker,DEV=0 > /dev/null
forms=('16000 1' '44100 2' '48000 2')
[ -z "${ONLY:-}" ] || forms=("$ONLY")
for form in "${forms[@]}"; do
    systemctl stop keepmum-letters.socket keepmum-ears
    feed $form
    systemctl start --no-block keepmum-letters.socket keepmum-ears
    until_told "hw: opened at ${form/ / Hz, channels }" 200 "rate: ${form% *}" hw
done
until_told 'heard' 200 'deaf False' state

systemctl stop keepmum-letters.socket keepmum-ears
arecord -q -D hw:Mic,0 -t raw -f S16_LE -r 16000 -c 1 /dev/null & holder=$!
systemctl start --no-block keepmum-letters.socket keepmum-ears
until_told 'busy is told as busy' 100 'another program is using the microphone' state
kill $holder; wait $holder 2>/dev/null
until_told 'free again: heard' 200 'deaf False' state

kill $player
echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/unbind
until_told 'unplugged is told; no other card is taken' 60 'the microphone is (gone|not there)' state
told 'no other card is open' "$(grep -l RUNNING /proc/asound/*/pcm*c/sub0/status 2>/dev/null; echo none)" '^none'
cpu() { systemctl show -p CPUUsageNSec --value keepmum-ears; }
before=$(cpu); sleep 10; after=$(cpu)
told 'CPU while waiting, ms in 10 s' "$(((after - before) / 1000000))" '^[0-9]{1,3}$'
echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/bind
sleep 1; feed 48000 2
until_told 'plugged in again: heard' 200 'deaf False' state

room 48000 2 /dev/zero
until_told 'zeros are told' 20 'the microphone gives no sound' state
feed 48000 2
until_told 'sound again: heard' 30 'deaf False' state
exit $bad
