"""What is installed: all of it, from a clone, and nothing of a checkout."""

from __future__ import annotations

import json
import subprocess

import pytest

from device.cli.install import release
from tests.installed import imports
from tests.seal.machine import ENTER
from tests.seal.speaker import PYTHON, Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]


def test_every_module_that_the_product_imports_is_there(installed: Speaker) -> None:
    done = subprocess.run(
        [*ENTER, "-t", str(installed.machine.pid), PYTHON, "-I", "-c", imports.RESOLVE],
        input=imports.request(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []


def test_the_check_of_imports_sees_one_that_is_missing(installed: Speaker) -> None:
    done = subprocess.run(
        [*ENTER, "-t", str(installed.machine.pid), PYTHON, "-I", "-c", imports.RESOLVE],
        input='["numpy", "pytest", "no.such.module"]',
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == ["pytest", "no.such.module"]


def test_the_extras_that_are_installed_exist_in_what_was_built(installed: Speaker) -> None:
    code = "from importlib.metadata import metadata; m = metadata('keepmum')"
    code += "; print(*m.get_all('Provides-Extra'))"
    provided = installed.machine.run(PYTHON, "-I", "-c", code).stdout.split()
    assert set(release.EXTRAS) <= set(provided)


def test_what_runs_is_the_release_and_no_checkout(installed: Speaker) -> None:
    code = "import device; print(device.__file__)"
    where = installed.machine.run(PYTHON, "-I", "-c", code).stdout
    assert where.startswith("/opt/keepmum/venv/lib/")


def test_models_are_those_of_the_manifest(installed: Speaker) -> None:
    said = installed.machine.run("keepmum", "models", "verify").stdout
    assert "are what the manifest says" in said
    assert not said.startswith("0 ")


def test_the_libraries_of_the_settings_are_used_not_only_there(installed: Speaker) -> None:
    """A broker and a music server that are away are said to be away, not to lack a library."""
    machine = installed.machine
    machine.write("/srv/away.toml", '[home]\nbroker = "127.0.0.1"\n[media]\nmpd = "127.0.0.1"\n')
    said = machine.run("keepmum", "doctor", "--config", "/srv/away.toml", check=False).stdout
    assert "is not installed" not in said
    assert "MPD server" in said and "broker" in said
