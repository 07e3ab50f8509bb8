"""keepmum upgrade --check reads a package and says what is not the same; nothing is run."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from device.cli import upgrade
from device.errors import NotAPackage

SITE = "opt/keepmum/releases/9-deb12/lib/python3.11/site-packages"
pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="apt install dpkg")


def package(folder: Path, name: str = "keepmum") -> Path:
    """A package with one of each thing that is looked at."""
    root = folder / "root"
    units = next(iter(Path(upgrade.__file__).parents[1].glob("units")))
    files = {
        "DEBIAN/control": f"Package: {name}\nVersion: 9.0\nArchitecture: all\n"
        "Maintainer: nobody <nobody@localhost>\nDescription: none\n",
        f"{SITE}/device/docs/settings.md": "| `general.language` | `fr` | one of en, fr | x |\n",
        f"{SITE}/device/units/keepmum-ears.service": "[Service]\nPrivateNetwork=no\n# a word\n",
        f"{SITE}/typer-99.1.dist-info/METADATA": "Name: typer\n",
        "opt/keepmum/releases/9-deb12/share/keepmum/models/manifest.toml": (
            '[[model]]\nname = "a.onnx"\nsha256 = "00"\n'
        ),
    }
    assert units.is_dir()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    changes = root / "usr/share/doc/keepmum/changelog.gz"
    changes.parent.mkdir(parents=True)
    changes.write_bytes(gzip.compress(b"- It dances.\n"))
    out = folder / "keepmum.deb"
    command = ("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(root), str(out))
    subprocess.run(command, check=True, capture_output=True)
    return out


def test_what_would_change_is_told(tmp_path: Path) -> None:
    new = upgrade.read(package(tmp_path))
    assert new.name == "9.0"
    told = dict(upgrade.differences(upgrade.installed(), new))
    assert told["What people notice"] == ["- It dances."]
    settings = told["Settings (default, what it may be)"]
    assert any(line.startswith("changed general.language: `en`") for line in settings)
    assert any(line.startswith("gone    wake.") for line in settings)
    units = told["Units: what the kernel allows"]
    assert "keepmum-ears.service: - PrivateNetwork=yes" in units
    assert "keepmum-ears.service: + PrivateNetwork=no" in units
    assert not any("a word" in line for line in units)
    assert "new     a.onnx" in told["Models"]
    assert any(line.endswith("→ 99.1") for line in told["Libraries"] if " typer:" in line)


def test_a_version_is_not_different_from_itself() -> None:
    assert list(upgrade.differences(upgrade.installed(), upgrade.installed())) == []


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "another"])
def test_what_is_no_package_of_keepmum_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    file = package(tmp_path, "hello" if kind == "another" else "keepmum")
    if kind == "missing":
        file.unlink()
    elif kind == "text":
        file.write_text("hello")
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[:-3000])
    with pytest.raises(NotAPackage) as refused:
        upgrade.read(file)
    assert "Traceback" not in str(refused.value)
    assert str(file) in str(refused.value)
