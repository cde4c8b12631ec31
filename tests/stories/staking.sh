#!/usr/bin/env bash
# Validators are elected by the coin that stands behind them. Alice stands, Bob binds coin to her, moves on, and gets his coin
# back 20 days later, which this story does not wait for: it shows what is refused before. What the ends of blocks do is told in
# `validators.sh`.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
# The BLS key of a validator, and the proof that its secret is known.
KEY=0x8038bfe033bc328ea36bb7c3438bc5a27a0dc880506277e116c8b842ed0c1ea78d32c90b04afbca59bd828c1e6c5e3f319274412f2e9eecf7334114b02847693e9d997f1aa9f936d90cae8946df6593033431513e210880bcda015da1b61f6f5
PROOF=0xab382bef6a1bf6eee731ada63ac9dced4ee25532993064605cbc4e05abfdb20ce0b32335a561b0ad428df113b527ee5a
stand() { printf '%s\n' call staking register --bls-key "$KEY" --commission-bp 500 --endpoint node.example:30333 "$@"; }

say "a candidate stakes 10,000 coins at least"
expect_error StakeTooSmall $(stand --proof "$PROOF" --value 9999.999999999999 --from //Alice)

say "the key must be one's own: a proof of another key shows nothing"
expect_error InvalidPossession $(stand --proof "0x$(printf '00%.0s' {1..48})" --value 10000 --from //Alice)
run $(stand --proof "$PROOF" --value 10000 --from //Alice)

say "nobody else stands with this key, and Alice's stake is locked while she stands"
expect_error KeyTaken $(stand --proof "$PROOF" --value 10000 --from //Bob)
expect_error StakeLocked call staking undelegate --candidate //Alice --from //Alice

say "Bob binds 5,000 coins to her: he cannot spend them meanwhile"
run call staking delegate --candidate //Alice --value 5000 --from //Bob
shown query staking delegation --candidate //Alice --who //Bob
BOUND=$("$TENON" query staking delegation --candidate //Alice --who //Bob --json | field bound)
printf '  bound: %s\n' "$BOUND"
[ "$BOUND" = 5000000000000000 ] || fail "found $BOUND, expected 5000000000000000"

say "he takes 1,000 back: they are liquid in 20 days, and until then he begins no second unbonding from her"
run call staking undelegate --candidate //Alice --amount 1000000000000000 --from //Bob
expect_error UnbondingOpen call staking undelegate --candidate //Alice --from //Bob
expect_error NotLiquid call staking withdraw --who //Bob --candidate //Alice --from //Charlie
shown query staking unbondings --who //Bob
LIQUID=$("$TENON" query staking unbondings --who //Bob --json | field liquid)
[ "$LIQUID" = false ] || fail "found $LIQUID, expected false"

say "a new commission is announced a week before it counts"
run call staking set_commission --commission-bp 1000 --from //Alice

say "only the host ends blocks and reports faults"
expect_error NotSystem call staking report_evidence --kind 0 --offender "$KEY" --epoch 1 --view 1 --proof 0x01 --from //Bob

say "Alice ends her candidacy; her stake is liquid in 20 days, and Bob's coin stays until he takes it"
run call staking withdraw_candidacy --from //Alice
expect_error NotCandidate call staking delegate --candidate //Alice --value 1 --from //Charlie
expect_error NotOver call staking clear_candidate --candidate //Alice --from //Charlie
