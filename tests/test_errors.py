"""Every error says what is wrong in one sentence, how to mend it, and ends with its own code."""

from __future__ import annotations

import inspect

from device import errors


def every_error() -> list[type[errors.KeepmumError]]:
    return [
        c
        for _, c in inspect.getmembers(errors, inspect.isclass)
        if issubclass(c, errors.KeepmumError) and c is not errors.KeepmumError
    ]


def test_every_error_has_a_message_a_mend_and_its_own_exit_code() -> None:
    assert all(c.__doc__ and c.mend for c in every_error())
    codes = [c.exit_code for c in every_error()]
    assert len(set(codes)) == len(codes)
    assert all(10 <= code < 100 for code in codes)


def test_facts_appear_in_message_and_mend() -> None:
    error = errors.ModelMissing(name="alexa", folder="models")
    assert str(error) == "The model alexa is not in models."
    assert error.remedy == "Fetch it: `keepmum models fetch alexa`."
