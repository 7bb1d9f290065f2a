"""Takes the secrets out of a plan, before anything leaves the sandbox.

Owns where a plan can hold a value: Terraform keeps sensitive ones in clear in its JSON, and marks them beside it. What
is marked, what the provider's schema calls sensitive, what is named like a secret and what looks like one goes; so does
the same text anywhere else. Objects, lists, true and false stay, and a policy in a string stays JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from reviewer.masking import MASK, mask_known, mask_secrets
from reviewer.tfplan import bounds
from reviewer.tfplan.secret_names import NAME_KEYS, SENSITIVE, VALUE_KEYS, is_digest, is_public, is_secret
from reviewer.tfplan.spread import Spread, spread

SensitivePaths = Callable[[str], Collection[str]]
"""Resource type -> its sensitive attributes as dotted paths without indexes: "password", "auth.token"."""

_MAX_INNER = 1 << 20  # characters of a string that may be JSON itself
_MAX_INNER_DEPTH = 30
_MAX_NESTING = 2  # JSON in a string of JSON in a string

_KEYS = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
_MARKS = {"before": "before_sensitive", "after": "after_sensitive", "values": "sensitive_values"}
_DATA = frozenset(("values", "before", "after", "value", "default", "constant_value", "problems", "generated_config"))
_STRUCTURE_KEYS = """
    address module_address previous_address type name mode index deposed provider_name provider_config_key full_name
    alias references source version_constraint action_reason actions format_version terraform_version timestamp
    to_display status kind module depends_on resource attribute replace_paths reason action
"""
_STRUCTURE = frozenset(_STRUCTURE_KEYS.split())
"""Keys of a plan whose text names things. In the values of a resource they are keys like any other."""


class _At(NamedTuple):
    """Where a value stands, and what is known of it from there. A tuple, because every value needs one."""

    name: str = ""  # the nearest key
    forced: bool = False  # sensitive, whatever it is
    secret: bool = False  # named like a secret
    data: bool = False  # in the values of something, not in the plan's own form
    mark: Any = None  # Terraform's marks: true, or the shape of the value
    schema: Any = None  # the schema's: true, or an object by name; lists are passed through
    nesting: int = 0  # how many strings of JSON it stands in


@dataclass(frozen=True, slots=True)
class _Visit:
    """What becomes of a value that holds no others, and of a label: a key, or a name in the plan's own form."""

    leaf: Callable[[Any, _At], Any]
    label: Callable[[str], str]


def redact(document: dict[str, Any], sensitive: SensitivePaths = lambda _: ()) -> dict[str, Any]:
    """Return `document` without secrets; doing it twice changes nothing more.

    A whole value becomes SENSITIVE, a part of a longer text `****`. Raises PlanFormatError for what is beyond the
    limits of `bounds`, and for so many sensitive values that they cannot be looked for everywhere.
    """
    bounds.check(document)
    root = _At(schema=_declared(document))
    secrets: set[str] = set()
    others: dict[str, None] = {}
    _Walk(visit=_collecting(secrets, others), sensitive=sensitive).object(document, root)
    return _Walk(visit=_redacting(spread(secrets, others)), sensitive=sensitive).object(document, root)


def _collecting(secrets: set[str], others: dict[str, None]) -> _Visit:
    """Learn the secrets, and all other text. Of a policy that is sensitive as a whole "Allow" is no secret."""

    def leaf(value: Any, at: _At) -> Any:
        if isinstance(value, str) and value != SENSITIVE:
            if not _is_sensitive(value, at):
                others[value] = None
            elif at.secret or not at.nesting:
                secrets.add(value)
        return value

    def label(text: str) -> str:
        others[text] = None
        return text

    return _Visit(leaf=leaf, label=label)


def _redacting(known: Spread) -> _Visit:
    def leaf(value: Any, at: _At) -> Any:
        if _is_sensitive(value, at):
            return SENSITIVE
        if not isinstance(value, str) or value == SENSITIVE:
            return value
        text = known.taken_out(value)
        text = mask_known(text) if is_digest(at.name) else mask_secrets(text)
        return SENSITIVE if text == MASK else text

    return _Visit(leaf=leaf, label=lambda text: mask_secrets(known.parts_taken_out(text)))


def _is_sensitive(value: Any, at: _At) -> bool:
    if value is None or isinstance(value, bool) or value == "":
        return False
    return at.forced or (at.secret and not (isinstance(value, str) and is_public(value)))


@dataclass(frozen=True, slots=True)
class _Walk:
    """One way through a document, which comes out as it went in but for what `visit` makes of it."""

    visit: _Visit
    sensitive: SensitivePaths

    def value(self, value: Any, at: _At) -> Any:
        if isinstance(at.mark, dict | list) and type(at.mark) is not type(value):
            # Marks of another shape than the value: rather too much than too little.
            at = at._replace(mark=None, forced=at.forced or _holds_true(at.mark))
        if isinstance(value, dict):
            return self.object(value, at)
        if isinstance(value, list):
            return [self.value(item, _item(at, nth)) for nth, item in enumerate(value)]
        return self.text(value, at) if isinstance(value, str) else self.visit.leaf(value, at)

    def object(self, value: Mapping[str, Any], at: _At) -> dict[str, Any]:
        schemas = _schemas(value, at, self.sensitive)
        pair = _is_named_secret(value)
        declared = not at.data and value.get("sensitive") is True
        found: dict[str, Any] = {}
        for key, item in value.items():
            if item is None or isinstance(item, bool):  # never a secret, and most of a plan
                found[self.key(key, at, found)] = item
                continue
            inner = _member(at, key, schemas.get(key))
            if key in VALUE_KEYS and (pair or declared or at.secret):
                inner = inner._replace(secret=inner.secret or pair or at.secret, forced=inner.forced or declared)
            if not at.data and key in _MARKS:
                mark = value.get(_MARKS[key])
                inner = inner._replace(mark=mark, forced=inner.forced or mark is True)
            found[self.key(key, at, found)] = self.value(item, inner)
        return found

    def key(self, key: str, at: _At, taken: Mapping[str, Any]) -> str:
        """Return a key, which in a map of somebody's may be a secret itself. Two stay two."""
        new = self.visit.label(key) if at.data else key
        while new != key and new in taken:
            new += "'"
        return new

    def text(self, value: str, at: _At) -> Any:
        """Return a string; if it is JSON itself, with its values redacted and still JSON."""
        if not at.data and at.name in _STRUCTURE:
            return self.name(value, at)
        inner = _parsed(value) if at.nesting < _MAX_NESTING else None
        if inner is None:
            return self.visit.leaf(value, at)
        around = _At(name=at.name, forced=_is_sensitive(value, at), data=True, nesting=at.nesting + 1)
        redacted = self.value(inner, around)
        same = redacted == inner
        return value if same else json.dumps(redacted, separators=(",", ":"), ensure_ascii=False)

    def name(self, value: str, at: _At) -> str:
        """Return a name of the plan's own; the keys of `for_each` in it are somebody's."""
        if at.name == "index":
            return self.visit.label(value)
        return _KEYS.sub(lambda key: f'["{self.visit.label(key[1])}"]', mask_secrets(value))


def _member(at: _At, key: str, schema: Any) -> _At:
    mark = at.mark.get(key) if isinstance(at.mark, dict) else at.mark
    return _At(
        name=key,
        forced=at.forced or mark is True or schema is True,
        secret=is_secret(key),
        data=at.data or key in _DATA,
        mark=mark,
        schema=schema,
        nesting=at.nesting,
    )


def _item(at: _At, nth: int) -> _At:
    """Return where the item of a list is: it has the name of the list, and its schema."""
    if not isinstance(at.mark, list):
        return at
    mark = at.mark[nth] if nth < len(at.mark) else None
    return at._replace(mark=mark, forced=at.forced or mark is True)


def _is_named_secret(value: Mapping[str, Any]) -> bool:
    """Whether an object has a name beside its value, and it is a secret's: {name = "DB_PASSWORD", value = "..."}."""
    for key in NAME_KEYS:
        name = value.get(key)
        if isinstance(name, str) and is_secret(name):
            return True
    return False


def _holds_true(mark: Any) -> bool:
    if isinstance(mark, dict | list):
        return any(map(_holds_true, mark.values() if isinstance(mark, dict) else mark))
    return mark is True


def _parsed(text: str) -> Any:
    """Return the object or list that `text` is in JSON, None if it is none, or deeper than anybody writes by hand."""
    if len(text) > _MAX_INNER or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if bounds.is_shallow(value, _MAX_INNER_DEPTH) else None


def _schemas(value: Mapping[str, Any], at: _At, sensitive: SensitivePaths) -> Mapping[str, Any]:
    """Return what is declared sensitive below each key of an object."""
    if at.data:
        return at.schema if isinstance(at.schema, dict) else {}
    found = dict(at.schema) if isinstance(at.schema, dict) else {}
    type_ = value.get("type")
    if isinstance(type_, str) and ("change" in value or "values" in value or "expressions" in value):
        tree = _tree(sensitive(type_))
        found |= {"values": tree, "expressions": tree, "change": {"before": tree, "after": tree}}
    elif isinstance(value.get("module"), dict):  # a call: its arguments are the variables of the module
        found["expressions"] = dict.fromkeys(_sensitive_names(value["module"].get("variables")), True)
    return found


def _tree(paths: Collection[str]) -> dict[str, Any]:
    """Return dotted paths as nested objects with true at their ends."""
    tree: dict[str, Any] = {}
    for path in paths:
        at = tree
        *outer, last = path.split(".")
        for name in outer:
            at = at.setdefault(name, {}) if isinstance(at, dict) else {}
        if isinstance(at, dict):
            at[last] = True
    return tree


def _declared(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the root module declares sensitive: variables and outputs, which have their values elsewhere."""
    module = _object(_object(document.get("configuration")).get("root_module"))
    outputs: dict[str, Any] = dict.fromkeys(_sensitive_names(module.get("outputs")), True)
    return {
        "variables": {name: {"value": True} for name in _sensitive_names(module.get("variables"))},
        "output_changes": {name: {"before": True, "after": True} for name in outputs},
        "planned_values": {"outputs": {name: {"value": True} for name in outputs}},
        "prior_state": {"values": {"outputs": {name: {"value": True} for name in outputs}}},
    }


def _sensitive_names(declarations: Any) -> Iterable[str]:
    return [name for name, one in _object(declarations).items() if _object(one).get("sensitive") is True]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
