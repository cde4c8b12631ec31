#!/usr/bin/env bash
# Starts a chain, issues an asset, moves some of it and shows the balances; leaves the chain running. With the argument
# `stop` it ends that chain and removes its data.
set -euo pipefail
cd "$(dirname "$0")/../.."

TENON=${TENON:-${CARGO_TARGET_DIR:-$HOME/.cache/tenon/target}/debug/tenon}
PORT=${PORT:-9944}
DATA=demo-data
URL=ws://127.0.0.1:$PORT
READY_SECONDS=60

say() { printf '\n\033[1m-- %s\033[0m\n' "$*"; }
stop() { printf 'error: %s\n hint: %s\n' "$1" "$2" >&2; exit 1; }
# Shows a command as a person would type it, then runs it.
show() { printf '\033[2m$ tenon %s\033[0m\n' "$*"; "$TENON" "$@"; }

# The pid of the demo's node, if it runs.
running() {
  local pid
  pid=$(cat "$DATA/node.pid" 2>/dev/null) || return 1
  [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$(readlink -f "$TENON")" ] && echo "$pid"
}

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

if [ "${1:-}" = stop ]; then
  if pid=$(running); then
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    echo "stopped the demo's chain (pid $pid)"
  fi
  rm -rf "$DATA"
  exit 0
fi

[ $# -eq 0 ] || stop "found argument '$1', expected stop or none" "make demo, or make clean-demo"
[ -x "$TENON" ] || stop "there is no program $TENON" "make build"
if pid=$(running); then
  stop "the demo's chain runs already (pid $pid)" "use it, or stop it first: make clean-demo"
fi
if port_is_open; then
  stop "port $PORT is in use by another program" "stop that program, or choose a port: make demo PORT=9945"
fi

mkdir -p "$DATA"
nohup "$TENON" dev --base-path "$DATA/chain" --port "$PORT" --json >"$DATA/node.out" 2>"$DATA/node.log" </dev/null &
PID=$!
echo "$PID" >"$DATA/node.pid"
for ((tenth = 0; ; tenth++)); do
  if ! kill -0 "$PID" 2>/dev/null; then
    tail -n 20 "$DATA/node.out" "$DATA/node.log" >&2
    stop "the node ended before it was ready" "read the lines above; the whole log is $DATA/node.log"
  fi
  [ -s "$DATA/node.out" ] && port_is_open && break
  [ "$tenth" -lt $((READY_SECONDS * 10)) ] || stop "the node was not ready within $READY_SECONDS s" "see $DATA/node.log"
  sleep 0.1
done
echo "the chain is ready: $URL (pid $PID, data in $DATA/)"

say "Alice issues 1,000,000 units of an asset: one transaction, no code"
show call assets issue --name Gold --symbol GOLD --decimals 2 --supply 1000000 --from //Alice --url "$URL"
# A second run on the same data issues one more asset: its number is the count.
ASSET=$("$TENON" query assets asset_count --url "$URL" --json | sed -n 's/.*"result":"\{0,1\}\([0-9]*\).*/\1/p')
[ -n "$ASSET" ] || stop "the chain did not say how many assets there are" "see $DATA/node.log"

say "Alice sends 500 units of asset $ASSET to Bob"
show call assets transfer --asset "$ASSET" --to //Bob --amount 500 --from //Alice --url "$URL"

say "who holds what"
show query assets balance_of --asset "$ASSET" --owner //Alice --url "$URL"
show query assets balance_of --asset "$ASSET" --owner //Bob --url "$URL"

cat <<TEXT

The chain keeps running. What to try next:

  export PATH=$(dirname "$TENON"):\$PATH
  tenon block --finalized --url $URL
  tenon module show assets --url $URL
  tenon query assets info --asset $ASSET --url $URL
  tenon proof get --account //Bob --url $URL > p.json && tenon proof check p.json

Any polkadot.js wallet or library connects to $URL too.
Stop it with: kill $PID          Stop it and remove its data with: make clean-demo
TEXT
