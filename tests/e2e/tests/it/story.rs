//! What a newcomer does first: issue an asset, move it, ask for balances, check a proof, and deploy a project of their own.

use serde_json::{Value as Json, json};
use std::fs;
use tenon_e2e::Node;

#[test]
fn an_asset_is_issued_moved_and_proven_by_commands_alone() {
    let node = Node::start(&["--tmp"]);
    // A measured figure, for whoever reads the log: no test fails for a slow machine.
    println!("ready after {} ms", node.ready["started_ms"]);
    assert!(node.url.starts_with("ws://127.0.0.1:"), "{}", node.ready);
    let cli = node.cli();

    let block = cli.done(&["block", "--finalized"]);
    assert_eq!(block["finalized"], true, "{block}");

    let issue = ["call", "assets", "issue", "--name", "Gold", "--symbol", "GOLD", "--decimals", "2"];
    let issued = cli.done(&[&issue[..], &["--supply", "1000000", "--from", "//Alice"]].concat());
    assert_eq!((&issued["status"], &issued["result"]), (&json!("success"), &json!("1")), "{issued}");

    let moved = cli
        .done(&["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "500", "--from", "//Alice"]);
    assert_eq!(moved["status"], "success", "{moved}");
    assert!(moved["block"]["height"].as_u64() > issued["block"]["height"].as_u64(), "{moved}");
    assert!(moved["gas"].as_u64().is_some_and(|gas| gas > 0), "{moved}");
    assert!(moved["fee"].as_str().is_some_and(|fee| fee != "0"), "{moved}");
    let event = event(&moved, "assets", "Transfer");
    assert_eq!(event["fields"]["amount"], "500", "{event}");

    for (owner, balance) in [("//Alice", "999500"), ("//Bob", "500")] {
        let answer = cli.done(&["query", "assets", "balance_of", "--asset", "1", "--owner", owner]);
        assert_eq!(answer["result"], balance, "{owner}: {answer}");
    }
}

#[test]
fn a_proof_is_checked_without_a_node_and_refused_with_any_digit_changed() {
    let node = Node::quick();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.json");
    let proof = node.cli().run(&["proof", "get", "--account", "//Bob"]);
    assert_eq!(proof.code, Some(0), "{proof:?}");
    fs::write(&file, &proof.output).unwrap();
    let cli = node.cli();
    node.kill();

    // Nobody answers any more: the proof stands by itself.
    let path = file.to_str().unwrap();
    let checked = cli.done(&["proof", "check", path]);
    assert_eq!(checked["valid"], true, "{checked}");
    assert_eq!(checked["entries"][0]["free"], "1000000000000000000", "{checked}");
    let anchor = checked["anchor"].as_str().unwrap();
    assert_eq!(cli.done(&["proof", "check", path, "--trusted", anchor])["trusted"], true);
    let other = format!("0x{}", "11".repeat(32));
    assert_eq!(cli.refused(&["proof", "check", path, "--trusted", &other]).name, "BadProof");

    let good = proof.json();
    for field in ["block_hash", "anchor_hash", "state_root", "header", "anchor_header"] {
        let mut changed = good.clone();
        changed[field] = flip(&good[field]);
        fs::write(&file, changed.to_string()).unwrap();
        assert_eq!(cli.refused(&["proof", "check", path]).name, "BadProof", "{field}");
    }
    for field in ["key", "value", "proof"] {
        let mut changed = good.clone();
        changed["entries"][0][field] = flip(&good["entries"][0][field]);
        fs::write(&file, changed.to_string()).unwrap();
        assert_eq!(cli.refused(&["proof", "check", path]).name, "BadProof", "{field}");
    }
    fs::write(&file, "{}").unwrap();
    assert_eq!(cli.refused(&["proof", "check", path]).name, "File");
}

#[test]
fn a_new_project_builds_passes_its_tests_and_is_deployed() {
    let node = Node::quick();
    let folder = tempfile::tempdir().unwrap();
    let cli = node.cli().within(folder.path());
    cli.done(&["new", "hello", "--template", "fungible-token"]);
    let cli = node.cli().within(&folder.path().join("hello"));
    let built = cli.done(&["build"]);
    println!("a token of {} bytes", built["bytes"]);
    assert_eq!(cli.done(&["test"])["status"], "success");
    let deploy = ["deploy", "--name", "Hello", "--symbol", "HI", "--decimals", "0", "--supply", "100"];
    let deployed = cli.done(&[&deploy[..], &["--from", "//Alice"]].concat());
    assert_eq!((&deployed["status"], &deployed["code_hash"]), (&json!("success"), &built["code_hash"]), "{deployed}");
    let instance = deployed["instance"].as_str().unwrap();
    let balance = cli.done(&["query", instance, "balance_of", "--owner", "//Alice"]);
    assert_eq!(balance["result"], "100", "{balance}");
    let moved = cli.done(&["call", instance, "transfer", "--to", "//Bob", "--amount", "40", "--from", "//Alice"]);
    assert_eq!(moved["status"], "success", "{moved}");
    let balance = cli.done(&["query", instance, "balance_of", "--owner", "//Bob"]);
    assert_eq!(balance["result"], "40", "{balance}");
}

/// The one event of a name.
fn event<'r>(report: &'r Json, source: &str, name: &str) -> &'r Json {
    let events = report["events"].as_array().unwrap();
    let mut found = events.iter().filter(|event| event["source"] == source && event["name"] == name);
    found.next().filter(|_| found.next().is_none()).unwrap_or_else(|| panic!("no one {source}.{name}: {report}"))
}

/// The text with its last hex digit changed.
fn flip(text: &Json) -> Json {
    let text = text.as_str().unwrap();
    let (head, last) = text.split_at(text.len() - 1);
    json!(format!("{head}{}", if last == "0" { "1" } else { "0" }))
}
