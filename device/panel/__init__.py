"""Button, lamp and the mute flag: neither sound of any kind nor network."""
