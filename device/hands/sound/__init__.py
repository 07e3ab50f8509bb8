"""The loudspeaker: sinks, chimes, the player, the volume."""
