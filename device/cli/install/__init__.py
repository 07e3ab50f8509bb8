"""keepmum install, uninstall: users, environment, models, settings and units, put in place.

`sudo make install` runs this with the system's Python before anything else is there, so it uses
the standard library alone. It may be run again at any time, and does what is left to do.
"""
