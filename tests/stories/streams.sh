#!/usr/bin/env bash
# A data stream is registered, opened to a publisher, then to every reader, and found by a name. The events themselves are
# not here: brokers ask the chain who may publish, and where an event belongs.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
SALT=0x$(printf '33%.0s' {1..32})
# The time of the newest block, in milliseconds.
now() { "$TENON" block --json | field time_ms; }
# Shows a query that is refused with an error of this name: refuse NAME INSTANCE METHOD ..
refuse() { local name=$1; shift; expect_error "$name" query "$@"; }

say "Alice registers a stream of four partitions; what is published in it is not on chain"
run call streams create --name Weather --description "Oslo, every second" --partitions 4 --from //Alice
STREAM=$(last result)

say "an event of Bob is refused by every broker, and so is one to a stream that does not exist"
refuse NotAllowed streams check_publish --stream "$STREAM" --who //Bob --partition 0
refuse UnknownStream streams check_publish --stream "0x$(printf '11%.0s' {1..32})" --who //Bob --partition 0

say "Alice lets him publish, and pass that on until the end of 2099; he lets Charlie publish for as long, and no longer"
END=4102444800000
run call streams grant --stream "$STREAM" --who //Bob --level Publish --from //Alice
run call streams grant --stream "$STREAM" --who //Bob --level Grant --expires-at-ms "$END" --from //Alice
run query streams check_publish --stream "$STREAM" --who //Bob --partition 3
refuse UnknownPartition streams check_publish --stream "$STREAM" --who //Bob --partition 4
expect_error BeyondOwnRight call streams grant --stream "$STREAM" --who //Charlie --level Publish --from //Bob
run call streams grant --stream "$STREAM" --who //Charlie --level Publish --expires-at-ms "$END" --from //Bob
expect true streams may --stream "$STREAM" --who //Charlie --level Publish
expect_error NotHeld call streams grant --stream "$STREAM" --who //Charlie --level Edit --from //Bob

say "everybody works out the same partition of a key: the first eight hex digits of its hash, modulo 4"
expect 3 streams partition_of --stream "$STREAM" --key 0x666f6f

say "a revoked right is void at once; what others were granted stays"
run call streams revoke --stream "$STREAM" --who //Bob --level Publish --from //Alice
refuse NotAllowed streams check_publish --stream "$STREAM" --who //Bob --partition 3
expect true streams may --stream "$STREAM" --who //Charlie --level Publish

say "Dave subscribes by a right of his own, then everybody may read, then he alone again"
run call streams grant --stream "$STREAM" --who //Dave --level Subscribe --from //Alice
expect false streams may --stream "$STREAM" --who //Eve --level Subscribe
run call streams grant_public --stream "$STREAM" --level Subscribe --from //Alice
expect true streams may --stream "$STREAM" --who //Eve --level Subscribe
run call streams revoke_public --stream "$STREAM" --level Subscribe --from //Alice
expect false streams may --stream "$STREAM" --who //Eve --level Subscribe
expect true streams may --stream "$STREAM" --who //Dave --level Subscribe

say "Bob commits to a name for the stream, without showing it, and says it ten seconds later"
COMMITMENT=$(ask streams name_commitment --owner //Bob --name weather.oslo --salt "$SALT")
run call streams commit_name --commitment "$COMMITMENT" --from //Bob
SAID=$(($(now) + 10000))
say_name() { printf '%s\n' call streams register_name --name "$1" --stream "$STREAM" --years 1 --salt "$SALT" --from "$2"; }
expect_error CommitmentTooYoung $(say_name weather.oslo //Bob)
until [ "$(now)" -ge "$SAID" ]; do sleep 0.2; done
run $(say_name weather.oslo //Bob)
expect "$STREAM" streams resolve --name weather.oslo

say "nobody else gets it, nor one that looks like it, nor one in other letters"
expect_error UnknownCommitment $(say_name weather.oslo //Charlie)
expect null streams resolve --name weather.os1o
expect_error NameNotCanonical $(say_name Weather.oslo //Charlie)

say "Bob gives the name to Alice; when the stream is deleted the name stands for nothing, and she gives it up"
run call streams transfer_name --name weather.oslo --to //Alice --from //Bob
expect_error NotNameOwner call streams release_name --name weather.oslo --from //Bob
run call streams delete --stream "$STREAM" --from //Alice
expect null streams resolve --name weather.oslo
refuse UnknownStream streams check_publish --stream "$STREAM" --who //Charlie --partition 3
run call streams release_name --name weather.oslo --from //Alice
