"""What the kernel enforces on each process, and the proof of it."""
