"""Superset's settings for one machine: nothing listens beyond it, nothing is told to anybody, no result is kept."""

import os
from pathlib import Path

_state = Path(os.environ["SUPERSET_HOME"])

SECRET_KEY = (_state / "secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_state / 'superset.db'}"
# The default talks to servers outside for its look and for its pictures of the world.
CONTENT_SECURITY_POLICY_WARNING = False
LOGO_TARGET_PATH = "/superset/dashboard/year-on-year/"
APP_NAME = "SC-WRES"
# A new release is to be seen at once: no answer is kept. (Superset opens the database anew for each query.)
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
RATELIMIT_ENABLED = False
FEATURE_FLAGS = {"DASHBOARD_RBAC": False, "ENABLE_FACTORY_RESET_COMMAND": False}
