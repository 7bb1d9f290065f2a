"""Edits of Dockerfiles: flags, package managers, variables and whole instructions, and no guess among them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.fix import dockerfile, dockerfile_text
from reviewer.fix.editing import CannotEdit
from tests.fix.editors import edited, finding, outcome, recipe, values


def changed(text: str, key: str, given_: Any, keyword: str = "RUN") -> str:
    return edited(
        dockerfile, text, finding("dockerfile", "Dockerfile", keyword), recipe({"instruction": {key: given_}})
    )


FORCE = {"of": ["apt-get"], "flags": ["--force-yes"], "instead": "-y", "unless": ["-y"]}


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        ("apt-get install --force-yes a", "apt-get install -y a"),
        ("apt-get -y install --force-yes a", "apt-get -y install a"),
        ("apt-get install -y \\\n    --force-yes \\\n    a", "apt-get install -y \\\n    a"),
        ("apt-get install -y a \\\n    --force-yes", "apt-get install -y a"),
        ("sudo apt-get install -y --force-yes a && x --force-yes", "sudo apt-get install -y a && x --force-yes"),
        ("echo 'apt-get --force-yes'", "echo 'apt-get --force-yes'"),
        ('["apt-get", "--force-yes"]', '["apt-get", "--force-yes"]'),
        ("<<EOF\napt-get install -y --force-yes a\nEOF", "<<EOF\napt-get install -y a\nEOF"),
        ("x=$(apt-get install -y --force-yes a)", "x=$(apt-get install -y a)"),
    ],
)
def test_a_flag_goes_from_its_own_command_only(run: str, becomes: str) -> None:
    for newline in ("\n", "\r\n"):
        text = f"# syntax=x\nFROM a\nRUN {run}\n# end".replace("\n", newline)
        assert changed(text, "drop_flag", FORCE) == f"# syntax=x\nFROM a\nRUN {becomes}\n# end".replace("\n", newline)


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        ("curl -k https://x", "curl https://x"),
        ("curl -fsSLk https://x", "curl -fsSL https://x"),
        ("curl -o k --insecure https://x", "curl -o k https://x"),
        ("curl -ok https://x", "curl -ok https://x"),
        ("tar -k x && curl --insecure x", "tar -k x && curl x"),
    ],
)
def test_a_letter_goes_out_of_a_bundle_but_not_out_of_a_value(run: str, becomes: str) -> None:
    given_ = {"of": ["curl"], "flags": ["--insecure"], "letter": "k"}
    assert changed(f"FROM a\nRUN {run}\n", "drop_flag", given_) == f"FROM a\nRUN {becomes}\n"


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        ("apt update && apt install -y a", "apt-get update && apt-get install -y a"),
        ("sudo apt -y install a", "sudo apt-get -y install a"),
        ("rm -rf /var/lib/apt /etc/apt", "rm -rf /var/lib/apt /etc/apt"),
        ("echo apt install", "echo apt install"),
        ("A=1 apt -o X=y update;apt clean", "A=1 apt-get -o X=y update;apt-get clean"),
    ],
)
def test_apt_becomes_apt_get_where_it_is_the_command(run: str, becomes: str) -> None:
    assert changed(f"FROM a\nRUN {run}\n", "rename", {"apt": "apt-get"}) == f"FROM a\nRUN {becomes}\n"


def test_what_only_apt_does_is_not_renamed() -> None:
    with pytest.raises(CannotEdit, match="`apt list` on line 2 has no counterpart"):
        changed("FROM a\nRUN apt update && apt list\n", "rename", {"apt": "apt-get"})


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("ENV X=1", ""),
        ("ENV X 1", ""),
        ("ENV A=1 X=1 B=2", "ENV A=1 B=2\n"),
        ("ENV X=1 \\\n    A=1", "ENV A=1\n"),
        ("ENV A=1 \\\n    X=1", "ENV A=1\n"),
        ("ARG X", ""),
        ("RUN X=1 git clone a", "RUN git clone a\n"),
        ("RUN export X=1 && git clone a", "RUN git clone a\n"),
        ("RUN echo X=1", "RUN echo X=1\n"),
    ],
)
def test_a_variable_is_set_no_more(line: str, becomes: str) -> None:
    assert changed(f"FROM a\n{line}\nCMD b\n", "unset", ["X"]) == f"FROM a\n{becomes}CMD b\n"


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        ("npm set s && npm ci", "RUN npm ci\n"),
        ("npm ci && npm set s && npm test", "RUN npm ci && npm test\n"),
        ("npm ci; npm set s", "RUN npm ci\n"),
        ("npm set s", ""),
    ],
)
def test_a_command_goes_out_of_its_chain(run: str, becomes: str) -> None:
    assert changed(f"FROM a\nRUN {run}\nCMD b\n", "drop_command", [["npm", "set", "s"]]) == f"FROM a\n{becomes}CMD b\n"


def test_a_command_in_a_condition_stays() -> None:
    with pytest.raises(CannotEdit, match="condition or a pipe"):
        changed("FROM a\nRUN npm set s || true\n", "drop_command", [["npm", "set", "s"]])


def test_sudo_goes_where_the_step_is_root_anyway() -> None:
    assert changed("FROM a\nRUN sudo a && sudo b\n", "drop_prefix", "sudo") == "FROM a\nRUN a && b\n"
    with pytest.raises(CannotEdit, match="runs as `app`"):
        changed("FROM a\nUSER app\nRUN sudo a\n", "drop_prefix", "sudo")
    with pytest.raises(CannotEdit, match="options of its own"):
        changed("FROM a\nRUN sudo -u app a\n", "drop_prefix", "sudo")


@pytest.mark.parametrize(
    "line",
    ["ADD a.txt /b", "add --chown=app a b /c/", 'ADD ["a b", "/c"]', "ADD . /src", "ARG F=a.txt\nADD ${F} /b"],
)
def test_plain_files_are_copied(line: str) -> None:
    text = f"FROM a\n{line}\n"
    wanted = text.replace("ADD", "COPY").replace("add ", "copy ")
    assert changed(text, "keyword", {"ADD": "COPY"}, "ADD") == wanted


@pytest.mark.parametrize(
    "line",
    [
        "ADD https://example.com/a /b",
        "ADD a.tar.gz /b",
        "ADD rootfs.tgz /",
        "ADD ${FILE} /b",
        "ADD --checksum=sha256:0 a /b",
        "ADD git@example.com:a/b.git /c",
        'ADD ["a.tar", "/c"]',
        "ARG F=a.tar\nADD $F /b",
        "ADD files* /b",
    ],
)
def test_what_only_add_can_do_stays_added(line: str) -> None:
    with pytest.raises(CannotEdit, match=r"ADD|archive"):
        changed(f"FROM a\n{line}\n", "keyword", {"ADD": "COPY"}, "ADD")


def test_maintainer_becomes_a_label_with_quotes_that_hold() -> None:
    text = 'FROM a\nMAINTAINER "A" $b <a@b.c>  \nCMD c\n'
    assert (
        changed(text, "label", "maintainer", "MAINTAINER")
        == 'FROM a\nLABEL maintainer="\\"A\\" \\$b <a@b.c>"  \nCMD c\n'
    )


@pytest.mark.parametrize(
    ("ports", "left"), [("22", ""), ("22 80", "EXPOSE 80\n"), ("80 22/tcp 443", "EXPOSE 80 443\n")]
)
def test_a_port_is_exposed_no_more(ports: str, left: str) -> None:
    assert (
        changed(f"FROM a\nEXPOSE {ports}\nCMD b\n", "drop_port", [22, "22/tcp"], "EXPOSE") == f"FROM a\n{left}CMD b\n"
    )


def test_a_relative_directory_is_written_in_full_where_it_is_known() -> None:
    text = "FROM a AS b\nWORKDIR /x\nWORKDIR y/../z\nFROM b\nWORKDIR w\n"
    assert changed(text, "absolute", True, "WORKDIR") == text.replace("y/../z", "/x/z").replace(" w\n", " /x/z/w\n")
    with pytest.raises(CannotEdit, match="base image says"):
        changed("FROM a\nWORKDIR x\n", "absolute", True, "WORKDIR")


def test_a_step_that_only_refreshes_lists_goes_or_joins_the_next() -> None:
    tail = "RUN apt-get update && apt-get install -y a\n"
    assert changed(f"FROM a\nRUN apt-get update -y\n{tail}", "lone_update", ["install"]) == f"FROM a\n{tail}"
    joined = changed("FROM a\nRUN apk update\n\nRUN apk add a\n", "lone_update", ["add"])
    assert joined == "FROM a\nRUN apk update && \\\n    apk add a\n"
    with pytest.raises(CannotEdit, match="line 4 relies"):
        changed("FROM a\nRUN apk update\nCOPY a /\nRUN apk add a\n", "lone_update", ["add"])
    upgrade = "FROM a\nRUN yum -y update\n"
    assert changed(upgrade, "lone_update", ["install"]) == upgrade


def test_the_last_stage_ends_as_the_user_it_had_before_root() -> None:
    text = "FROM a AS b\nUSER x\nFROM c\nUSER app\nRUN d\nUSER root\nRUN e\n\n# why\nEXPOSE 80\nCMD f\n"
    assert changed(text, "user", "choice.container_user", "USER") == text.replace("RUN e\n", "RUN e\nUSER app\n")
    assert changed("FROM a\nUSER app\nUSER root\nCMD b", "user", "choice.u") == "FROM a\nUSER app\nUSER app\nCMD b"


def test_a_user_is_taken_from_the_policy_and_never_made_up() -> None:
    row = recipe({"instruction": {"user": "choice.container_user"}})
    found = finding("dockerfile", "Dockerfile", "Dockerfile")
    with pytest.raises(CannotEdit, match="only you know"):
        outcome(dockerfile, "FROM a\nCMD b\n", found, row)
    given_ = values({"container_user": "10001:10001"}, container_user="string")
    made = outcome(dockerfile, "FROM a\nCOPY b c\nCMD b\n", found, row, given_)
    assert made.files["Dockerfile"] == b"FROM a\nCOPY b c\nUSER 10001:10001\nCMD b\n"
    with pytest.raises(CannotEdit):
        outcome(dockerfile, "FROM a\n", found, row, values({"container_user": "x\nRUN y"}, container_user="string"))


def test_another_escape_character_a_byte_order_mark_and_odd_bytes_survive() -> None:
    text = b"\xef\xbb\xbf# escape=`\r\nFROM a\r\nRUN curl -k `\r\n  c:\\x\r\n# \xff\r\n"
    row = recipe({"instruction": {"drop_flag": {"of": ["curl"], "letter": "k"}}})
    files = {"Dockerfile": text}
    place = dockerfile.locate(files, finding("dockerfile", "Dockerfile", "RUN"))
    assert dockerfile.edit(files, place, row, values()).files == {"Dockerfile": text.replace(b" -k", b"")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"RUN <<A\n" * 50_000,
        b"RUN a\\\n" * 50_000,
        b"RUN " + b'"' * 400_000,
        b"RUN " + b"\\ \\" * 100_000,
        b"RUN a\n" * 80_000,
    ],
    ids=range(5),
)
def test_hostile_files_end_soon(data: bytes) -> None:
    started = time.process_time()
    row = recipe({"instruction": {"drop_flag": FORCE, "unset": ["X"], "lone_update": ["install"]}})
    try:
        place = dockerfile.locate({"Dockerfile": data}, finding("dockerfile", "Dockerfile", "RUN"))
        dockerfile.edit({"Dockerfile": data}, place, row, values())
    except CannotEdit:
        pass
    assert time.process_time() - started < 20


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                "FROM a AS b",
                "RUN x \\",
                "  --flag \\",
                "# c",
                "",
                "RUN <<E",
                "E",
                "env X=1 \\",
                "RUN ['",
                'CMD ["a"]',
                "\t y && z",
                "ADD",
            ]
        ),
        max_size=12,
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_instructions_lie_in_order_and_their_words_where_they_say(lines: list[str], newline: str) -> None:
    file = dockerfile_text.read("Dockerfile", newline.join(lines).encode())
    done = 0
    for instruction in file.instructions:
        assert done <= instruction.start < instruction.arguments <= max(instruction.end, instruction.arguments)
        assert file.text[instruction.start :].upper().startswith(instruction.keyword)
        done = instruction.end
        for command in dockerfile_text.commands(file, instruction):
            assert all(file.text[word.start : word.end].startswith(word.text[:1]) for word in command.words)


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"instruction": {}},
        {"instruction": {"x": 1}},
        {"instruction": {"unset": "A"}},
        {"instruction": {"drop_flag": {"of": ["a"]}}},
        {"set": {}},
    ],
)
def test_edits_that_are_not_for_dockerfiles_are_refused(edit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        dockerfile.check(recipe(edit))
