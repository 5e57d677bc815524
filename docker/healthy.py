"""Exits with 0 if the web process in this container answers its health check."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

# The site answers only to its own name.
host = urlsplit(os.environ["PODIUM_BASE_URL"]).hostname or "localhost"
request = urllib.request.Request("http://127.0.0.1:8000/healthz", headers={"Host": host})
with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310 (http, above)
    sys.exit(answer.status != 200)
