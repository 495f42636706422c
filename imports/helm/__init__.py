"""The installed bindings of the helm provider, found and loaded by imports/__init__.py."""
