//! The stories: scripts in `tests/stories` that a stranger can read and run. Each is told to a chain of its own.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tenon_e2e::{Node, sources, tenon};

/// A block for each transaction, at once.
const AT_ONCE: &[&str] = &["--tmp", "--on-demand"];
/// Blocks by the clock, for stories in which time passes.
const BY_THE_CLOCK: &[&str] = &["--tmp", "--block-time-ms", "50"];

/// Blocks that end with the hook of the module for staking, in epochs as long as it counts them.
const WITH_HOOKS: &[&str] = &[
    "--tmp",
    "--block-time-ms",
    "10",
    "--staking",
    "staking",
    "--epoch-blocks",
    "1200",
    "--block-reward",
    "1000000000",
];

/// Blocks by the votes of four validators.
const BY_VOTES: &[&str] = &["--tmp", "--consensus", "bbft", "--block-time-ms", "50"];

/// The stories, and the chains that they are told to.
const STORIES: &[(&str, &[&str])] = &[
    ("auctions", BY_THE_CLOCK),
    ("bbft", BY_VOTES),
    ("credit", BY_THE_CLOCK),
    ("equity-200", AT_ONCE),
    ("issue-each-kind", AT_ONCE),
    ("licence", BY_THE_CLOCK),
    // It begins a network of its own.
    ("net", AT_ONCE),
    ("light", BY_VOTES),
    ("notarise", BY_THE_CLOCK),
    ("oracle", BY_THE_CLOCK),
    ("sortition", BY_THE_CLOCK),
    ("staking", AT_ONCE),
    ("streams", BY_THE_CLOCK),
    ("templates", AT_ONCE),
    ("trustlines", AT_ONCE),
    ("validators", WITH_HOOKS),
    ("voucher", AT_ONCE),
    ("wishes", BY_THE_CLOCK),
];

/// Tells a story. It must end well, and so must the node.
fn tell(name: &str) {
    let (_, pace) = STORIES.iter().find(|(story, _)| *story == name).unwrap();
    let node = Node::start(pace);
    let script = sources().join("tests/stories").join(format!("{name}.sh"));
    let mut command = Command::new("bash");
    command.arg(&script).env("TENON", tenon()).env("URL", &node.url).current_dir(node.scratch());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{name} ended with {}: {}", output.status, text(&output.stderr));
    assert_eq!(node.terminate().code, Some(0));
}

#[test]
fn each_template_is_deployed_and_used() {
    tell("templates");
}

#[test]
fn an_asset_of_each_standard_is_issued_and_moved() {
    tell("issue-each-kind");
}

#[test]
fn a_unique_asset_is_sold_by_dutch_english_and_sealed_auction_and_settled() {
    tell("auctions");
}

#[test]
fn a_light_client_checks_blocks_and_balances_without_a_node() {
    tell("light");
}

#[test]
fn four_validators_vote_on_each_block_and_keep_it_through_kills() {
    tell("bbft");
}

#[test]
fn a_201st_holder_of_an_equity_is_refused() {
    tell("equity-200");
}

#[test]
fn a_voucher_is_redeemed_once() {
    tell("voucher");
}

#[test]
fn a_notarised_hash_is_proven_without_a_node() {
    tell("notarise");
}

#[test]
fn a_data_stream_is_registered_opened_and_found_by_its_name() {
    tell("streams");
}

#[test]
fn a_licence_is_bought_runs_out_is_passed_on_and_paid_event_by_event() {
    tell("licence");
}

#[test]
fn brokers_make_a_seed_and_are_drawn_by_it() {
    tell("sortition");
}

#[test]
fn a_contract_learns_a_value_and_the_first_who_delivers_is_paid() {
    tell("oracle");
}

#[test]
fn credit_is_granted_borrowed_traded_and_repaid_and_who_runs_is_penalised() {
    tell("credit");
}

#[test]
fn people_pay_over_those_who_trust_each_other_repay_and_settle() {
    tell("trustlines");
}

#[test]
fn a_stream_is_wished_for_backed_and_paid_for_or_everybody_gets_back_what_is_theirs() {
    tell("wishes");
}

#[test]
fn a_candidate_stakes_others_bind_coin_and_nobody_gets_it_back_at_once() {
    tell("staking");
}

#[test]
fn who_is_elected_in_one_epoch_validates_in_the_next_and_is_paid_by_the_block() {
    tell("validators");
}

#[test]
fn four_processes_run_one_chain_through_a_kill_and_a_cut() {
    tell("net");
}

#[test]
fn every_script_is_told() {
    let entries = fs::read_dir(sources().join("tests/stories")).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let scripts: BTreeSet<String> = files.filter_map(|name| Some(name.strip_suffix(".sh")?.to_string())).collect();
    let told = STORIES.iter().map(|(name, _)| (*name).to_string()).chain(["lib".to_string()]).collect();
    assert_eq!(scripts, told);
}
