"""The report: one HTML file that opens from disk, asks nothing of anybody and has no script.

It shows what the ledger holds and what doesn't exist to be shown. Its content policy forbids the
browser every request, so that even a fault in it could not tell anyone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from device.data import inventory
from device.data.export import LEFT_OUT
from device.data.forget import FLASH
from device.data.ledgerreader import Row, local, midnight
from device.data.proof import Proof
from device.data.report import charts
from device.data.report.facts import Facts, card
from device.seal.evidence import PROMISES

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LAST_ROWS = 20
WORST_FIRST = ("broken", "weaker", "not checked", "holds")


def page(facts: Facts) -> str:
    """The whole file."""
    style = (resources.files("device.data.report") / "report.css").read_text(encoding="utf-8")
    cards = "".join(
        (
            charts.days(facts), charts.hours(facts),
            charts.false_wakes(facts), charts.latency(facts),
            _kept(facts), _not_kept(facts), _proof(facts.proof), _troubles(facts), _last(facts),
        )
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(facts.speaker)}: what was taken in</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f'{_head(facts)}{_tiles(facts)}<div class="cards">{cards}</div>{_foot()}'
        "\n</main>\n</body>\n</html>\n"
    )


def _head(facts: Facts) -> str:
    sums = facts.view.summary(facts.since)
    first, last = local(facts.since), local(facts.now)
    if sums.activations:
        text = (
            f"In {facts.days} days {escape(facts.speaker)} took in"
            f" <em>{_amount(sums.seconds)}</em> of sound, and forgot all of it."
        )
    else:
        text = f"In {facts.days} days {escape(facts.speaker)} took in <em>no sound</em> at all."
    return (
        f'<header><p class="name">keepmum · report</p><h1>{text}</h1>'
        f'<p class="period">{first:%-d %B} to {last:%-d %B %Y}, made at {last:%H:%M}</p></header>'
    )


def _amount(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 180 else f"{minutes / 60:.1f} hours"


def _tiles(facts: Facts) -> str:
    view, now = facts.view, facts.now
    today = view.summary(midnight(now))
    shown = view.summary(facts.since)
    share = 86_400 * facts.days
    gap = shown.unseen or shown.unknown_gaps
    unseen = f"{shown.unseen}{'+' if shown.unknown_gaps else ''}" if gap else "0"
    tiles = [
        (
            "",
            str(today.activations),
            f"times woken today, {shown.activations} in {facts.days} days",
        ),
        ("", f"{shown.false_wakes / facts.days:.1f}", "false wakes a day"),
        ("", f"{100 * shown.seconds / share:.3f} %", "of the time taken in"),
        ("bad" if gap else "good", unseen, "activations the ledger did not see"),
    ]
    cells = "".join(
        f'<div class="tile {style}"><b>{value}</b><span>{text}</span></div>'
        for style, value, text in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _kept(facts: Facts) -> str:
    items = []
    for part in inventory.PARTS:
        note = facts.amounts.get(part.kind, "")
        if not note:
            continue
        if part.kind == "ledger":
            note += f", each row for {facts.keep_days} days"
        holds = escape(part.holds)
        if part.kind == "ledger" and facts.texts:
            holds += " <b>Texts of commands are switched on.</b>"
        items.append(f"<dt>{escape(part.kind)} <small>{note}</small></dt><dd>{holds}</dd>")
    content = f"<dl>{''.join(items)}</dl>" if items else '<p class="empty">Nothing yet.</p>'
    return card("What is kept", "On this speaker and nowhere else.", content)


def _not_kept(facts: Facts) -> str:
    items = {
        "Sound": "Before the wake word none is taken in; a command's is gone with the command.",
        "What was said": LEFT_OUT["what was said"],
        "Who said it": "No voice is told from another.",
        "Anything elsewhere": "No account, no server, no statistics sent to anybody.",
    }
    if facts.home:
        items["Anything elsewhere"] += (
            " Your home's broker is told states and kinds of commands, since the settings name one."
        )
    content = "".join(f"<dt>{name}</dt><dd>{escape(why)}</dd>" for name, why in items.items())
    return card(
        "What is not kept", "It can't be shown, sold, demanded or lost.", f"<dl>{content}</dl>"
    )


def _proof(proof: Proof | None) -> str:
    about = "The five promises, examined from outside by <code>keepmum prove</code>."
    if not proof:
        text = "Not examined yet. <code>sudo keepmum prove</code> takes a minute."
        return card("The last proof", about, f'<p class="empty">{text}</p>', wide=True)
    rows = "".join(_promise(number, proof["findings"]) for number in PROMISES)
    table = (
        '<div class="scroll"><table><thead><tr><th>promise</th><th class="phone-hidden">evidence'
        f"</th><th>verdict</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
    made = escape(str(proof.get("date", ""))[:16].replace("T", " "))
    return card("The last proof", f"{about} Made {made}.", table, wide=True)


def _promise(number: int, findings: Sequence[Mapping[str, Any]]) -> str:
    """A promise with what was seen, and the worst verdict of all looks at it."""
    of_it = [f for f in findings if f.get("promise") == number]
    verdicts = [str(f.get("verdict")) for f in of_it]
    worst = next((v for v in WORST_FIRST if v in verdicts), "not checked")
    style = {"holds": "good", "broken": "bad"}.get(worst, "weak")
    telling = [f for f in of_it if f.get("verdict") == worst]
    evidence = "<br>".join(
        f"{escape(str(f.get('what')))}: {escape(str(f.get('evidence')))}" for f in telling[:3]
    )
    more = f"<br>and {len(telling) - 3} more" if len(telling) > 3 else ""
    return (
        f'<tr><td class="wrap">{escape(PROMISES[number])}</td>'
        f'<td class="wrap phone-hidden">{evidence}{more}</td>'
        f'<td><span class="verdict {style}">{worst}</span></td></tr>'
    )


def _troubles(facts: Facts) -> str:
    lines = [
        (g.at, "not seen", f"{'an unknown number of' if g.count is None else g.count} activations")
        for g in facts.view.gaps if g.at >= facts.since
    ]  # fmt: skip
    lines += [(t.at, "fault", t.name) for t in facts.view.troubles if t.at >= facts.since]
    about = "Gaps in the ears' running numbers, and faults that the ears told."
    if not lines:
        return card("Gaps and faults", about, '<p class="empty">None.</p>', wide=True)
    rows = "".join(
        f"<tr><td>{local(at):%-d %b %H:%M}</td><td>{kind}</td>"
        f'<td class="wrap">{escape(text)}</td></tr>'
        for at, kind, text in sorted(lines)[-LAST_ROWS:]
    )
    return card(
        "Gaps and faults", about, f'<div class="scroll"><table>{rows}</table></div>', wide=True
    )


def _last(facts: Facts) -> str:
    rows = "".join(
        f"<tr><td>{local(r.at):%-d %b %H:%M:%S}</td><td>{escape(r.word or '?')}</td>"
        f'<td class="wrap">{escape(r.text or r.done)}</td>'
        f'<td class="num">{(r.tenths or 0) / 10:.1f} s</td>'
        f'<td class="num phone-hidden">{_forgotten(r)}</td></tr>'
        for r in reversed(facts.rows[-LAST_ROWS:])
    )
    if not rows:
        return card(
            "The last rows", "One for each activation.", '<p class="empty">None.</p>', wide=True
        )
    table = (
        '<div class="scroll"><table><thead><tr><th>woken</th><th>by</th><th>what came of it</th>'
        '<th class="num">taken in</th><th class="num phone-hidden">forgotten after</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )
    about = "All of them: <code>keepmum ledger --days 30</code>."
    return card("The last rows of the ledger", about, table, wide=True)


def _forgotten(row: Row) -> str:
    return "" if row.forgotten is None else f"{(row.forgotten - row.at) / 1000:.1f} s"


def _foot() -> str:
    flash = re.sub(r"`(.*?)`", r"<code>\1</code>", escape(FLASH))
    return (
        "<footer><p>To end any of it: <code>keepmum forget</code>. To take it along:"
        f" <code>keepmum export</code>.</p><p>{flash}</p></footer>"
    )
