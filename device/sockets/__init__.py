"""Local sockets: one server, one client, one way to know who is at the other end."""
