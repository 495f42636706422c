"""What scanners say about all that is synthesized, rendered and written here, and why some of it stays as it is."""
