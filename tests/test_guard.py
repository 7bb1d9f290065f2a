"""The guard of the suite guards."""

import socket
import urllib.request

import pytest

from tests.conftest import NetworkForbidden


def test_a_connection_to_another_machine_is_forbidden():
    with socket.socket() as probe, pytest.raises(NetworkForbidden):
        probe.connect(("192.0.2.1", 80))


def test_looking_up_a_name_is_forbidden():
    with pytest.raises(NetworkForbidden):
        urllib.request.urlopen("http://example.com/")


def test_loopback_is_open(github):
    with pytest.raises(urllib.request.HTTPError):
        urllib.request.urlopen(f"{github.api_url}/nothing")
