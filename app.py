"""The web server's composition root: settings in, Flask application out, nothing else."""

from __future__ import annotations

import os
import sys

from flask import Flask

from reviewer.errors import Misconfigured
from reviewer.jobs import Queue
from reviewer.logs import configure_logs
from reviewer.server.pages import answer_in_json, build_pages
from reviewer.server.webhook import MAX_BODY_BYTES, build_webhook
from reviewer.settings import Settings, read_settings
from reviewer.store import Store, open_engine

WEB_WAIT_SECONDS = 5.0  # for a lock or a connection; GitHub waits 10 s for the answer
GUNICORN_STOPS = 4  # the exit code after which gunicorn does not start the process again


def create_app(settings: Settings) -> Flask:
    """Return the web application. Opens no connection: it starts, and answers 503, while the database is away."""
    app = Flask("plumbrule", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    engine = open_engine(settings, wait_seconds=WEB_WAIT_SECONDS)
    store = Store(engine)
    app.register_blueprint(build_webhook(settings.webhook_secrets, store, Queue(engine)))
    app.register_blueprint(build_pages(store))
    answer_in_json(app)
    return app


def create_app_from_environment() -> Flask:
    """Return the web application for gunicorn; says what is wrong with the environment and stops if it is."""
    try:
        settings = read_settings(os.environ)
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(GUNICORN_STOPS)
    configure_logs(settings.log_level, (settings.private_key, *settings.webhook_secrets))
    return create_app(settings)
