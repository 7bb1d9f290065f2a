"""The zip that a workflow left becomes SARIF logs. Pure: bytes in, bytes out, nothing is written.

Owns which files of it are logs. What a zip may be is for `plan.artifact`, what a log says for `given_sarif`.
"""

from __future__ import annotations

from reviewer.plan.artifact import MOST_VALUES, BadArtifact, unpack
from reviewer.scan.given_sarif import GivenSarif, is_sarif

SARIF, JSON = ".sarif", ".json"


def logs_of(content: bytes, name: str) -> tuple[GivenSarif, ...]:
    """Return the logs in the artifact called `name`: its *.sarif files, and the *.json files that are SARIF.

    Raises BadArtifact. Whether a *.sarif file is SARIF is told when it is read.
    """
    files = unpack(content, (SARIF, JSON))
    for path, raw in files.items():
        if raw.count(b",") > MOST_VALUES:
            raise BadArtifact(f"{path[-80:]!a} has more than {MOST_VALUES:,} values.")
    logs = [
        GivenSarif(name=f"{path} of artifact {name}", raw=raw)
        for path, raw in sorted(files.items())
        if path.endswith(SARIF) or is_sarif(raw)
    ]
    if not logs:
        raise BadArtifact("There is no SARIF in it: expected files such as results.sarif")
    return tuple(logs)
