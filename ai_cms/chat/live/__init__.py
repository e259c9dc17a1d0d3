"""WebSockets for conversations and rooms; needs Channels (the extra ``channels``), and everything else works without.

::

    routing.py    ─► the addresses, put beside Django in a site's asgi.py
    consumers.py  ─► one socket: who is there, what it says, how it ends
    proofs.py     ─► whose socket it is, asked again and again
    tailing.py    ─► what its person has not seen yet, read from the rows
    presence.py   ─► who is here, which nobody stores

A socket that sleeps holds no thread and no connection of the database.
"""
