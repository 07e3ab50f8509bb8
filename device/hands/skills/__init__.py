"""What the speaker can do: one module for each kind of thing, called through the permits table."""
