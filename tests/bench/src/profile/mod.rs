//! The protocol modules, and for each a scenario that calls every method on a state as people would make it.
//!
//! Figures come from the real engine and host on the chain in memory. A scenario says what a method is called for
//! (`case`) where that changes its cost. It leaves out failing calls: those are tested beside each module.

mod assets;
mod auction;
mod brokers;
mod collections;
mod credentials;
mod credit;
mod events;
mod footprint;
mod fork;
mod group;
mod licence;
mod lots;
mod people;
mod policies;
mod reputation;
mod sortition;
mod stage;
mod staking;
mod streams;
mod trustlines;
mod vouchers;
mod wishes;

pub use footprint::Footprint;
pub use fork::Fork;
pub use stage::{Entry, Measured, Stage};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tenon_contract::Constructor;

/// A protocol module and its scenario.
pub struct Module {
    /// Its name: that of its folder under `contracts`, and of its instance in genesis.
    pub name: &'static str,
    /// Makes the constructor of the instance in genesis.
    genesis: fn() -> Constructor,
    /// Calls every method.
    scenario: fn(&mut Stage),
}

/// What a scenario found.
pub struct Profile {
    /// The module's name.
    pub name: &'static str,
    /// Its code.
    pub code: Arc<[u8]>,
    /// Each measured call, in the order of the scenario.
    pub measured: Vec<Measured>,
}

/// Every protocol module, in the order of the docs.
pub const MODULES: &[Module] = &[
    Module { name: "assets", genesis: || ::assets::AssetsRef::init(None), scenario: assets::scenario },
    Module { name: "lots", genesis: || ::lots::LotsRef::init(None), scenario: lots::scenario },
    Module {
        name: "collections",
        genesis: || ::collections::CollectionsRef::init(None),
        scenario: collections::scenario,
    },
    Module { name: "vouchers", genesis: || ::vouchers::VouchersRef::init(None), scenario: vouchers::scenario },
    Module { name: "auction", genesis: || ::auction::AuctionRef::init(None), scenario: auction::scenario },
    Module { name: "credentials", genesis: ::credentials::CredentialsRef::init, scenario: credentials::scenario },
    Module { name: "policies", genesis: ::policies::PoliciesRef::init, scenario: policies::scenario },
    Module { name: "streams", genesis: ::streams::StreamsRef::init, scenario: streams::scenario },
    Module { name: "events", genesis: ::events::EventsRef::init, scenario: events::scenario },
    Module { name: "brokers", genesis: || ::brokers::BrokersRef::init(None), scenario: brokers::scenario },
    Module { name: "sortition", genesis: || ::sortition::SortitionRef::init(None), scenario: sortition::scenario },
    Module { name: "reputation", genesis: ::reputation::ReputationRef::init, scenario: reputation::scenario },
    Module { name: "licence", genesis: || ::licence::LicencesRef::init(None), scenario: licence::scenario },
    Module { name: "wishes", genesis: || ::wishes::WishesRef::init(None, None), scenario: wishes::scenario },
    Module { name: "group", genesis: || ::group::GroupRef::init(None), scenario: group::scenario },
    Module { name: "staking", genesis: || ::staking::StakingRef::init(None), scenario: staking::scenario },
    Module { name: "credit", genesis: || ::credit::CreditRef::init(None), scenario: credit::scenario },
    Module { name: "trustlines", genesis: || ::trustlines::TrustlinesRef::init(None), scenario: trustlines::scenario },
];

/// Runs the scenarios, each on a chain of its own that has all modules.
///
/// # Panics
/// If a module does not build, or a call of a scenario fails.
pub fn profiles() -> Vec<Profile> {
    let codes: Vec<Arc<[u8]>> = MODULES.iter().map(|module| code(module.name)).collect();
    let profile = |(module, code): (&Module, &Arc<[u8]>)| {
        let modules: Vec<(&str, &[u8], Constructor)> =
            MODULES.iter().zip(&codes).map(|(module, code)| (module.name, &**code, (module.genesis)())).collect();
        let mut stage = Stage::new(module.name, code, &modules);
        (module.scenario)(&mut stage);
        Profile { name: module.name, code: code.clone(), measured: stage.into_measured() }
    };
    MODULES.iter().zip(&codes).map(profile).collect()
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies two below the root").to_owned()
}

/// Builds a protocol module, if its sources changed.
fn code(name: &str) -> Arc<[u8]> {
    let folder = root().join("contracts").join(name);
    tenon_testkit::module_code(folder.to_str().expect("the path of the project is text")).into()
}
