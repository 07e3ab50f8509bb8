"""The Debian package: `make deb SUITE=bookworm ARCH=arm64`, on any Debian machine.

Nothing of the other architecture is run. Its wheels are downloaded by pip, each pinned by hash
(`locks/`), and unpacked into a release as `sudo make install` makes one; the models are those of
the manifest. What has to be done on the machine itself (users, settings, drop-ins, the link to
the release in force) is done by the installer's own code, called by dpkg's scripts. Built twice
from one commit, the bytes are the same.
"""
