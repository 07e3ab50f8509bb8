"""Text to speech: the voice's process, replies and their values in words."""
