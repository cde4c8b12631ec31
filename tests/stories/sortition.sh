#!/usr/bin/env bash
# The brokers of Alice's stream are not named but drawn: four register with a stake, make a seed together, and two of them are
# drawn. Who commits to a part of the seed and does not open it loses the stake. Stakes are in the smallest unit of the coin.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
STAKE=10000000000000
PERIOD_MS=10000
# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
until_time() { while [ "$(now)" -lt "$1" ]; do sleep 0.05; done; }
# The value that somebody commits to, by a digit. A real broker takes one that nobody can guess.
value() { printf "0x%064d" "$1"; }
# Somebody commits to the value of a digit in period 1.
commit() {
  local COMMITMENT
  COMMITMENT=$(ask sortition commitment --pool "$POOL" --period 1 --who "$1" --value "$(value "$2")")
  run call sortition commit --pool "$POOL" --commitment "$COMMITMENT" --from "$1"
}

say "Alice founds a pool: a lot costs ten coins, periods last ten seconds, and two brokers are drawn"
run call sortition found --stake $STAKE --period-ms $PERIOD_MS --seats 2 --from //Alice
POOL=$(last result)
START=$(ask sortition pool --pool "$POOL" | field start_ms)

say "four register; they can be drawn for period 2 at the earliest"
expect_error WrongValue call sortition register --pool "$POOL" --value 9 --from //Bob
for WHO in //Bob //Charlie //Dave //Eve; do
  run call sortition register --pool "$POOL" --value 10 --from "$WHO"
  [ "$(last result)" = 2 ] || fail "$WHO can be drawn from period $(last result) on"
done
expect_error AlreadyRegistered call sortition register --pool "$POOL" --value 10 --from //Bob

say "Alice leaves the brokers of her stream to lots; from now on she can name none"
run call streams create --name Weather --from //Alice
STREAM=$(last result)
run call brokers open --stream "$STREAM" --interval-ms 2000 --commit-ms 900 --reveal-ms 900 --threshold-bps 6000 --from //Alice
run call brokers choose_pool --stream "$STREAM" --pool "$POOL" --from //Alice
expect_error Drawn call brokers designate --stream "$STREAM" --broker //Ferdie --from //Alice
expect_error AlreadyDrawn call brokers draw --stream "$STREAM" --from //Ferdie

say "in the first half of period 1 the four commit to parts of the seed for period 2"
until_time $((START + PERIOD_MS))
commit //Bob 1
commit //Charlie 2
commit //Dave 3
commit //Eve 4
expect_error TooEarly call sortition open --pool "$POOL" --arg-value "$(value 1)" --from //Bob
expect_error SealPending call sortition leave --pool "$POOL" --from //Eve

say "in the second half they open them; Eve does not, and nobody opens what was not committed to"
until_time $((START + PERIOD_MS + PERIOD_MS / 2))
expect_error WrongOpening call sortition open --pool "$POOL" --arg-value "$(value 9)" --from //Bob
run call sortition open --pool "$POOL" --arg-value "$(value 1)" --from //Bob
run call sortition open --pool "$POOL" --arg-value "$(value 2)" --from //Charlie
run call sortition open --pool "$POOL" --arg-value "$(value 3)" --from //Dave

say "in period 2 two of those who are in are drawn, and anybody seats them; Eve is expelled, and her stake is nobody's"
until_time $((START + 2 * PERIOD_MS))
expect_error TooLate call sortition open --pool "$POOL" --arg-value "$(value 4)" --from //Eve
run call sortition expel --pool "$POOL" --broker //Eve --from //Ferdie
expect $((3 * STAKE)) sortition owed
run call brokers draw --stream "$STREAM" --from //Ferdie
DRAWN=$(ask sortition drawn --pool "$POOL" --stream "$STREAM" --partition 0 --period 2)
NEXT=$(($(ask brokers round_of --stream "$STREAM") + 1))
SEATED=$(ask brokers brokers --stream "$STREAM" --round $((NEXT + 1)))
[ "$(tr -cd , <<<"$DRAWN")" = , ] || fail "drawn were $DRAWN, expected two"
for WHO in $(tr -d '[]"' <<<"$DRAWN" | tr , ' '); do
  grep -q "$WHO" <<<"$SEATED" || fail "$WHO was drawn and is not among $SEATED"
done
expect_error AlreadyDrawn call brokers draw --stream "$STREAM" --from //Ferdie

say "who leaves takes the stake along, and who comes back waits again"
run call sortition leave --pool "$POOL" --from //Bob
run call sortition register --pool "$POOL" --value 10 --from //Bob
[ "$(last result)" -ge 4 ] || fail "Bob can be drawn from period $(last result) on"
