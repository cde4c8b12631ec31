#!/usr/bin/env bash
# Who has coin behind them at the end of an epoch validates in the next one, and is paid by the block. It needs a chain that calls
# the module for staking at the end of each block, and waits for the end of an epoch:
#
#   tenon dev --tmp --block-time-ms 10 --staking staking --epoch-blocks 1200 --block-reward 1000000000
set -euo pipefail
source "$(dirname "$0")/lib.sh"
EPOCH=1200
# The BLS key of a validator, and the proof that its secret is known.
KEY=0x8038bfe033bc328ea36bb7c3438bc5a27a0dc880506277e116c8b842ed0c1ea78d32c90b04afbca59bd828c1e6c5e3f319274412f2e9eecf7334114b02847693e9d997f1aa9f936d90cae8946df6593033431513e210880bcda015da1b61f6f5
PROOF=0xab382bef6a1bf6eee731ada63ac9dced4ee25532993064605cbc4e05abfdb20ce0b32335a561b0ad428df113b527ee5a
# The height of the newest block.
height() { "$TENON" block --json | field height; }
# A number of a query as the state after a block has it: at BLOCK_HASH FIELD INSTANCE METHOD --ARGUMENT VALUE..
at() { local block=$1 name=$2; shift 2; "$TENON" query "$@" --at "$block" --json | field "$name"; }

say "the chain's epochs are as long as the module counts them, and nobody validates yet"
expect "$EPOCH" staking epoch_blocks
expect_error NoSet query staking validators --epoch 1

while [ $(($(height) % EPOCH)) -gt $((EPOCH / 2)) ]; do sleep 0.1; done

say "Alice stands with 10,000 coins and takes a tenth; Bob binds 10,000 to her, and Charlie 20,000"
run call staking register --bls-key "$KEY" --proof "$PROOF" --commission-bp 1000 --endpoint node.example:30333 --value 10000 --from //Alice
run call staking delegate --candidate //Alice --value 10000 --from //Bob
run call staking delegate --candidate //Alice --value 20000 --from //Charlie
NEXT=$((($(height) - 1) / EPOCH + 1))
LAST_BLOCK=$((NEXT * EPOCH))
shown query staking delegation --candidate //Alice --who //Bob
[ "$("$TENON" query staking delegation --candidate //Alice --who //Bob --json | field claimable)" = 0 ] \
  || fail "Bob has earned something, expected nothing before Alice validates"

say "the epoch passes, without anybody doing anything"
for _ in $(seq 600); do
  [ "$(height)" -le $((LAST_BLOCK + 5)) ] || break
  sleep 0.3
done
[ "$(height)" -gt $((LAST_BLOCK + 5)) ] || fail "found height $(height), expected more than $((LAST_BLOCK + 5)) within three minutes"

say "Alice is the validator of the next epoch, with the weight of all that is bound to her"
run query staking validators --epoch "$NEXT"
[ "$(last weight)" = 40000000000000000 ] || fail "found $(last weight), expected 40000000000000000"

say "the last block of the epoch stated that set in its header, before it began to count"
SET=$(ask staking validators_hash --epoch "$NEXT")
printf '  the set has the hash %s\n' "$SET"
run block "$LAST_BLOCK"
case $(last header) in *"${SET#0x}"*) ;; *) fail "the header of block $LAST_BLOCK does not have $SET" ;; esac

say "what blocks have earned is shared: a tenth is Alice's commission, the rest goes 1 : 1 : 2"
BLOCK=$("$TENON" block --finalized --json | field hash)
ALICE=$(at "$BLOCK" claimable staking delegation --candidate //Alice --who //Alice)
BOB=$(at "$BLOCK" claimable staking delegation --candidate //Alice --who //Bob)
CHARLIE=$(at "$BLOCK" claimable staking delegation --candidate //Alice --who //Charlie)
printf '  Alice %s, Bob %s, Charlie %s\n' "$ALICE" "$BOB" "$CHARLIE"
[ "$BOB" -gt 0 ] && [ "$ALICE" = "$BOB" ] && [ $((CHARLIE - 2 * BOB)) -ge 0 ] && [ $((CHARLIE - 2 * BOB)) -le 1 ] \
  || fail "expected equal parts for Alice and Bob, and twice as much for Charlie"
REWARDS=$(at "$BLOCK" rewards staking books)
COMMISSION=$((REWARDS - ALICE - BOB - CHARLIE))
printf '  commission %s\n' "$COMMISSION"
[ $((10 * COMMISSION - REWARDS)) -le 100 ] && [ $((REWARDS - 10 * COMMISSION)) -le 100 ] \
  || fail "found a commission of $COMMISSION, expected a tenth of $REWARDS"

say "Bob takes what he has earned, as often as he likes"
run call staking claim --candidate //Alice --from //Bob
[ "$(last result)" -ge "$BOB" ] || fail "found $(last result), expected $BOB or more"
