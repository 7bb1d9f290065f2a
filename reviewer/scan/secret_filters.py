"""What Checkov's search for secrets would pass over without a word, and shall not. Runs only in the warm parent.

Whether a comment of the pull request may mute a secret is for the policy to say: `records` makes a skip of it.
"""

from __future__ import annotations

from typing import Any


def pass_over_nothing() -> None:
    """Have detect-secrets look at lines that ask to be let pass, and at YAML that makes its own reader stumble."""
    from detect_secrets.filters import allowlist
    from detect_secrets.transformers.exceptions import ParsingError
    from detect_secrets.transformers.yaml import YAMLTransformer

    allowlist.is_line_allowlisted = _is_line_allowlisted
    parse_file = YAMLTransformer.parse_file

    def parse_or_read_as_text(self: Any, file: Any) -> Any:
        try:
            return parse_file(self, file)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ParsingError from error

    YAMLTransformer.parse_file = parse_or_read_as_text


def _is_line_allowlisted(filename: str, line: str) -> bool:  # noqa: ARG001
    """Stand for detect-secrets' function of this name: it finds its parameters by theirs."""
    return False
