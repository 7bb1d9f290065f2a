"""What Rego's built-in functions mean here: which the engine has, which we add, which are refused. Pure.

The engine (regorus) ends an evaluation when a built-in gets a value of the wrong type, where OPA makes the expression
undefined and goes on (OPA, "Policy Language", Errors). Plans are full of nulls, so calls are redirected to functions
of a library in Rego, which ask for the types first. Invalid patterns, layouts and units still end it: loudly.
"""

from __future__ import annotations

import re

PACKAGE = "plumbrule"
"""The library's package; policies may not use the name."""

REFUSED = {
    "http.send": "policies cannot reach the network",
    "opa.runtime": "policies cannot see where they run",
}
"""Built-ins that the engine answers with nothing at all, so that a policy would silently never hold."""

_CONDITIONS = {
    "s": "is_string({})",
    "n": "is_number({})",
    "a": "is_array({})",
    "t": "is_set({})",
    "o": "is_object({})",
    "L": "type_name({}) in {{`array`, `set`}}",
    "C": "type_name({}) in {{`array`, `set`, `object`, `string`}}",
    "S": "type_name({}) in {{`array`, `set`, `string`}}",
    "N": "count([true | some e in {}; not is_number(e)]) == 0",
    "T": "count([true | some e in {}; not is_string(e)]) == 0",
    "j": "json.is_valid({})",
    "y": "yaml.is_valid({})",
    "v": "semver.is_valid({})",
    "b": "base64.is_valid({})",
    "c": "net.cidr_is_valid({})",
    "i": "valid_address({})",
    "x": "",
}
"""What may be asked of an argument, by a letter."""

GUARDED = {
    **dict.fromkeys(("abs", "ceil", "floor", "round"), "n"),
    **dict.fromkeys(("lower", "upper", "trim_space", "strings.reverse", "json.is_valid", "yaml.is_valid"), "s"),
    **dict.fromkeys(("base64.encode", "base64url.encode", "hex.encode", "urlquery.encode", "regex.is_valid"), "s"),
    **dict.fromkeys(("base64url.decode", "hex.decode", "urlquery.decode", "units.parse", "units.parse_bytes"), "s"),
    **dict.fromkeys(("time.parse_rfc3339_ns", "glob.quote_meta", "net.cidr_is_valid", "base64.is_valid"), "s"),
    **dict.fromkeys(("contains", "startswith", "endswith", "indexof", "indexof_n", "split", "regex.match"), "s s"),
    **dict.fromkeys(("trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix", "regex.split"), "s s"),
    **dict.fromkeys(("replace", "regex.replace"), "s s s"),
    **dict.fromkeys(("bits.and", "bits.or", "bits.xor", "bits.lsh", "bits.rsh", "numbers.range", "format_int"), "n n"),
    **dict.fromkeys(("sum", "product"), "LN"),
    **dict.fromkeys(("max", "min", "sort"), "L"),
    **dict.fromkeys(("intersection", "union"), "t"),
    **dict.fromkeys(("object.filter", "object.remove", "json.filter", "json.remove"), "o x"),
    **dict.fromkeys(("strings.any_prefix_match", "strings.any_suffix_match"), "S S"),
    **dict.fromkeys(("regex.find_n", "regex.find_all_string_submatch_n"), "s s n"),
    "array.concat": "a a",
    "array.reverse": "a",
    "array.slice": "a n n",
    "base64.decode": "sb",
    "concat": "s LT",
    "count": "C",
    "glob.match": "s x s",
    "json.unmarshal": "sj",
    "net.cidr_contains": "sc si",
    "object.get": "o x x",
    "object.keys": "o",
    "object.union": "o o",
    "semver.compare": "sv sv",
    "sprintf": "s a",
    "strings.count": "s s",
    "strings.replace_n": "o s",
    "substring": "s n n",
    "yaml.unmarshal": "sy",
}
"""What each argument must be."""

ADDED = {
    "to_number": """
{}(x) := to_number(x) if type_name(x) in {{`null`, `boolean`, `number`}}
{}(x) := to_number(x) if {{ is_string(x); regex.match(`^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$`, x) }}
""",
    "net.cidr_intersects": """
{}(a, b) if {{ valid_cidrs(a, b); net.cidr_contains(a, b) }}
{}(a, b) if {{ valid_cidrs(a, b); net.cidr_contains(b, a) }}
{}(a, b) := false if {{ valid_cidrs(a, b); not net.cidr_contains(a, b); not net.cidr_contains(b, a) }}
""",
    "any": "{}(xs) := true in xs if type_name(xs) in {{`array`, `set`}}\n",
    "all": """
{}(xs) := held if {{
    type_name(xs) in {{`array`, `set`}}
    others := [x | some x in xs; x != true]
    held := count(others) == 0
}}
""",
    "re_match": "{}(pattern, x) := regex.match(pattern, x) if {{ is_string(pattern); is_string(x) }}\n",
    "set_diff": "{}(a, b) := a - b if {{ is_set(a); is_set(b) }}\n",
    "cast_array": "{}(xs) := made if {{ type_name(xs) in {{`array`, `set`}}; made := [x | some x in xs] }}\n",
    "cast_set": "{}(xs) := made if {{ type_name(xs) in {{`array`, `set`}}; made := {{x | some x in xs}} }}\n",
    "cast_string": "{}(x) := x if is_string(x)\n",
    "cast_boolean": "{}(x) := x if is_boolean(x)\n",
    "cast_object": "{}(x) := x if is_object(x)\n",
}
"""Written by us: what the engine lacks, most of it deprecated in OPA and common in older policies."""

_HELPERS = """package plumbrule

present(x) if { x != false; x != null; x != [] }

quoted(x) := json.marshal(x)

valid_address(x) if net.cidr_is_valid(x)
valid_address(x) if net.cidr_is_valid(concat(`/`, [x, `32`]))

valid_cidrs(a, b) if { is_string(a); is_string(b); net.cidr_is_valid(a); net.cidr_is_valid(b) }
"""

PRESENT = f"data.{PACKAGE}.present"
"""Tells whether a value is anything but false, null and []: a provider plans the last two for what nobody wrote."""

QUOTED = f"data.{PACKAGE}.quoted"


def redirected(name: str) -> str | None:
    """Return the function of the library to be called instead of the built-in `name`, None where there is none."""
    return f"data.{PACKAGE}.{_own_name(name)}" if name in GUARDED or name in ADDED else None


def library() -> str:
    """Return the library, in Rego v1."""
    guarded = (_guard(name, arguments.split()) for name, arguments in GUARDED.items())
    added = (text.replace("{}(", f"{_own_name(name)}(").format() for name, text in ADDED.items())
    return "\n".join([_HELPERS, *guarded, *added])


def _own_name(name: str) -> str:
    """A function that had the built-in's own name would call itself."""
    return f"safe_{name.replace('.', '_')}"


def _guard(name: str, arguments: list[str]) -> str:
    names = [f"a{index}" for index in range(len(arguments))]
    asked = [
        _CONDITIONS[letter].format(own) for own, letters in zip(names, arguments, strict=True) for letter in letters
    ]
    body = "; ".join(filter(None, asked))
    listed = ", ".join(names)
    return f"{_own_name(name)}({listed}) := {name}({listed}) if {{ {body} }}"


_VERB = re.compile(r"%(?P<how>[-+# 0]*\d*(?:\.\d*)?)(?P<verb>.?)", re.DOTALL)
_PADDING = re.compile(r"-?([1-9]\d*)?")
_NUMBER = re.compile(r"(0\d+)?[dxX]|(\.\d+)?[fF]|[bceEg]")


def formatted(text: str) -> tuple[str, tuple[int, ...]] | str:
    """Return the format `text` of `sprintf` as the engine takes it, and which of the values must be quoted for it.

    Texts are not padded: the engine cannot, and a message means the same. A verb that it cannot do as OPA does it (Go's
    package `fmt`) is returned alone, as a plain string.
    """
    parts, quoted, at, number = [], [], 0, 0
    for found in _VERB.finditer(text):
        how, verb = found["how"], found["verb"]
        if verb == "%" and not how:
            continue
        if verb == "q":
            quoted.append(number)
        if verb and verb in "svqtd" and _PADDING.fullmatch(how):
            written = "%v"  # for %d, too: the engine prints nothing where the value is no number
        elif _NUMBER.fullmatch(how + verb):
            written = found[0]
        else:
            return found[0]
        parts += [text[at : found.start()], written]
        at, number = found.end(), number + 1
    return "".join([*parts, text[at:]]), tuple(quoted)
