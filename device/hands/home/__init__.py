"""The LAN: broker, music server, other speakers. The one room that names network libraries."""
