"""After a review: no token and no key lies in any file of ours, the database included, or was in any argument."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.world import OPEN_SSH, World


def _arguments(stop: threading.Event, seen: set[bytes]) -> None:
    while not stop.wait(0.005):
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(process.read_bytes())
            except OSError:
                continue


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="arguments are read from /proc")
def test_no_token_and_no_key_is_kept_or_shown(world: World) -> None:
    stop, seen = threading.Event(), set[bytes]()
    watcher = threading.Thread(target=_arguments, args=(stop, seen))
    watcher.start()
    try:
        world.review({"ssh.tf": OPEN_SSH})
    finally:
        stop.set()
        watcher.join()
    github = world.github
    secrets = [*github.state.tokens, github.webhook_secret, github.private_key.split("\n")[3]]
    assert len(secrets) > 2
    assert any(b"git" in arguments for arguments in seen)
    kept = {path: path.read_bytes() for path in world.house.settings.data_dir.rglob("*") if path.is_file()}
    assert any(path.suffix == ".db" or b"SQLite" in content[:16] for path, content in kept.items())
    places = [*kept.items(), *((arguments[:40], arguments) for arguments in seen)]
    assert [place for place, content in places for secret in secrets if secret.encode() in content] == []
