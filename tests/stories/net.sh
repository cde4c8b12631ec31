#!/usr/bin/env bash
# Four validators, each a process of its own, run one chain. It goes on when one of them is killed or cut off, and what was final
# stays so; whoever comes back catches up. The story makes a network of its own in the folder that it is told in:
#
#   bash tests/stories/net.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"
PLACE=$PWD/local-net
trap '"$TENON" net down --remove --dir "$PLACE" >/dev/null 2>&1 || true' EXIT
# Seconds that anything may take on a busy machine.
PATIENCE=120
# Shows a command of the network and runs it: net COMMAND..
net() { run net "$@" --dir "$PLACE"; }
# The final height that a node knows: final NODE
final() { "$TENON" block --finalized --json --url "${URLS[$1]}" | field height; }
# The hash that a node has at a height: hash NODE HEIGHT
hash() { "$TENON" block "$2" --json --url "${URLS[$1]}" | field hash; }
# Waits until a height is final at a node: await NODE HEIGHT
await() {
  local begun=$SECONDS
  until [ "$(final "$1" || echo 0)" -ge "$2" ]; do
    [ $((SECONDS - begun)) -lt "$PATIENCE" ] || fail "height $2 is not final at node $1 within $PATIENCE s: $(final "$1")"
    sleep 0.1
  done
}
# Waits until a node knows a balance of gold: holds NODE WHO AMOUNT
holds() {
  local begun=$SECONDS
  until [ "$(TENON_URL=${URLS[$1]} ask assets balance_of --asset "$GOLD" --owner "$2")" = "$3" ]; do
    [ $((SECONDS - begun)) -lt "$PATIENCE" ] || fail "$2 does not hold $3 at node $1 within $PATIENCE s"
    sleep 0.1
  done
  printf '  node %s knows that %s holds %s\n' "$1" "$2" "$3"
}

say "what is not there cannot be acted on"
expect_error NotFound net status --dir "$PLACE"
expect_error NotFound net kill 2 --dir "$PLACE"
expect_error Usage net up --validators 0 --dir "$PLACE"

say "four validators begin a chain"
net up --validators 4 --block-time-ms 200
mapfile -t URLS < <(printf 'none\n'; grep -o '"rpc":"[^"]*"' <<<"$LAST" | cut -d '"' -f 4)
[ "${#URLS[@]}" = 5 ] || fail "found $((${#URLS[@]} - 1)) addresses, expected 4"
expect_error Usage net up --dir "$PLACE"
expect_error Usage net kill 9 --dir "$PLACE"
expect_error Node net up 2 --dir "$PLACE"

say "the calls of the README work against any of them, and all of them know"
export TENON_URL=${URLS[1]}
run call assets issue --name Gold --symbol GOLD --decimals 2 --supply 1000000 --from //Alice
GOLD=$(last result)
for node in 1 2 3 4; do
  TENON_URL=${URLS[$node]} run call assets transfer --asset "$GOLD" --to //Bob --amount 100 --from //Alice --wait finalized
done
for node in 1 2 3 4; do holds "$node" //Bob 400; done

say "node 2 is killed without a word of warning: the chain goes on"
net kill 2
expect_error Node net kill 2 --dir "$PLACE"
expect_error Node net cut 2 --dir "$PLACE"
await 1 $(($(final 1) + 5))
run call assets transfer --asset "$GOLD" --to //Charlie --amount 7 --from //Alice --wait finalized
holds 3 //Charlie 7

say "it comes back and catches up, with the same blocks"
net up 2
await 2 "$(final 1)"
holds 2 //Charlie 7
AT=$(final 2)
[ "$(hash 1 "$AT")" = "$(hash 2 "$AT")" ] || fail "nodes 1 and 2 have different blocks at height $AT"

say "node 3 is cut off: it hears nothing, and the others go on"
net cut 3
# What had come before the cut is still worked off; then nothing more may come.
await 1 $(($(final 1) + 5))
BEFORE=$(final 3)
await 1 $(($(final 1) + 5))
AFTER=$(final 3)
[ "$AFTER" = "$BEFORE" ] || fail "node 3 went from height $BEFORE to $AFTER without its links"
run net status --dir "$PLACE"
grep -q '"state":"cut"' <<<"$LAST" || fail "expected a node that is cut: $LAST"

say "its links come back, and it catches up"
net heal 3
await 3 "$(final 1)"

say "every node stops, and the network goes on with the same chain"
LAST_FINAL=$(final 1) LAST_HASH=$(hash 1 "$(final 1)")
HEIGHT=$("$TENON" block "$LAST_HASH" --json --url "${URLS[1]}" | field height)
net down
expect_error NotConnected block --url "${URLS[1]}"
net up
[ "$(hash 4 "$HEIGHT")" = "$LAST_HASH" ] || fail "block $HEIGHT is another one than before"
await 4 $((LAST_FINAL + 3))
net down --remove

say "validators that the module elects: each epoch has its set"
net up --validators 4 --block-time-ms 200 --staking --epoch-blocks 10
mapfile -t URLS < <(printf 'none\n'; grep -o '"rpc":"[^"]*"' <<<"$LAST" | cut -d '"' -f 4)
await 3 22
run query staking validators --epoch 2 --url "${URLS[3]}"
[ "$(grep -o '"account"' <<<"$LAST" | wc -l)" = 4 ] || fail "expected four validators of epoch 2: $LAST"
net down --remove
[ ! -e "$PLACE" ] || fail "$PLACE is still there"
