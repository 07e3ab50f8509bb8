"""The last result of `keepmum prove`, kept for the report."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from device.data.inventory import PROOF_FILE, keep

Proof = Mapping[str, Any]
"""{"date": ISO time, "findings": [{"promise", "what", "evidence", "verdict"}, ...]}"""


def remember(state: Path, findings: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Keep a result in the state folder, as its owner's; where there is no such folder, nowhere."""
    if not state.is_dir() or not os.access(state, os.W_OK):
        return
    proof = {"date": now.isoformat(timespec="seconds"), "findings": list(findings)}
    path = state / PROOF_FILE
    keep(path, json.dumps(proof, ensure_ascii=False, indent=1).encode())
    if os.geteuid() == 0:
        owner = state.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def last(state: Path) -> Proof | None:
    """The last result; None if there is none, or none that can be read."""
    try:
        proof = json.loads((state / PROOF_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return proof if isinstance(proof, dict) and isinstance(proof.get("findings"), list) else None
