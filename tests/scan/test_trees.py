"""Folders for trees: one a process, and none that outlives its process for long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reviewer.scan.trees import own_folder

HOLD_UNTIL_KILLED = """
import sys
from pathlib import Path
from reviewer.scan.trees import own_folder

with own_folder(Path(sys.argv[1])) as folder:
    (folder / "left").touch()
    print(folder.name, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_there_while_it_is_used_and_gone_afterwards(tmp_path: Path) -> None:
    with own_folder(tmp_path / "trees") as mine, own_folder(tmp_path / "trees") as other:
        assert mine != other
        assert mine.is_dir()
        assert other.is_dir()
    assert not list((tmp_path / "trees").glob("worker-*"))


def test_what_a_killed_process_left_goes_away_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_UNTIL_KILLED, str(tmp_path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as dead,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living,
    ):
        assert dead.stdout
        assert living.stdout
        of_dead, of_living = (tmp_path / p.stdout.readline().strip() for p in (dead, living) if p.stdout)
        dead.kill()
        dead.wait()
        (tmp_path / "from-before-folders-had-owners").mkdir()
        with own_folder(tmp_path):
            assert not of_dead.exists()
            assert not (tmp_path / "from-before-folders-had-owners").exists()
            assert (of_living / "left").exists()
        living.kill()
