"""Superset's settings for one machine: nothing is told to anybody, and no answer is kept."""

import os
from pathlib import Path

_state = Path(os.environ["SUPERSET_HOME"])

APP_NAME = "SC-WRES"
LOGO_TARGET_PATH = "/superset/dashboard/year-on-year/"
SECRET_KEY = (_state / "secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_state / 'superset.db'}"
# A new release is to be seen at once. (Superset opens the published database anew for each query.)
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
# The browser may talk to this server alone; by default Superset's pages may ask for maps and count their visitors.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
