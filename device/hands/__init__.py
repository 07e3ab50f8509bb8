"""The action path, top to bottom. Hands can reach and cannot hear: no capture device."""
