#!/usr/bin/env bash
# A contract learns a temperature from outside the chain: sources sign events, whoever delivers one first is paid, and the
# contract answers with what is fresh. No broker is trusted, and none is needed here: Charlie and Eve deliver by hand.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
SALT=0x$(printf '33%.0s' {1..32})
BOUNTY=1000000000000
# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
# A field of a key: key FIELD KEY [OPTION..]
key() { local name=$1; shift; "$TENON" key inspect "$@" --json | field "$name"; }
# An event of now as JSON: event CONTENT ORIGIN_TYPE ORIGIN SIGNATURE_TYPE SIGNATURE
event() {
  local content
  content=$(printf '%s' "$1" | od -An -tx1 | tr -d ' \n')
  printf '{"version":1,"stream":{"module":"streams","id":"%s"},"partition":0,"timestamp_ms":%s,' "$STREAM" "$TIME"
  printf '"content_type":1,"encryption_type":0,"content":"0x%s",' "$content"
  printf '"origin_type":%s,"origin":"%s","signature_type":%s,"signature":"%s"}' "$2" "$3" "$4" "$5"
}
# Signs an event of now: signed CONTENT TYPE ORIGIN KEY [OPTION..]; the type is 1 for Ethereum, 2 for an account.
signed() {
  local content=$1 type=$2 origin=$3 message signature
  shift 3
  TIME=$(now)
  message=$(ask events message --event "$(event "$content" "$type" "$origin" "$type" 0x)")
  signature=$("$TENON" key sign "$1" "$message" "${@:2}" --json | field signature)
  ask events encode_event --event "$(event "$content" "$type" "$origin" "$type" "$signature")"
}
# Commits to the delivery of an event: commits WHO EVENT
commits() {
  local commitment
  commitment=$(ask events delivery_commitment --by "$1" --subscription 1 --event "$2" --salt "$SALT")
  run call events commit --commitment "$commitment" --from "$1"
}

say "Alice registers a stream; Bob publishes in it with his account, Ferdie with an address of Ethereum"
run call streams create --name Temperature --from //Alice
STREAM=$(last result)
BOB=$(key public_key //Bob)
FERDIE=$(key ethereum_address //Ferdie --scheme secp256k1)

say "Dave deploys an oracle of both: tenths of degrees Kelvin from 2,000 to 4,000, a minute old at most; and pays one coin each"
run template deploy oracle-consumer --set stream="$STREAM" --set quorum=1 --set max_age_ms=60000 --set least=2000 --set most=4000 \
  --set "sources=[{\"Account\":{\"address\":\"//Bob\"}},{\"Ethereum\":{\"address\":\"$FERDIE\"}}]" --from //Dave
ORACLE=$(last instance)
run call "$ORACLE" subscribe --bounty "$BOUNTY" --expires-at-ms $(($(now) + 86400000)) --value 10 --from //Dave
expect_error NoQuorum query "$ORACLE" value

say "Bob says 2931; Charlie and Eve both commit to deliver it, Charlie comes first and is paid, Eve is refused"
EVENT=$(signed 2931 2 "$BOB" //Bob)
commits //Charlie "$EVENT"
commits //Eve "$EVENT"
run call events deliver --subscription 1 --event "$EVENT" --salt "$SALT" --from //Charlie
[ "$(last result)" = true ] || fail "the oracle did not take the event"
expect_error AlreadyDelivered call events deliver --subscription 1 --event "$EVENT" --salt "$SALT" --from //Eve
expect "$BOUNTY" events credit_of --who //Charlie --currency Coin
expect 0 events credit_of --who //Eve --currency Coin

say "anybody reads the value"
VALUE=$(ask "$ORACLE" value | field value)
shown query "$ORACLE" value
[ "$VALUE" = 2931 ] || fail "found $VALUE, expected 2931"

say "a forged event is refused, and so is one to which nobody has committed"
FORGED=${EVENT%??}00
[ "$FORGED" != "$EVENT" ] || FORGED=${EVENT%??}01
expect_error WrongSignature query events check_event --event "$FORGED"
commits //Eve "$FORGED"
expect_error WrongSignature call events deliver --subscription 1 --event "$FORGED" --salt "$SALT" --from //Eve
NEWER=$(signed 2935 2 "$BOB" //Bob)
expect_error NoCommitment call events deliver --subscription 1 --event "$NEWER" --salt "$SALT" --from //Eve

say "Ferdie says 2940 with a key of Ethereum, and Eve, an outsider, delivers that: the lower of two is the median"
EVENT=$(signed 2940 1 "$FERDIE" //Ferdie --ethereum)
commits //Eve "$EVENT"
run call events deliver --subscription 1 --event "$EVENT" --salt "$SALT" --from //Eve
expect "$BOUNTY" events credit_of --who //Eve --currency Coin
VALUE=$(ask "$ORACLE" value | field value)
[ "$VALUE" = 2931 ] || fail "found $VALUE, expected 2931"

say "a value that cannot be is paid for, and the oracle does not take it"
EVENT=$(signed 9999 2 "$BOB" //Bob)
commits //Charlie "$EVENT"
run call events deliver --subscription 1 --event "$EVENT" --salt "$SALT" --from //Charlie
[ "$(last result)" = false ] || fail "the oracle took a value beyond its bounds"
VALUE=$(ask "$ORACLE" value | field value)
[ "$VALUE" = 2931 ] || fail "found $VALUE, expected 2931"

say "Charlie takes what he has earned"
run call events withdraw --currency Coin --from //Charlie
expect 0 events credit_of --who //Charlie --currency Coin
