"""From a sound card, a file or a pipe to 80 ms frames, and the echo taken out of them."""
