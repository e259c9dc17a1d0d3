"""Conversations from elsewhere: other programs' export files and our own, as one neutral tree.

::

    export = read_export(raw)             # ChatGPT's conversations.json, LibreChat's export, ours
    export.source, export.conversations, export.dropped

Nothing here touches a database. What a file holds and a conversation here cannot is named in ``dropped``, by conversation.
"""
