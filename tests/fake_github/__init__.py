"""A stateful GitHub on loopback: real git, real HTTP, GitHub's own refusals.

`state` holds, `routes` serve, `people` act.

Needs only what the product needs (flask, werkzeug, pyjwt, cryptography, git), so that the demo can use it too.
"""

from tests.fake_github.server import FakeGitHub

__all__ = ["FakeGitHub"]
