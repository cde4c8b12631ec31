#!/usr/bin/env bash
# A light client: who trusts the validators of one epoch checks any later block, and any entry of the state, by the votes that
# made it final, and without a node. Start the chain with votes:
#
#   tenon dev --tmp --consensus bbft
set -euo pipefail
source "$(dirname "$0")/lib.sh"
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
height() { "$TENON" block --finalized --json | field height; }
await() { until [ "$(height)" -ge "$1" ]; do sleep 0.1; done; }
# Shows a command, and keeps what it prints in a file: keep FILE COMMAND..
keep() { local file=$1; shift; shown "$@"; "$TENON" "$@" >"$file" || fail "tenon $*"; }

say "whoever wants to check takes the validators once, from a node that they trust"
keep "$FOLDER/trust.json" proof checkpoint
grep -q '"bls_key"' "$FOLDER/trust.json" || fail "found no validators: $(cat "$FOLDER/trust.json")"

say "something happens"
run transfer --to //Bob --amount 12.5 --from //Alice
HEIGHT=$(last height)
HASH=$(last transaction)
await "$((HEIGHT + 2))"

say "a block is final by the votes of more than two thirds, and says so to people without a node"
keep "$FOLDER/header.json" proof header "$HEIGHT" --checkpoint "$FOLDER/trust.json"
TENON_URL=ws://127.0.0.1:1 run proof check "$FOLDER/header.json" --checkpoint "$FOLDER/trust.json"
printf '  %s of %s validators signed\n' "$(last signers)" "$(last validators)"
[ "$(last signers)" -ge 3 ] || fail "found $(last signers) signers, expected 3 or 4"

say "an entry of the state: Bob's balance, under a header that is final"
keep "$FOLDER/bob.json" proof entry --account //Bob --checkpoint "$FOLDER/trust.json"
TENON_URL=ws://127.0.0.1:1 run proof check "$FOLDER/bob.json" --checkpoint "$FOLDER/trust.json"
printf '  free %s\n' "$(last free)"
[ -n "$(last free)" ] || fail "found no balance"

say "the transfer itself, and how it ended: under the newest final header, however old it is"
keep "$FOLDER/transfer.json" proof transaction "$HASH" --checkpoint "$FOLDER/trust.json"
TENON_URL=ws://127.0.0.1:1 run proof check "$FOLDER/transfer.json" --checkpoint "$FOLDER/trust.json"
grep -q "\"transaction\":{\"hash\":\"$HASH\"" <<<"$LAST" || fail "found $LAST, expected transaction $HASH"
keep "$FOLDER/receipt.json" proof transaction "$HASH" --receipt --checkpoint "$FOLDER/trust.json"
TENON_URL=ws://127.0.0.1:1 run proof check "$FOLDER/receipt.json" --checkpoint "$FOLDER/trust.json"
[ "$(last succeeded)" = true ] || fail "found $LAST, expected a receipt of a transfer that succeeded"
expect_error NoFinalityProof proof transaction "0x$(printf '77%.0s' {1..32})" --checkpoint "$FOLDER/trust.json"
# The last byte is one of a path.
sed 's/^\(  "inclusion": "0x.*\)0"\(,*\)$/\11"\2/; t; s/^\(  "inclusion": "0x.*\)."\(,*\)$/\10"\2/' "$FOLDER/transfer.json" >"$FOLDER/forged.json"
cmp -s "$FOLDER/transfer.json" "$FOLDER/forged.json" && fail "nothing was changed"
expect_error BadProof proof check "$FOLDER/forged.json" --checkpoint "$FOLDER/trust.json"

say "what was changed is refused: another balance, another signature, other validators"
sed 's/"value": "0x\(..\)/"value": "0xff/' "$FOLDER/bob.json" >"$FOLDER/forged.json"
cmp -s "$FOLDER/bob.json" "$FOLDER/forged.json" && fail "nothing was changed"
expect_error BadProof proof check "$FOLDER/forged.json" --checkpoint "$FOLDER/trust.json"
# The last byte of the proof is one of the signature.
sed 's/^\(    "bytes": "0x.*\)0"$/\11"/; t; s/^\(    "bytes": "0x.*\)."$/\10"/' "$FOLDER/header.json" >"$FOLDER/forged.json"
cmp -s "$FOLDER/header.json" "$FOLDER/forged.json" && fail "nothing was changed"
expect_error BadProof proof check "$FOLDER/forged.json" --checkpoint "$FOLDER/trust.json"
sed '0,/"weight": "[0-9]*"/s//"weight": "77"/' "$FOLDER/trust.json" >"$FOLDER/other.json"
expect_error File proof check "$FOLDER/header.json" --checkpoint "$FOLDER/other.json"

say "validators are believed for a time only, if the file says so"
sed 's/"trust_period_ms": null/"trust_period_ms": 1/' "$FOLDER/trust.json" >"$FOLDER/old.json"
cmp -s "$FOLDER/trust.json" "$FOLDER/old.json" && fail "nothing was changed"
expect_error BadProof proof check "$FOLDER/header.json" --checkpoint "$FOLDER/old.json"

say "a header without anybody's trust shows nothing, and a proof without votes is no proof of finality"
expect_error Usage proof check "$FOLDER/header.json"
keep "$FOLDER/plain.json" proof get --account //Bob
expect_error Usage proof check "$FOLDER/plain.json" --checkpoint "$FOLDER/trust.json"

say "the client follows the chain and moves its file on"
run proof light --checkpoint "$FOLDER/trust.json"
run proof light --checkpoint "$FOLDER/trust.json" --to "$HEIGHT"
[ "$(last height)" = "$HEIGHT" ] || fail "found height $(last height), expected $HEIGHT"
