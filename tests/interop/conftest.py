# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the interop tests: real programs on loopback, each test with its own servers on free ports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.databases import MariaDb, PostgreSql
from harness.program import Programs
from harness.redis import RedisCluster, RedisServer
from harness.servers import CarillonLauncher, KamailioLauncher, Server, carillon_binary
from harness.sip import Phone
from harness.sipp import Sipp

started_programs = pytest.StashKey[Programs]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "carillon: looks at what only Carillon does")
    config.addinivalue_line("markers", "server(**values): how the server under test is started")


def under_test() -> str:
    return os.environ.get("INTEROP_SERVER", "carillon")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if under_test() != "carillon":
        for item in items:
            if item.get_closest_marker("carillon"):
                item.add_marker(pytest.mark.skip(reason=f"{under_test()} stands in for Carillon"))
    elif not carillon_binary().exists():
        pytest.exit(f"there is no {carillon_binary()}: ./dev build, or set CARILLON_BINARY", returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds the end of every program's log to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and (programs := item.stash.get(started_programs, None)):
        report.sections.extend(programs.reports())


@pytest.fixture
def programs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Programs]:
    started = Programs(tmp_path)
    request.node.stash[started_programs] = started
    yield started
    started.kill_all()


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    server = MariaDb()
    yield server
    server.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSql]:
    server = PostgreSql()
    yield server
    server.close()


@pytest.fixture
def carillon(programs: Programs) -> CarillonLauncher:
    return CarillonLauncher(programs)


@pytest.fixture
def kamailio(programs: Programs) -> KamailioLauncher:
    return KamailioLauncher(programs)


@pytest.fixture
def launcher(programs: Programs) -> CarillonLauncher | KamailioLauncher:
    return KamailioLauncher(programs) if under_test() == "kamailio" else CarillonLauncher(programs)


@pytest.fixture
def server(request: pytest.FixtureRequest, launcher: CarillonLauncher | KamailioLauncher) -> Iterator[Server]:
    """The server under test on 127.0.0.1 with residential.cfg. It must end by SIGTERM, and cleanly.

    @pytest.mark.server(key=value) sets values of the script.
    """
    marker = request.node.get_closest_marker("server")
    running = launcher.start(**(marker.kwargs if marker else {}))
    yield running
    assert running.program.stop() == 0


@pytest.fixture
def sipp(programs: Programs) -> Sipp:
    return Sipp(programs)


@pytest.fixture
def phone(server: Server) -> Iterator[Callable[[str], Phone]]:
    """phone("alice") makes an endpoint of the server under test."""
    made: list[Phone] = []

    def make(user: str) -> Phone:
        made.append(server.phone(user))
        return made[-1]

    yield make
    for endpoint in made:
        endpoint.close()


@pytest.fixture(scope="session")
def the_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """Starting one takes seconds: all tests share it."""
    started = Programs(tmp_path_factory.mktemp("redis"))
    yield RedisCluster(started)
    started.kill_all()


@pytest.fixture
def cluster(the_cluster: RedisCluster) -> RedisCluster:
    """A Redis Cluster of three without any keys."""
    the_cluster.wait_ok()
    the_cluster.everywhere("FLUSHALL")
    return the_cluster


@pytest.fixture
def redis(programs: Programs) -> RedisServer:
    """A single Redis server of the test's own."""
    return RedisServer(programs).start()
