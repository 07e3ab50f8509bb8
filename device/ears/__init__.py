"""The audio path, top to bottom. Ears can hear and cannot reach: no network, no disk, no exec."""
