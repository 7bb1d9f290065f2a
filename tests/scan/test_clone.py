from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reviewer.errors import Gone, Rejected, Superseded, Transient
from reviewer.process import never
from reviewer.scan.clone import MAX_PACKS, GitHubClone, LocalClone, prune_clones
from reviewer.scan.git import TokenRefused, fetch_failure, first_line
from tests.fake_github import FakeGitHub
from tests.fake_github.asking import new_token
from tests.scan.repository import ENVIRONMENT, Repository

TOKEN = "ghs_12345_header.payload-with_dashes.signature"


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "upstream")


def clone_of(upstream: Repository, tmp_path: Path) -> GitHubClone:
    return GitHubClone(tmp_path / "clones" / "1.git", upstream.url, lambda: TOKEN, never)


def test_fetches_commits_by_id_and_by_ref(upstream: Repository, tmp_path: Path) -> None:
    base = upstream.commit({"main.tf": "a\n"})
    head = upstream.commit({"main.tf": "b\n"})
    upstream.git("update-ref", "refs/pull/7/head", head)
    with clone_of(upstream, tmp_path) as clone:
        assert clone.fetch(["refs/pull/7/head", base]) == {"refs/pull/7/head": head, base: base}
        assert [change.path for change in clone.changes(base, head)] == ["main.tf"]


def test_a_clone_holds_trees_and_only_the_files_that_were_read(upstream: Repository, tmp_path: Path) -> None:
    noise = {f"assets/{n}.bin": os.urandom(50_000) for n in range(40)}
    head = upstream.commit({"main.tf": "wanted\n", **noise})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        oid = next(entry.oid for entry in clone.listing(head) if entry.path == "main.tf")
        assert clone.read([oid]) == {}
        clone.load([oid])
        assert clone.read([oid]) == {oid: b"wanted\n"}
    assert prune_clones(tmp_path / "clones", 1 << 30) < 100_000


def test_reading_a_file_that_was_not_loaded_fetches_nothing(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"main.tf": "x\n"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        upstream.path.rename(upstream.path.with_name("away"))
        oid = clone.listing(head)[0].oid
        assert clone.sizes([oid]) == {}
        assert clone.read([oid]) == {}


def test_commits_that_are_here_are_not_asked_for_again(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"main.tf": "x\n"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        upstream.path.rename(upstream.path.with_name("away"))
        assert clone.fetch([head]) == {head: head}


def test_listing_says_modes_and_odd_names(upstream: Repository, tmp_path: Path) -> None:
    blob = upstream.blob(b"x")
    inner = upstream.tree(("100644", b"tab\there \xff\n.tf", blob), ("120000", b"link.tf", blob))
    head = upstream.commit_tree(upstream.tree(("40000", b"d", inner), ("160000", b"sub", "1" * 40)))
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        assert {(entry.path, entry.mode) for entry in clone.listing(head)} == {
            ("d/tab\there \udcff\n.tf", "100644"),
            ("d/link.tf", "120000"),
            ("sub", "160000"),
        }


def test_changes_say_both_sides(upstream: Repository, tmp_path: Path) -> None:
    base = upstream.commit({"a.tf": "1", "gone.tf": "2", "same.tf": "3"})
    head = upstream.commit({"a.tf": "4", "gone.tf": None, "new.tf": "5"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([base, head])
        sides = {change.path: (bool(change.old), bool(change.new)) for change in clone.changes(base, head)}
    assert sides == {"a.tf": (True, True), "gone.tf": (True, False), "new.tf": (False, True)}


def test_diff_follows_renames_and_loads_only_the_paths_asked_for(upstream: Repository, tmp_path: Path) -> None:
    lines = "".join(f"line {n}\n" for n in range(30))
    base = upstream.commit({"old.tf": lines, "big.bin": os.urandom(100)})
    head = upstream.commit({"old.tf": None, "new.tf": lines + "added\n", "big.bin": os.urandom(100)})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([base, head])
        text = clone.diff(base, head, ["old.tf", "new.tf"])
        binary = next(entry.oid for entry in clone.listing(head) if entry.path == "big.bin")
        assert clone.sizes([binary]) == {}
    assert "rename from old.tf\nrename to new.tf" in text
    assert "@@ -28,3 +28,4 @@" in text
    assert "big.bin" not in text


def test_diff_finds_a_file_that_came_from_a_name_of_no_interest(upstream: Repository, tmp_path: Path) -> None:
    base = upstream.commit({"main.tf.example": "a\nb\nc\n"})
    head = upstream.commit({"main.tf.example": None, "main.tf": "a\nb\nc\n"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([base, head])
        assert "rename from main.tf.example" in clone.diff(base, head, ["main.tf"])


def test_diff_shows_no_lines_of_a_file_over_a_megabyte(upstream: Repository, tmp_path: Path) -> None:
    base = upstream.commit({"a.tf": "x\n"})
    head = upstream.commit({"a.tf": "y\n" * 600_000})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([base, head])
        text = clone.diff(base, head, ["a.tf"])
    assert "Binary files a/a.tf and b/a.tf differ" in text


def test_a_file_is_read_by_name(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({".github/plumbrule.yml": "mode: audit\n"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        assert clone.file(head, ".github/plumbrule.yml") == b"mode: audit\n"
        assert clone.file(head, ".github/other.yml") is None
        assert clone.file(head, ".github") is None


def test_oversize_files_are_left_out_of_what_is_read(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x" * 100, "b.tf": "y" * 101})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        oids = {entry.path: entry.oid for entry in clone.listing(head)}
        clone.load(oids.values())
        assert clone.read(oids.values(), max_bytes=100) == {oids["a.tf"]: b"x" * 100}
        assert clone.sizes(oids.values())[oids["b.tf"]] == 101


def test_a_deleted_branch_is_gone(upstream: Repository, tmp_path: Path) -> None:
    upstream.commit({"a.tf": "x"})
    with clone_of(upstream, tmp_path) as clone, pytest.raises(Gone):
        clone.fetch(["refs/heads/deleted"])


def test_an_unknown_commit_is_gone(upstream: Repository, tmp_path: Path) -> None:
    upstream.commit({"a.tf": "x"})
    with clone_of(upstream, tmp_path) as clone, pytest.raises(Gone):
        clone.fetch(["1" * 40])


@pytest.mark.parametrize("name", ["main", "--upload-pack=touch /tmp/x", "refs/heads/a:refs/heads/b", "refs/*", ""])
def test_only_full_refs_and_commit_ids_are_fetched(upstream: Repository, tmp_path: Path, name: str) -> None:
    with clone_of(upstream, tmp_path) as clone, pytest.raises(Rejected):
        clone.fetch([name])


@pytest.mark.slow
def test_a_damaged_clone_is_fetched_anew(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x", "d/b.tf": "y"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
    for pack in (tmp_path / "clones" / "1.git" / "objects" / "pack").glob("*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:40] + b"garbage")
    with clone_of(upstream, tmp_path) as clone:
        try:
            clone.fetch([head])
            clone.listing(head)
        except Transient:
            pass
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        assert [entry.path for entry in clone.listing(head)] == ["a.tf", "d/b.tf"]


def test_a_clone_that_is_no_repository_any_more_is_fetched_anew(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
    (tmp_path / "clones" / "1.git" / "HEAD").write_text("nonsense")
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        assert [entry.path for entry in clone.listing(head)] == ["a.tf"]


def test_a_worn_out_clone_is_fetched_anew(upstream: Repository, tmp_path: Path) -> None:
    packs = tmp_path / "clones" / "1.git" / "objects" / "pack"
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([upstream.commit({"a.tf": "0"})])
    for number in range(MAX_PACKS):
        (packs / f"pack-{number:040}.pack").touch()
    head = upstream.commit({"a.tf": "1"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        assert [entry.path for entry in clone.listing(head)] == ["a.tf"]
    assert len(list(packs.glob("*.pack"))) == 1


def test_two_reviews_fetch_into_one_clone_at_a_time(upstream: Repository, tmp_path: Path) -> None:
    heads = [upstream.commit({"a.tf": str(n)}) for n in range(6)]
    failures: list[BaseException] = []

    def fetch(head: str) -> None:
        try:
            with clone_of(upstream, tmp_path) as clone:
                clone.fetch([head])
                assert [entry.path for entry in clone.listing(head)] == ["a.tf"]
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=fetch, args=(head,)) for head in heads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_waiting_for_another_fetch_ends_when_the_review_is_superseded(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x"})
    holder = (
        "import fcntl,os,sys;os.makedirs(sys.argv[1],exist_ok=True);f=open(sys.argv[1]+'/1.git-fetch','w');"
        "fcntl.flock(f,2);print('held',flush=True);sys.stdin.read()"
    )
    argv = [sys.executable, "-c", holder, str(tmp_path / "clones")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"held\n"

        def stop() -> None:
            raise Superseded("newer head")

        with (
            GitHubClone(tmp_path / "clones" / "1.git", upstream.url, None, stop) as clone,
            pytest.raises(Superseded),
        ):
            clone.fetch([head])


def test_clones_fetched_longest_ago_make_room(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x"})
    for number in (1, 2, 3):
        with GitHubClone(tmp_path / "clones" / f"{number}.git", upstream.url, None, never) as clone:
            clone.fetch([head])
        os.utime(tmp_path / "clones" / f"{number}.git", (number, number))
    total = prune_clones(tmp_path / "clones", 1 << 30)
    prune_clones(tmp_path / "clones", total * 2 // 3)
    assert sorted(path.name for path in (tmp_path / "clones").glob("*.git")) == ["2.git", "3.git"]


def test_a_clone_in_use_stays(upstream: Repository, tmp_path: Path) -> None:
    head = upstream.commit({"a.tf": "x"})
    with clone_of(upstream, tmp_path) as clone:
        clone.fetch([head])
        prune_clones(tmp_path / "clones", 0)
        assert clone.listing(head)
    prune_clones(tmp_path / "clones", 0)
    assert not (tmp_path / "clones" / "1.git").exists()


class Answers(BaseHTTPRequestHandler):
    """A web server that answers every request alike, and remembers what it was sent."""

    status = 500
    seen: list[dict[str, str]] = []  # noqa: RUF012
    location = ""

    def do_GET(self) -> None:
        type(self).seen.append({"path": self.path, **{key.lower(): value for key, value in self.headers.items()}})
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        if self.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


Serve = Callable[[int, str], tuple[str, type[Answers]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, location: str = "") -> tuple[str, type[Answers]]:
        handler = type("Handler", (Answers,), {"status": status, "location": location, "seen": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/acme/shop.git", handler

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Rejected), (403, Rejected), (404, Gone), (410, Gone), (429, Transient), (500, Transient), (503, Transient)],
)
def test_what_an_answer_of_the_git_host_means(serve: Serve, tmp_path: Path, status: int, kind: type[Exception]) -> None:
    url, _ = serve(status, "")
    with GitHubClone(tmp_path / "1.git", url, lambda: TOKEN, never) as clone, pytest.raises(kind) as caught:
        clone.fetch(["1" * 40])
    assert TOKEN not in str(caught.value) and url not in str(caught.value)


def test_the_token_goes_to_the_host_and_stays_out_of_every_file(serve: Serve, tmp_path: Path) -> None:
    url, handler = serve(404, "")
    with GitHubClone(tmp_path / "1.git", url, lambda: TOKEN, never) as clone, pytest.raises(Gone):
        clone.fetch(["1" * 40])
    assert {request["authorization"].split()[0] for request in handler.seen} == {"Basic"}
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    secret = handler.seen[0]["authorization"].split()[1].encode()
    assert TOKEN.encode() not in written and secret not in written and b"127.0.0.1" not in written


def test_a_redirect_is_not_followed_and_the_token_does_not_leave_the_host(serve: Serve, tmp_path: Path) -> None:
    elsewhere, stranger = serve(404, "")
    url, _ = serve(301, elsewhere + "/info/refs?service=git-upload-pack")
    with GitHubClone(tmp_path / "1.git", url, lambda: TOKEN, never) as clone, pytest.raises((Rejected, Gone)):
        clone.fetch(["1" * 40])
    assert stranger.seen == []


def test_a_host_that_is_not_there_is_transient(tmp_path: Path) -> None:
    with (
        GitHubClone(tmp_path / "1.git", "http://127.0.0.1:9/acme/shop.git", None, never) as clone,
        pytest.raises(Transient),
    ):
        clone.fetch(["1" * 40])


def test_the_token_is_in_no_argument_of_a_process(upstream: Repository, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def look() -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    seen.append((entry / "cmdline").read_bytes())
                except OSError:
                    continue

    head = upstream.commit({"a.tf": "x"})
    watcher_done = threading.Event()

    def watch() -> None:
        while not watcher_done.is_set():
            look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        with clone_of(upstream, tmp_path) as clone:
            clone.fetch([head])
    finally:
        watcher_done.set()
        thread.join()
    assert any(b"fetch" in line for line in seen)
    assert not any(TOKEN.encode() in line or b"Basic" in line for line in seen)


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        (b"fatal: couldn't find remote ref refs/pull/3/head\n", Gone),
        (b"fatal: remote error: upload-pack: not our ref 1111\n", Gone),
        (b"remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found\n", Gone),
        (b"fatal: Authentication failed for 'https://github.com/a/b.git/'\n", TokenRefused),
        (b"remote: Write access to repository not granted.\nfatal: unable to access: error: 403\n", TokenRefused),
        (b"fatal: unable to access 'https://h/': Could not resolve host: h\n", Transient),
        (b"error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\n", Transient),
        (b"fatal: early EOF\nfatal: index-pack failed\n", Transient),
        (b"fatal: the remote end hung up unexpectedly\n", Transient),
        (b"remote: aborting due to possible repository corruption on the remote side.\nfatal: early EOF\n", Transient),
        (b"", Transient),
    ],
)
def test_what_git_complains_of_tells_what_to_do(stderr: bytes, kind: type[Exception]) -> None:
    assert type(fetch_failure(stderr)) is kind


def test_a_complaint_is_fit_for_a_log() -> None:
    line = first_line(
        b"fatal: unable to access 'https://x:ghs_abc.d-e@github.com/a/b.git/': Authorization: Basic c2VjcmV0\x1b[0m\n"
    )
    assert "ghs_" not in line and "c2VjcmV0" not in line and "github.com" not in line and "\x1b" not in line


# Over HTTP, from the fake GitHub


def test_a_forks_head_is_fetched_over_http_with_a_token(github: FakeGitHub, tmp_path: Path) -> None:
    github.install("acme")
    repo = github.create_repo({"main.tf": "a\n", "big.bin": b"\0" * 100_000})
    fork = github.fork(repo, "mallory")
    pull = github.open_pull_request(repo, {"main.tf": "b\n"}, fork=fork)
    base = repo.git.resolve("main")
    token = new_token(github, repo, contents="read")
    url = f"{github.url}/{repo.full_name}.git"
    with GitHubClone(tmp_path / "1.git", url, lambda: token, never) as clone:
        fetched = clone.fetch([f"refs/pull/{pull.number}/head", base])
        assert fetched == {f"refs/pull/{pull.number}/head": pull.head_sha, base: base}
        assert "+b" in clone.diff(base, pull.head_sha, ["main.tf"])
    assert prune_clones(tmp_path, 1 << 30) < 50_000


@pytest.mark.parametrize(("token", "kind"), [(None, Rejected), ("ghs_wrong", Rejected)])
def test_a_private_repository_is_refused_without_the_right_token(
    github: FakeGitHub, tmp_path: Path, token: str | None, kind: type[Exception]
) -> None:
    github.install("acme")
    repo = github.create_repo({"main.tf": "a\n"})
    url = f"{github.url}/{repo.full_name}.git"
    opener = (lambda: token) if token else None
    with GitHubClone(tmp_path / "1.git", url, opener, never) as clone, pytest.raises(kind, match="Contents: read"):
        clone.fetch([repo.git.resolve("main")])


def test_a_repository_that_was_deleted_is_gone(github: FakeGitHub, tmp_path: Path) -> None:
    github.install("acme")
    repo = github.create_repo({"main.tf": "a\n"})
    token = new_token(github, repo, contents="read")
    url = f"{github.url}/acme/nothing.git"
    with GitHubClone(tmp_path / "1.git", url, lambda: token, never) as clone, pytest.raises(Gone):
        clone.fetch([repo.git.resolve("main")])


# A repository on this machine


def snapshot(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in directory.rglob("*") if path.is_file()}


def test_the_working_copy_as_it_is_now_without_writing_to_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    head = repository.commit(
        {"main.tf": "old\n", "gone.tf": "x\n", "notes.txt": "n\n", ".gitignore": "*.auto.tfvars\n", "run.sh": "x"}
    )
    repository.write({"main.tf": "new\n", "gone.tf": None, "sub/new.tf": "fresh\n", "s.auto.tfvars": "secret"})
    before = snapshot(repository.path)
    clone = LocalClone(repository.path / "sub")
    tree = clone.worktree()
    sides = {change.path: change for change in clone.changes(head, tree)}
    assert set(sides) == {"main.tf", "gone.tf", "sub/new.tf"}
    fresh = sides["sub/new.tf"].new
    assert fresh and clone.read([fresh.oid]) == {fresh.oid: b"fresh\n"}
    assert "+new" in clone.diff(head, tree, ["main.tf"])
    assert snapshot(repository.path) == before


def test_filters_of_the_repository_do_not_run(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    repository.commit({"main.tf": "x\n", ".gitattributes": "*.tf filter=evil diff=evil text eol=crlf\n"})
    marker = tmp_path / "ran"
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
    ):
        repository.git("config", key, f"touch {marker}; cat")
    repository.git("config", "core.fsmonitor", f"touch {marker}")
    repository.write({"main.tf": "y\r\n"})
    clone = LocalClone(repository.path)
    tree = clone.worktree()
    clone.diff(clone.resolve("HEAD"), tree, ["main.tf"])
    entry = next(entry for entry in clone.listing(tree) if entry.path == "main.tf")
    assert clone.read([entry.oid]) == {entry.oid: b"y\r\n"}
    assert not marker.exists()


def test_a_linked_worktree_is_read_as_it_lies_there(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    repository.commit({"main.tf": "x\n"})
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "topic")
    (tmp_path / "linked" / "main.tf").write_text("linked\n")
    clone = LocalClone(tmp_path / "linked")
    assert clone.top == tmp_path / "linked"
    assert "+linked" in clone.diff(clone.resolve("HEAD"), clone.worktree(), ["main.tf"])


def test_links_and_odd_names_in_the_working_copy(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    repository.commit({"main.tf": "x\n"})
    (tmp_path / "outside").write_text("secret")
    (repository.path / "link.tf").symlink_to(tmp_path / "outside")
    repository.write({'we"ird\nname.tf': "w\n"})
    clone = LocalClone(repository.path)
    entries = {entry.path: entry for entry in clone.listing(clone.worktree())}
    assert entries["link.tf"].mode == "120000"
    assert clone.read([entries['we"ird\nname.tf'].oid]).popitem()[1] == b"w\n"
    assert b"secret" not in clone.read([entries["link.tf"].oid]).values()


def test_a_sparse_checkout_keeps_what_it_left_out(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    head = repository.commit({"a/main.tf": "x\n", "b/main.tf": "y\n"})
    repository.git("sparse-checkout", "set", "a")
    assert not (repository.path / "b").exists()
    clone = LocalClone(repository.path)
    assert clone.changes(head, clone.worktree()) == ()


def test_revisions_that_are_not_there_are_named(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    with pytest.raises(Rejected, match="no commit yet"):
        LocalClone(repository.path).resolve("HEAD")
    head = repository.commit({"a.tf": "x"})
    clone = LocalClone(repository.path)
    assert clone.resolve("main") == head
    with pytest.raises(Rejected, match="'origin/nowhere'"):
        clone.resolve("origin/nowhere")
    with pytest.raises(Rejected, match="--output"):
        clone.resolve("--output=/tmp/x")
    with pytest.raises(Rejected, match="not inside a git repository"):
        LocalClone(tmp_path)
    with pytest.raises(Rejected, match="no such folder"):
        LocalClone(tmp_path / "nothing")


def test_the_merge_base_of_two_branches(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    fork = repository.commit({"a.tf": "1"})
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"b.tf": "2"})
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit({"c.tf": "3"})
    clone = LocalClone(repository.path)
    assert clone.merge_base("main", "topic") == fork
    with pytest.raises(Rejected, match="no commit in common"):
        clone.merge_base("main", "other")


def test_a_bare_repository_is_read_but_has_no_working_copy(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mine")
    head = repository.commit({"a.tf": "1"})
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare.git")],
        env=ENVIRONMENT, check=True, capture_output=True,
    )  # fmt: skip
    clone = LocalClone(tmp_path / "bare.git")
    assert clone.resolve("main") == head
    assert [entry.path for entry in clone.listing(head)] == ["a.tf"]
    with pytest.raises(Rejected, match="bare"):
        clone.worktree()


def test_what_was_written_for_the_working_copy_goes_away_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    repository = Repository(tmp_path / "mine")
    repository.commit({"a.tf": "1"})
    clone = LocalClone(repository.path)
    clone.worktree()
    assert list((tmp_path / "tmp").iterdir())
    clone.close()
    assert not list((tmp_path / "tmp").iterdir())
