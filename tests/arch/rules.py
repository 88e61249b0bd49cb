"""The rules that no linter knows, each a function from one file to what is wrong with it.

Each rule is tried on a bad line in test_the_rules_see.py and on the whole tree in test_the_tree_keeps_the_rules.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.arch.tree import Source, calls, dotted, imports, texts

Fault = tuple[str, str]  # (file:line, what)

_CLOCK_READS: Final = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns)|uuid\.uuid[14]|uuid[14])$"
)
_SQL_CLOCK: Final = re.compile(
    r"\b(now\s*\(\s*\)|current_(timestamp|date|time)\b|localtime(stamp)?\b|clock_timestamp|statement_timestamp|"
    r"transaction_timestamp|timeofday\s*\(|gen_random_uuid|uuidv[47]\s*\(|uuid_generate)",
    re.IGNORECASE,
)
_SQL_WORDS: Final = re.compile(
    r"\b(select|insert|update|delete|with|create|alter|default|set|where)\b", re.IGNORECASE
)
_SQL_TRANSACTION: Final = re.compile(
    r"^\s*(begin|commit|rollback|savepoint|start\s+transaction|end)\b[^=]*;?\s*$", re.I
)
_EVENT_WORDS: Final = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$")
_LOGS: Final = re.compile(r"(^|[._])log(ger)?\.(debug|info|warning|error|critical|exception)$")


def clock_reads(source: Source) -> Iterator[Fault]:
    """Only chassis/clock.py reads the wall clock and makes random ids."""
    if source.name == "chassis/clock.py":
        return
    for name, call in calls(source.tree):
        if _CLOCK_READS.search(name):
            yield f"{source.name}:{call.lineno}", name


def sql_clock_reads(name: str, sql: str) -> Iterator[Fault]:
    """SQL takes every instant and id as an argument."""
    for number, line in enumerate(sql.splitlines(), 1):
        if found := _SQL_CLOCK.search(line.partition("--")[0]):
            yield f"{name}:{number}", found[0]


def sql_clock_reads_in_code(source: Source) -> Iterator[Fault]:
    """As sql_clock_reads, for statements in Python strings."""
    for line, text in texts(source.tree):
        if _SQL_WORDS.search(text):
            yield from ((f"{source.name}:{line}", what) for _, what in sql_clock_reads(source.name, text))


def subscribers(source: Source) -> Iterator[Fault]:
    """Every consumer goes through chassis/consume.py: without its parser one bad header loses a batch silently."""
    if source.name.startswith("chassis/"):
        return
    for name in imports(source.tree):
        if name.split(".")[0] == "faststream":
            yield source.name, name
        if name.split(".")[0] == "aiokafka" and source.name.startswith("services/"):
            yield source.name, name
    for name, call in calls(source.tree):
        if name.endswith(".subscriber"):
            yield f"{source.name}:{call.lineno}", name


def floats(source: Source) -> Iterator[Fault]:
    """Money is whole yen or Decimal: no float literal, no float type, no true division of names."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{source.name}:{node.lineno}", f"literal {node.value}"
        if isinstance(node, ast.Name) and node.id == "float":
            yield f"{source.name}:{node.lineno}", "float"


def transactions(source: Source) -> Iterator[Fault]:
    """Only the chassis connects or opens a transaction; a service asks `base.transaction()` or is given `conn`.

    `self.transaction` is the chassis's, handed over by main; reads may borrow a connection of the pool.
    """
    if source.name.startswith(("chassis/", "ops/")):
        return
    for name, call in calls(source.tree):
        owner, _, method = name.rpartition(".")
        if method == "transaction" and owner.rpartition(".")[2].strip("_") not in {"base", "self"}:
            yield f"{source.name}:{call.lineno}", name
        if method == "create_pool" or name == "asyncpg.connect":
            yield f"{source.name}:{call.lineno}", name
    for line, text in texts(source.tree):
        if _SQL_TRANSACTION.match(text) and text.upper() == text:
            yield f"{source.name}:{line}", text.strip()


def log_words(source: Source) -> Iterator[Fault]:
    """A log line opens with constant words `noun_verbed`; values are named arguments."""
    for name, call in calls(source.tree):
        if not _LOGS.search(name) or not call.args:
            continue
        words = call.args[0]
        if not (
            isinstance(words, ast.Constant)
            and isinstance(words.value, str)
            and _EVENT_WORDS.match(words.value)
        ):
            yield f"{source.name}:{call.lineno}", ast.unparse(words)
        if len(call.args) > 1:
            yield f"{source.name}:{call.lineno}", "positional values"


def network_in_transactions(source: Source) -> Iterator[Fault]:
    """No gateway, HTTP or mail call stands inside `async with …transaction()`."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.AsyncWith):
            continue
        if not any(dotted(item.context_expr).endswith(".transaction") for item in node.items):
            continue
        for name, call in calls(ast.Module(body=node.body, type_ignores=[])):
            if re.search(r"(^|[._])(http|gateways?|smtp|mailer|client)\.", name):
                yield f"{source.name}:{call.lineno}", name
