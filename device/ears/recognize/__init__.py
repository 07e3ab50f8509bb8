"""From frames to an intent: a process made for one command, which dies with it."""
