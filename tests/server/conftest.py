from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from tests.durable import Hand, hand, settings_in


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Hand]:
    """What stands behind the web server: its database."""
    with hand(settings_in(tmp_path)) as behind:
        yield behind


@pytest.fixture
def client(behind: Hand) -> FlaskClient:
    """A client of the web application."""
    return create_app(behind.settings).test_client()


@pytest.fixture
def connection(behind: Hand) -> Iterator[sqlite3.Connection]:
    """The database, past everything of ours."""
    with closing(sqlite3.connect(behind.settings.data_dir / "plumbrule.db")) as connection:
        yield connection
