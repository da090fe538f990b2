# SPDX-License-Identifier: Apache-2.0
"""Two servers with one location table, through Redis: what one learns the other knows, also after they were apart."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from harness.management import manage, statistic
from harness.redis import Wire
from harness.servers import Server
from harness.sip import Phone
from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

# An answer waits so long for Redis at most.
LONGEST_WAIT_SECONDS = 0.1

DOMAIN = "shared.example"


class Node:
    """A server, and a phone that speaks to it for whatever user is named."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.phone: Phone = server.phone("any")

    def register(self, user: str, contact: str = "", expires: int = 600, **changes: object) -> list[str]:
        """Contacts in the answer. Without a contact: those there are."""
        aor = f"sip:{user}@{DOMAIN}"
        response = self.phone.register(local=aor, remote=aor, contact=contact,
                                       extra=[f"Expires: {expires}"] if contact else [], **changes)
        return response.contacts()

    def contacts(self, user: str) -> list[str]:
        """The URIs of a user's contacts, as this server knows them."""
        return sorted(contact.split(">")[0].lstrip("<") for contact in self.register(user))

    def wait_for(self, user: str, contacts: list[str], timeout: float = 5.0) -> float:
        """How long it took until the user had these contacts."""
        begin = time.monotonic()
        wait_until(lambda: self.contacts(user) == sorted(contacts), f"{contacts} of {user}", timeout)
        return time.monotonic() - begin

    def statistic(self, name: str) -> int:
        return statistic(self.server, f"usrloc:{name}")

    def wait_connected(self, timeout: float = 10.0) -> None:
        wait_until(lambda: self.statistic("shared_connected") == 1 and self.statistic("shared_waiting") == 0,
                   "the server to share", timeout)

    def close(self) -> None:
        self.phone.close()


@pytest.fixture
def node(carillon) -> Iterator[Callable[..., Node]]:
    """node(url) starts a server that shares its table."""
    made: list[Node] = []

    def make(url: str) -> Node:
        made.append(Node(carillon.start("shared", cachedb_url=url)))
        made[-1].wait_connected()
        return made[-1]

    yield make
    for one in made:
        one.close()
        if one.server.program.exit_code is None:
            assert one.server.program.stop() == 0


def contact(name: str, port: int = 9) -> str:
    return f"<sip:{name}@127.0.0.1:{port}>"


def uri(name: str, port: int = 9) -> str:
    return f"sip:{name}@127.0.0.1:{port}"


def test_a_contact_of_one_server_is_called_through_the_other(cluster, node):
    a, b = node(f"redis://{cluster.hosts}/"), node(f"redis://{cluster.hosts}/")
    times = []
    for number in range(20):  # so many that all masters have some
        begin = time.monotonic()
        a.register(f"user{number}", contact("here"))
        while not b.contacts(f"user{number}"):
            assert time.monotonic() - begin < 5
        times.append(time.monotonic() - begin)
    assert statistics.median(times) < 0.1, times  # the machine may be busy for a moment
    assert b.contacts("user7") == [uri("here")]

    bob = b.server.phone("bob")
    a.register("bob", f"<sip:bob@127.0.0.1:{bob.port}>")
    b.wait_for("bob", [f"sip:bob@127.0.0.1:{bob.port}"])
    b.phone.send(b.phone.request("MESSAGE", f"sip:bob@{DOMAIN}", remote=f"sip:bob@{DOMAIN}"))
    bob.reply(bob.expect("MESSAGE"), 200, "OK", "x")
    b.phone.expect(200)
    bob.close()
    # What one refreshes and removes, the other's table does.
    b.register("user7", contact("there"))
    a.wait_for("user7", [uri("here"), uri("there")], 0.5)
    b.register("user7", contact("here"), expires=0)
    a.wait_for("user7", [uri("there")], 0.5)
    assert all(one.statistic("shared_dropped") == 0 for one in (a, b))


def test_a_server_that_begins_knows_what_the_others_know(cluster, node):
    a = node(f"redis://{cluster.hosts}/")
    for number in range(30):
        a.register(f"user{number}", contact("here"))
    a.wait_connected()
    a.server.program.kill()
    b = node(f"redis://{cluster.hosts}/")
    assert all(b.contacts(f"user{number}") == [uri("here")] for number in range(30))


def test_a_server_that_was_cut_off_rejoins_and_the_newest_write_holds(redis, node):
    wire = Wire(redis.port)
    a, b = node(f"redis://127.0.0.1:{redis.port}/"), node(f"redis://127.0.0.1:{wire.port}/")
    for user in ("both", "left", "gone", "kept"):
        a.register(user, contact("old"))
        b.wait_for(user, [uri("old")])
    wire.cut()
    wait_until(lambda: b.statistic("shared_connected") == 0, "the cut to be noticed")
    # No answer waits for the store.
    begin = time.monotonic()
    b.register("both", contact("both"), call_id="b-first")
    b.register("only-b", contact("new"))
    b.register("gone", contact("old"), expires=0)
    b.register("kept", contact("old"), expires=0)
    assert time.monotonic() - begin < 1
    time.sleep(0.01)  # a write of the other server is later by its clock
    a.register("both", contact("both"), call_id="a-later")
    a.register("only-a", contact("new"))
    a.register("left", contact("old"), expires=0)
    a.register("kept", contact("old"))  # refreshed after the other server removed it
    assert a.contacts("only-b") == [] and b.contacts("only-a") == []
    assert b.statistic("shared_waiting") == 4
    wire.mend()
    b.wait_for("only-a", [uri("new")])
    for one in (a, b):
        one.wait_for("only-b", [uri("new")])
        one.wait_for("left", [])
        one.wait_for("gone", [])
        one.wait_for("kept", [uri("old")])
        wait_until(lambda one=one: call_id_of(one, "both", uri("both")) == "a-later", "the newer write to hold")
    b.wait_connected()
    wire.close()


def call_id_of(node: Node, user: str, contact_uri: str) -> str:
    shown = manage(node.server, "ul_show_contact", table_name="location", aor=f"{user}@{DOMAIN}")
    contacts = {one["Contact"]: one["Callid"] for one in shown["Contacts"]}  # type: ignore[index,call-overload]
    return contacts[contact_uri]


def test_a_server_that_may_not_in_a_cluster_rejoins(cluster, node):
    cluster.everywhere("ACL", "SETUSER", "b", "reset", "on", ">secret", "~*", "&*", "+@all")
    a, b = node(f"redis://{cluster.hosts}/"), node(f"redis://b:secret@{cluster.hosts}/")
    a.register("user", contact("old"))
    b.wait_for("user", [uri("old")])
    cluster.everywhere("ACL", "SETUSER", "b", "off")
    cluster.everywhere("CLIENT", "KILL", "USER", "b")
    wait_until(lambda: b.statistic("shared_connected") == 0, "the cut to be noticed")
    for number in range(10):
        a.register(f"a{number}", contact("new"))
        b.register(f"b{number}", contact("new"))
    cluster.everywhere("ACL", "SETUSER", "b", "on")
    for number in range(10):
        a.wait_for(f"b{number}", [uri("new")])
        b.wait_for(f"a{number}", [uri("new")])
    b.wait_connected()


def test_a_killed_redis_node_holds_up_only_its_part_and_for_no_longer(cluster, node):
    a, b = node(f"redis://{cluster.hosts}/"), node(f"redis://{cluster.hosts}/")
    cluster.nodes[1].kill()
    for number in range(30):
        (a if number % 2 else b).register(f"user{number}", contact("new"))
    known = wait_until(lambda: sum(b.contacts(f"user{number}") != [] for number in range(1, 30, 2)), "the others' part")
    assert known > 0
    cluster.nodes[1].start()
    for number in range(30):
        (b if number % 2 else a).wait_for(f"user{number}", [uri("new")], 10)


def test_what_a_store_loses_is_sent_again(redis, node):
    a, b = node(f"redis://127.0.0.1:{redis.port}/"), node(f"redis://127.0.0.1:{redis.port}/")
    for number in range(10):
        a.register(f"user{number}", contact("here"))
    b.wait_for("user9", [uri("here")])
    a.wait_connected()
    redis.command("FLUSHALL")
    wait_until(lambda: redis.command("EVAL", "return #redis.call('KEYS', 'usrloc:*:aor:*')", 0) == 10,
               "the store to have all again")
    assert len(b.contacts("user3")) == 1


def test_one_server_pings_and_another_when_it_goes(redis, node):
    url = f"redis://127.0.0.1:{redis.port}/"
    nodes = [node(url), node(url)]
    wait_until(lambda: sum(one.statistic("shared_pinging") for one in nodes) == 1, "one to ping")
    nodes.sort(key=lambda one: one.statistic("shared_pinging"))
    assert 0 < redis.command("PTTL", "usrloc:location:pings") <= 6000
    assert nodes[1].server.program.stop() == 0
    wait_until(lambda: nodes[0].statistic("shared_pinging") == 1, "the other to ping")


def test_a_command_compares_the_tables(redis, node):
    a = node(f"redis://127.0.0.1:{redis.port}/")
    a.register("user", contact("here"))
    a.wait_connected()
    (key,) = redis.command("KEYS", "usrloc:*:aor:*")
    redis.command("DEL", key)
    assert manage(a.server, "ul_cluster_sync") == "OK"
    wait_until(lambda: redis.command("EXISTS", key) == 1, "the contact to be there again")


def test_a_hung_redis_delays_no_answer(redis, node):
    a, b = node(f"redis://127.0.0.1:{redis.port}/"), node(f"redis://127.0.0.1:{redis.port}/")
    with redis.hung():
        for number in range(20):
            begin = time.monotonic()
            a.register(f"user{number}", contact("here"))
            assert time.monotonic() - begin < 0.3
    for number in range(20):
        b.wait_for(f"user{number}", [uri("here")])


def test_a_killed_server_takes_nothing_that_it_acknowledged(redis, node):
    """kill -9 right behind an answer: the other server has all whose answers didn't wait in vain for Redis."""
    url = f"redis://127.0.0.1:{redis.port}/"
    b = node(url)
    for life in range(4):
        a = node(url)
        answered = []
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            user = f"life{life}user{len(answered)}"
            aor = f"sip:{user}@{DOMAIN}"
            since = time.monotonic()
            a.phone.send(a.phone.register_request(local=aor, remote=aor, contact=contact(user)))
            response = a.phone.receive(5)
            assert response is not None and response.status == 200
            if time.monotonic() - since > LONGEST_WAIT_SECONDS:
                break
            answered.append(user)
        a.server.program.kill()
        assert answered
        for user in answered:
            wait_until(lambda user=user: b.contacts(user), f"{user}'s contact at the killed server")
