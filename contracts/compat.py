"""Compares two snapshots of one event type and says whether readers and producers of both can live side by side.

Records stay on topics for 30 days and in the services' logs for years, and services are deployed one after the
other. So a new class must read what the old one wrote, and the old one must read what the new one writes. Only
added optional fields, and added values where the field declares `unknown`, pass; all else wants a new version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

Node = Mapping[str, Any]

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SHAPES: Final = ("pattern", "multipleOf", "uniqueItems")


@dataclass(frozen=True)
class Break:
    """One broken promise: where in the data (`pointer`), which rule, and what changed."""

    pointer: str
    rule: str
    detail: str = ""

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.pointer or '/'}: {self.rule}{f' ({self.detail})' if self.detail else ''}"


def breaks(old: Node, new: Node | None) -> tuple[Break, ...]:
    """Return everything that breaks between two snapshots of one type; empty = compatible.

    new: None where the type is gone.
    """
    if new is None:
        return (Break("", "type_removed"),)
    moved = [
        Break("", f"{name.removeprefix('x-')}_changed", f"{old[name]} to {new.get(name)}")
        for name in ("x-topic", "x-key")
        if name in old and old[name] != new.get(name)
    ]
    return (*moved, *_Comparison(old, new).nodes("", old, new))


class _Comparison:
    """Walks two schemas side by side; each resolves its own references."""

    def __init__(self, old_root: Node, new_root: Node) -> None:
        self._old_root, self._new_root = old_root, new_root

    def nodes(self, pointer: str, old: Node, new: Node) -> Iterator[Break]:
        before, after = _variants(self._old_root, old), _variants(self._new_root, new)
        if set(before) != set(after):
            yield Break(pointer, "retyped", f"{_words(before)} to {_words(after)}")
        may_grow = _declares_unknown(old) and _declares_unknown(new)
        for signature in before:
            if signature in after:
                yield from self._same_type(pointer, before[signature], after[signature], may_grow=may_grow)

    def _same_type(self, pointer: str, old: Node, new: Node, *, may_grow: bool) -> Iterator[Break]:
        yield from _values(pointer, old, new, may_grow=may_grow)
        yield from _bounds(pointer, old, new)
        if "items" in old and "items" in new:
            yield from self.nodes(f"{pointer}/*", old["items"], new["items"])
        if isinstance(old.get("additionalProperties"), Mapping) and "additionalProperties" in new:
            yield from self.nodes(f"{pointer}/*", old["additionalProperties"], new["additionalProperties"])
        if "properties" in old or "properties" in new:
            yield from self._fields(pointer, old, new)

    def _fields(self, pointer: str, old: Node, new: Node) -> Iterator[Break]:
        before, after = _fields_of(old), _fields_of(new)
        needed_before, needed_after = _required(old), _required(new)
        for name in before:
            if name not in after:
                yield Break(f"{pointer}/{name}", "field_removed")
        for name in after:
            here = f"{pointer}/{name}"
            if name in needed_after and name not in needed_before:
                yield Break(here, "required_added", "new field" if name not in before else "was optional")
            elif name in needed_before and name not in needed_after:
                yield Break(here, "required_dropped", "readers of today rely on it")
            elif name in before and before[name].get("default") != after[name].get("default"):
                yield Break(here, "default_changed", "what was left out would mean something else")
            if name in before:
                yield from self.nodes(here, before[name], after[name])


def _values(pointer: str, old: Node, new: Node, *, may_grow: bool) -> Iterator[Break]:
    before, after = _literals(old), _literals(new)
    if before is None and after is None:
        return
    if before is None or after is None:
        yield Break(
            pointer, "narrowed" if before is None else "widened", "a fixed set of values came or went"
        )
        return
    for value in sorted(before - after):
        yield Break(pointer, "value_removed", value)
    if not may_grow:
        for value in sorted(after - before):
            yield Break(pointer, "value_added", f"{value}; the field does not declare `unknown`")


def _bounds(pointer: str, old: Node, new: Node) -> Iterator[Break]:
    for names, sign in ((_LOWER_BOUNDS, 1), (_UPPER_BOUNDS, -1)):
        for name in names:
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            narrower = after is not None and (before is None or sign * after > sign * before)
            yield Break(pointer, "narrowed" if narrower else "widened", f"{name} {before} to {after}")
    for name in _SHAPES:
        if old.get(name) != new.get(name):
            yield Break(pointer, "narrowed", f"{name} {old.get(name)} to {new.get(name)}")


def _variants(root: Node, node: Node) -> dict[tuple[str, str], Node]:
    """Return what the node may hold, by type and format: one entry, or one per member of an anyOf or oneOf.

    Objects in such a choice are told apart by their title, which is the name of their class.
    """
    node = resolve(root, node)
    members = cast("list[Node] | None", node.get("anyOf") or node.get("oneOf"))
    if members is None:
        return {(str(node.get("type", "anything")), str(node.get("format", ""))): node}
    found: dict[tuple[str, str], Node] = {}
    for member in members:
        for (kind, form), variant in _variants(root, member).items():
            found[kind, str(variant.get("title", "")) if kind == "object" else form] = variant
    return found


def resolve(root: Node, node: Node) -> Node:
    """Return the node that a local reference (`#/$defs/…`) points to; words beside the reference are kept."""
    while "$ref" in node:
        target: Any = root
        for part in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        node = {**cast("Node", target), **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _declares_unknown(node: Node) -> bool:
    return node.get("unknown") is True


def _literals(node: Node) -> set[str] | None:
    if "const" in node:
        return {repr(node["const"])}
    return {repr(value) for value in node["enum"]} if "enum" in node else None


def _fields_of(node: Node) -> Mapping[str, Node]:
    return cast("Mapping[str, Node]", node.get("properties", {}))


def _required(node: Node) -> frozenset[str]:
    return frozenset(cast("list[str]", node.get("required", [])))


def _words(variants: Mapping[tuple[str, str], Node]) -> str:
    return " or ".join(f"{kind} {form}".strip() for kind, form in sorted(variants))
