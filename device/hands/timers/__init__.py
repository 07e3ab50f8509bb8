"""Timers and alarms: their table, and whatever rings."""
