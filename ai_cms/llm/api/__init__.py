"""The REST routes of calls, credits, backends and runs."""
