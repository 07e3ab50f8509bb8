"""keepmum devices: the sound cards, by names that stay, and what the services would open.

Each is tried as the user that would open it. `--choose` writes down what `default` stands for.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from device import config, portaudio, soundcards
from device.cli.run import ConfigFile
from device.config import Config
from device.errors import CannotWrite, KeepmumError
from device.soundcards import NOUNS, Card, Kind, State

app = typer.Typer()
USERS: dict[Kind, str] = {"Input": "keepmum-ears", "Output": "keepmum-hands"}
GROUP = "audio"


@app.command("devices")
def devices(
    config_file: ConfigFile = None,
    choose: Annotated[
        bool, typer.Option("--choose", help="Write down what `default` stands for.")
    ] = False,
    microphone: Annotated[str, typer.Option(help="With --choose: this microphone.")] = "",
    loudspeaker: Annotated[str, typer.Option(help="With --choose: this loudspeaker.")] = "",
) -> None:
    """The microphones and loudspeakers that there are, and which the speaker uses."""
    settings, console = config.load(config_file), Console()
    if choose or microphone or loudspeaker:
        _choose(settings, {"Input": microphone, "Output": loudspeaker})
    for kind in NOUNS:
        _show(console, settings, kind)


def wanted(settings: Config, kind: Kind) -> str | int:
    """What the settings say."""
    return settings.microphone.device if kind == "Input" else settings.sound.device


def in_use(settings: Config, kind: Kind) -> Card | None:
    """The card that the service would open; None for a sound server's. Raises KeepmumError."""
    chosen = soundcards.chosen(settings.service.cards).get(NOUNS[kind], "")
    return soundcards.meant(kind, wanted(settings, kind), chosen)


def _choose(settings: Config, named: dict[Kind, str]) -> None:
    """Write down both: what is named; else what was chosen before; else the likeliest."""
    file = settings.service.cards
    chosen = soundcards.chosen(file)
    beside: Card | None = None
    for kind in NOUNS:
        there = soundcards.cards(kind)
        if named[kind]:
            card = soundcards.meant(kind, named[kind], "", there)
            if card is None:
                raise soundcards.absent(kind, named[kind], there)
        elif NOUNS[kind] in chosen:
            continue  # it may be away: it is waited for
        else:
            card = soundcards.best(kind, there, beside)
        if card is not None:
            chosen[NOUNS[kind]] = card.name
            beside = card
    if not chosen:
        return
    try:
        soundcards.choose(file, chosen)
    except OSError as error:
        raise CannotWrite(file=file, why=error.strerror) from error


def _show(console: Console, settings: Config, kind: Kind) -> None:
    """One kind: every device, whether its user may open it now, and which is meant."""
    noun = NOUNS[kind]
    console.print(f"[bold]{noun}s[/bold]   [dim]settings: {wanted(settings, kind)}")
    try:
        meant = in_use(settings, kind)
        trouble = ""
    except KeepmumError as error:
        meant, trouble = None, f"{error} {error.remedy}"
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for card in soundcards.cards(kind):
        state, user = tried(card)
        mark = "[bold green]→[/bold green]" if card == meant else " "
        colour = {State.FREE: "green", State.BUSY: "yellow"}.get(state, "red")
        told = f"[{colour}]{state.value}[/{colour}] [dim](tried as {user})[/dim]"
        table.add_row(mark, card.name, escape(card.product), told)
    if table.row_count:
        console.print(table)
    if trouble:
        console.print(f"  [red]{escape(trouble)}", highlight=False)
    elif meant is None:
        console.print("  through a sound server or a name of ALSA's configuration:")
        for _, name in portaudio.listed(kind):
            console.print(f"    {escape(name)}", highlight=False)


def tried(card: Card) -> tuple[State, str]:
    """Whether the user that would open it can, now; and who that was."""
    mine = pwd.getpwuid(os.getuid()).pw_name
    try:
        user = pwd.getpwnam(USERS[card.kind])
        group = grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return card.state(), mine
    if os.getuid() != 0:
        return card.state(), mine

    def look() -> int:
        os.setgroups([group])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        return list(State).index(card.state())

    return list(State)[_in_a_child(look)], user.pw_name


def _in_a_child(work: Callable[[], int]) -> int:
    """The small number that `work` gives in a process of its own."""
    pid = os.fork()
    if pid == 0:
        code = list(State).index(State.DENIED)
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
