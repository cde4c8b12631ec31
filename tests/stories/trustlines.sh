#!/usr/bin/env bash
# People who trust each other pay over each other: Alice pays Dave, whom she does not know, over Bob and Charlie, who take a fee
# each. What is beyond a line is refused. Debts are worked off, settled in coin, and lines are closed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# Two agree on a line: line ONE OTHER GIVEN RECEIVED, by the eyes of the first.
line() {
  run call trustlines propose --network "$NET" --to "$2" --terms "[$3,$4,0,0,null]" --from "$1"
  run call trustlines accept --network "$NET" --proposer "$1" --terms "[$3,$4,0,0,null]" --from "$2"
}
# What somebody is owed by another: owed WHO OTHER.
owed() { ask trustlines line_of --network "$NET" --who "$1" --other "$2" | field balance; }
# Checks it: expect_owed UNITS WHO OTHER.
expect_owed() { [ "$(owed "$2" "$3")" = "$1" ] || fail "$3 owes $2 $(owed "$2" "$3"), expected $1"; printf '  %s owes %s: %s\n' "$3" "$2" "$1"; }
# Alice pays over a path: pays WHO VALUE PATH MAX_FEE; and the same refused with an error: refused NAME WHO VALUE PATH MAX_FEE.
pays() { run call trustlines transfer --network "$NET" --amount "$2" --path "$3" --max-fee "$4" --from "$1"; }
refused() { expect_error "$1" call trustlines transfer --network "$NET" --amount "$3" --path "$4" --max-fee "$5" --from "$2"; }

say "Alice founds a village in which mediators take one percent; she and Bob, Bob and Charlie, Charlie and Dave trust each other"
run call trustlines found --name Village --decimals 2 --fee-divisor 100 --from //Alice
NET=$(last result)
line //Alice //Bob 10000 15000
line //Bob //Charlie 20000 25000
line //Charlie //Dave 30000 35000

say "Alice pays Dave 100.00 over Bob and Charlie; both take a little more than one percent, which she said she would pay"
refused FeeTooHigh //Alice 10000 '["//Bob","//Charlie","//Dave"]' 204
pays //Alice 10000 '["//Bob","//Charlie","//Dave"]' 205
expect_owed 10000 //Dave //Charlie
expect_owed 10102 //Charlie //Bob
expect_owed 10205 //Bob //Alice

say "nobody made money: Bob and Charlie have earned what Alice pays more, and all positions come to zero"
BOB=$(($(owed //Bob //Alice) + $(owed //Bob //Charlie)))
CHARLIE=$(($(owed //Charlie //Bob) + $(owed //Charlie //Dave)))
[ "$BOB $CHARLIE" = "103 102" ] || fail "Bob earned $BOB and Charlie $CHARLIE"
SUM=$(($(owed //Alice //Bob) + BOB + CHARLIE + $(owed //Dave //Charlie)))
[ "$SUM" = 0 ] || fail "the positions come to $SUM"
printf '  Bob: %s, Charlie: %s, all: %s\n' "$BOB" "$CHARLIE" "$SUM"

say "50.00 more is beyond what Bob gives Alice: nothing moves, on no line"
refused AboveLine //Alice 5000 '["//Bob","//Charlie","//Dave"]' 200
expect_owed 10000 //Dave //Charlie

say "Dave buys from Alice: what repays debts costs no fee"
pays //Dave 10000 '["//Charlie","//Bob","//Alice"]' 0
expect_owed 205 //Bob //Alice
expect_owed 102 //Charlie //Bob
expect_owed 0 //Dave //Charlie

say "Alice still owes Bob 2.05, so the line stays; Bob takes 3 coins for it, and she settles"
expect_error BalanceNotZero call trustlines close --network "$NET" --one //Alice --other //Bob --from //Alice
run call trustlines offer_settlement --network "$NET" --debtor //Alice --units 205 --currency Coin --price 3000000000000 --from //Bob
OFFER=$(ask trustlines offers --network "$NET" --debtor //Alice)
UNTIL=$(field until_ms <<<"$OFFER")
run call trustlines settle --network "$NET" --creditor //Bob --offer "[205,\"Coin\",3000000000000,$UNTIL]" --value 3 --from //Alice
expect_owed 0 //Bob //Alice

say "now either of them closes it, and nobody pays over it any more"
run call trustlines close --network "$NET" --one //Alice --other //Bob --from //Alice
refused UnknownLine //Alice 1 '["//Bob"]' 0
