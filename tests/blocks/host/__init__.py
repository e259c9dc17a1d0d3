"""An app of a host project that keeps documents on models of its own."""
