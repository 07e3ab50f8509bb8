"""Sentence files: merged, every fault found with its line, the rest in force all the same."""

from __future__ import annotations

import pytest

from device.language.matcher import Matcher
from device.language.sentences import Sentences, load
from device.mind.types import Intent, Slot
from device.names import Entry, NameTable, number
from device.names.sentences import packaged
from tests.language.speech import NO_NAMES, rendered

NAMES = number([Entry("command", "movie"), Entry("area", "Kitchen")], "en")


def household(own: str, names: NameTable = NAMES) -> Sentences:
    return load({"en.yaml": packaged("en"), "own.yaml": own}, names, "en")


def understood(sentences: Sentences, text: str, names: NameTable = NAMES) -> str:
    return rendered(Matcher(sentences).match(text.split()), names)


def test_own_sentences_join_the_packaged_ones() -> None:
    sentences = household(
        """
        language: en
        intents:
          TIMER_SET:
            data:
              - sentences: ["count <duration> down"]
          movie:
            confirm: true
            data:
              - sentences: ["(movie night|let us watch a film) [in the {area}]"]
        """
    )
    assert sentences.faults == ()
    assert understood(sentences, "count ten minutes down") == "TIMER_SET duration=600"
    assert understood(sentences, "what time is it") == "TIME"
    assert understood(sentences, "movie night in the kitchen") == 'movie area="Kitchen"'
    movie = NAMES.of_kind("command")[0].id
    assert sentences.confirm(movie)
    assert sentences.may_ask(movie)
    assert not sentences.may_ask(Intent.TIME)
    assert sentences.may_ask(Intent.TIMER_SET)


def test_an_own_sentence_counts_before_a_packaged_one() -> None:
    own = "intents: {movie: {data: [{sentences: [what time is it]}]}}"
    assert understood(household(own), "what time is it") == "movie"


def test_own_lists_add_to_the_packaged_ones() -> None:
    own = "lists: {color: {values: [{in: crimson, out: red}]}}"
    sentences = household(own)
    assert understood(sentences, "set the lights to crimson") == "COLOR color=red"
    assert understood(sentences, "set the lights to blue") == "COLOR color=blue"


def test_values_without_a_number_are_their_place_in_the_list() -> None:
    own = """
        lists: {size: {values: [small, "(large|huge)"]}}
        intents: {movie: {data: [{sentences: ["a {size:number} film"]}]}}
        """
    sentences = household(own)
    assert sentences.faults == ()
    assert understood(sentences, "a huge film") == "movie number=2"
    assert sentences.lists["size"] == (("small", 0), ("large", 1), ("huge", 2))


def test_files_of_another_language_are_left_out() -> None:
    own = "language: fr\nintents: {movie: {data: [{sentences: [cinéma]}]}}"
    assert understood(household(own), "cinéma") == "-"


def of_sentence(template: str, more: str = "") -> str:
    return f"intents:\n  TIME:\n    data:\n    - sentences: ['{template}']\n{more}"


FAULTS = {
    "intents: {TIMER_SETT: {data: [{sentences: [x]}]}}": (
        "1: no intent or own command is called TIMER_SETT; did you mean TIMER_SET?"
    ),
    of_sentence("(a|b"): "4: ",
    of_sentence("a {colour}"): "4: no list is called {colour}; did you mean color?",
    of_sentence("a <duratoin>"): "4: no rule is called <duratoin>; did you mean duration?",
    of_sentence("x {color:colr}"): "4: no slot is called colr; did you mean color?",
    of_sentence("[now]"): "4: this sentence can be empty",
    of_sentence("x", "      slots: {kind: boat}"): "4: no such slot or value: kind: boat",
    of_sentence("(a;b;c;d;e;f)"): "4: a permutation of 6 parts; at most 5",
    "expansion_rules:\n  a: <b>\n  b: <a>": "2: the rule <a> refers to itself",
    "\nexpansion_rules: {duration: x}": "2: the rule <duration> exists already; give it a new name",
    "lists:\n  n: {range: {from: one, to: 2}}": "2: a range needs whole numbers",
    "lists:\n  n: {value: [x]}": "2: unknown key value of a list; did you mean values?",
    "lists:\n  n: {values: ['a {b}']}": "2: a value of a list cannot use lists or rules",
    "after: '[{color}]'": "1: what is said before or after sentences cannot use lists or rules",
    "intent: {}": "1: unknown key intent; did you mean intents?",
    "intents: [TIME]": "1: intents must be a table",
    "a: [1\nb: 2": "2: not YAML",
}


@pytest.mark.parametrize(("own", "fault"), FAULTS.items())
def test_every_fault_is_told_with_its_line_and_the_rest_works(own: str, fault: str) -> None:
    sentences = household(own)
    assert any(str(found).startswith(f"own.yaml:{fault}") for found in sentences.faults), (
        sentences.faults
    )
    assert understood(sentences, "what time is it") == "TIME"


TEMPLATES = {
    "light[s] off": (["light off", "lights off"], ["light s off"]),
    "(turn|switch) it (on|off)": (["turn it on", "switch it off"], ["turn it"]),
    "[please] go": (["go", "please go"], ["please"]),
    "(one;two) go": (["one two go", "two one go"], ["one go"]),
    "a[ b] c": (["a c", "a b c"], ["ab c"]),
    "it's {n:number}%": (["it's five percent", "it's 5 %"], ["it's five"]),
}


@pytest.mark.parametrize(("template", "texts"), TEMPLATES.items())
def test_hassil_templates(template: str, texts: tuple[list[str], list[str]]) -> None:
    own = f"""
        lists: {{n: {{range: {{from: 1, to: 9}}}}}}
        intents: {{HELP: {{data: [{{sentences: ["{template}"]}}]}}}}
        """
    sentences = load({"own.yaml": own}, NO_NAMES, "en")
    assert sentences.faults == ()
    said, unsaid = texts
    matcher = Matcher(sentences)
    exact = [found.cost == 0 for text in said if (found := matcher.find(text.split()))]
    assert exact == [True] * len(said)
    assert all(sentences.graph.follow(sentences.tokens(text)) not in sentences.graph.finals
               for text in unsaid)  # fmt: skip


def test_values_of_a_path_add_up() -> None:
    own = """
        lists:
          tens: {range: {from: 10, to: 90, step: 10, multiplier: 7}}
          more: {values: [{in: and a bit, out: 1}]}
        intents: {HELP: {data: [{sentences: ["{tens:number} [{more:number}]"]}]}}
        """
    match = Matcher(load({"own.yaml": own}, NO_NAMES, "en")).match
    request = match(["forty", "and", "a", "bit"])
    assert request is not None
    assert request.get(Slot.NUMBER) == 281
