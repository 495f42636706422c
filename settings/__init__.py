"""Every input of the platform: read once from environments/<name>.yaml, then frozen.

aws.py, cluster.py, database.py and monitoring.py say what may be written, environment.py what has to fit together;
values.py has the kinds of values, offered.py what AWS is known to have, messages.py the texts of errors, and names.py
what follows: physical names and addresses.
"""

from settings.environment import Settings
from settings.loading import SettingsError, load_settings, warnings_of

__all__ = ["Settings", "SettingsError", "load_settings", "warnings_of"]
