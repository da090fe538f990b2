# SPDX-License-Identifier: Apache-2.0
"""Carillon on Redis: a single server and a Cluster of three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.program import Programs
from harness.redis import RedisCluster, RedisConnection, RedisServer, Wire, slot_of

pytestmark = pytest.mark.carillon


@pytest.fixture(scope="module")
def redis_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    started = Programs(tmp_path_factory.mktemp("redis"))
    yield started
    started.kill_all()


@pytest.fixture(scope="module")
def the_cluster(redis_programs: Programs) -> RedisCluster:
    """Starting one takes seconds: all tests share it, each with names of its own."""
    return RedisCluster(redis_programs)


@pytest.fixture
def cluster(the_cluster: RedisCluster) -> RedisCluster:
    the_cluster.wait_ok()
    the_cluster.everywhere("FLUSHALL")
    return the_cluster


@pytest.fixture
def redis(programs: Programs) -> RedisServer:
    return RedisServer(programs).start()


def test_a_server_keeps_its_data_over_a_kill(redis: RedisServer):
    redis.command("SET", "key", "value")
    redis.kill()
    redis.start()
    assert redis.command("GET", "key") == "value"


def test_a_cluster_serves_all_slots(cluster: RedisCluster):
    for number in range(20):
        cluster.command("SET", f"key{number}", number)
        assert cluster.nodes[0].command("CLUSTER", "KEYSLOT", f"key{number}") == slot_of(f"key{number}")
    assert cluster.command("GET", "key7") == "7"


def test_a_cut_wire_is_silent_and_mends(redis: RedisServer):
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
