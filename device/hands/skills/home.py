"""What a household asks of its home: lights, covers, locks, thermostats, sensors, the weather."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from device.config import Device
from device.hands.context import Context
from device.hands.home import devices as model
from device.hands.home import readings
from device.hands.home.actions import Action
from device.hands.home.colors import RGB
from device.hands.home.devices import kind_of
from device.hands.home.states import Chosen, Home, Outcome
from device.hands.skills.skill import Risk
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Intent, Kind, Request, Slot

LIGHTS = (Kind.LIGHT,)
_PROBLEMS: Mapping[Outcome, str] = {
    Outcome.NO_BROKER: "home.no_broker",
    Outcome.AWAY: "home.away",
    Outcome.CANNOT: "home.cannot",
}
_DOING: Mapping[int, tuple[Action, str]] = {
    Intent.TURN_ON: (Action.ON, ""),
    Intent.TURN_OFF: (Action.OFF, ""),
    Intent.OPEN: (Action.OPEN, "home.opening"),
    Intent.CLOSE: (Action.CLOSE, "home.closing"),
    Intent.LOCK: (Action.LOCK, "home.locking"),
    Intent.UNLOCK: (Action.UNLOCK, "home.unlocking"),
    Intent.START: (Action.START, ""),
    Intent.SCENE: (Action.RUN, ""),
    Intent.SCRIPT: (Action.RUN, ""),
}
_OTHERWISE: Mapping[int, Iterable[Kind]] = {
    Intent.OPEN: model.COVERS,
    Intent.CLOSE: model.COVERS,
    Intent.LOCK: (Kind.LOCK,),
    Intent.UNLOCK: (Kind.LOCK,),
    Intent.START: (Kind.VACUUM,),
    Intent.SCENE: (Kind.SCENE,),
    Intent.SCRIPT: (Kind.SCRIPT,),
}
DONE = Reply("home.done", chime=Chime.DONE)


WAYS_IN = frozenset({Kind.DOOR, Kind.GARAGE, Kind.GATE})
"""Covers by which somebody could come in."""


def risk_of_opening(request: Request, context: Context) -> Risk:
    """Whether what would be opened lets people in."""
    chosen = context.around.home.choose(request, model.COVERS)
    return Risk.ASK if WAYS_IN & {kind_of(device) for device in chosen.devices} else Risk.SOME


async def act(request: Request, context: Context) -> Reply:
    """On, off, open, close, lock, unlock, start, a scene, a script."""
    action, said = _DOING[request.intent]
    chosen = context.around.home.choose(request, _OTHERWISE.get(request.intent, LIGHTS))
    if kind_of_one(chosen) is Kind.SCENE or kind_of_one(chosen) is Kind.SCRIPT:
        action = Action.RUN
    done = Reply(said, {"name": _what(chosen)}) if said and _what(chosen) else DONE
    return await _tell(context.around.home, chosen, action, 0, done)


def kind_of_one(chosen: Chosen) -> Kind | None:
    """The kind of the one device that was chosen by its name."""
    return kind_of(chosen.devices[0]) if chosen.name and chosen.devices else None


async def brightness(request: Request, context: Context) -> Reply:
    """A brightness in percent, for a light or the lights of a place."""
    chosen = context.around.home.choose(request, LIGHTS)
    return await _tell(
        context.around.home, chosen, Action.BRIGHTNESS, request.get(Slot.PERCENT) or 0, DONE
    )


async def color(request: Request, context: Context) -> Reply:
    """A colour, for a light or the lights of a place."""
    chosen = context.around.home.choose(request, LIGHTS)
    value = request.get(Slot.COLOR)
    if value is None or value not in RGB:
        return Reply("speaker.not_permitted")
    return await _tell(context.around.home, chosen, Action.COLOR, value, DONE)


async def thermostat(request: Request, context: Context) -> Reply:
    """The temperature wanted, between 5 and 35 degrees (41 and 95 °F)."""
    chosen = context.around.home.choose(request, (Kind.CLIMATE,))
    tenths = request.get(Slot.DEGREES)
    low, high = (410, 950) if context.around.home.unit == "F" else (50, 350)
    if tenths is None or not low <= tenths <= high:
        return Reply("home.not_so_warm", {"low": low // 10, "high": high // 10})
    done = Reply("home.thermostat", {"degrees": tenths / 10})
    return await _tell(context.around.home, chosen, Action.TEMPERATURE, tenths, done)


async def _tell(home: Home, chosen: Chosen, action: Action, value: int, done: Reply) -> Reply:
    if not home.joined:
        return Reply("home.no_broker")
    if not chosen.devices:
        return _nothing(chosen)
    outcome = await home.tell(chosen.devices, action, value)
    if outcome is Outcome.DONE:
        return done
    return Reply(_PROBLEMS[outcome])


def _what(chosen: Chosen) -> str:
    return chosen.name or (chosen.devices[0].name if len(chosen.devices) == 1 else "")


def _nothing(chosen: Chosen) -> Reply:
    if chosen.alike:
        rooms = tuple(device.room for device in chosen.alike if device.room)
        if len(set(rooms)) > 1:
            return Reply("home.which_room", {"name": chosen.name, "rooms": rooms})
        return Reply("home.alike", {"name": chosen.name})
    return Reply("home.none_there", {"place": chosen.place}) if chosen.place else Reply("home.none")


Reader = Callable[[Device, bytes], bool | None]
_ASKED: Mapping[int, tuple[Reader, bool, Iterable[Kind], str, str]] = {
    Intent.IS_OPEN: (readings.is_open, True, model.COVERS, "open", "closed"),
    Intent.IS_CLOSED: (readings.is_open, False, model.COVERS, "open", "closed"),
    Intent.IS_LOCKED: (readings.is_locked, True, (Kind.LOCK,), "locked", "unlocked"),
    Intent.IS_UNLOCKED: (readings.is_locked, False, (Kind.LOCK,), "locked", "unlocked"),
}


async def is_it(request: Request, context: Context) -> Reply:
    """Whether something is open, closed, locked or unlocked, as its last state says."""
    read, wanted, kinds, yes, no = _ASKED[request.intent]
    home = context.around.home
    if not home.joined:
        return Reply("home.no_broker")
    chosen = home.choose(request, kinds)
    if not chosen.devices:
        return _nothing(chosen)
    found = [(d, _read(home, d, read)) for d in chosen.devices]
    if not home.reached(chosen.devices):
        return Reply("home.away")
    if len(found) == 1:
        state = found[0][1]
        if state is None:
            return Reply("home.silent", {"name": found[0][0].name})
        answer = "yes" if state is wanted else "no"
        return Reply(f"home.{answer}_{yes if state else no}")
    return _several(found, wanted, yes if wanted else no)


def _read(home: Home, device: Device, read: Reader) -> bool | None:
    payload = home.state(device)
    return None if payload is None else read(device, payload)


def _several(found: list[tuple[Device, bool | None]], wanted: bool, word: str) -> Reply:
    """Which of several are as was asked; nothing is claimed of those that are silent."""
    those = tuple(d.name for d, state in found if state is wanted)
    silent = [d.name for d, state in found if state is None]
    if those:
        return Reply(f"home.these_{word}", {"names": those, "count": len(those)})
    if silent:
        return Reply("home.silent", {"name": silent[0]})
    return Reply(f"home.none_{word}")


async def temperature(request: Request, context: Context) -> Reply:
    """The temperature of a thermostat, a room, or here."""
    home = context.around.home
    if not home.joined:
        return Reply("home.no_broker")
    chosen = home.choose(request, (Kind.SENSOR, Kind.CLIMATE))
    named = chosen.devices if chosen.name else ()
    for device in named or home.thermometers(chosen.devices):
        degrees = home.temperature(device)
        if degrees is not None:
            return Reply("home.temperature", {"degrees": round(degrees, 1)})
    if not home.reached(chosen.devices):
        return Reply("home.away")
    for device in named:  # one that measures nothing may say what it is set to
        if (degrees := home.wanted(device)) is not None:
            return Reply("home.wanted", {"degrees": round(degrees, 1)})
    return Reply("home.no_thermometer")


async def sensor(request: Request, context: Context) -> Reply:
    """The value of a sensor by its name."""
    home = context.around.home
    if not home.joined:
        return Reply("home.no_broker")
    chosen = home.choose(request, (Kind.SENSOR,))
    if not chosen.name or not chosen.devices:
        return _nothing(chosen)
    if not home.reached(chosen.devices):
        return Reply("home.away")
    device = chosen.devices[0]
    payload = home.state(device)
    word = None if payload is None else readings.state_word(device, payload)
    number = None if word is None else readings.number_in(word.encode())
    if number is not None:
        unit = f" {device.unit}" if device.unit else ""
        return Reply("home.value", {"value": number, "unit": unit})
    # a word from the network is spoken only if it holds no wake word
    said = None if word is None else await context.around.wording.safe(word)
    if said is None:
        return Reply("home.silent", {"name": device.name})
    return Reply("home.word", {"word": said})


CONDITIONS = frozenset(
    {
        *("clear-night", "cloudy", "exceptional", "fog", "hail", "lightning", "lightning-rainy"),
        *("partlycloudy", "pouring", "rainy", "snowy", "snowy-rainy", "sunny", "windy"),
        "windy-variant",
    }
)
"""Home Assistant's weather conditions; each has a phrase."""


async def weather(request: Request, context: Context) -> Reply:
    """The weather as a configured source tells it, and an honest word if there is none."""
    home = context.around.home
    chosen = home.choose(request, (Kind.WEATHER,))
    if not chosen.devices or not home.joined:
        return Reply("weather.no_source")
    if not home.reached(chosen.devices):
        return Reply("home.away")
    device = chosen.devices[0]
    payload = home.state(device)
    word = None if payload is None else readings.state_word(device, payload)
    degrees = home.temperature(device)
    warm = None if degrees is None else Reply("home.temperature", {"degrees": round(degrees, 1)})
    condition = (word or "").lower()
    if condition not in CONDITIONS:
        return warm or Reply("home.silent", {"name": device.name})
    at = context.conversation.replies.text(warm) if warm else ""
    return Reply(f"weather.{condition.replace('-', '_')}", {"at": at})
