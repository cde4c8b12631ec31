#!/usr/bin/env bash
# Alice sells licences of a stream. Bob reads by one until it ends, passes another on, and pays for a third event by event, as
# brokers count them. Prices are in the smallest unit of the coin; --value is in coins.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
COIN=1000000000000
TERMS=0x$(printf '77%.0s' {1..32})
KEY='{"kind":"X25519","bytes":"0x'$(printf '01%.0s' {1..32})'"}'
OTHER_KEY='{"kind":"X25519","bytes":"0x'$(printf '02%.0s' {1..32})'"}'
SALT=0x$(printf '5a%.0s' {1..32})
# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
until_time() { while [ "$(now)" -lt "$1" ]; do sleep 0.05; done; }
# What a product says of itself, for a mode and with what else there is.
terms() { printf '{"price":%s,"currency":"Coin","mode":%s,"terms_hash":"%s","broker_bps":1000%s}' "$1" "$2" "$TERMS" "$3"; }
# Dave counts so many events by the end of the next round.
count_to() {
  local ROUND TIMES REPORT COMMITMENT HASH=0x$(printf '99%.0s' {1..32})
  ROUND=$(($(ask brokers round_of --stream "$STREAM") + 1))
  TIMES=$(ask brokers times --stream "$STREAM" --round "$ROUND")
  REPORT="--stream $STREAM --round $ROUND"
  COMMITMENT=$(ask brokers commitment $REPORT --broker //Dave --events "$1" --rolling-hash "$HASH" --salt "$SALT")
  until_time "$(field end_ms <<<"$TIMES")"
  run call brokers commit $REPORT --commitment "$COMMITMENT" --from //Dave
  until_time "$(field reveal_ms <<<"$TIMES")"
  run call brokers reveal $REPORT --events "$1" --rolling-hash "$HASH" --salt "$SALT" --from //Dave
  until_time "$(field settle_ms <<<"$TIMES")"
  run call brokers settle $REPORT --from //Dave
}

say "Alice has a stream, and lets the module grant the right to read it"
run call streams create --name Weather --from //Alice
STREAM=$(last result)
for LEVEL in Grant Subscribe; do
  run call streams grant --stream "$STREAM" --who licence --level "$LEVEL" --from //Alice
done

say "a licence costs 2 coins for three seconds, a tenth of it for the brokers; it may be passed on for a tenth"
run call licence publish --stream "$STREAM" --name Weather --from //Alice \
  --terms "$(terms $((2 * COIN)) '{"Time":{"period_ms":3000}}' ',"royalty_bps":1000')"
PRODUCT=$(last result)
expect_error NotStreamSeller call licence publish --stream "$STREAM" --name Weather --from //Bob \
  --terms "$(terms $COIN '{"Time":{"period_ms":3000}}' '')"

say "Bob buys one: he names version and highest price, and pays exactly that"
buy() { printf '%s\n' call licence buy --product "$PRODUCT" --version "$1" --units 1 --key "$KEY" --max-price "$2" --value "$3"; }
expect_error PriceAboveMaximum $(buy 1 $COIN 2) --from //Bob
expect_error WrongValue $(buy 1 $((2 * COIN)) 1) --from //Bob
expect_error VersionChanged $(buy 2 $((2 * COIN)) 2) --from //Bob
expect false licence has_access --stream "$STREAM" --who //Bob
run $(buy 1 $((2 * COIN)) 2) --from //Bob
LICENCE=$(last result)
END=$(ask licence licence --licence "$LICENCE" | field end_ms)
expect true licence has_access --stream "$STREAM" --who //Bob
expect true streams may --stream "$STREAM" --who //Bob --level Subscribe
expect $((18 * COIN / 10)) licence credit_of --who //Alice --currency Coin

say "at its end he reads no more, his key is gone, and the publisher knows when to take another key"
until_time "$END"
expect false licence has_access --stream "$STREAM" --who //Bob
expect false streams may --stream "$STREAM" --who //Bob --level Subscribe
expect null licence key_of --licence "$LICENCE"
expect "$END" licence key_epoch --product "$PRODUCT"
expect_error Over call licence extend --licence "$LICENCE" --units 1 --max-price $((2 * COIN)) --value 2 --from //Bob
run call licence close --licence "$LICENCE" --from //Dave
expect null licence licence --licence "$LICENCE"

say "new terms are for whoever buys from now on: a minute, and twice the price"
run call licence revise --product "$PRODUCT" --from //Alice \
  --terms "$(terms $((4 * COIN)) '{"Time":{"period_ms":60000}}' ',"royalty_bps":1000')"
expect_error VersionChanged $(buy 1 $((4 * COIN)) 4) --from //Bob
run $(buy 2 $((4 * COIN)) 4) --from //Bob
LICENCE=$(last result)

say "Bob passes it on to Charlie for 3 coins; Alice gets a tenth of that"
expect_error NotOffered call licence take --licence "$LICENCE" --key "$OTHER_KEY" --max-price $((3 * COIN)) --value 3 --from //Charlie
run call licence offer --licence "$LICENCE" --offer "{\"price\":$((3 * COIN))}" --from //Bob
run call licence take --licence "$LICENCE" --key "$OTHER_KEY" --max-price $((3 * COIN)) --value 3 --from //Charlie
expect false licence has_access --stream "$STREAM" --who //Bob
expect true licence has_access --stream "$STREAM" --who //Charlie
expect $((27 * COIN / 10)) licence credit_of --who //Bob --currency Coin

say "Dave counts the events of the stream, and gets what the brokers' share has come to"
run call brokers open --stream "$STREAM" --interval-ms 4000 --commit-ms 1900 --reveal-ms 1900 --from //Alice
run call brokers designate --stream "$STREAM" --broker //Dave --from //Alice
run call licence fund_brokers --product "$PRODUCT" --currency Coin --from //Dave
[ "$(last result)" = $((6 * COIN / 10)) ] || fail "the brokers got $(last result)"

say "Charlie pays a coin an event, for five at most; what he does not use comes back"
run call licence publish --stream "$STREAM" --name Events --from //Alice \
  --terms "$(terms $COIN '{"PerEvent":{"valid_ms":3600000,"wait_ms":60000}}' '')"
EVENTS=$(last result)
BUY="call licence buy --product $EVENTS --version 1 --units 5 --key $OTHER_KEY --max-price $((5 * COIN)) --value 5"
expect_error BrokersBehind $BUY --from //Charlie
count_to 0
run $BUY --from //Charlie
LICENCE=$(last result)
count_to 3
run call licence settle --licence "$LICENCE" --from //Eve
[ "$(last result)" = $((3 * COIN)) ] || fail "three events cost $(last result)"

say "what Charlie paid is his reputation for a year: three events, and the royalty; Alice takes her money"
expect $((33 * COIN / 10)) reputation buyer_score --who //Charlie --currency Coin
run call licence withdraw --currency Coin --from //Alice
run call licence withdraw --currency Coin --from //Bob
expect 0 licence credit_of --who //Alice --currency Coin
