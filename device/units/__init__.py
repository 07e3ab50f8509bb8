"""systemd units, users and folders, as data."""
