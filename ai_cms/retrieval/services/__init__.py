"""Every write of the app: passages when something is published, vectors afterwards."""
