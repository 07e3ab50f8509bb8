"""keepmum: a voice speaker that runs on one Raspberry Pi and keeps mum about you.

**ears** can hear and cannot reach; **hands** can reach and cannot hear; **mind** does neither.

The map, from the microphone to the loudspeaker:

    ears/         the audio path: capture, wake, vad, recognize; loop.py is the story of a frame
    mind/         pure: the state machine, (state, event) -> (state, commands)
    language/     pure: sentences -> word graph -> intent
    letter.py     all that crosses from ears to hands: an intent in at most 64 bytes
    hands/        the action path: permits, skills, timers, sound, voice, home; loop.py tells it
    owncommands/  the process that starts the owner's own commands, by number
    panel/        button, lamp and the mute flag: neither sound nor network
    data/         what is kept: ledger, export, restore, forget, report
    seal/         what the kernel enforces, and the proof of it
    units/        the systemd units that deprive each room of what it must not have
    sockets/      local sockets: one server, one client, who is at the other end
    config/       every setting, its default, limits and meaning
    names/        the names that can be said: rooms, devices, playlists, list items
    events.py     what happens in hands, for whoever watches
    errors.py     every way to end, with its mend
    modelstore.py models: manifest -> verified path
    service.py    the service manager: ready, watchdog, sockets passed in
    soundcards.py which card is meant, by a name that stays, and whether it is free
    portaudio.py  PortAudio, without its chatter
    sinc.py       filters from one rate to another
    training/     at fetch and teach time only: graphs rebuilt, detectors taught
    standalone/   plays systemd's part for `keepmum run` and `keepmum demo`
    packaging/    the Debian package, made from a checkout on any Debian machine
    cli/          the command line: keepmum run | demo | doctor | prove | mute | ledger | forget ...
"""
