#!/usr/bin/env bash
# stages.sh STAGE…: runs the make targets in order, stops at the first red one, prints the time of each.
set -uo pipefail
began=$SECONDS
table=""
for stage in "$@"; do
  printf '\n== %s\n' "$stage"
  start=$SECONDS
  "${MAKE:-make}" --no-print-directory "$stage"
  rc=$?
  word=green
  [ "$rc" -eq 0 ] || word=RED
  table+=$(printf '  %-12s %-6s %4d s' "$stage" "$word" $((SECONDS - start)))$'\n'
  [ "$rc" -eq 0 ] || break
done
printf '\n== stages\n%s  %-12s %-6s %4d s\n' "$table" total "" $((SECONDS - began))
exit "$rc"
