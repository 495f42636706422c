"""The installed bindings of the kubernetes provider, found and loaded by imports/__init__.py."""
