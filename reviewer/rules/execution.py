"""What Terraform runs beside its providers: programs, commands, and answers that it takes from other servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import is_computed
from reviewer.rules.roots import hit
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import read_blocks


def check_programs(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every `external` data source."""
    for block in read_blocks(directory):
        if block.type == "data" and block.labels[:1] == ("external",):
            yield hit(block.path, block.value, block.address, f"{block.address} runs a program at every plan.")


def check_provisioners(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provisioner that runs commands, here or on the machine that was made."""
    for block in read_blocks(directory):
        provisioners = block.value.get("provisioner") if block.type == "resource" else None
        for item in provisioners.items() if provisioners else ():
            for kind, settings in item.entries:
                if kind in ("local-exec", "remote-exec"):
                    message = f"{block.address} runs commands by {kind}, which no plan shows."
                    yield hit(block.path, block.value, block.address, message, settings.items()[0])


def check_requests(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every `http` data source that asks over plain HTTP, or a host that the code does not say."""
    for block in read_blocks(directory):
        url = block.value.get("url") if block.type == "data" and block.labels[:1] == ("http",) else None
        if url and (is_computed(url) or not re.search(r"^https?://(?:169\.254\.|localhost|127\.)", url.text)):
            plain_http = url.text.lower().startswith("http://")
            how = "over plain HTTP" if plain_http else "of another server"
            message = f"{block.address} takes an answer {how} into the plan."
            yield hit(block.path, block.value, block.address, message, url)


RULES = (
    Rule(
        id="PLB_EXEC_1",
        title="A program runs at every plan",
        severity=Severity.MEDIUM,
        why="It runs with the credentials of whoever plans, also for a pull request that nobody has approved, and what "
        "it does is not in the plan.",
        remedy="Use a data source of a provider. If a program is needed, run it in a step of its own before the plan, "
        "without those credentials, and pass its result as a variable.",
        references=("https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external",),
        check=check_programs,
    ),
    Rule(
        id="PLB_EXEC_2",
        title="Provisioner runs commands",
        severity=Severity.LOW,
        why="No plan shows what it does, and it runs with the credentials of whoever applies, once, unrepeatably.",
        remedy="Use a resource of a provider, cloud-init, or an image that has it built in.",
        references=("https://developer.hashicorp.com/terraform/language/provisioners",),
        check=check_provisioners,
    ),
    Rule(
        id="PLB_EXEC_3",
        title="Plan depends on another server's answer",
        severity=Severity.LOW,
        why="Whoever runs that server decides what is applied; it can change between plan and apply.",
        remedy="Keep a copy in the repository, or hold the answer against a checksum in a postcondition.",
        references=("https://registry.terraform.io/providers/hashicorp/http/latest/docs/data-sources/http",),
        check=check_requests,
    ),
)
