#!/usr/bin/env bash
# A voucher is redeemed once: by its holder's transaction, or by an order that the holder signs and the gate hands in.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

say "Alice issues 10 tickets and sells two of them to Bob"
run call vouchers issue --name Concert --symbol GIG --units 10 --from //Alice
KIND=$(last result)
run call vouchers transfer --kind "$KIND" --to //Bob --units 2 --from //Alice
expect 8 vouchers balance_of --kind "$KIND" --owner //Alice
expect 2 vouchers balance_of --kind "$KIND" --owner //Bob

say "Bob redeems both: they are gone, and what was issued is still known"
run call vouchers redeem --kind "$KIND" --units 1 --reference "seat 7" --from //Bob
run call vouchers redeem --kind "$KIND" --units 1 --reference "seat 8" --from //Bob
expect 0 vouchers balance_of --kind "$KIND" --owner //Bob
expect 2 vouchers redeemed_units --kind "$KIND"
expect 8 vouchers total_units --kind "$KIND"

say "a third time he is refused: nothing is left to redeem, and nothing moves"
expect_error InsufficientUnits call vouchers redeem --kind "$KIND" --units 1 --from //Bob
expect 2 vouchers redeemed_units --kind "$KIND"
expect_error InsufficientUnits call vouchers transfer --kind "$KIND" --to //Charlie --units 1 --from //Bob

say "nobody else's units can be redeemed or taken"
expect_error InsufficientUnits call vouchers redeem --kind "$KIND" --units 1 --from //Charlie
expect_error InsufficientAllowance call vouchers transfer_from --kind "$KIND" --arg-from //Alice --to //Bob --units 1 --from //Bob
