"""Ports that matter when the internet reaches them, and what counts as the internet. Knows no resource and no rule."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

LAST = 65_535

NO_PASSWORD = {
    2181: "ZooKeeper",
    2375: "Docker",
    2379: "etcd",
    4444: "Selenium",
    5984: "CouchDB",
    6379: "Redis",
    9092: "Kafka",
    9200: "Elasticsearch",
    10250: "kubelet",
    11211: "Memcached",
    27017: "MongoDB",
}
"""Services that ask nobody for a password as they are installed."""

ADMIN = {
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    111: "RPC",
    135: "RPC",
    445: "SMB",
    2049: "NFS",
    2376: "Docker",
    3389: "RDP",
    5900: "VNC",
    5985: "WinRM",
    5986: "WinRM",
    6443: "Kubernetes",
    8200: "Vault",
    8500: "Consul",
}

DATABASES = {
    1433: "SQL Server",
    1434: "SQL",
    1521: "Oracle",
    3306: "MySQL",
    5432: "PostgreSQL",
    5439: "Redshift",
    5672: "RabbitMQ",
    7000: "Cassandra",
    9042: "Cassandra",
    9300: "Elasticsearch",
    15672: "RabbitMQ",
    50000: "Db2",
}

NAMES = NO_PASSWORD | ADMIN | DATABASES


@lru_cache(maxsize=1024)
def is_internet(source: str) -> bool:
    """Whether a source of traffic is everybody, or half of everybody (0.0.0.0/1)."""
    if source.lower() in ("*", "internet", "any"):
        return True
    try:
        network = ipaddress.ip_network(source.strip(), strict=False)
    except ValueError:
        return False
    return network.prefixlen <= 3 or (network.prefixlen < 8 and network.version == 4 and not network.is_private)
