#!/usr/bin/env bash
# Every template is deployed by parameters alone, and used. No code is sent: an instance runs code that is on chain since
# genesis.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

say "the templates, and what one asks for"
"$TENON" template list
"$TENON" template show fungible-token

say "a token: 1,000 units of Alice, 400 go to Bob"
run template deploy fungible-token --set name=Gold --set symbol=GOLD --set supply=1000 --from //Alice
TOKEN=$(last instance)
run call "$TOKEN" transfer --to //Bob --amount 400 --from //Alice
expect 600 "$TOKEN" balance_of --owner //Alice
expect 400 "$TOKEN" balance_of --owner //Bob

say "a collection: an item of Alice goes to Bob"
run template deploy collection --set name=Paintings --set symbol=ART --from //Alice
COLLECTION=$(last instance)
run call "$COLLECTION" mint --collection 1 --to //Alice --from //Alice
run call "$COLLECTION" transfer --collection 1 --item 1 --to //Bob --from //Alice
BOB=$("$TENON" key inspect //Bob --json | field address)
expect "$BOB" "$COLLECTION" owner_of --collection 1 --item 1
expect_error Closed call "$COLLECTION" create --name Another --symbol TWO --from //Alice

say "a voucher: Bob redeems the one that he got"
run template deploy voucher --set name=Concert --set symbol=GIG --set units=100 --from //Alice
VOUCHER=$(last instance)
run call "$VOUCHER" transfer --kind 1 --to //Bob --units 1 --from //Alice
run call "$VOUCHER" redeem --kind 1 --units 1 --from //Bob
expect 0 "$VOUCHER" balance_of --kind 1 --owner //Bob

say "an auction house for that collection: Bob sells his item to Charlie at a falling price, and the house gets its cut"
run template deploy auction-house --set collection=1 --set module="$COLLECTION" --set receiver=//Alice --set cut_bps=1000 --from //Alice
HOUSE=$(last instance)
GOODS="{\"Item\":{\"module\":\"$COLLECTION\",\"collection\":1,\"item\":1}}"
run call "$COLLECTION" approve --collection 1 --item 1 --spender "$HOUSE" --from //Bob
run call "$HOUSE" sell_dutch --goods "$GOODS" --start-price 5000000000000 --floor-price 5000000000000 --duration-ms 1000 --from //Bob
run call "$HOUSE" buy --auction 1 --max-price 5000000000000 --value 5 --from //Charlie
CHARLIE=$("$TENON" key inspect //Charlie --json | field address)
expect "$CHARLIE" "$COLLECTION" owner_of --collection 1 --item 1
expect 500000000000 "$HOUSE" credit_of --who //Alice --currency Coin
expect 4500000000000 "$HOUSE" credit_of --who //Bob --currency Coin
run call "$HOUSE" withdraw --currency Coin --from //Bob

say "shares: Bob, whom the registrar Dave does not know, is refused until Dave states who he is"
run call credentials attest --subject //Alice --topic 1 --identity "$(printf '0x%064x' 1)" --from //Dave
run template deploy equity-200 --set name=Mill --set symbol=MILL --set registrar=//Dave --from //Alice
EQUITY=$(last instance)
expect_error NotEligible call "$EQUITY" transfer --asset 1 --to //Bob --amount 10 --from //Alice
run call credentials attest --subject //Bob --topic 1 --identity "$(printf '0x%064x' 2)" --from //Dave
run call "$EQUITY" transfer --asset 1 --to //Bob --amount 10 --from //Alice
expect 2 policies holder_count --module "$EQUITY" --asset 1

say "a group of keys: Alice, Bob and Charlie take Dave in, all three; then any two of the four resolve something"
run template deploy key-group --set name=Board --set 'others=["//Bob","//Charlie"]' --set threshold=2 --from //Alice
GROUP=$(last instance)
run call "$GROUP" propose --group 1 --decision '{"Add":{"key":"//Dave"}}' --from //Alice
run call "$GROUP" approve --group 1 --proposal 1 --from //Bob
expect false "$GROUP" is_member --group 1 --who //Dave
expect_error NotMember call "$GROUP" approve --group 1 --proposal 1 --from //Dave
run call "$GROUP" approve --group 1 --proposal 1 --from //Charlie
expect true "$GROUP" is_member --group 1 --who //Dave
TOPIC=$(printf '0x%064x' 1)
run call "$GROUP" propose --group 1 --decision "{\"Resolve\":{\"topic\":\"$TOPIC\"}}" --from //Dave
run call "$GROUP" approve --group 1 --proposal 2 --from //Bob
expect true "$GROUP" approved --group 1 --topic "$TOPIC"
expect_error Closed call "$GROUP" found --name Another --purpose none --others '[]' --from //Alice

say "a network of credit: Alice, who has its sources, grants Bob 64, which is no value before he uses it"
run template deploy credit-line --set name=Village --set 'holders=[["//Alice",1000],["//Charlie",1000]]' --set group=//Alice \
  --set credit_per_block=500 --set credit_per_day=5000 --set fee_taker=//Alice --from //Alice
VILLAGE=$(last instance)
run call "$VILLAGE" act --network 1 --layer Circulation --inputs '[7]' --outputs '[["Credit",64,{"Key":["//Bob"]}]]' --from //Alice
expect 2000 "$VILLAGE" circulating --network 1
expect_error Closed call "$VILLAGE" found --name Another --holders '[["//Alice",1]]' --credit-per-block 1 --credit-per-day 1 \
  --longest-debt-ms 1000 --from //Alice

say "lines of credit: Alice pays Charlie, whom she does not know, over Bob, who takes one percent"
run template deploy trustlines --set name=Village --from //Alice
CIRCLE=$(last instance)
for PAIR in '//Bob //Alice' '//Charlie //Bob'; do
  read -r GIVER RECEIVER <<<"$PAIR"
  run call "$CIRCLE" propose --network 1 --to "$RECEIVER" --terms '[1000,0,0,0,null]' --from "$GIVER"
  run call "$CIRCLE" accept --network 1 --proposer "$GIVER" --terms '[1000,0,0,0,null]' --from "$RECEIVER"
done
run call "$CIRCLE" transfer --network 1 --amount 500 --path '["//Bob","//Charlie"]' --max-fee 6 --from //Alice
[ "$(last result)" = 6 ] || fail "the fee is $(last result)"
expect_error Closed call "$CIRCLE" found --name Another --decimals 2 --from //Alice

say "an oracle of two sources: it has no value before they say one, and never an old one"
run template deploy oracle-consumer --set stream="$(printf '0x%064x' 1)" --set 'sources=[{"Account":{"address":"//Bob"}},{"Account":{"address":"//Charlie"}}]' \
  --set quorum=2 --from //Alice
ORACLE=$(last instance)
expect_error NoQuorum query "$ORACLE" value
expect_error NotEvents call "$ORACLE" on_event --subscription 1 --from //Bob --event "{\"version\":1,\"stream\":{\"module\":\"streams\",\
\"id\":\"$(printf '0x%064x' 1)\"},\"partition\":0,\"timestamp_ms\":1,\"content_type\":1,\"encryption_type\":0,\"content\":\"0x31\",\
\"origin_type\":2,\"origin\":\"0x\",\"signature_type\":2,\"signature\":\"0x\"}"

say "licences of a stream: nobody can buy before its owner lets the instance grant the right"
run call streams create --name Weather --from //Alice
STREAM=$(last result)
run template deploy data-licence --set stream="$STREAM" --set name=Weather --set price=1000000000000 \
  --set terms_hash="0x$(printf '77%.0s' {1..32})" --from //Alice
SHOP=$(last instance)
KEY='{"kind":"X25519","bytes":"0x01"}'
BUY="--product 1 --version 1 --units 1 --key $KEY --max-price 1000000000000 --value 1"
expect_error StreamRefused call "$SHOP" buy $BUY --from //Bob
run call streams grant --stream "$STREAM" --who "$SHOP" --level Grant --from //Alice
run call streams grant --stream "$STREAM" --who "$SHOP" --level Subscribe --from //Alice
run call "$SHOP" buy $BUY --from //Bob
expect true "$SHOP" has_access --stream "$STREAM" --who //Bob
run call "$SHOP" withdraw --currency Coin --from //Alice

say "what is wrong is said before anything is sent"
expect_error Usage template deploy voucher --set nmae=Concert --set units=many --from //Alice
expect_error NotFound template deploy vuocher --from //Alice
