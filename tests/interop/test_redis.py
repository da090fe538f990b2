# SPDX-License-Identifier: Apache-2.0
"""Scripts that keep things in Redis: a single server and a Cluster of three, also while parts of it are gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from harness.management import manage, statistic
from harness.redis import RedisConnection, RedisServer, Wire, slot_of
from harness.servers import Server
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon


class Cache:
    """What the script of cache.cfg does with a store."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._phone = server.phone("alice")

    def close(self) -> None:
        self._phone.close()

    def do(self, what: str, key: str = "", value: str = "") -> tuple[int, str]:
        """The return code of the function, and what it gave."""
        response = self._phone.final_response(self._phone.request(
            "MESSAGE", extra=[f"X-Do: {what}", f"X-Key: {key}", f"X-Value: {value}"]))
        code, _, result = response.start_line.removeprefix("SIP/2.0 200 ").partition(" ")
        return int(code), result


@pytest.fixture
def cache(carillon) -> Iterator[Callable[..., Cache]]:
    """cache(url) starts a server whose script names a store."""
    made: list[Cache] = []

    def make(url: str, store: str = "redis:g", more: str = "") -> Cache:
        made.append(Cache(carillon.start("cache", cachedb_url=url, store=store, more=more)))
        return made[-1]

    yield make
    for one in made:
        one.close()
        assert one.server.program.stop() == 0


def plays_all_functions(store: Cache) -> None:
    assert store.do("fetch", "k") == (-2, "")
    assert store.do("store", "k", "a value") == (1, "")
    assert store.do("fetch", "k") == (1, "a value")
    assert store.do("remove", "k") == (1, "")
    assert store.do("fetch", "k") == (-2, "")
    assert store.do("count", "n") == (-2, "")
    assert store.do("add", "n") == (1, "5")
    assert store.do("sub", "n") == (1, "3")
    assert store.do("count", "n") == (1, "3")
    assert store.do("raw", value="RPUSH list one two")[0] == 1
    assert store.do("raw", value="LRANGE list 0 -1") == (1, "one,two")
    assert store.do("raw", value="LRANGE nothing 0 -1")[0] == -2
    assert store.do("raw", value="HGETALL list")[0] == -1
    for number in range(12):
        assert store.do("store", f"key{number}", f"value{number}")[0] == 1
    for number in range(12):
        assert store.do("fetch", f"key{number}") == (1, f"value{number}")


def test_a_script_keeps_things_in_a_single_server(redis, cache):
    store = cache(f"redis:g://127.0.0.1:{redis.port}/2")
    plays_all_functions(store)
    with redis.connect() as connection:
        connection.command("SELECT", 2)
        assert connection.command("GET", "key3") == "value3"
        assert 0 < connection.command("TTL", "key3") <= 60
        assert 0 < connection.command("TTL", "n") <= 60
    groups = manage(store.server, "redis_cluster_info", group="g")["groups"]
    assert [(group["mode"], group["nodes"][0]["status"]) for group in groups] == [("single", "up")]


def test_a_script_keeps_things_in_a_cluster(cluster, cache):
    store = cache(f"redis:g://127.0.0.1:{cluster.nodes[1].port}/")
    plays_all_functions(store)
    assert all(node.command("DBSIZE") > 0 for node in cluster.nodes)
    assert cluster.command("GET", "key3") == "value3"
    assert statistic(store.server, "cachedb_redis:redis_moved") == 0
    nodes = manage(store.server, "redis_cluster_info")["groups"][0]["nodes"]
    assert sum(node["slots"] for node in nodes) == 16384
    pings = manage(store.server, "redis_ping_nodes")["groups"][0]["nodes"]
    assert [ping["status"] for ping in pings] == ["reachable"] * 3
    assert manage(store.server, "redis_cluster_refresh") == "OK"


def test_a_key_is_followed_while_its_slot_moves(cluster, cache):
    store = cache(f"redis:g://{cluster.hosts}/")
    assert store.do("store", "wanderer", "1")[0] == 1
    slot = slot_of("wanderer")
    source = cluster.node_of("wanderer")
    target = next(node for node in cluster.nodes if node is not source)
    source_id, target_id = source.command("CLUSTER", "MYID"), target.command("CLUSTER", "MYID")
    target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
    source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
    source.command("MIGRATE", "127.0.0.1", target.port, "wanderer", 0, 1000)
    try:
        assert store.do("fetch", "wanderer") == (1, "1")  # ASK
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", target_id)
        assert store.do("fetch", "wanderer") == (1, "1")  # MOVED
        assert statistic(store.server, "cachedb_redis:redis_moved") >= 2

        def asks_the_right_node() -> bool:
            moved = statistic(store.server, "cachedb_redis:redis_moved")
            return (store.do("fetch", "wanderer") == (1, "1")
                    and statistic(store.server, "cachedb_redis:redis_moved") == moved)

        wait_until(asks_the_right_node, "the new map to be known")
    finally:
        target.command("DEL", "wanderer")
        for node in (source, target):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", source_id)
        wait_until(lambda: cluster.command("CLUSTER", "COUNTKEYSINSLOT", slot) == 0, "the slot to be back")


def test_a_killed_node_takes_only_its_keys_along(cluster, cache):
    store = cache(f"redis:g://{cluster.hosts}/")
    keys = [next(f"k{number}" for number in range(1000) if cluster.node_of(f"k{number}") is node)
            for node in cluster.nodes]
    for key in keys:
        assert store.do("store", key, "kept")[0] == 1
    cluster.nodes[2].kill()
    begin = time.monotonic()
    assert store.do("fetch", keys[2])[0] == -1
    assert time.monotonic() - begin < 2
    assert store.do("fetch", keys[0]) == (1, "kept")
    assert store.do("fetch", keys[1]) == (1, "kept")
    assert statistic(store.server, "cachedb_redis:redis_queries_failed") > 0
    cluster.nodes[2].start()
    wait_until(lambda: store.do("fetch", keys[2]) == (1, "kept"), "the key to be back", 10)


def test_a_hung_server_costs_the_time_limit_and_then_nothing(redis, cache):
    store = cache(f"redis:g://127.0.0.1:{redis.port}/")
    assert store.do("store", "k", "v")[0] == 1
    with redis.hung():
        begin = time.monotonic()
        assert store.do("fetch", "k")[0] == -1
        assert 0.4 < time.monotonic() - begin < 1.5
        begin = time.monotonic()
        assert store.do("fetch", "k")[0] == -1
        assert time.monotonic() - begin < 0.3
    wait_until(lambda: store.do("fetch", "k") == (1, "v"), "the server to be used again")


def test_the_next_host_is_used_when_one_is_gone(programs, redis, cache):
    other = RedisServer(programs).start()
    store = cache(f"redis:g://127.0.0.1:{other.port},127.0.0.1:{redis.port}/")
    assert store.do("store", "k", "first")[0] == 1
    other.kill()
    assert store.do("store", "k", "second")[0] == 1
    assert redis.command("GET", "k") == "second"


def test_a_user_with_a_password(redis, cache):
    redis.command("ACL", "SETUSER", "app", "on", ">p@ss:w/rd", "~*", "&*", "+@all")
    redis.command("ACL", "SETUSER", "default", "off")
    store = cache(f"redis:g://app:p@ss:w/rd@127.0.0.1:{redis.port}/")
    assert store.do("store", "k", "v")[0] == 1
    assert store.do("fetch", "k") == (1, "v")


def test_a_server_behind_tls(programs, cache):
    made = programs.run("openssl", [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"])
    assert made.exit_code == 0, made.output()
    files = programs.folder
    redis = RedisServer(programs, [
        "--tls-port", str(port := free_port()), "--tls-cert-file", f"{files}/cert.pem",
        "--tls-key-file", f"{files}/key.pem", "--tls-ca-cert-file", f"{files}/cert.pem"]).start()
    more = 'modparam("cachedb_redis", "use_tls", 1)'
    store = cache(f"redis:g://127.0.0.1:{port}/?tls_ca={files}/cert.pem&tls_cert={files}/cert.pem"
                  f"&tls_key={files}/key.pem", more=more)
    large = "x" * 3000
    assert store.do("store", "k", large)[0] == 1
    assert redis.command("GET", "k") == large
    assert store.do("add", "n") == (1, "5")
    untrusted = cache(f"redis:g://127.0.0.1:{port}/?tls_cert={files}/cert.pem&tls_key={files}/key.pem", more=more)
    assert untrusted.do("fetch", "k")[0] == -1


def test_a_server_that_is_not_there_at_start_is_found_later(programs, cache):
    redis = RedisServer(programs)
    store = cache(f"redis:g://127.0.0.1:{redis.port}/")
    assert store.do("fetch", "k")[0] == -1
    redis.start()
    wait_until(lambda: store.do("store", "k", "v")[0] == 1, "the server to be found")


def test_a_cut_wire_is_silent_and_mends(redis):
    wire = Wire(redis.port)
    with RedisConnection(wire.port, timeout=0.2) as connection:
        assert connection.command("PING") == "PONG"
        wire.cut()
        with pytest.raises(TimeoutError):
            connection.command("PING")
    wire.mend()
    with RedisConnection(wire.port) as connection:
        assert connection.command("PING") == "PONG"
    wire.close()
