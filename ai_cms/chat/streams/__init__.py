"""The events of a chat's run in the words of other projects' clients.

::

    run's rows ─► events.py   what happened, as values
               ─► order.py    the same in an order that every client accepts: what is opened is closed
               ─► ai_sdk.py   parts of the AI SDK's UI message stream (v1)
                  ag_ui.py    events of AG-UI (1.0)
               ─► frames.py   numbered, so that a client may leave at any place and come back there
               ─► serving.py  Server-Sent Events, or JSON for those who ask again and again

Nothing is generated and nothing is kept here: the same rows give the same frames, to the byte. ``incoming.py`` reads what
those clients send.
"""
