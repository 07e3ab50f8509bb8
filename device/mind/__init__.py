"""Pure: no clock, file, thread, socket, log. The machine: a state and an event make the next."""
