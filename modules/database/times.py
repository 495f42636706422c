"""When AWS works on the database by itself, in UTC.

RDS takes no snapshot for AWS Backup in the hour before its own windows, nor in them: a copy that may start then fails.
The hour after them is left alone as well: AWS says "before" in one place, and "within" in another.
"""

AUTOMATED_BACKUP = "03:00-04:00"
MAINTENANCE = "sun:04:30-sun:05:30"
COPY = "cron(0 7 * * ? *)"
COPY_STARTS_WITHIN_MINUTES = 60
