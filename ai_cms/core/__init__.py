"""Settings, swapping, registries, permissions and the REST ground that every app stands on."""
