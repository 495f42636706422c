"""The installed bindings of the aws provider, found and loaded by imports/__init__.py."""
