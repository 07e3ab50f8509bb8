"""The words that every room shares: sound's units, intents, slots, requests.

Everything that crosses from ears to hands is made of these: closed enumerations and small
integers. An id is never reused; a new one is appended, because letters and the ledger carry them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

RATE = 16_000
"""Samples a second, mono, signed 16 bit, everywhere."""
FRAME_SAMPLES = 1_280
FRAME_BYTES = 2 * FRAME_SAMPLES
FRAME_SECONDS = FRAME_SAMPLES / RATE
"""80 ms: one step of every detector, and the only clock of ears and mind."""

FIRST_USER_INTENT = 1_000
"""Intents from here on are the owner's own commands, numbered by the table of names."""


def frames(seconds: float) -> int:
    """The number of 80 ms frames that cover `seconds` (rounded, at least 1 for a positive time)."""
    return max(1, round(seconds / FRAME_SECONDS)) if seconds > 0 else 0


@unique
class Intent(IntEnum):
    """What can be asked of the speaker. The sentence files and hands' permits use these names."""

    # the speaker itself
    STOP = 1
    NEVERMIND = 2
    HELP = 3
    REPEAT = 4
    YES = 5
    NO = 6
    ANSWER = 7
    """A follow-up answer that is only a name or a number ("the pasta timer")."""
    # clock
    TIME = 20
    DATE = 21
    # timers
    TIMER_SET = 30
    TIMER_CANCEL = 31
    TIMER_CANCEL_ALL = 32
    TIMER_STATUS = 33
    TIMER_ADD = 34
    TIMER_PAUSE = 35
    TIMER_RESUME = 36
    # alarms
    ALARM_SET = 40
    ALARM_CANCEL = 41
    ALARM_CANCEL_ALL = 42
    ALARM_STATUS = 43
    ALARM_SNOOZE = 44
    # sound
    VOLUME_UP = 50
    VOLUME_DOWN = 51
    VOLUME_SET = 52
    SILENCE = 53
    UNSILENCE = 54
    VOLUME_STATUS = 55
    # media
    MEDIA_PLAY = 60
    MEDIA_PAUSE = 61
    MEDIA_RESUME = 62
    MEDIA_NEXT = 63
    MEDIA_PREVIOUS = 64
    MEDIA_STOP = 65
    MEDIA_WHAT = 66
    MEDIA_PLAYLIST = 67
    MEDIA_ARTIST = 68
    MEDIA_STATION = 69
    # home
    TURN_ON = 80
    """DEVICE, or LIGHTS in an AREA, on a FLOOR or HERE."""
    TURN_OFF = 81
    BRIGHTNESS = 82
    COLOR = 83
    SCENE = 84
    SCRIPT = 85
    OPEN = 86
    CLOSE = 87
    LOCK = 88
    UNLOCK = 89
    IS_OPEN = 90
    IS_CLOSED = 91
    IS_LOCKED = 92
    IS_UNLOCKED = 93
    THERMOSTAT_SET = 94
    TEMPERATURE = 95
    SENSOR = 96
    WEATHER = 97
    START = 98
    """A vacuum cleaner or the like."""
    # lists
    LIST_ADD = 110
    LIST_REMOVE = 111
    LIST_READ = 112
    LIST_CLEAR = 113
    # other speakers
    ANNOUNCE_TIMER = 120
    """A timer that rings in another room: DURATION, SPEAKER."""
    ANNOUNCE = 121
    """One of the configured announcements, in another room or all."""


@unique
class Slot(IntEnum):
    """The places of a request that hold a value; every value is an integer."""

    DURATION = 1
    """Seconds."""
    TIME = 2
    """Minutes of the day, 0..1439, morning or afternoon said or 24 h."""
    TIME12 = 3
    """Minutes of half a day, 0..719, when neither morning nor afternoon was said."""
    DAYS = 4
    """Weekdays as bits, Monday = 1 .. Sunday = 64; 127 = every day; 128 = tomorrow."""
    PERCENT = 5
    NUMBER = 6
    DEGREES = 7
    """Tenths of a degree."""
    COLOR = 8
    """A `Color`."""
    DEVICE = 9
    AREA = 10
    FLOOR = 11
    HERE = 12
    """1: the room that the speaker stands in was said ("in here")."""
    KIND = 13
    """A `Kind`: all devices of a kind instead of one by its name."""
    TIMER_NAME = 14
    LIST = 15
    ITEM = 16
    PLAYLIST = 17
    ARTIST = 18
    STATION = 19
    SPEAKER = 20
    ALL = 21
    """1: "all" was said."""
    ANNOUNCEMENT = 22


@unique
class Kind(IntEnum):
    """Kinds of devices that can be named without a name ("the lights", "les volets")."""

    LIGHT = 1
    SWITCH = 2
    FAN = 3
    MEDIA_PLAYER = 4
    LOCK = 5
    CLIMATE = 6
    VACUUM = 7
    SENSOR = 8
    SCENE = 9
    SCRIPT = 10
    WEATHER = 11
    COVER = 20
    DOOR = 21
    GARAGE = 22
    GATE = 23
    WINDOW = 24
    BLIND = 25
    CURTAIN = 26
    SHUTTER = 27
    AWNING = 28
    SHADE = 29


@unique
class Color(IntEnum):
    """Colours a light can be asked for."""

    WHITE = 1
    BLACK = 2
    RED = 3
    ORANGE = 4
    YELLOW = 5
    GREEN = 6
    BLUE = 7
    PURPLE = 8
    BROWN = 9
    PINK = 10
    TURQUOISE = 11


@unique
class Progress(IntEnum):
    """What a recognizer child says while it listens: one byte each."""

    CAN_GO_ON = 1
    COMPLETE = 2
    """The words so far are a sentence that cannot continue."""
    NOTHING_FITS = 3
    UNFINISHED = 4
    """The words so far are the beginning of sentences, and none of them."""


@unique
class Lamp(IntEnum):
    """What the light shows: one byte from ears or hands to the panel."""

    ASLEEP = 1
    LISTENING = 2
    """On exactly while sound is being taken in."""
    THINKING = 3
    SPEAKING = 4
    RINGING = 5
    BROKEN = 6
    """Deaf, or without ears."""


BUTTON = 255
"""The cause of an activation that no wake word started."""
FOLLOW_UP = 254
"""The cause of an activation that answers the speaker's own question."""
STOP_WORD = 253
"""The cause of a stop that needed no wake word, because the speaker rang or spoke."""
LAST_NUMBER = 0xFFFF_FFFF
"""Activations are numbered from 1; after this one it is 1 again."""
SCORE_STEPS = 16
"""A score crosses to the hands as one of so many steps."""


@unique
class Outcome(IntEnum):
    """How taking in sound ended."""

    COMMAND = 1
    NO_SPEECH = 2
    NOT_UNDERSTOOD = 3
    RECOGNIZER_FAILED = 4
    TOO_LONG = 5
    STOPPED = 6
    """No sound was taken in: a stop word, said while the speaker rang or spoke."""


@unique
class Hint(IntEnum):
    """One byte from hands to ears: what the loudspeaker is doing. None opens the microphone."""

    QUIET = 1
    SPEAKING = 2
    RINGING = 3
    ASKED = 4
    AFAR = 5
    """Speaking words that others wrote: titles, announcements, the output of programs."""
    RADIO = 6
    """A station plays, with words that others say. The speaker itself is quiet."""

    @property
    def own(self) -> bool:
        """Whether the speaker itself rings or speaks, which a stop word alone ends."""
        return self in (Hint.SPEAKING, Hint.RINGING, Hint.AFAR)


@dataclass(frozen=True, slots=True)
class Request:
    """An intent with its slots: all that a command is, once understood."""

    intent: int
    slots: tuple[tuple[Slot, int], ...] = ()

    def get(self, slot: Slot) -> int | None:
        """The value of `slot`, or None if it was not said."""
        return dict(self.slots).get(slot)
