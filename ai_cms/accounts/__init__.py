"""People: accounts that log in by e-mail, prove their address, and can be thrown out. Needs the extra ``accounts``."""
