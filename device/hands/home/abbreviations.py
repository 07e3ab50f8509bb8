"""Home Assistant's abbreviations of the keys of MQTT discovery, undone.

https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages
abbreviates word by word ("bri_cmd_tpl"), so most are undone word by word; those that leave out
more than letters have an entry of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "act": "action", "avty": "availability", "b": "blue", "bri": "brightness", "cat": "category",
    "cla": "class", "cls": "close", "clr": "color", "clrm": "color_mode", "clsd": "closed",
    "cmd": "command", "cod": "code", "curr": "current", "dev": "device", "dly": "delay",
    "ent": "entity", "fx": "effect", "g": "green", "hi": "high", "hum": "humidity",
    "lo": "low", "lst": "list", "meas": "measurement", "mirs": "mireds", "opnd": "opened",
    "osc": "oscillation", "pct": "percentage", "pl": "payload", "pos": "position", "pow": "power",
    "pr": "preset", "prs": "press", "r": "red", "ret": "return_to_base", "rng": "range",
    "rst": "reset", "scl": "scale", "spd": "speed", "stat": "state", "stpa": "start_pause",
    "strt": "start", "t": "topic", "temp": "temperature", "toff": "turn_off", "ton": "turn_on",
    "tpl": "template", "uniq": "unique", "unlk": "unlock", "val": "value", "whit": "white",
    "paus": "pause",
}  # fmt: skip
_WHOLE: Mapping[str, str] = {
    "clr_temp_k": "color_temp_kelvin", "cmps": "components", "cod_form": "code_format",
    "cns": "connections", "cu": "configuration_url", "def_ent_id": "default_entity_id",
    "e": "encoding", "en": "enabled_by_default", "fanspd_lst": "fan_speed_list",
    "hum_cmd_t": "target_humidity_command_topic", "hum_stat_t": "target_humidity_state_topic",
    "ic": "icon", "ids": "identifiers", "max_hum": "max_humidity", "max_mirs": "max_mireds",
    "max_temp": "max_temp", "mdl": "model", "mdl_id": "model_id", "mf": "manufacturer",
    "min_hum": "min_humidity", "min_mirs": "min_mireds", "min_temp": "min_temp", "o": "origin",
    "obj_id": "object_id", "on_cmd_type": "on_command_type", "ops": "options",
    "opt": "optimistic", "p": "platform", "pl_not_avail": "payload_not_available",
    "pl_avail": "payload_available", "ret": "retain", "sa": "suggested_area",
    "sup_clrm": "supported_color_modes", "sup_feat": "supported_features", "sw": "sw_version",
    "temp_step": "temp_step", "unit_of_meas": "unit_of_measurement",
}  # fmt: skip
_COLOR_TEMP = re.compile(r"^clr_temp(?=_)")


def in_full(key: str) -> str:
    """A key without abbreviations; one that has none comes back as it is."""
    if key in _WHOLE:
        return _WHOLE[key]
    parts = _COLOR_TEMP.sub("color-temp", key).split("_")
    if not any(part in _WORDS for part in parts):
        return key
    return "_".join(_WORDS.get(part, part) for part in parts).replace("-", "_")
