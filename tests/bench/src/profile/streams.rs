//! `streams`: a weather service with many subscribers, its names, and what brokers ask of it.

use crate::profile::Stage;
use streams::{Level, MAX_COMMITMENT_MS, MIN_COMMITMENT_MS, StreamsRef};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

/// Subscribers whom the service has.
const SUBSCRIBERS: u8 = 100;
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;
/// The salt of commitments.
const SALT: Hash = Hash::new([9; 32]);
/// The name of the service.
const NAME: &str = "weather.oslo";

pub(super) fn scenario(stage: &mut Stage) {
    let streams = StreamsRef::at(TestChain::module_address("streams"));
    let create = |name: &str| {
        let (description, metadata) = ("Measured every ten seconds on the roof", "{\"unit\":\"C\",\"height_m\":12}");
        streams.create(name.into(), Some(description.into()), Some(metadata.into()), Some(16))
    };
    for _ in 1..SUBSCRIBERS {
        stage.prepare(eve(), create("Another"));
    }
    let weather = stage.measure("", alice(), create("Weather in Oslo"));
    stage.measure("", alice(), streams.edit(weather, None, Some("Now every second".into()), None));
    rights(stage, streams, weather);
    queries(stage, streams, weather);
    names(stage, streams, weather);
    stage.measure("", alice(), streams.propose_owner(weather, bob()));
    stage.measure("", bob(), streams.accept_owner(weather));
    stage.measure("", bob(), streams.revoke_all(weather));
    stage.measure("", bob(), streams.delete(weather));
}

fn rights(stage: &mut Stage, streams: StreamsRef, weather: Hash) {
    let in_days = |stage: &mut Stage, days: u64| Some(stage.chain().time_ms() + days * DAY_MS);
    for level in [Level::Grant, Level::Subscribe] {
        stage.prepare(alice(), streams.grant(weather, bob(), level, None));
    }
    for byte in 1..=SUBSCRIBERS {
        let end = in_days(stage, 30);
        stage.prepare(bob(), streams.grant(weather, Address::new([byte; 32]), Level::Subscribe, end));
    }
    let (month, later) = (in_days(stage, 30), in_days(stage, 60));
    stage.measure("by the owner", alice(), streams.grant(weather, charlie(), Level::Publish, None));
    stage.measure("by who may grant", bob(), streams.grant(weather, charlie(), Level::Subscribe, month));
    stage.measure("longer", bob(), streams.grant(weather, charlie(), Level::Subscribe, later));
    let day = in_days(stage, 1);
    stage.prepare(alice(), streams.grant(weather, dave(), Level::Publish, day));
    stage.measure("by who may grant", bob(), streams.revoke(weather, charlie(), Level::Subscribe));
    stage.measure("", alice(), streams.grant_public(weather, Level::Subscribe, None));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("", eve(), streams.remove_right(weather, Some(dave()), Level::Publish));
}

fn queries(stage: &mut Stage, streams: StreamsRef, weather: Hash) {
    stage.ask("", bob(), streams.stream(weather));
    stage.ask("a page of 100", bob(), streams.streams(None, None));
    stage.ask("one", bob(), streams.streams_of(alice(), None, None));
    stage.ask("the owner", bob(), streams.may(weather, alice(), Level::Publish));
    stage.ask("by an own right", bob(), streams.may(weather, charlie(), Level::Publish));
    stage.ask("as everybody", bob(), streams.may(weather, dave(), Level::Subscribe));
    stage.ask("no", bob(), streams.may(weather, dave(), Level::Publish));
    stage.ask("", bob(), streams.check_publish(weather, charlie(), 7));
    stage.ask("one", bob(), streams.rights_of(weather, charlie()));
    stage.ask("a page of 100", bob(), streams.rights(weather, None, None));
    stage.ask("", bob(), streams.partition_of(weather, b"roof-17".to_vec()));
    stage.ask("", bob(), streams.network_partition(weather, 7, 100));
    stage.measure("", alice(), streams.revoke_public(weather, Level::Subscribe));
}

fn names(stage: &mut Stage, streams: StreamsRef, weather: Hash) {
    let commitment = stage.ask("", alice(), streams.name_commitment(alice(), NAME.into(), SALT));
    stage.measure("", alice(), streams.commit_name(commitment));
    stage.chain().advance_ms(MIN_COMMITMENT_MS);
    stage.measure("", alice(), streams.register_name(NAME.into(), weather, 2, SALT));
    stage.measure("", alice(), streams.renew_name(NAME.into(), 1));
    stage.measure("", alice(), streams.point_name(NAME.into(), weather));
    stage.ask("", bob(), streams.resolve(NAME.into()));
    stage.ask("", bob(), streams.name(NAME.into()));
    stage.ask("one", bob(), streams.names_of(alice(), None, None));
    stage.measure("", alice(), streams.transfer_name(NAME.into(), bob()));
    stage.measure("", bob(), streams.release_name(NAME.into()));
    stage.prepare(alice(), streams.commit_name(SALT));
    stage.chain().advance_ms(MAX_COMMITMENT_MS);
    stage.measure("by anyone", bob(), streams.remove_commitment(alice(), SALT));
}
