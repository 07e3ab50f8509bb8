"""The fourth process: starts the owner's own commands by number, and nothing else."""
