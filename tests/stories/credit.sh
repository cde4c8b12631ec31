#!/usr/bin/env bash
# A village lends: credit is granted, borrowed with, traded, repaid. Then somebody does not repay in time, can move nothing,
# signs it away all the same, and loses it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
# Waits until the chain's time is there.
until_time() { while [ "$(now)" -lt "$1" ]; do sleep 0.05; done; }
# An output, as a step asks for it: value AMOUNT WHO, credit AMOUNT WHO, debt AMOUNT WHO EXPIRY.
value() { printf '["Value",%s,{"Key":["%s"]}]' "$1" "$2"; }
credit() { printf '["Credit",%s,{"Key":["%s"]}]' "$1" "$2"; }
debt() { printf '[{"Debt":[["%s",%s,null]]},%s,{"Key":["%s"]}]' "$2" "$3" "$1" "$2"; }
# What a network counts: one of the names of its statistics.
count() { ask credit statistics --network "$NET" | field "$1"; }
# Checks one of these: expect_count NAME AMOUNT.
expect_count() { [ "$(count "$1")" = "$2" ] || fail "$1 is $(count "$1"), expected $2"; printf '  %s: %s\n' "$1" "$2"; }
# A step in circulation of one person: as VERB WHO INPUTS OUTPUTS; VERB is run, or expect_error with its name.
step() { local who=$1 inputs=$2 outputs=$3; shift 3
  "$@" call credit act --network "$NET" --layer Circulation --inputs "$inputs" --outputs "$outputs" --from "$who"; }
# The numbers of the outputs that the last step made: made PLACE, from 1 on.
made() { grep -o '"result":\[[^]]*\]' <<<"$LAST" | grep -o '[0-9]\+' | sed -n "$1p"; }

say "Alice founds a village: she, Bob and Charlie have 1000 each; a reporter gets 10 percent of a penalty"
run call credit found --name Village --holders '[["//Alice",1000],["//Bob",1000],["//Charlie",1000]]' \
  --credit-per-block 500 --credit-per-day 5000 --longest-debt-ms 3600000 --reporter-percent 10 --fee-taker //Ferdie --from //Alice
NET=$(last result)
expect_count net_value 3000

say "she grants Bob 100 of credit from the sources of 4, 32 and 64; more than 500 in a block is refused"
step //Alice '[3,6,7]' "[$(credit 100 //Bob)]" run
GIVEN=$(made 1)
step //Alice '[10]' "[$(credit 501 //Bob)]" expect_error BlockLimit

say "Bob borrows: 100 of credit become 99 of value and 100 of debt; 1 is the fee"
step //Bob "[$GIVEN]" "[$(value 99 //Bob),$(debt 101 //Bob $(($(now) + 600000)))]" expect_error DebtWithoutCredit
step //Bob "[$GIVEN]" "[$(value 99 //Bob),$(debt 100 //Bob $(($(now) + 600000)))]" run
CASH=$(made 1) OWED=$(made 2)
expect_count debt 100
expect_count value 3099
expect 3099 credit circulating --network "$NET"

say "he trades: Charlie gets the 99, Bob sells something to Charlie for 150"
step //Bob "[$CASH]" "[$(value 99 //Charlie)]" run
step //Charlie '[19]' "[$(value 150 //Bob),$(value 850 //Charlie)]" run
CASH=$(made 1)

say "he repays: value and debt go together, and nothing is left of the debt"
step //Bob "[$CASH,$OWED]" "[$(value 51 //Bob)]" expect_error ValueCreated
step //Bob "[$CASH,$OWED]" "[$(value 50 //Bob)]" run
expect_count debt 0
expect_count net_value 3000
expect 2999 credit circulating --network "$NET"

say "he borrows again, for a few seconds, and does not repay"
step //Alice '[7]' "[$(credit 64 //Bob)]" run
GIVEN=$(made 1)
EXPIRY=$(($(now) + 4000))
step //Bob "[$GIVEN]" "[$(value 64 //Bob),$(debt 64 //Bob "$EXPIRY")]" run
OWED=$(made 2)
until_time "$EXPIRY"
expect true credit is_frozen --network "$NET" --who //Bob

say "now he can move nothing: not in a transaction of his own"
step //Bob '[18]' "[$(value 1000 //Eve)]" expect_error Frozen

say "and not by an order that he signs, and lets Eve hand in"
FROM=$(now)
ORDER="[$NET,[[\"Circulation\",[18],[$(value 1000 //Eve)]]],$FROM,$((FROM + 600000))]"
MESSAGE=$(ask credit order_message --order "$ORDER")
run key sign //Bob "$MESSAGE"
WITNESS="[[\"//Bob\",{\"Sr25519\":[\"$(last signature)\"]}]]"
expect_error Frozen call credit submit --order "$ORDER" --witnesses "$WITNESS" --secrets '[]' --consent false --from //Eve

say "Dave has seen the order, and reports it: what it would have moved is taken, a tenth of it is Dave's"
run call credit penalise --debt "$OWED" --order "$ORDER" --witnesses "$WITNESS" --secrets '[]' --from //Dave
expect null credit output --network "$NET" --id 18
expect_count penalised 1000
expect_count fees 901
expect_count debt 64
expect_error UnknownOutput call credit penalise --debt "$OWED" --order "$ORDER" --witnesses "$WITNESS" --secrets '[]' --from //Dave

say "the debt stays: a guarantor clears it with value of her own, and it is no bad debt any more"
step //Alice "[17,$OWED]" "[$(value 936 //Alice)]" run
expect false credit is_frozen --network "$NET" --who //Bob
expect '[]' credit bad_debts --network "$NET" --at-ms 18446744073709551615
expect_count net_value 3000
