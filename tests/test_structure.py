"""The shape of the house: no circles, nothing too long to see at once, nobody writes in another.

What was over a goal when the goal was set is listed with its size, and may only shrink.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import device

FOLDER = Path(device.__file__).parent
LONGEST_FUNCTION, LONGEST_CLASS, LONGEST_FILE, MOST_ATTRIBUTES = 40, 200, 280, 10
CATALOGUES = {"errors.py", "config/speaker.py"}
"""Tables of one entry after another; they have no end."""
STILL_OVER = {
    "cli/fetch.py": 296,
    "ears/capture/follower.py Follower": 11,
    "ears/recognize/engines/whisper.py Whisper": 12,
    "hands/sound/player.py Player": 11,
    "ears/start.py live": 50,
    "data/ledgerwriter.py LedgerWriter": 11,
    "ears/capture/alsa.py Pcm": 11,
    "ears/capture/echo.py Echo": 18,
    "hands/guard.py Guard": 11,
    "hands/home/mqtt.py Broker": 15,
    "hands/home/homeassistant.py Assistant": 11,
    "hands/home/surroundings.py __init__": 46,
    "hands/wiring.py make": 58,
    "language/sentences.py _Merger": 11,
    "hands/sound/volume.py Volume": 12,
    "language/hearing.py Hearing": 11,
    "training/whispergraphs.py _GoingOn": 16,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Sizes = Iterator[tuple[str, int, int]]


def files() -> Iterator[tuple[str, ast.Module, int]]:
    for path in sorted(FOLDER.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield str(path.relative_to(FOLDER)), ast.parse(text), len(text.splitlines())


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def written(node: ast.AST) -> Iterator[ast.Attribute]:
    """Every attribute that is assigned to inside."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner


def sizes() -> Sizes:
    """What, how large, and how large it may be."""
    for name, tree, length in files():
        if name not in CATALOGUES:
            yield name, length, LONGEST_FILE
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                yield f"{name} {node.name}", lines(node), LONGEST_FUNCTION
            if isinstance(node, ast.ClassDef):
                own = {a.attr for a in written(node) if ast.unparse(a.value) == "self"}
                yield f"{name} class {node.name}", lines(node), LONGEST_CLASS
                yield f"{name} {node.name}", len(own), MOST_ATTRIBUTES


def test_nothing_is_too_long_to_be_seen_at_once_and_no_object_holds_everything() -> None:
    over = {what: size for what, size, most in sizes() if size > STILL_OVER.get(what, most)}
    assert over == {}


def test_what_is_no_longer_over_its_goal_is_taken_off_the_list() -> None:
    over = {what for what, size, most in sizes() if size > most}
    assert set(STILL_OVER) <= over


def graph() -> grimp.ImportGraph:
    return grimp.build_graph("device", exclude_type_checking_imports=False, cache_dir=None)


def test_no_import_runs_in_a_circle() -> None:
    """Modules that import nothing that is left are taken away until none is left."""
    imports = {
        m: graph_.find_modules_directly_imported_by(m)
        for graph_ in [graph()]
        for m in graph_.modules
    }
    while free := [m for m, others in imports.items() if not others & imports.keys()]:
        for module in free:
            del imports[module]
    assert not imports, "each of these is in a circle, or imports one that is"


@pytest.mark.parametrize("room", ["hands", "sockets", "owncommands", "language", "mind"])
def test_nobody_writes_attributes_of_another_rooms_objects(room: str) -> None:
    """A part that is handed something calls it; what it is made of is set where it is made."""
    known = {
        # libraries' objects, and the parts of one small thing
        *(
            "hands/home/mqttclient.py",
            "hands/home/homeassistant.py",
            "hands/home/mqtt.py",
            "hands/home/peers.py",
            "hands/state.py",
        ),
        *("language/lineyaml.py", "language/sentencefile.py", "language/soundalikes.py"),
        *("hands/sound/player.py", "hands/sound/mixers.py", "hands/timers/ringsound.py"),
        *("hands/home/presence.py", "hands/troubles.py"),
    }
    found = {
        f"{name}:{a.lineno} {ast.unparse(a)}"
        for name, tree, _ in files()
        if name.startswith(f"{room}/") and name not in known
        for a in written(tree)
        if ast.unparse(a.value) not in ("self", "cls")
    }
    assert found == set()


@pytest.mark.parametrize("name", ["LAST_NUMBER", "MAX_SLOTS", "SO_PEERGROUPS", "PR_SET_PDEATHSIG"])
def test_a_constant_has_one_home(name: str) -> None:
    homes = [
        file
        for file, tree, _ in files()
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id.lstrip("_") == name for t in node.targets)
    ]
    assert len(homes) == 1, homes
