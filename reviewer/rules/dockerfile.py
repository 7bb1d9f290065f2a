"""How images are built, where neither hadolint nor Checkov looks: credentials in layers, code that nobody checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.dockerfiles import Instruction, instructions
from reviewer.rules.manifests import looks_secret
from reviewer.rules.rule import Directory, Hit, Rule

_BEST = "https://docs.docker.com/build/building/best-practices/"
_SECRETS = "https://docs.docker.com/build/building/secrets/"
_REFERENCE = "https://docs.docker.com/reference/dockerfile/"
MAX_COMMAND = 50_000
_PAIR = re.compile(r"""([A-Za-z_]\w{0,100})=("(?:\\.|[^"\\]){0,2000}"|'[^']{0,2000}'|[^\s"']{0,2000})""")
_OLD_PAIR = re.compile(r"([A-Za-z_]\w{0,100})\s+(\S.{0,2000})")
_PIPED = re.compile(
    r"\b(?:curl|wget)\b[^|;&\n]{0,500}\|\s*(?:sudo\s+)?(?:/\S{0,40}/)?(?:ba|z|da|k)?sh\b"
    r"|\b(?:ba|z|da)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\()\s*(?:curl|wget)\b"
    r"|\b(?:curl|wget)\b[^|;&\n]{0,500}\|\s*(?:sudo\s+)?(?:python3?|perl|ruby|node)\b"
)
_UPDATE = re.compile(
    r"\b(?:apt-get|apt|apk|yum|dnf|zypper|pacman)(?:\s+-\S+|\s+--\S+){0,10}\s+(?:update|refresh|-Sy|makecache)\b"
)
_INSTALL = re.compile(
    r"\b(?:apt-get|apt|apk|yum|dnf|zypper|pacman)\b[^;&|\n]{0,200}\b(?:install|add|in|-S|source|build-dep|upgrade)\b"
)
_RELEASE = re.compile(
    r"\b(?:apt-get|apt|aptitude)\b[^;&|\n]{0,100}\b(dist-upgrade|full-upgrade)\b|\b(do-release-upgrade)\b"
)
_OPEN_MODE = re.compile(
    r"\bchmod\s+(?:-\S+\s+){0,5}(?:0?[0-7]?777|0?[0-7]?666|a\+rwx|a=rwx|o\+\w{0,2}w\w{0,2}|ugo\+rwx)\b"
)
_REMOTE = re.compile(r"(?:^|\s|\")(https?://\S+|ftp://\S+)", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(?:^|[\s\"/])(id_(?:rsa|dsa|ecdsa|ed25519)|\.aws(?:/credentials)?|\.ssh|\.netrc|\.npmrc|\.pypirc|\.git-credentials"
    r"|\.docker/config\.json|\.kube(?:/config)?|kubeconfig|\.env(?:\.(?:local|prod\w*|staging))?|[\w.-]+\.(?:pem|pfx|p12|ppk)"
    r"|credentials\.json|service-?account[\w-]*\.json|\.vault-token|terraform\.tfstate|terraform\.tfvars)/?(?=[\s\",]|$)"
)
_CERTIFICATES = re.compile(r"(?:ca|cert|bundle|chain|public|root)[\w.-]*\.pem", re.IGNORECASE)


def check_secrets(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each secret in ENV, ARG or LABEL: every layer and the image's history keep it."""
    for instruction in instructions(directory):
        if instruction.word in ("ENV", "ARG", "LABEL"):
            for name, value in _assigned(instruction):
                if looks_secret(name, value):
                    yield instruction.hit(f"{instruction.word} {name} has a value that is kept in the image.", name)
                    break


def _assigned(instruction: Instruction) -> Iterator[tuple[str, str]]:
    if "=" in instruction.text:
        yield from _PAIR.findall(instruction.text)
    elif instruction.word == "ENV" and (old := _OLD_PAIR.fullmatch(instruction.text.strip())):
        yield old[1], old[2]


def check_piped(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each download that is run as it comes."""
    for instruction in _runs(directory):
        if found := _PIPED.search(_joined(instruction)):
            program = re.match(r"\w+", found[0])
            yield instruction.hit("What is downloaded is run at once, whatever it is.", program[0] if program else "")


def check_updates(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each package index that is fetched in a layer of its own, and used in another."""
    found = _runs(directory)
    installs = [_INSTALL.search(_joined(instruction)) is not None for instruction in found]
    last = {instruction.path: number for number, instruction in enumerate(found) if installs[number]}
    for number, instruction in enumerate(found):
        later = last.get(instruction.path, -1) > number
        if later and not installs[number] and _UPDATE.search(_joined(instruction)):
            yield instruction.hit("The index is fetched here, and packages are installed from it in another layer.")


def check_releases(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each upgrade of the distribution within an image."""
    for instruction in _runs(directory):
        if found := _RELEASE.search(_joined(instruction)):
            name = found[1] or found[2]
            yield instruction.hit(f"{name} makes another system of the base image with every build.", name)


def check_modes(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each file that everybody may write."""
    for instruction in _runs(directory):
        if _OPEN_MODE.search(_joined(instruction)):
            yield instruction.hit("Everybody in the container may change these files.", "chmod")


def check_downloads(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each ADD of an address without a checksum."""
    for instruction in instructions(directory):
        remote = _REMOTE.search(instruction.text) if instruction.word == "ADD" else None
        if remote and "--checksum=" not in instruction.text:
            yield instruction.hit("ADD takes whatever the address gives on that day.")


def check_credentials(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for each file of credentials that is copied into the image."""
    for instruction in instructions(directory):
        if instruction.word in ("COPY", "ADD") and "--from=" not in instruction.text and "<<" not in instruction.text:
            sources = re.split(r"[\s,\[\]]+", instruction.text.strip())[:-1]
            names = [found[1] for source in sources if (found := _CREDENTIALS.search(source))]
            name = next((name for name in names if not _CERTIFICATES.search(name)), None)
            if name:
                yield instruction.hit(f"{name} is copied into the image.", name)


def _runs(directory: Directory) -> tuple[Instruction, ...]:
    return tuple(instruction for instruction in instructions(directory) if instruction.word == "RUN")


def _joined(instruction: Instruction) -> str:
    """The command as the shell sees it: continued lines are one, lines of a here-document stay lines."""
    text = instruction.text[:MAX_COMMAND]
    return text if "<<" in text else text.replace("\n", " ")


_CONCEPTS = (
    check_secrets,
    check_piped,
    check_updates,
    check_releases,
    check_modes,
    check_downloads,
    check_credentials,
)


def _rule(
    number: int,
    severity: Severity,
    words: tuple[str, str, str],
    links: tuple[str, ...],
    *,
    supersedes: tuple[str, ...] = (),
    hides: bool = False,
) -> Rule:
    return Rule(
        id=f"PLB_DOCKER_{number}",
        title=words[0],
        severity=severity,
        why=words[1],
        remedy=words[2],
        references=links,
        framework="dockerfile",
        supersedes=supersedes,
        check=_CONCEPTS[number - 1],
        hides=hides,
    )


RULES = (
    _rule(
        1,
        Severity.HIGH,
        (
            "Secret is kept in the image",
            "Everybody who can pull the image reads it: `docker history` shows it, and so does the code.",
            "Give it when the container runs, or to the build with RUN --mount=type=secret. Then replace it.",
        ),
        (_SECRETS,),
        supersedes=("CKV_SECRET_6",),
        hides=True,
    ),
    _rule(
        2,
        Severity.MEDIUM,
        (
            "Download is run unseen",
            "Whoever controls the address, or the way to it, controls the image, and no build need be the same twice.",
            "Download a version, compare its checksum, then run it.",
        ),
        (_BEST,),
    ),
    _rule(
        3,
        Severity.LOW,
        (
            "Package index is a layer of its own",
            "The layer is cached: later builds install from an old index, without the fixes that came since.",
            "Update and install in one RUN.",
        ),
        (f"{_BEST}#apt-get",),
        supersedes=("CKV_DOCKER_5",),
    ),
    _rule(
        4,
        Severity.LOW,
        (
            "Image upgrades its distribution",
            "Packages are removed and replaced as it comes: what is built is not what the base image was tested as.",
            "Use a newer base image.",
        ),
        (_BEST,),
    ),
    _rule(
        5,
        Severity.LOW,
        (
            "Files may be written by everybody",
            "Whoever gets into the container as whatever user can replace what runs in it.",
            "Give the files to the user that needs them (COPY --chown), with mode 755 or 644.",
        ),
        (f"{_REFERENCE}#copy---chown---chmod",),
    ),
    _rule(
        6,
        Severity.MEDIUM,
        (
            "ADD takes a download that nobody checks",
            "Whoever controls the address, or the way to it, decides what is in the image.",
            "Use ADD --checksum=sha256:..., or download and compare in a RUN.",
        ),
        (f"{_REFERENCE}#add---checksum",),
        supersedes=("CKV_DOCKER_4",),
    ),
    _rule(
        7,
        Severity.HIGH,
        (
            "Credentials are copied into the image",
            "Everybody who can pull the image has them; deleting them in a later layer takes nothing away.",
            "Mount them where they are used (RUN --mount=type=secret or ssh), and name them in .dockerignore.",
        ),
        (_SECRETS,),
    ),
)
