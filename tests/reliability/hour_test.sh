#!/usr/bin/env bash
# Does a program that runs for long keep its memory and its handles? Starts it, looks at it ten times, the first after a
# tenth of the time, then stops it; prints what it saw.
# Usage: hour_test.sh SECONDS COMMAND [ARGUMENT ...]
set -uo pipefail
seconds=$1
shift
"$@" &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
look() { echo "$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status") $(ls "/proc/$pid/fd" | wc -l) $(ls "/proc/$pid/task" | wc -l)"; }
for i in 1 2 3 4 5 6 7 8 9 10; do
  sleep $((seconds / 10))
  kill -0 $pid 2>/dev/null || { echo "it ended by itself"; exit 1; }
  seen=$(look)
  echo "after $((i * seconds / 10)) s: $seen (resident MB, handles, threads)" >&2
  [ $i -gt 1 ] || first=$seen
done
read -r megabytes handles threads <<<"$first"
read -r last_megabytes last_handles last_threads <<<"$seen"
[ "$last_megabytes" -le $((megabytes * 11 / 10 + 10)) ] && [ "$last_handles" -le $((handles + 2)) ] && [ "$last_threads" -le "$threads" ] ||
  { echo "it grew from $first to $seen"; exit 1; }
