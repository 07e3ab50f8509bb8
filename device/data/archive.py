"""The archive of an export: a tar with a plain-language index, and its encryption with age.

Nothing unencrypted touches the disk: the tar is made in memory. It is padded to a round size, so
that its length says little. Reading goes by the manifest alone: members that it doesn't name,
links, other sizes or other hashes refuse the whole archive, and nothing is ever extracted by path.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from device.errors import NoEncryption, WrongArchive, WrongKey

FORMAT = "keepmum-export"
VERSION = 1
MANIFEST = "manifest.json"
INDEX = "INDEX.txt"
ROUND_TO = 64 * 1024
MAX_BYTES = 256 * 1024 * 1024
MOST_MEMBERS = 1000
MOST_OF_MANIFEST = 1 << 20
AGE_HEADER = b"age-encryption.org/v1\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive."""

    content: bytes = field(repr=False)
    kind: str
    """The kind of part that it belongs to, or "settings"."""
    holds: str
    """One plain sentence."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What was exported, of whom, and of when."""

    household: str
    speaker: str
    made: str
    """ISO time."""
    since: str
    """ISO time of the oldest thing with a date in it; equal to `made` if there is none."""
    files: Mapping[str, Entry]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """What is not in it, and why."""

    def manifest(self) -> dict[str, object]:
        """The list that an import goes by."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "household": self.household,
            "speaker": self.speaker,
            "made": self.made,
            "period": {"from": self.since, "until": self.made},
            "files": {
                name: {
                    "kind": e.kind,
                    "holds": e.holds,
                    "bytes": len(e.content),
                    "sha256": hashlib.sha256(e.content).hexdigest(),
                }
                for name, e in self.files.items()
            },
            "left_out": dict(self.left_out),
        }


def pack(archive: Archive, index: str) -> bytes:
    """The archive as a tar, its index first."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, INDEX, index.encode())
        _add(tar, MANIFEST, json.dumps(archive.manifest(), indent=1, ensure_ascii=False).encode())
        for name, entry in archive.files.items():
            _add(tar, name, entry.content)
    content = buffer.getvalue()
    # zeros after the end mark are part of the format
    return content + bytes(-len(content) % ROUND_TO)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o600
    tar.addfile(member, io.BytesIO(content))


def unpack(data: bytes, file: str) -> Archive:
    """The archive in a tar; raises WrongArchive for anything that `pack` would not write."""
    try:
        if len(data) > MAX_BYTES:
            raise ValueError("it is too large")
        contents = _members(data)
        manifest = json.loads(contents.pop(MANIFEST))
        contents.pop(INDEX, None)
        return _read(manifest, contents)
    except REFUSED as error:
        why = "".join(c if c.isprintable() else "?" for c in str(error)[:200])
        raise WrongArchive(file=file, why=f"it is damaged or of another kind ({why})") from error


REFUSED = (
    tarfile.TarError, EOFError, OSError, OverflowError, RecursionError, MemoryError,
    ValueError, LookupError, TypeError, AttributeError,
)  # fmt: skip
"""What Python's readers raise for bytes that are not theirs."""


def _members(data: bytes) -> dict[str, bytes]:
    """The members of a tar, together no larger than the tar itself.

    A sparse member is refused before it is read: a few bytes of it may stand for gigabytes.
    """
    contents: dict[str, bytes] = {}
    total = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            total += member.size
            if member.issparse() or not 0 <= member.size <= total <= len(data):
                raise ValueError("a member is larger than the archive")
            if len(contents) >= MOST_MEMBERS:
                raise ValueError(f"it has more than {MOST_MEMBERS} members")
            if member.name == MANIFEST and member.size > MOST_OF_MANIFEST:
                raise ValueError("its list is too large")
            if not member.isreg() or path.is_absolute() or ".." in path.parts:
                raise ValueError("a member is no plain file")
            stream = tar.extractfile(member)
            if stream is None or member.name in contents:
                raise ValueError("a member is there twice or not at all")
            contents[member.name] = stream.read()
    return contents


def _read(manifest: dict[str, Any], contents: dict[str, bytes]) -> Archive:
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise ValueError(f"{manifest['format']} {manifest['version']}")
    listed = manifest["files"]
    period = manifest["period"]
    if not isinstance(listed, dict) or not isinstance(period, dict) or set(listed) != set(contents):
        raise ValueError("its list and its files differ")
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != listed[name]["sha256"]:
            raise ValueError(f"{name} was changed")
    household = str(manifest["household"])
    if len(household) != 32 or not set(household) <= set("0123456789abcdef"):
        raise ValueError("it names no household")
    files = {
        n: Entry(c, str(listed[n]["kind"]), str(listed[n]["holds"])) for n, c in contents.items()
    }
    return Archive(
        household=household,
        speaker=str(manifest["speaker"]),
        made=str(manifest["made"]),
        since=str(period["from"]),
        files=files,
        left_out={str(k): str(v) for k, v in manifest["left_out"].items()},
    )


def seal_to(data: bytes, recipients: tuple[str, ...]) -> bytes:
    """`data`, encrypted to age public keys. Raises WrongKey, NoEncryption."""
    pyrage = _pyrage()
    keys = []
    for recipient in recipients:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(recipient.strip()))
        except pyrage.RecipientError as error:
            raise WrongKey(what=f"The recipient {recipient[:70]}", why=error) from error
    if not keys:
        raise WrongKey(what="No recipient", why="nobody could open it")
    sealed: bytes = pyrage.encrypt(data, keys)
    return sealed


def seal_with(data: bytes, passphrase: str) -> bytes:
    """`data`, encrypted with a passphrase (scrypt, about a second). Raises NoEncryption."""
    pyrage = _pyrage()
    if len(passphrase) < 8:
        raise WrongKey(what="The passphrase", why="it has fewer than 8 characters")
    sealed: bytes = pyrage.passphrase.encrypt(data, passphrase)
    return sealed


def is_sealed(data: bytes) -> bool:
    """Whether it is an age file."""
    return data.startswith(AGE_HEADER)


def needs_passphrase(data: bytes) -> bool:
    """Whether a sealed archive was made for a passphrase rather than for a key."""
    return data[len(AGE_HEADER) :].startswith(b"-> scrypt ")


def open_with(data: bytes, passphrase: str) -> bytes:
    """The content of an archive made for a passphrase. Raises WrongKey, NoEncryption."""
    pyrage = _pyrage()
    try:
        content: bytes = pyrage.passphrase.decrypt(data, passphrase)
    except pyrage.DecryptError as error:
        raise WrongKey(what="The passphrase", why="it does not open this archive") from error
    return content


def open_as(data: bytes, identities: str) -> bytes:
    """The content of an archive made for one of the keys in the text of an identity file.

    Raises WrongKey, NoEncryption.
    """
    pyrage = _pyrage()
    lines = [line.strip() for line in identities.splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and line[0] != "#"]
        content: bytes = pyrage.decrypt(data, keys)
    except pyrage.IdentityError as error:
        raise WrongKey(what="The identity file", why="it holds no age key") from error
    except pyrage.DecryptError as error:
        raise WrongKey(what="The identity", why="this archive was not made for it") from error
    return content


def _pyrage() -> Any:
    """The age library, an extra; raises NoEncryption if it is not installed."""
    try:
        import pyrage
    except ImportError as error:
        raise NoEncryption from error
    return pyrage
