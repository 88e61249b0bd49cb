"""Each rule of rules.py, seen failing on a bad line and silent on a good one."""

from __future__ import annotations

import ast

import pytest

from tests.arch import rules
from tests.arch.tree import Source


def source(text: str, name: str = "services/billing/handlers.py") -> Source:
    """Return a file that is not there."""
    return Source(name, text, ast.parse(text))


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "datetime.datetime.now()",
        "dt.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "uuid.uuid4()",
        "uuid4()",
    ],
)
def test_a_clock_read_is_seen_outside_the_clock(line: str) -> None:
    assert list(rules.clock_reads(source(line)))
    assert not list(rules.clock_reads(source(line, "chassis/clock.py")))


def test_business_time_is_no_clock_read() -> None:
    assert not list(
        rules.clock_reads(source("base.clock.now(); utc_now(); derived_id(cause, 'x'); time.monotonic()"))
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT now()",
        "recorded_at timestamptz DEFAULT CURRENT_TIMESTAMP",
        "SET x = clock_timestamp()",
        "SELECT current_date - 1",
        "id uuid DEFAULT gen_random_uuid()",
    ],
)
def test_a_clock_read_in_sql_is_seen(sql: str) -> None:
    assert list(rules.sql_clock_reads("x.sql", sql))
    assert list(rules.sql_clock_reads_in_code(source(f"conn.execute('''SELECT 1 WHERE {sql}''')")))


def test_a_comment_in_sql_and_prose_in_python_may_name_the_clock() -> None:
    assert not list(rules.sql_clock_reads("x.sql", "SELECT $1 -- never now()"))
    assert not list(
        rules.sql_clock_reads_in_code(source('"""Never select now()."""\nx = "call now() later"'))
    )


@pytest.mark.parametrize(
    "line",
    [
        "@broker.subscriber('kaitsu.orders')\nasync def f(m): ...",
        "from faststream.kafka import KafkaBroker",
        "import aiokafka",
    ],
)
def test_a_consumer_beside_the_chassis_is_seen(line: str) -> None:
    assert list(rules.subscribers(source(line)))
    assert not list(rules.subscribers(source(line, "chassis/consume.py")))


@pytest.mark.parametrize("line", ["rate = 0.1", "float(x)", "def f(x: float): ..."])
def test_a_float_near_money_is_seen(line: str) -> None:
    assert list(rules.floats(source(line)))
    assert not list(rules.floats(source("rate = Decimal('0.1'); days = 30; x = 7 // 2")))


@pytest.mark.parametrize(
    "line",
    [
        "conn.transaction()",
        "self.conn.transaction()",
        "asyncpg.create_pool(dsn)",
        "asyncpg.connect(dsn)",
        "conn.execute('COMMIT')",
        "conn.execute('BEGIN;')",
    ],
)
def test_a_transaction_beside_the_chassis_is_seen(line: str) -> None:
    assert list(rules.transactions(source(line)))


def test_asking_the_chassis_for_a_transaction_is_the_way() -> None:
    assert not list(rules.transactions(source("base.transaction(); self._base.transaction(); x = 'begin'")))


@pytest.mark.parametrize(
    "line",
    [
        "log.info(f'x {y}')",
        "log.info('Order saved')",
        "log.warning('order_saved', order)",
        "self.log.error(text)",
    ],
)
def test_a_log_line_that_is_no_event_is_seen(line: str) -> None:
    assert list(rules.log_words(source(line)))
    assert not list(rules.log_words(source("log.info('order_saved', order_no=no); catalog.info('x')")))


def test_network_inside_a_transaction_is_seen() -> None:
    bad = "async def f():\n    async with base.transaction() as conn:\n        await self.gateway.send(x)"
    good = bad.replace("self.gateway.send(x)", "store.save(conn)") + "\n    await self.gateway.send(x)"

    assert list(rules.network_in_transactions(source(bad)))
    assert not list(rules.network_in_transactions(source(good)))
