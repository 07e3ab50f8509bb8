"""keepmum: a voice speaker that runs on one Raspberry Pi and keeps mum about you.

**ears** can hear and cannot reach; **hands** can reach and cannot hear; **mind** does neither.

The map, from the microphone to the loudspeaker:

    ears/       the audio path, microphone, wakeword, endpoint, recognizer; loop.py
    mind/       pure: the state machine, and sentences -> word graph -> intent
    letter.py   all that crosses from ears to hands: an intent in at most 64 bytes
    hands/      the action path: permits, skills, speech, ledger; loop.py tells it
    panel/      button, lamp and the mute flag: neither sound nor network
    seal/       what the kernel enforces, and the proof of it
    units/      the systemd units that deprive each room of what it must not have
    config.py   every setting, its default, limits and meaning
    names.py    the names that can be said: rooms, devices, playlists, list items
    errors.py   every way to end, with its mend
    modelstore.py   models: manifest -> verified path
    service.py  the service manager: ready, watchdog, sockets passed in
    commands/   the command line: keepmum run | demo | doctor | prove | mute | ledger | forget ...
"""
