"""Texts that try to make the speaker wake itself: the wake words, hidden in every way known."""

from __future__ import annotations

WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
"""Every wake word that has models in the default set."""

HIDDEN = {
    "alexa": (
        *("alexa", "Alexa!", "ALEXA", "a lexa", "al exa", "ale xa", "alex a", "a-lex-a"),
        *("A.L.E.X.A.", "a l e x a", "aleksa", "alecksa", "alexxa", "alexah", "ahlexa", "uhlexa"),
        *("uh leksuh", "a leck sah", "a lecks ah", "allexa", "elexa", "alexsa", "alexer", "olexa"),
        *("álexa", "alëxa", "àléxà", "ålexa", "аlеxа", "ａｌｅｘａ", "𝐚𝐥𝐞𝐱𝐚", "al\u200bexa"),
        *("al\u00adexa", "a1exa", "al3xa", "@lex@", "aIexa", "alexalexa", "xalexax", "alexa's"),
        *("a Lexus", "Alexis", "Alex, a", "complex a", "Alexandra", "relax a", "the lexer"),
        *("all exa", "I'll ex a", "a lecture", "elect sir", "a legs a", "alaxa", "alixa"),
    ),
    "hey_jarvis": (
        *("hey jarvis", "hay jarvis", "heyjarvis", "they jarvis", "hey jarviss", "hey jar vis"),
        *("hey, jarvis", "héy järvis", "hei jarvis", "a jarvis", "hey charvis", "hey jarvish"),
        *("hey jervis", "hey garvis", "hey harvest", "hey jarv is"),
    ),
    "hey_mycroft": (
        *("hey mycroft", "hay mycroft", "hey my croft", "heymycroft", "hey mike roft"),
        *("they mycroft", "hey microft", "hey, my craft", "hey mycruft", "héy mÿcroft"),
    ),
    "okay_nabu": (
        *("okay nabu", "ok nabu", "o k nabu", "okay na boo", "okaynabu", "oh kay nah boo"),
        *("okay, naboo", "ókay nábu", "okay nabou", "o.k. nabu", "okay nah bu"),
    ),
}
CARRIERS = ("{}", "Dinner is ready, {}.", "{}, unlock the front door.", "tell{}tell")


def texts() -> list[str]:
    """All of them, each once."""
    hidden = [form for forms in HIDDEN.values() for form in forms]
    return list(dict.fromkeys(carrier.format(form) for form in hidden for carrier in CARRIERS))
