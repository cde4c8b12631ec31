#!/usr/bin/env bash
# Shares that at most 200 persons may hold: the 201st is refused, by whatever way they come. Persons are identities that a
# registrar states; several addresses of one person count once.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
TOPIC=1

# The identity of a person, by number.
identity() { printf '0x%064x' "$((1000 + $1))"; }
# The registrar states that an address belongs to a person.
attest() {
  "$TENON" call credentials attest --subject "$1" --topic $TOPIC --identity "$(identity "$2")" --from //Dave --json \
    >/dev/null || fail "no credential for $1"
}

say "Dave is the registrar. Alice, person 1, deploys the shares and receives them"
attest //Alice 1
run template deploy equity-200 --set name=Mill --set symbol=MILL --set supply=1000000 --set registrar=//Dave --from //Alice
EQUITY=$(last instance)
expect 1 policies holder_count --module "$EQUITY" --asset 1

say "without a credential nobody receives shares"
expect_error NotEligible call "$EQUITY" transfer --asset 1 --to //Bob --amount 10 --from //Alice

say "199 more persons are stated, and each receives 10 shares: two batches of one transaction each"
BATCH=
for PERSON in $(seq 2 200); do
  attest "//Holder//$PERSON" "$PERSON"
  BATCH="$BATCH${BATCH:+,}[\"//Holder//$PERSON\",\"10\"]"
  if [ "$PERSON" = 100 ] || [ "$PERSON" = 200 ]; then
    "$TENON" call "$EQUITY" transfer_batch --asset 1 --transfers "[$BATCH]" --from //Alice | head -n 1
    BATCH=
  fi
done
expect 200 policies holder_count --module "$EQUITY" --asset 1

say "a 201st person has a credential too, and is refused"
attest //Bob 201
expect_error HolderLimitReached call "$EQUITY" transfer --asset 1 --to //Bob --amount 10 --from //Alice
expect_error HolderLimitReached call "$EQUITY" transfer_batch --asset 1 --transfers '[["//Bob","1"]]' --from //Alice

say "nor does an allowance help"
attest //Charlie 202
run call "$EQUITY" approve --asset 1 --spender //Charlie --current 0 --new 10 --from //Alice
expect_error HolderLimitReached call "$EQUITY" transfer_from --asset 1 --arg-from //Alice --to //Charlie --amount 10 --from //Charlie
expect 200 policies holder_count --module "$EQUITY" --asset 1

say "a second address of a person who holds shares is no new holder"
attest //Eve 2
run call "$EQUITY" transfer --asset 1 --to //Eve --amount 10 --from //Alice
expect 200 policies holder_count --module "$EQUITY" --asset 1

say "Alice sells all that she has to person 2: there is room for one, and Bob is the 200th"
REST=$(ask "$EQUITY" balance_of --asset 1 --owner //Alice)
run call "$EQUITY" transfer --asset 1 --to //Eve --amount "$REST" --from //Alice
expect 199 policies holder_count --module "$EQUITY" --asset 1
run call "$EQUITY" transfer --asset 1 --to //Bob --amount 10 --from //Eve
expect 200 policies holder_count --module "$EQUITY" --asset 1
expect_error HolderLimitReached call "$EQUITY" transfer --asset 1 --to //Charlie --amount 10 --from //Eve
