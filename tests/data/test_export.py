"""An export holds everything, opens for one recipient only, and comes back as it was."""

from __future__ import annotations

import builtins
import dataclasses
import io
import json
import sys
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pyrage
import pytest

from device.config import Config, learned_file, parse, with_learned
from device.config.schema import fields_of
from device.data import archive, export, inventory, ledger, ledgerreader, restore, tables
from device.data.archive import Archive, Entry
from device.data.export import Places
from device.errors import (
    BrokenConfig,
    KeepmumError,
    NoEncryption,
    OtherHousehold,
    WrongArchive,
    WrongKey,
)
from device.hands.state import check, open_state
from tests.hands import households

NOW = 1_790_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> tuple[Places, Config]:
    return households.furnish(tmp_path / "old", NOW)


def gathered(home: tuple[Places, Config]) -> bytes:
    return export.gather(*home, NOW)


def opened(home: tuple[Places, Config]) -> Archive:
    return archive.unpack(gathered(home), "test")


def test_everything_planted_is_in_it(home: tuple[Places, Config]) -> None:
    tar = gathered(home)
    assert [v for v in households.PLANTED if v.encode() not in tar] == []
    assert len(tar) % archive.ROUND_TO == 0


def test_the_index_comes_first_and_says_in_plain_words_what_is_and_what_is_not_in_it(
    home: tuple[Places, Config],
) -> None:
    with tarfile.open(fileobj=io.BytesIO(gathered(home))) as tar:
        assert tar.getnames()[:2] == ["INDEX.txt", "manifest.json"]
        member = tar.extractfile("INDEX.txt")
        assert member is not None
        index = member.read().decode()
    household = inventory.household_id(home[0].state)
    assert household is not None
    assert household in index
    for name, entry in opened(home).files.items():
        assert name in index
        assert entry.holds in index
    for what in ("sound", "what was said", "passwords"):
        assert f"  {what}\n" in index


def test_an_archive_names_its_household_and_its_period(home: tuple[Places, Config]) -> None:
    made = opened(home)
    assert made.household == inventory.household_id(home[0].state)
    assert made.since == ledgerreader.iso(NOW - 50 * households.HOUR_MS)
    assert made.made == ledgerreader.iso(NOW)
    again = opened(home)
    assert again.household == made.household


def test_a_password_is_never_in_it(home: tuple[Places, Config]) -> None:
    places, settings = home
    (places.settings.parent / "secrets.toml").write_text('mqtt_password = "planted-password"')
    assert b"planted-password" not in export.gather(places, settings, NOW)


def test_without_the_key_nothing_planted_can_be_read(home: tuple[Places, Config]) -> None:
    tar = gathered(home)
    household = archive.unpack(tar, "test").household
    identity = pyrage.x25519.Identity.generate()
    for sealed in (
        archive.seal_to(tar, (str(identity.to_public()),)),
        archive.seal_with(tar, "correct horse battery"),
    ):
        found = [v for v in (*households.PLANTED, household) if v.encode() in sealed]
        assert found == []
        assert archive.is_sealed(sealed)
    assert (
        archive.open_as(archive.seal_to(tar, (str(identity.to_public()),)), f"# mine\n{identity}\n")
        == tar
    )


def test_a_stranger_can_open_neither(home: tuple[Places, Config]) -> None:
    tar = gathered(home)
    mine, other = (pyrage.x25519.Identity.generate() for _ in range(2))
    with pytest.raises(WrongKey, match="not made for it"):
        archive.open_as(archive.seal_to(tar, (str(mine.to_public()),)), str(other))
    sealed = archive.seal_with(tar, "correct horse battery")
    assert archive.needs_passphrase(sealed)
    with pytest.raises(WrongKey, match="does not open"):
        archive.open_with(sealed, "correct horse batteries")


@pytest.mark.parametrize("recipient", ["age1bogus", "", "ssh-ed25519 AAAA"])
def test_a_recipient_that_is_none_is_refused(recipient: str) -> None:
    with pytest.raises(WrongKey):
        archive.seal_to(b"x", (recipient,))


def test_no_recipient_and_a_short_passphrase_are_refused() -> None:
    with pytest.raises(WrongKey):
        archive.seal_to(b"x", ())
    with pytest.raises(WrongKey, match="fewer than 8"):
        archive.seal_with(b"x", "short")


def test_an_identity_file_without_a_key_is_refused() -> None:
    with pytest.raises(WrongKey, match="holds no age key"):
        archive.open_as(b"", "hello")


def test_without_pyrage_the_mend_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pyrage":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "pyrage", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoEncryption) as caught:
        archive.seal_with(b"x", "correct horse battery")
    assert "keepmum[export]" in caught.value.remedy


def as_values(places: Places) -> dict[str, object]:
    """All that an import must bring back."""
    dumps: dict[str, object] = {}
    for part in inventory.PARTS:
        if part.database and part.kind != "ledger":
            dumps[part.kind] = tables.dump(places.state / part.database, part.tables)
    learned = learned_file(places.settings)
    files = [places.settings, learned, places.names, *sorted(places.sentences.iterdir())]
    return {
        "parts": dumps,
        "ledger": ledgerreader.read(places.state / ledger.FILE),
        "household": inventory.household_id(places.state),
        "files": [f.read_bytes() for f in files],
    }


def test_an_import_on_a_new_device_brings_everything_back(
    home: tuple[Places, Config], tmp_path: Path
) -> None:
    made = opened(home)
    new = households.places(tmp_path / "new")
    restore.check_owner(made, new, new_device=True)
    restore.apply(made, new, open_state, check)
    assert as_values(new) == as_values(home[0])
    assert inventory.undeclared(new.state) == []


def test_an_import_replaces_what_was_there(home: tuple[Places, Config]) -> None:
    made = opened(home)
    before = as_values(home[0])
    households.furnish_more(home[0], NOW)
    assert as_values(home[0]) != before
    restore.check_owner(made, home[0], new_device=False)
    restore.apply(made, home[0], open_state, check)
    assert as_values(home[0]) == before


def test_two_households_cannot_be_mixed(home: tuple[Places, Config], tmp_path: Path) -> None:
    other = households.furnish(tmp_path / "other", NOW)
    theirs = opened(other)
    inventory.name_household(home[0].state)
    for new_device in (False, True):
        with pytest.raises(OtherHousehold):
            restore.check_owner(theirs, home[0], new_device=new_device)


def test_a_used_speaker_without_a_name_is_not_a_new_device(
    home: tuple[Places, Config], tmp_path: Path
) -> None:
    made = opened(home)
    used, _ = households.furnish(tmp_path / "used", NOW)
    with pytest.raises(OtherHousehold, match="not yet named"):
        restore.check_owner(made, used, new_device=True)
    empty = households.places(tmp_path / "empty")
    with pytest.raises(OtherHousehold):
        restore.check_owner(made, empty, new_device=False)


WIDENING = """
[wake]
words = ["alexa", "hey_jarvis"]
afar_threshold = 0.5
[[wake.word]]
name = "okay_nabu"
threshold = 0.2
[listen]
longest_command_s = 15.0
silence_s = 1.5
[recognizer]
confirm = false
[ledger]
texts = true
keep_days = 90
[[command]]
name = "lamp"
sentences = ["lamp please"]
run = ["/bin/lamp"]
"""


def with_settings(made: Archive, text: str, file: str = "keepmum.toml") -> Archive:
    entry = Entry(text.encode(), "settings", "")
    return dataclasses.replace(made, files={**made.files, f"settings/{file}": entry})


def test_what_would_open_wider_is_listed(home: tuple[Places, Config], tmp_path: Path) -> None:
    new = households.places(tmp_path / "new")
    found = restore.widens(with_settings(opened(home), WIDENING), Config(), new)
    assert found == [
        "wake.afar_threshold becomes 0.5 (now 0.97).",
        "listen.longest_command_s becomes 15 (now 10).",
        "listen.silence_s becomes 1.5 (now 0.7).",
        "home.room becomes a list of 1 (now none).",
        "ledger.keep_days becomes 90 (now 30).",
        "ledger.texts becomes true (now false).",
        "The word hey_jarvis wakes the speaker.",
        "The word okay_nabu wakes the speaker.",
        "A sentence may start the program '/bin/lamp'.",
        "Sentences of your own are understood: own.yaml.",
        "Other names are understood: names.json.",
    ]


def test_what_opens_no_wider_is_not_asked_about(home: tuple[Places, Config]) -> None:
    places, settings = home
    assert restore.widens(opened(home), settings, places) == []
    narrower = (
        "[general]\nroom = 'planted-room'\n"
        "[listen]\nlongest_command_s = 5.0\n[[wake.word]]\nname = 'alexa'\n"
    )
    made = with_settings(opened(home), narrower)
    assert restore.widens(made, settings, places) == []


@pytest.mark.parametrize(
    ("before", "after", "narrows"),
    [
        ("[listen]\npatience_s = 6.0", "[listen]\npatience_s = 5.0", True),
        ("[listen]\npatience_s = 5.0", "[listen]\npatience_s = 6.0", False),
        ("[wake]\nradio_threshold = 0.5", "[wake]\nradio_threshold = 0.6", True),
        ("[wake]\nradio_threshold = 0.6", "[wake]\nradio_threshold = 0.5", False),
        ("[recognizer]\nconfirm = false", "[recognizer]\nconfirm = true", True),
        ("[recognizer]\nconfirm = true", "[recognizer]\nconfirm = false", False),
        ("[home]\nsay = true", "[home]\nsay = false", True),
        ("[home]\nsay = false", "[home]\nsay = true", False),
        ("", "[home]\nbroker = 'elsewhere'", False),
        ("", "[media]\nmpd = 'elsewhere'", False),
        ("", "[panel]\nfolder = '/tmp'", False),
        ("", "[home]\nsecrets = '/tmp'", False),
        ("", "[microphone]\ndevice = 'other'", False),
        ("", "[[home.device]]\nname = 'lock'\nkind = 'switch'\ncommand_topic = 'a'", False),
    ],
)
def test_whatever_changes_is_shown_unless_it_narrows(
    home: tuple[Places, Config], before: str, after: str, narrows: bool
) -> None:
    present = with_learned(parse(before), home[1].home)
    coming = with_learned(parse(after), home[1].home)
    found = restore.widens(with_settings(opened(home), after), present, home[0])
    assert (found == []) is narrows
    assert present != coming


WIDER = {
    "listen.longest_command_s": 1,
    "listen.patience_s": 1,
    "listen.silence_s": 1,
    "listen.unfinished_silence_s": 1,
    "listen.complete_silence_s": 1,
    "listen.think_s": 1,
    "listen.follow_up_s": 1,
    "listen.speech_threshold": -1,
    "recognizer.confirm": -1,
    "ledger.keep_days": 1,
    "ledger.texts": 1,
    "home.say": 1,
    "home.texts": 1,
    "service.activations_per_hour": 1,
    "wake.refractory_s": -1,
    "wake.speaking_threshold": -1,
    "wake.taught_threshold": -1,
    "wake.cleaned_threshold": -1,
    "wake.afar_threshold": -1,
    "wake.radio_threshold": -1,
}
"""Which way each setting opens the speaker wider, written down a second time."""


def test_every_setting_with_a_direction_has_the_one_that_is_written_here() -> None:
    found = {
        f"{name}.{key}": meaning.wider
        for name, _, _, _ in fields_of(Config)
        if name != "command"
        for key, _, _, meaning in fields_of(type(getattr(Config(), name)))
        if meaning.wider
    }
    assert found == WIDER


@pytest.mark.parametrize(("name", "direction"), WIDER.items())
def test_a_setting_is_shown_in_its_wider_direction_only(
    home: tuple[Places, Config], name: str, direction: int
) -> None:
    section, key = name.split(".")
    for wider in (True, False):
        values = (1, 0) if (direction > 0) is wider else (0, 1)
        after, before = (
            dataclasses.replace(
                home[1], **{section: dataclasses.replace(getattr(home[1], section), **{key: value})}
            )
            for value in values
        )
        found = restore._changed(before, after)
        assert [line.split(" becomes")[0] for line in found] == [name] * wider


def test_every_setting_that_an_archive_can_change_is_compared(
    home: tuple[Places, Config],
) -> None:
    for name, _, _, _ in fields_of(Config):
        if name != "command":
            for key, _, _, meaning in fields_of(type(getattr(Config(), name))):
                assert meaning.wider in (-1, 0, 1), key
                assert not meaning.narrows("one", "other")


def test_learned_names_that_an_archive_replaces_are_shown(home: tuple[Places, Config]) -> None:
    learned = "[[home.device]]\nname = 'front door'\nkind = 'switch'\ncommand_topic = 'lock/set'"
    made = with_settings(opened(home), learned, "learned.toml")
    found = restore.widens(made, home[1], home[0])
    assert "home.device becomes a list of 1 (now none)." in found


@pytest.mark.parametrize("file", ["keepmum.toml", "learned.toml"])
def test_settings_with_a_fault_are_refused(home: tuple[Places, Config], file: str) -> None:
    with pytest.raises(BrokenConfig, match=file):
        restore.settings_of(with_settings(opened(home), "[wake]\nwrods = []", file), home[1])


def changed(tar: bytes, name: str, content: bytes) -> bytes:
    """The tar with one member replaced or added, its manifest left as it is."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tar)) as old,
        tarfile.open(fileobj=out, mode="w") as new,
    ):
        for member in old:
            stream = old.extractfile(member)
            if member.name != name and stream is not None:
                new.addfile(member, stream)
        added = tarfile.TarInfo(name)
        added.size = len(content)
        new.addfile(added, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state/timers.json", b"{}"),
        ("state/stranger.json", b"{}"),
        ("../../etc/passwd", b"root"),
        ("manifest.json", b"[]"),
        ("manifest.json", b"not json"),
        ("manifest.json", b'{"format": "keepmum-export", "version": 2}'),
    ],
)
def test_an_archive_that_was_tampered_with_is_refused(
    home: tuple[Places, Config], name: str, content: bytes
) -> None:
    with pytest.raises(WrongArchive):
        archive.unpack(changed(gathered(home), name, content), "test")


def test_a_few_bytes_that_stand_for_gigabytes_are_refused_unread() -> None:
    sparse = tarfile.TarInfo("state/lists/lists.json")
    sparse.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": sparse.name,
        "GNU.sparse.size": str(1 << 40), "GNU.sparse.realsize": str(1 << 40),
        "GNU.sparse.numblocks": "1", "GNU.sparse.map": f"{(1 << 40) - 1},1",
    }  # fmt: skip
    sparse.size = 1
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(sparse, io.BytesIO(b"x"))
    tracemalloc.start()
    with pytest.raises(WrongArchive, match="larger than the archive"):
        archive.unpack(out.getvalue(), "test")
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings/keepmum.toml", b"[wake]\nwrods = []"),
        ("settings/keepmum.toml", b"\xff"),
        ("settings/names.json", b'{"form": 1, "names": [{"id": "1"}]}'),
        ("settings/sentences/own.yaml", b"lists: {n: {range: {from: 1, to: 20000}}}"),
        ("settings/sentences/.hidden.yaml", b""),
        ("state/lists/lists.json", b'{"shopping": 5}'),
        ("state/lists/lists.json", b"[" * 100_000),
        ("state/timers.json", b"[" * 100_000),
    ],
)
def test_every_member_is_checked_as_at_its_own_door(
    home: tuple[Places, Config], name: str, content: bytes
) -> None:
    made = dataclasses.replace(
        opened(home), files={**opened(home).files, name: Entry(content, "settings", "")}
    )
    with pytest.raises(KeepmumError):
        restore.plan(made, home[0])


OUTSIDE = (
    "../evil",
    "state/../evil",
    "state/lists/../../evil",
    "/etc/passwd",
    "//etc/passwd",
    "settings/sentences/../evil.yaml",
    "settings/sentences/../../evil.yaml",
    "..",
)
"""Names that lead out of the folder, whoever joins them to one."""


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_member_that_leads_outside_is_refused_though_the_list_names_it(
    home: tuple[Places, Config], name: str
) -> None:
    made = opened(home)
    evil = dataclasses.replace(made, files={**made.files, name: Entry(b"", "timers", "")})
    with pytest.raises(WrongArchive, match="no plain file"):
        archive.unpack(archive.pack(evil, "index"), "test")


@pytest.mark.parametrize("name", [*OUTSIDE, "state/lists.json/..", "settings/sentences/.."])
def test_a_name_that_leads_outside_has_no_place_to_be_put(
    home: tuple[Places, Config], tmp_path: Path, name: str
) -> None:
    made = dataclasses.replace(opened(home), files={name: Entry(b"", "timers", "")})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(WrongArchive):
        restore.apply(made, home[0], open_state, check)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_a_member_that_is_a_link_or_a_device_is_refused(
    home: tuple[Places, Config], kind: bytes
) -> None:
    out = io.BytesIO()
    link = tarfile.TarInfo("state/timers.json")
    link.type, link.linkname = kind, "/etc/passwd"
    with (
        tarfile.open(fileobj=io.BytesIO(gathered(home))) as old,
        tarfile.open(fileobj=out, mode="w") as new,
    ):
        for member in old:
            if member.name == link.name:
                new.addfile(link)
            else:
                new.addfile(member, old.extractfile(member))
    with pytest.raises(WrongArchive, match="no plain file"):
        archive.unpack(out.getvalue(), "test")


def test_what_is_put_in_place_replaces_a_link_and_does_not_follow_it(
    home: tuple[Places, Config], tmp_path: Path
) -> None:
    """A link in the state folder, which the hands may write to, is no door for root's import."""
    content = b'{"shopping": ["milk"]}'
    lists = Entry(content, "lists", "")
    made = dataclasses.replace(
        opened(home), files={**opened(home).files, "state/lists/lists.json": lists}
    )
    new = households.places(tmp_path / "new")
    outside = tmp_path / "outside"
    outside.write_text("as it was")
    new.state.mkdir(parents=True, exist_ok=True)
    for link in ("lists.json", ".lists.json.new", ".household.new", inventory.HOUSEHOLD_FILE):
        (new.state / link).symlink_to(outside)
    restore.apply(made, new, open_state, check)
    assert outside.read_text() == "as it was"
    assert (new.state / "lists.json").read_bytes() == content
    assert not [f for f in new.state.iterdir() if f.is_symlink()]
    assert as_values(new) == as_values(home[0])


class Sized(bytes):
    """Bytes that say that they are more."""

    length = 0

    def __len__(self) -> int:
        return self.length


@pytest.mark.parametrize(("length", "too_large"), [(256 << 20, False), ((256 << 20) + 1, True)])
def test_an_archive_larger_than_a_quarter_of_a_gigabyte_is_refused_unread(
    length: int, too_large: bool
) -> None:
    data = Sized(b"junk")
    data.length = length
    with pytest.raises(WrongArchive) as caught:
        archive.unpack(data, "test")
    assert ("it is too large" in str(caught.value)) is too_large


@pytest.mark.parametrize(("count", "too_many"), [(1000, False), (1001, True)])
def test_an_archive_of_more_than_a_thousand_members_is_refused(count: int, too_many: bool) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number in range(count):
            tar.addfile(tarfile.TarInfo(f"state/{number}"))
    with pytest.raises(WrongArchive) as caught:
        archive.unpack(out.getvalue(), "test")
    assert ("members" in str(caught.value)) is too_many


@pytest.mark.parametrize(("size", "too_large"), [(1 << 20, False), ((1 << 20) + 1, True)])
def test_a_list_of_more_than_a_megabyte_is_refused(size: int, too_large: bool) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(archive.MANIFEST)
        member.size = size
        tar.addfile(member, io.BytesIO(b" " * size))
    with pytest.raises(WrongArchive) as caught:
        archive.unpack(out.getvalue(), "test")
    assert ("its list is too large" in str(caught.value)) is too_large


@pytest.mark.parametrize("junk", [b"", b"junk" * 1000, bytes(65536)])
def test_what_is_no_archive_is_refused(junk: bytes) -> None:
    with pytest.raises(WrongArchive):
        archive.unpack(junk, "test")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state/timers.json", [1]),
        ("state/timers.json", {"alarms": {"columns": [], "rows": []}}),
        ("state/timers.json", {"timers": {"columns": ["id"], "rows": [[1, 2]]}}),
        ("state/timers.json", {"timers": {"columns": ["x) --"], "rows": [[1]]}}),
        ("state/timers.json", {"timers": {"columns": ["id"], "rows": [[{}]]}}),
        ("state/timers.json", {"timers": {"columns": ["stranger"], "rows": [[1]]}}),
        (
            "state/alarms.json",
            {
                "alarms": {
                    "columns": ["id", "minutes", "days", "due_wall"],
                    "rows": [[1, 1440, 0, 1.0]],
                }
            },
        ),
        ("state/volume.json", {"settings": {"columns": ["key", "value"], "rows": [["x", "y"]]}}),
        ("state/voice/../../evil", {}),
        ("settings/other.toml", {}),
        ("settings/sentences/evil.py", {}),
    ],
)
def test_content_that_does_not_belong_is_refused_before_anything_is_written(
    home: tuple[Places, Config], tmp_path: Path, name: str, content: object
) -> None:
    made = opened(home)
    evil = Entry(json.dumps(content).encode(), "timers", "")
    made = dataclasses.replace(made, files={**made.files, name: evil})
    new, _ = households.furnish(tmp_path / "new", NOW - households.HOUR_MS)
    before = as_values(new)
    with pytest.raises(WrongArchive):
        restore.apply(made, new, open_state, check)
    assert as_values(new) == before
