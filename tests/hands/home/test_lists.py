"""Lists keep what was put on them, through restarts and cut power."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from device.data.aside import set_aside_before
from device.data.inventory import MAX_ITEMS
from device.hands.home import lists
from device.hands.home.lists import FILE, Lists


def test_items_stay_in_order_and_outlive_the_process(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    assert lists.add("shopping", "apples")
    assert lists.add("shopping", "milk")
    assert lists.add("to do", "dentist")
    again = Lists(tmp_path)
    assert again.items("shopping") == ("apples", "milk")
    assert again.items("to do") == ("dentist",)
    assert again.items("nothing") == ()


def test_an_item_is_on_a_list_once_and_goes_once(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    assert lists.add("shopping", "milk")
    assert lists.add("shopping", "milk")
    assert lists.items("shopping") == ("milk",)
    assert lists.remove("shopping", "milk")
    assert not lists.remove("shopping", "milk")
    assert Lists(tmp_path).items("shopping") == ()


def test_clearing_says_how_many_went(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    lists.add("shopping", "milk")
    lists.add("shopping", "bread")
    assert lists.clear("shopping") == 2
    assert lists.clear("shopping") == 0
    assert Lists(tmp_path).items("shopping") == ()


def test_a_list_does_not_grow_for_ever(tmp_path: Path) -> None:
    full = {"shopping": [str(i) for i in range(MAX_ITEMS)]}
    (tmp_path / FILE).write_text(json.dumps(full))
    lists = Lists(tmp_path)
    assert not lists.add("shopping", "one more")


@pytest.mark.parametrize("text", ["", "[]", '{"shopping": "milk"}', '{"shopping": [1]}', "{"])
def test_a_file_of_somebody_else_is_set_aside_and_told(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    told: list[int] = []
    kept = Lists(tmp_path, lambda: told.append(1))
    assert told == [1]
    assert [p.read_text() for p in set_aside_before(tmp_path)] == [text]
    assert kept.add("shopping", "milk")
    assert Lists(tmp_path, lambda: told.append(1)).items("shopping") == ("milk",)
    assert told == [1]


def test_a_write_that_was_cut_short_leaves_the_old_list(tmp_path: Path) -> None:
    Lists(tmp_path).add("shopping", "milk")
    (tmp_path / ".lists.json.new").write_text('{"shopping": ["mi')
    assert Lists(tmp_path).items("shopping") == ("milk",)


def test_what_a_full_disk_did_not_take_was_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Lists(tmp_path)
    kept.add("shopping", "apples")

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(lists, "keep", full)
    changes: list[Callable[[], object]] = [
        lambda: kept.add("shopping", "milk"),
        lambda: kept.remove("shopping", "apples"),
        lambda: kept.clear("shopping"),
    ]
    for change in changes:
        with pytest.raises(OSError, match="no space"):
            change()
        assert kept.items("shopping") == Lists(tmp_path).items("shopping") == ("apples",)
