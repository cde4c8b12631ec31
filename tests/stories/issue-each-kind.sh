#!/usr/bin/env bash
# An asset of each standard is issued and moved: BAP-01 divisible, BAP-02 divisible with classes, BAP-03 unique, BAP-04
# indivisible. One transaction each, no code.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
BOB=$("$TENON" key inspect //Bob --json | field address)

say "BAP-01: 1,000 units of gold that are all alike; 250 go to Bob"
run call assets issue --name Gold --symbol GOLD --decimals 2 --supply 1000 --from //Alice
GOLD=$(last result)
run call assets transfer --asset "$GOLD" --to //Bob --amount 250 --from //Alice
expect 750 assets balance_of --asset "$GOLD" --owner //Alice
expect 250 assets balance_of --asset "$GOLD" --owner //Bob
expect_error InsufficientBalance call assets transfer --asset "$GOLD" --to //Bob --amount 751 --from //Alice

say "BAP-02: preferred and ordinary shares of one company; part of a lot goes to Bob and keeps its class"
run call lots issue --name Mill --symbol MILL --decimals 0 --kind Equity --from //Alice
MILL=$(last result)
run call lots open_class --asset "$MILL" --name Ordinary --from //Alice
ORDINARY=$(last result)
run call lots open_class --asset "$MILL" --name Preferred --from //Alice
PREFERRED=$(last result)
run call lots mint --asset "$MILL" --class "$ORDINARY" --to //Alice --arg-value 900 --from //Alice
LOT=$(last result)
run call lots mint --asset "$MILL" --class "$PREFERRED" --to //Alice --arg-value 100 --from //Alice
OTHER=$(last result)
run call lots transfer_value_to --from-lot "$LOT" --to //Bob --amount 300 --from //Alice
PART=$(last result)
expect "$BOB" lots owner_of --lot "$PART"
expect 600 lots value_of --lot "$LOT"
expect 300 lots value_of --lot "$PART"
expect_error DifferentClass call lots transfer_value --from-lot "$LOT" --to-lot "$OTHER" --amount 1 --from //Alice

say "BAP-03: a painting, which has one owner; it goes to Bob, and Alice cannot send it again"
run call collections create --name Paintings --symbol ART --kind Physical --from //Alice
ART=$(last result)
run call collections mint --collection "$ART" --to //Alice --uri ipfs://the-mill --from //Alice
ITEM=$(last result)
run call collections transfer --collection "$ART" --item "$ITEM" --to //Bob --from //Alice
expect "$BOB" collections owner_of --collection "$ART" --item "$ITEM"
expect_error NotItemOwner call collections transfer --collection "$ART" --item "$ITEM" --to //Charlie --from //Alice

say "BAP-04: 50 whole vouchers; 20 go to Bob, and there are no halves"
run call vouchers issue --name Lunch --symbol EAT --units 50 --from //Alice
LUNCH=$(last result)
run call vouchers transfer --kind "$LUNCH" --to //Bob --units 20 --from //Alice
expect 30 vouchers balance_of --kind "$LUNCH" --owner //Alice
expect 20 vouchers balance_of --kind "$LUNCH" --owner //Bob
expect_error BadValue call vouchers transfer --kind "$LUNCH" --to //Bob --units 0.5 --from //Alice
