"""Pure: no clock, file, thread, socket or log. What is heard becomes what is meant here."""
