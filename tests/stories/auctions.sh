#!/usr/bin/env bash
# Three paintings are sold: by a Dutch auction, by an English one, and by sealed bids. Each is settled, the losers get their
# money back, and the seller withdraws hers. Prices are in the smallest unit of the coin; --value is in coins.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
address() { "$TENON" key inspect "$1" --json | field address; }
BOB=$(address //Bob) CHARLIE=$(address //Charlie)
COIN=1000000000000

# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
# Waits until the chain's time is there.
until_time() { while [ "$(now)" -lt "$1" ]; do sleep 0.05; done; }
# What the item of a number is called in an auction.
painting() { printf '{"Item":{"module":"collections","collection":%s,"item":%s}}' "$ART" "$1"; }
end_of() { ask auction auction --auction "$1" | field end_ms; }

say "Alice has three paintings, and lets the auction module take each"
run call collections create --name Paintings --symbol ART --from //Alice
ART=$(last result)
for ITEM in 1 2 3; do
  run call collections mint --collection "$ART" --to //Alice --from //Alice
  run call collections approve --collection "$ART" --item "$ITEM" --spender auction --from //Alice
done

say "Dutch: the price falls from 100 coins to 20 in a second; Bob takes it at what it has come to"
run call auction sell_dutch --goods "$(painting 1)" --start-price $((100 * COIN)) --floor-price $((20 * COIN)) \
  --duration-ms 1000 --from //Alice
DUTCH=$(last result)
expect_error PriceAboveMaximum call auction buy --auction "$DUTCH" --max-price 1 --value 1 --from //Bob
until_time $(($(now) + 1000))
expect $((20 * COIN)) auction price_now --auction "$DUTCH"
run call auction buy --auction "$DUTCH" --max-price $((50 * COIN)) --value 50 --from //Bob
expect "$BOB" collections owner_of --collection "$ART" --item 1
say "what Bob sent above the price waits for him; a second buyer comes too late"
expect $((30 * COIN)) auction credit_of --who //Bob --currency Coin
run call auction withdraw --currency Coin --from //Bob
expect 0 auction credit_of --who //Bob --currency Coin
expect_error Closed call auction buy --auction "$DUTCH" --max-price $((50 * COIN)) --value 50 --from //Charlie

say "English: Bob bids 10, Charlie 12; a bid that is hardly higher is refused"
run call auction sell_english --goods "$(painting 2)" --reserve-price $((10 * COIN)) --duration-ms 6000 --extension-ms 0 \
  --from //Alice
ENGLISH=$(last result)
run call auction bid --auction "$ENGLISH" --amount $((10 * COIN)) --value 10 --from //Bob
expect_error BidTooLow call auction bid --auction "$ENGLISH" --amount $((10 * COIN + 1)) --value 11 --from //Charlie
run call auction bid --auction "$ENGLISH" --amount $((12 * COIN)) --value 12 --from //Charlie
expect_error HasBids call auction cancel --auction "$ENGLISH" --from //Alice
expect_error TooEarly call auction settle --auction "$ENGLISH" --from //Dave
until_time "$(end_of "$ENGLISH")"
say "after the end anybody settles: Charlie has the painting, Bob his money"
run call auction settle --auction "$ENGLISH" --from //Dave
expect "$CHARLIE" collections owner_of --collection "$ART" --item 2
expect $((10 * COIN)) auction credit_of --who //Bob --currency Coin
expect_error Closed call auction settle --auction "$ENGLISH" --from //Dave

say "sealed: Bob and Charlie commit to prices that nobody sees"
run call auction sell_sealed --goods "$(painting 3)" --reserve-price $((5 * COIN)) --bond $COIN --commit-ms 6000 \
  --reveal-ms 6000 --min-deposit $((40 * COIN)) --from //Alice
SEALED=$(last result)
SALT=0x$(printf '5a%.0s' {1..32})
commit() {
  local hash
  hash=$(ask auction sealed_bid --auction "$SEALED" --bidder "$1" --price "$2" --salt "$SALT")
  run call auction commit --auction "$SEALED" --hash "$hash" --deposit $((40 * COIN)) --value 40 --from "$1"
}
commit //Bob $((30 * COIN))
commit //Charlie $((20 * COIN))
OPENS=$(ask auction auction --auction "$SEALED" | field reveal_ms)
until_time "$OPENS"
say "they open their bids; another price than the one committed to is refused"
expect_error WrongReveal call auction reveal --auction "$SEALED" --price $((35 * COIN)) --salt "$SALT" --from //Bob
run call auction reveal --auction "$SEALED" --price $((30 * COIN)) --salt "$SALT" --from //Bob
run call auction reveal --auction "$SEALED" --price $((20 * COIN)) --salt "$SALT" --from //Charlie
until_time "$(end_of "$SEALED")"
say "Bob, who bid most, has the painting for the second price of 20 coins; the rest of both deposits waits for them"
run call auction settle --auction "$SEALED" --from //Dave
expect "$BOB" collections owner_of --collection "$ART" --item 3
expect $((30 * COIN)) auction credit_of --who //Bob --currency Coin
expect $((40 * COIN)) auction credit_of --who //Charlie --currency Coin

say "Alice withdraws what the three paintings brought: 20 + 12 + 20 coins"
expect $((52 * COIN)) auction credit_of --who //Alice --currency Coin
run call auction withdraw --currency Coin --from //Alice
run call auction withdraw --currency Coin --from //Bob
run call auction withdraw --currency Coin --from //Charlie
expect 0 auction owed --currency Coin
