#!/usr/bin/env bash
# A stream that nobody has yet is wished for, with a bounty that others add to. Dave provides it and is paid. A second wish is
# not granted until its deadline, and each backer takes back their own part. Amounts are in the smallest unit of the coin;
# --value is in coins.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
COIN=1000000000000
TERMS=0x$(printf '44%.0s' {1..32})
# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
until_time() { while [ "$(now)" -lt "$1" ]; do sleep 0.05; done; }

say "Alice wishes for a stream, for a month; what it has to be stands in terms, by their hash"
run call wishes wish --text "Rain in Oslo, every minute" --terms-hash "$TERMS" --deadline-ms $(($(now) + 2592000000)) \
  --from //Alice
WISH=$(last result)
say "she puts 5 coins into the bounty, Bob 3; what was promised cannot be taken back"
run call wishes back --wish "$WISH" --amount $((5 * COIN)) --value 5 --from //Alice
run call wishes back --wish "$WISH" --amount $((3 * COIN)) --value 3 --from //Bob
expect_error WrongValue call wishes back --wish "$WISH" --amount $((3 * COIN)) --value 2 --from //Bob
expect_error TooEarly call wishes refund --wish "$WISH" --from //Bob
expect $((3 * COIN)) wishes backing --wish "$WISH" --backer //Bob

say "Dave has such a stream now, and submits it; nobody else can submit his"
run call streams create --name Rain --from //Dave
STREAM=$(last result)
expect_error NotAllowed call wishes submit --wish "$WISH" --stream "$STREAM" --from //Charlie
expect_error NotSubmitted call wishes accept --wish "$WISH" --stream "$STREAM" --publisher //Dave --from //Alice
run call wishes submit --wish "$WISH" --stream "$STREAM" --from //Dave

say "Alice, and nobody else, accepts it: the bounty is Dave's"
expect_error NotAcceptor call wishes accept --wish "$WISH" --stream "$STREAM" --publisher //Dave --from //Dave
run call wishes accept --wish "$WISH" --stream "$STREAM" --publisher //Dave --from //Alice
expect_error AlreadyAccepted call wishes back --wish "$WISH" --amount $COIN --value 1 --from //Charlie
expect_error AlreadyAccepted call wishes refund --wish "$WISH" --from //Bob
expect_error NotPublisher call wishes collect --wish "$WISH" --from //Alice
run call wishes collect --wish "$WISH" --from //Dave
[ "$(last result)" = $((8 * COIN)) ] || fail "Dave got $(last result)"
expect_error NothingToTake call wishes collect --wish "$WISH" --from //Dave
run call wishes clear --wish "$WISH" --from //Eve

say "a second wish, for some seconds only: Bob and Charlie back it, and nobody provides the stream"
DEADLINE=$(($(now) + 6000))
run call wishes wish --text "Snow in Oslo" --terms-hash "$TERMS" --deadline-ms $DEADLINE --from //Alice
SECOND=$(last result)
run call wishes back --wish "$SECOND" --amount $((2 * COIN)) --value 2 --from //Bob
run call wishes back --wish "$SECOND" --amount $COIN --value 1 --from //Charlie
until_time $DEADLINE
say "from the deadline on nothing can be accepted, and each takes back their own part, once"
expect_error TooLate call wishes submit --wish "$SECOND" --stream "$STREAM" --from //Dave
run call wishes refund --wish "$SECOND" --from //Bob
[ "$(last result)" = $((2 * COIN)) ] || fail "Bob got $(last result)"
expect_error NothingToTake call wishes refund --wish "$SECOND" --from //Bob
expect $COIN wishes owed --currency Coin
run call wishes refund --wish "$SECOND" --from //Charlie
expect 0 wishes owed --currency Coin
run call wishes clear --wish "$SECOND" --from //Eve
