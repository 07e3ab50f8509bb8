"""Templates of devices: what they say is computed; what they shouldn't do they can't."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.hands.home.templates import LONGEST, of_payload, render
from device.hands.home.templatewords import BadTemplate


@pytest.mark.parametrize(
    ("template", "payload", "made"),
    [
        ("{{ value_json.state }}", {"state": "ON"}, "ON"),
        ('{{ value_json["state"] }}', {"state": "ON"}, "ON"),
        ("{{ value_json['a'].b[0] }}", {"a": {"b": [4]}}, "4"),
        ("{{value_json.brightness|float|multiply(2.55)|round}}", {"brightness": 100}, "255"),
        ("{{ value_json.t | round(1) }}", {"t": 21.26}, "21.3"),
        ("{{ value_json.x | default('none') }}", {}, "none"),
        ("{{ value_json.x }}", {}, ""),
        ("{%if value_json.output%}on{%else%}off{%endif%}", {"output": False}, "off"),
        (
            "{% set v = {'off': 0, 'low': 1} %}{{ v[value_json.m] if value_json.m in v.keys() }}",
            {"m": "low"},
            "1",
        ),
        ("{{ {'a': true}.get(value_json.k, 'no') }}", {"k": "b"}, "no"),
        ('{% if "s" in value_json and value_json["s"] == 0 %}C{% else %}O{% endif %}', {}, "O"),
        ("{{ (value_json.n | int) // 2 + 1 }}", {"n": "9"}, "5"),
        ("{{ value_json.a ~ '-' ~ value_json.b | upper }}", {"a": 1, "b": "x"}, "1-X"),
        ("{{ iif(value_json.on, 'ON', 'OFF') }}", {"on": True}, "ON"),
        ("{{ value.split(':')[0] | replace('{', '') | trim }}", {"a": 1}, '"a"'),
    ],
)
def test_what_devices_write(template: str, payload: object, made: str) -> None:
    assert of_payload(template, json.dumps(payload).encode()) == made


def test_an_order_with_and_without_a_value() -> None:
    order = '{"on":true{%if brightness is defined%},"b":{{brightness}}{%endif%}}'
    assert render(order) == '{"on":true}'
    assert render(order, brightness=7) == '{"on":true,"b":7}'
    call = '{%set on = value != "off"%}{{ {"params": {"value": on}} | tojson }}'
    assert json.loads(render(call, value="off")) == {"params": {"value": False}}


HOSTILE = [
    "{% for i in range(10) %}x{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ value.format(value) }}",
    "{{ range(100000000) | list }}",
    "{{ cycler.__init__.__globals__ }}{{ cycler() }}",
    "{{ value | attr('__class__') }}",
    "{{ lipsum(100000) }}",
    "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = [1, 1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a | tojson }}",
    "{% set x = value %}" + "{% set x = x | replace('a', 'aaaaaaaaaaaaaaaa') %}" * 9 + "{{ x }}",
    "{{" + "(" * 2000 + "1" + ")" * 2000 + "}}",
    "{{" + "-" * 6000 + "1}}",
    "{{ " + "9" * 5000 + " }}",
    "x" * (LONGEST + 1),
    "{{ unfinished",
]


@pytest.mark.parametrize("template", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_template_is_refused_at_once(template: str) -> None:
    began = time.process_time()
    with pytest.raises(BadTemplate):
        render(template, value="a" * 100)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("name", ["__class__", "__init__", "__globals__", "mro", "func_code"])
def test_nothing_of_python_can_be_reached(name: str) -> None:
    assert render(f"{{{{ value.{name} }}}}{{{{ value['{name}'] }}}}", value="x") == ""
    assert render(f"{{{{ value_json.{name} }}}}", value_json={}) == ""


_PARTS = st.sampled_from(
    ["{{", "}}", "{%", "%}", "if", "endif", "set", " value ", "value_json", ".a", "['b']", "|float",
     "|tojson", "+", "*", "~", "(", ")", "[", "]", "{", "}", "'", "1", "in", "is defined", "not"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(_PARTS, max_size=25), st.binary(max_size=40))
def test_any_template_ends_in_a_text_or_a_bad_template(parts: list[str], payload: bytes) -> None:
    made = of_payload("".join(parts), payload)
    assert made is None or len(made) <= LONGEST
