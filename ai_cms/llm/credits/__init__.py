"""Credits: accounts and entries, what a call holds, what it costs in the end."""
