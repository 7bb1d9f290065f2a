"""How gunicorn runs the web server. Any setting can be overridden without editing, by GUNICORN_CMD_ARGS."""

import os
import sys
from pathlib import Path
from typing import Any

import gunicorn

from reviewer.errors import Misconfigured
from reviewer.settings import read_settings

try:
    _settings = read_settings(os.environ)
except Misconfigured as error:
    sys.exit(str(error))

bind = f"0.0.0.0:{_settings.port}"
wsgi_app = "app:create_app_from_environment()"

# A request is one HMAC and one transaction: it waits for the disk and hardly computes, so threads. An SQLite file has
# one writer: within a process threads share its transactions, while a second process would only compete for the lock
# (measured at 200 deliveries a second: p99 three times as long).
worker_class = "gthread"
workers, threads = (1, 16) if _settings.database_url.startswith("sqlite") else (2, 8)

# GitHub waits 10 s for an answer. A worker that did not answer for 30 s is stuck.
timeout = 30
graceful_timeout = 15
keepalive = 5

# Bodies are limited to 25 MB by the application; these are for what comes before the body.
limit_request_line = 2048
limit_request_fields = 64
limit_request_field_size = 8190

# The heartbeat file of a worker must not wait for a disk.
if Path("/dev/shm").is_dir():  # noqa: S108 (made by gunicorn with a random name and mode 600)
    worker_tmp_dir = "/dev/shm"  # noqa: S108

accesslog = None  # every delivery is a line of ours
errorlog = "-"
loglevel = "warning"
proc_name = "plumbrule"
gunicorn.SERVER = "plumbrule"  # the Server header, without a version


def pre_request(_worker: object, request: Any) -> None:
    """Let no client hold a thread by sending its body slowly: 10 s of silence end the connection."""
    request.unreader.sock.settimeout(10)
