"""Rooms for Debian packages: bare roots of a suite and an architecture, to install into."""
