#!/usr/bin/env bash
# A document is notarised: its hash stands in the chain's state with who brought it and when. A proof of that is checked
# offline, against nothing but the hash of a block that one trusts.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT

say "Alice has a document; only its hash leaves her machine"
printf 'I owe you a mill. %s\n' "$(date +%s%N)" >"$FOLDER/document.txt"
HASH=0x$(sha256sum "$FOLDER/document.txt" | cut -d ' ' -f 1)
run call collections notarise --document-hash "$HASH" --kind Credit --uri https://example.org/mill --from //Alice
ITEM=$(last result)
BLOCK=$(last hash)

say "everybody can read who notarised it and when; a second time it is refused"
ALICE=$("$TENON" key inspect //Alice --json | field address)
FOUND=$(ask collections notarised --document-hash "$HASH")
printf '  %s\n' "$FOUND"
[ "$(field by <<<"$FOUND")" = "$ALICE" ] || fail "expected $ALICE: $FOUND"
expect "$ALICE" collections owner_of --collection 0 --item "$ITEM"
expect_error AlreadyNotarised call collections notarise --document-hash "$HASH" --kind Credit --from //Bob

say "a proof of the record after its block: the key is the storage field's prefix and the hash"
PREFIX=$("$TENON" module show collections | sed -n 's/^ *0x\([0-9a-f]*\) notarised: .*/\1/p')
"$TENON" proof get --instance collections --key "0x$PREFIX${HASH#0x}" --at "$BLOCK" >"$FOLDER/proof.json"

say "the proof is checked without a node: nobody answers at this address"
export TENON_URL=ws://127.0.0.1:1
run proof check "$FOLDER/proof.json"
printf '  valid: %s, value: %s\n' "$(last valid)" "$(last value)"
ANCHOR=$(last anchor)
ACCOUNT=$("$TENON" key inspect //Alice --json | field account)
case $(last value) in
  *"${ACCOUNT#0x}"*) echo "  the record names Alice's account" ;;
  *) fail "expected Alice's account in $(last value)" ;;
esac
run proof check "$FOLDER/proof.json" --trusted "$ANCHOR"

say "it is refused under another block, and with one digit of the record changed"
expect_error BadProof proof check "$FOLDER/proof.json" --trusted "0x$(printf '11%.0s' {1..32})"
VALUE=$(last value)
LAST_DIGIT=${VALUE: -1}
OTHER_DIGIT=$([ "$LAST_DIGIT" = 0 ] && echo 1 || echo 0)
sed "s/$VALUE/${VALUE%?}$OTHER_DIGIT/" "$FOLDER/proof.json" >"$FOLDER/changed.json"
expect_error BadProof proof check "$FOLDER/changed.json"
