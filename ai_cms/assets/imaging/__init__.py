"""Decoding and encoding of pictures, in a process of its own.

Nothing here imports Django: the worker starts in a fraction of the time, and what a picture does to a decoder it does to
a process that holds no data, no connection and no more memory and time than it is given. :mod:`.client` is the side of the
web process.
"""
