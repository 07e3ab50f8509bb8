"""What dpkg reads: scripts that a shell understands, with every place filled in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import device
from device.packaging import control, deb
from device.packaging.targets import target
from device.packaging.wheels import Unfit

UNITS = Path(device.__file__).parent / "units"
RELEASE = Path("/opt/keepmum/releases/1.2.3-deb12")
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def script(name: str) -> str:
    people = control.people((UNITS / "keepmum.sysusers").read_text(encoding="utf-8"))
    return control.script(name, control.Names(RELEASE, UNITS, people))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_one_that_a_shell_understands(name: str) -> None:
    text = script(name)
    assert re.findall(r"@[A-Z_]+@", text) == []
    assert text.startswith("#!/bin/sh\n")
    assert "\nset -e\n" in text
    checked = subprocess.run(("sh", "-n"), input=text, text=True, capture_output=True, check=False)
    assert checked.stderr == ""


def test_only_a_purge_takes_settings_state_and_users() -> None:
    text = script("postrm")
    before, _, purge = text.partition("\npurge)\n")
    for name in ("/etc/keepmum", "/var/lib/keepmum-panel", "keepmum-ears keepmum-hands"):
        assert name not in before.replace("systemctl reset-failed", "")
        assert name in purge
    assert not any("rm -rf /opt/keepmum " in script(name) for name in SCRIPTS if name != "postrm")


def test_units_that_are_begun_by_others_are_not_enabled() -> None:
    [line] = re.findall(r"for unit in (.+); do", script("postinst"))
    assert "keepmum-ears.service" in line.split()
    assert "keepmum-commands.socket" in line.split()
    assert not {"keepmum-commands.service", "keepmum-mute.service"} & set(line.split())


def test_a_library_that_nobody_is_known_to_have_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.so").write_bytes(b"\x7fELF")
    asked = {"libc.so.6", "libstdc++.so.6", "a.so", "ld-linux-aarch64.so.1"}
    monkeypatch.setattr(control, "needed", lambda _: asked)
    found = control.depends(target("trixie", "arm64"), tmp_path)
    assert {"libc6", "libstdc++6", "python3 (<< 3.14)", "python3-pyaudio"} <= set(found)
    assert "python3-lgpio" not in found
    asked.add("libquantum.so.8")
    with pytest.raises(Unfit, match=r"a\.so needs libquantum\.so\.8"):
        control.depends(target("trixie", "arm64"), tmp_path)


def test_what_debian_itself_lacks_is_recommended_and_keeps_nobody_from_installing() -> None:
    assert control.recommends(target("trixie", "arm64")) == ["alsa-utils", "python3-lgpio"]
    assert control.recommends(target("bookworm", "arm64")) == ["alsa-utils"]


def test_checksums_are_those_of_md5sum(tmp_path: Path) -> None:
    (tmp_path / "DEBIAN").mkdir()
    (tmp_path / "DEBIAN" / "control").touch()
    (tmp_path / "usr").mkdir()
    (tmp_path / "usr" / "empty").touch()
    (tmp_path / "usr" / "link").symlink_to("empty")
    assert control.checksums(tmp_path) == "d41d8cd98f00b204e9800998ecf8427e  usr/empty\n"


def test_the_time_of_everything_is_the_commits_or_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert deb.time_of() == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(Unfit, match="SOURCE_DATE_EPOCH"):
        deb.time_of()


def test_a_version_sorts_before_that_of_the_next_suite() -> None:
    older, newer = (deb.version_of(target(s, "arm64")) for s in ("bookworm", "trixie"))
    compare = ("dpkg", "--compare-versions", older, "lt", newer)
    assert subprocess.run(compare, check=False).returncode == 0
