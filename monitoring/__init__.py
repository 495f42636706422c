"""What runs on the monitoring host: files that other tools read and check, and the Python that fills them in."""
