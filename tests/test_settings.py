from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from reviewer.errors import Misconfigured
from reviewer.settings import ScanLimits, default_scan_limits, plan_program, read_settings, sandbox_choice
from tests.durable import environment, private_key


def problems(environ):
    with pytest.raises(Misconfigured) as caught:
        read_settings(environ)
    return caught.value.problems


def test_an_environment_that_is_right_is_read(tmp_path):
    settings = read_settings(environment(tmp_path, LOG_LEVEL="debug", PORT="9000"))
    assert settings.app_id == 12
    assert settings.private_key.reveal().strip() == private_key().strip()
    assert [secret.reveal() for secret in settings.webhook_secrets] == ["first-secret", "second-secret"]
    assert settings.database_url == f"sqlite:///{tmp_path}/plumbrule.db"
    assert (settings.data_dir, settings.port, settings.log_level) == (tmp_path, 9000, "DEBUG")


def test_all_problems_are_named_at_once(tmp_path):
    (tmp_path / "file").touch()
    found = problems(
        {
            "GITHUB_APP_ID": "my-app",
            "GITHUB_API_URL": "http://github.example.com/api/v3",
            "DATABASE_URL": "mysql://root:hunter22@db/plumbrule",
            "DATA_DIR": str(tmp_path / "file"),
            "PORT": "0",
            "LOG_LEVEL": "LOUD",
            "SCAN_SANDBOX": "maybe",
            "SCAN_MEMORY_MB": "2 GB",
            "WORKER_CONCURRENCY": "-1",
            "MAX_TRIES": "0",
        }
    )
    named = [problem.partition(":")[0] for problem in found]
    assert sorted(named) == sorted(
        [
            *("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "GITHUB_API_URL", "DATABASE_URL"),
            *("DATA_DIR", "PORT", "LOG_LEVEL", "SCAN_SANDBOX", "SCAN_MEMORY_MB", "WORKER_CONCURRENCY", "MAX_TRIES"),
        ]
    )
    assert all("expected" in problem for problem in found)
    assert "hunter22" not in "".join(found)


def test_nothing_secret_is_shown_by_repr(tmp_path):
    shown = repr(read_settings(environment(tmp_path, DATABASE_URL="postgres://me:hunter22@db/plumbrule")))
    assert "hunter22" not in shown
    assert "first-secret" not in shown
    assert "BEGIN" not in shown


def ec_key():
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def locked_key():
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (lambda: "secret", "is not PEM"),
        (lambda: private_key()[:400], "is damaged"),
        (lambda: private_key().replace("RSA PRIVATE KEY", "CERTIFICATE"), "is damaged or not a private key"),
        (ec_key, "is not an RSA key"),
        (locked_key, "passphrase"),
    ],
)
def test_a_key_that_cannot_sign_is_a_problem(tmp_path, key, why):
    (problem,) = problems(environment(tmp_path, GITHUB_APP_PRIVATE_KEY=key()))
    assert problem.startswith("GITHUB_APP_PRIVATE_KEY: ")
    assert why in problem


def test_a_key_may_stand_on_one_line(tmp_path):
    pem = private_key().strip()
    settings = read_settings(environment(tmp_path, GITHUB_APP_PRIVATE_KEY=pem.replace("\n", "\\n")))
    assert settings.private_key.reveal().strip() == pem


def test_a_key_may_stand_in_a_file(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(private_key())
    environ = environment(tmp_path, GITHUB_APP_PRIVATE_KEY_FILE=str(path), GITHUB_APP_PRIVATE_KEY="")
    assert read_settings(environ).private_key.reveal().strip() == private_key().strip()


def test_a_key_file_that_cannot_be_read_is_named(tmp_path):
    environ = environment(tmp_path, GITHUB_APP_PRIVATE_KEY_FILE=str(tmp_path / "no.pem"), GITHUB_APP_PRIVATE_KEY="")
    (problem,) = problems(environ)
    assert problem.startswith("GITHUB_APP_PRIVATE_KEY_FILE: ")
    assert "No such file" in problem


def test_a_key_given_twice_is_a_problem(tmp_path):
    (problem,) = problems(environment(tmp_path, GITHUB_APP_PRIVATE_KEY_FILE="key.pem"))
    assert "one of the two" in problem


@pytest.mark.parametrize("text", ["short", "long-enough,,another-one", "long-enough,short", "long-enough,"])
def test_a_webhook_secret_that_is_empty_or_short_is_a_problem(tmp_path, text):
    (problem,) = problems(environment(tmp_path, GITHUB_WEBHOOK_SECRET=text))
    assert problem.startswith("GITHUB_WEBHOOK_SECRET: secret ")


@pytest.mark.parametrize(
    ("api", "git"),
    [
        ("", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://github.acme.example/api/v3", "https://github.acme.example"),
        ("https://github.acme.example:8443/api/v3/", "https://github.acme.example:8443"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:8099/api/v3", "http://127.0.0.1:8099"),
        ("http://localhost:8099", "http://localhost:8099"),
        ("http://[::1]:8099", "http://[::1]:8099"),
    ],
)
def test_where_git_is_follows_from_where_the_api_is(tmp_path, api, git):
    settings = read_settings(environment(tmp_path, GITHUB_API_URL=api))
    assert settings.git_url == settings.html_url == git
    assert not settings.api_url.endswith("/")
    assert settings.github_pause == git.startswith("https")


@pytest.mark.parametrize(
    "api",
    [
        "http://api.github.com",
        "http://127.0.0.1.example.com/api/v3",
        "https://github.acme.example",
        "https://api.github.com/api/v3",
        "https://user:pass@github.acme.example/api/v3",
        "https://github.acme.example/api/v3?x=1",
        "https://github.acme.example:port/api/v3",
        "ftp://127.0.0.1/api/v3",
        "github.com",
        "https://[::1/api/v3",
    ],
)
def test_an_api_url_that_cannot_be_meant_is_a_problem(tmp_path, api):
    (problem,) = problems(environment(tmp_path, GITHUB_API_URL=api))
    assert problem.startswith("GITHUB_API_URL: ")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/plumbrule", "postgresql+psycopg://u:p@db/plumbrule"),
        (
            "postgresql://u:p@db:5433/plumbrule?sslmode=require",
            "postgresql+psycopg://u:p@db:5433/plumbrule?sslmode=require",
        ),
        ("postgresql+psycopg:///name?host=/run/db", "postgresql+psycopg:///name?host=/run/db"),
        ("sqlite:////srv/plumbrule.db", "sqlite:////srv/plumbrule.db"),
    ],
)
def test_database_urls_of_hosts_are_understood(tmp_path, given, used):
    assert read_settings(environment(tmp_path, DATABASE_URL=given)).database_url == used


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgres://db", "postgres:///x", "db", "redis://h/0", "postgres://[x/y"]
)
def test_a_database_that_web_and_worker_cannot_share_is_a_problem(tmp_path, url):
    (problem,) = problems(environment(tmp_path, DATABASE_URL=url))
    assert problem.startswith("DATABASE_URL: ")


def test_the_data_directory_is_created_for_us_alone(tmp_path):
    settings = read_settings(environment(tmp_path / "new" / "var"))
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_scan_limits_need_no_github():
    assert default_scan_limits({"SCAN_MEMORY_MB": "512"}) == ScanLimits(
        wall_seconds=120, cpu_seconds=120, memory_mb=512, max_file_bytes=1 << 20, max_tree_bytes=64 << 20
    )
    assert sandbox_choice({"SCAN_SANDBOX": "None"}) == "none"
    with pytest.raises(Misconfigured, match="SCAN_TIMEOUT_SECONDS"):
        default_scan_limits({"SCAN_TIMEOUT_SECONDS": "soon"})
    with pytest.raises(Misconfigured, match="SCAN_SANDBOX"):
        sandbox_choice({"SCAN_SANDBOX": "docker"})


def program(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_program_that_makes_plans_is_the_one_that_is_named_else_the_one_that_is_found(tmp_path):
    found, tofu = program(tmp_path, "terraform"), program(tmp_path, "tofu")
    named = program(tmp_path, "terraform-1.9")
    environ = {"PATH": str(tmp_path)}
    assert plan_program(environ) == found
    assert plan_program(environ | {"TOFU_PATH": str(tofu)}) == tofu
    assert plan_program(environ | {"TOFU_PATH": str(tofu), "TERRAFORM_PATH": str(named)}) == named
    found.unlink()
    assert plan_program(environ) == tofu
    assert plan_program({"PATH": "/nowhere"}) is None
    assert read_settings(environment(tmp_path, TERRAFORM_PATH=str(named))).plan_program == named


@pytest.mark.parametrize("path", ["terraform", "/nowhere/terraform", "/etc"])
def test_a_program_that_is_none_is_a_problem(tmp_path, path):
    (problem,) = problems(environment(tmp_path, TERRAFORM_PATH=path))
    assert problem == f"TERRAFORM_PATH: {path!r} is no program; expected the absolute path of one"
    with pytest.raises(Misconfigured):
        plan_program({"TOFU_PATH": path})
