"""The gate for agents of others: a server for the Model Context Protocol, and the pages on which people decide.

It is an ordinary Django view: no lifespan, no session, one JSON answer for each POST.
"""

from __future__ import annotations
