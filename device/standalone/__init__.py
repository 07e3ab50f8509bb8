"""Plays systemd's part for `run` and `demo`: processes, a virtual sound card, a rehearsal."""
