# SPDX-License-Identifier: Apache-2.0
from check_coroutines import lost, problems


def test_finds_an_aggregate_in_the_expression():
    assert problems("x = co_await f(a, {.text = g()});") == [
        (1, "an aggregate as a temporary of co_await: give it a name")
    ]
    assert problems("a();\nco_return co_await\n f(Insert{.table = t});")[0][0] == 2


def test_leaves_lambdas_and_named_values_alone():
    assert problems("co_await run([x] { return S{.a = 1}; });") == []
    assert problems("S s{.a = 1};\nco_await f(std::move(s));") == []


def test_finds_a_conditional_wait():
    assert problems("x = c ? a : co_await b();")
    assert problems("x = c ? a : b;  // : co_await") == []


def test_finds_what_nobody_owns():
    assert lost("src/routing/x.cpp", "a();\n  base::start(f(), [] {});")[0][0] == 2
    assert lost("src/routing/x.cpp", "shard.start(f(), [] {});  // as base::start()") == []
    assert lost("src/routing/x_test.cpp", "base::start(f(), [] {});") == []
