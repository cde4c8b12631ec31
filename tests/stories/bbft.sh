#!/usr/bin/env bash
# Four validators vote on each block. What one block says is final stays so, also when the program that they live in is
# killed. Start the chain with --consensus bbft; the story begins another one of its own, and kills it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
# A field of a block: block HEIGHT FIELD
block() { "$TENON" block "$1" --json | field "$2"; }
height() { "$TENON" block --finalized --json | field height; }
# Waits until a height is final.
await() { until [ "$(height)" -ge "$1" ]; do sleep 0.1; done; }

say "the README's commands do what they do on any chain"
run call assets issue --name Gold --symbol GOLD --decimals 2 --supply 1000000 --from //Alice
ASSET=$(last result)
run call assets transfer --asset "$ASSET" --to //Bob --amount 500 --from //Alice
expect 500 assets balance_of --asset "$ASSET" --owner //Bob
expect 999500 assets balance_of --asset "$ASSET" --owner //Alice

say "what Bob does not have he cannot give: votes change nothing about that"
expect_error InsufficientBalance call assets transfer --asset "$ASSET" --to //Charlie --amount 501 --from //Bob

say "four validators take turns"
await 8
for height in 5 6 7 8; do
  shown block "$height"
  printf '  %s\n' "$(block "$height" producer)"
done
LEADERS=$(for height in 5 6 7 8; do block "$height" producer; done | sort -u | wc -l)
[ "$LEADERS" = 4 ] || fail "found $LEADERS producers, expected 4"

say "flags that do not fit the engine are refused"
expect_error Usage dev --tmp --consensus bbft --on-demand
expect_error Usage dev --tmp --consensus bbft --staking staking

say "a second chain is killed without a word of warning, three times"
PLACE=$PWD/bbft-chain
trap 'kill -9 "${NODE:-}" 2>/dev/null || true' EXIT
begin() {
  # What the last one said must not be taken for the next one's word.
  rm -f "$PLACE.ready"
  "$TENON" dev --base-path "$PLACE" --port 0 --json --consensus bbft --block-time-ms 50 >"$PLACE.ready" &
  NODE=$!
  until grep -qs '"ready"' "$PLACE.ready"; do kill -0 "$NODE" || fail "the node ended"; sleep 0.1; done
  TENON_URL=$(field rpc <"$PLACE.ready")
}
shown dev --base-path "$PLACE" --consensus bbft --block-time-ms 50
begin
[ "$(field consensus <"$PLACE.ready")" = bbft ] || fail "expected the name of the engine: $(cat "$PLACE.ready")"
run call assets issue --name Silver --symbol SILVER --decimals 0 --supply 70 --from //Alice
SILVER=$(last result)
for round in 1 2 3; do
  run call assets transfer --asset "$SILVER" --to //Bob --amount 10 --from //Alice
  HEIGHT=$(height) HASH=$("$TENON" block --finalized --json | field hash)
  FINAL=$("$TENON" block "$HASH" --json | field height)
  kill -9 "$NODE"
  wait "$NODE" 2>/dev/null || true
  begin
  [ "$(block "$FINAL" hash)" = "$HASH" ] || fail "block $FINAL is another one than before"
  expect "$((10 * round))" assets balance_of --asset "$SILVER" --owner //Bob
  await "$((HEIGHT + 5))"
  printf '  killed at height %s, now at %s\n' "$HEIGHT" "$(height)"
done
