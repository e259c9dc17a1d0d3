"""Résumés on paper: HTML for the printer, and PDF made by WeasyPrint in a process of its own.

The process gets everything it may read with its job, as bytes, so that it opens no address and no file whatever a résumé says.
It imports no Django, has no database, and ends when its time is over.
"""
