"""A booted machine, with keepmum installed, for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.seal.machine import Machine, boot, why_not


@pytest.fixture(scope="session")
def bare_machine() -> Iterator[Machine]:
    """A machine that keepmum was never on."""
    if why := why_not():
        pytest.skip(why)
    with boot() as machine:
        yield machine
