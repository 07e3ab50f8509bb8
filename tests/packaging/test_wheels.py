"""Wheels: what is unpacked where, and locks that name everything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from device.packaging import wheels
from device.packaging.targets import MACHINES, SUITES, Target, target
from device.packaging.wheels import Unfit

TARGETS = [target(suite, arch) for suite in SUITES for arch in MACHINES]


def wheel(folder: Path, *members: str) -> Path:
    """A wheel with these files, each of which says its name."""
    path = folder / "some-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as files:
        for member in members:
            files.writestr(member, member)
    return path


def test_a_wheel_is_unpacked_as_pip_would_and_scripts_stay_away(tmp_path: Path) -> None:
    made = wheel(
        tmp_path,
        "some/__init__.py",
        "some-1.0.dist-info/METADATA",
        "some-1.0.data/purelib/other/part.py",
        "some-1.0.data/scripts/some",
        "some-1.0.data/data/share/some",
    )
    wheels.unpack(made, tmp_path / "out")
    there = sorted(p.relative_to(tmp_path / "out").as_posix() for p in _files(tmp_path / "out"))
    assert there == ["other/part.py", "some-1.0.dist-info/METADATA", "some/__init__.py"]


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("member", ["../out.py", "/etc/out.py", "some-1.0.data/purelib/../../x"])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, member: str) -> None:
    with pytest.raises(Unfit, match="leads out"):
        wheels.unpack(wheel(tmp_path, member), tmp_path / "out")
    assert _files(tmp_path) == [tmp_path / "some-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("one", TARGETS, ids=str)
def test_a_lock_names_all_that_setup_cfg_asks_for_each_with_its_hash(one: Target) -> None:
    lines = one.lock.read_text(encoding="utf-8").splitlines()
    named = {line.partition("==")[0] for line in lines}
    asked = {line for line in wheels.wanted(one) if "python_version" not in line}
    assert len(asked) > 15
    assert {wheels._name(line) for line in asked} - named == set()
    assert all(len(wheels._hash(line)) == 64 for line in lines)
    assert named.isdisjoint(one.suite.from_debian)


@pytest.mark.parametrize(("suite", "arch"), [("buster", "arm64"), ("trixie", "riscv64")])
def test_what_no_package_can_be_made_for_is_named(suite: str, arch: str) -> None:
    with pytest.raises(ValueError, match="is not known; there are"):
        target(suite, arch)


def test_only_wheels_that_run_there_are_asked_for() -> None:
    tags = target("bookworm", "arm64").platforms()
    assert "manylinux_2_36_aarch64" in tags
    assert "manylinux_2_38_aarch64" not in tags
    assert all(tag.endswith("_aarch64") for tag in tags)


def test_only_libraries_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.so.1").write_bytes(b"\x7fELF and more")
    (tmp_path / "b.so").write_bytes(b"GROUP ( libc.so.6 )")
    (tmp_path / "c.py").write_bytes(b"\x7fELF")
    assert [p.name for p in wheels.libraries(tmp_path)] == ["a.so.1"]
