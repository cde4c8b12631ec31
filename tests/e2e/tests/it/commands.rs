//! What the command line says of wrong words: a number, a name, what was found and expected, and a hint; nothing is sent.

use serde_json::json;
use std::fs;
use tenon_e2e::Node;

/// Words, and the number, name and parts of the complaint.
type Wrong<'w> = (&'w [&'w str], i64, &'w str, &'w [&'w str]);

/// What people mistype.
const WRONG: &[Wrong<'_>] = &[
    (
        &["call", "asets", "transfer", "--from", "//Alice"],
        3010,
        "UnknownInstance",
        &["\"asets\"", "did you mean assets?"],
    ),
    (&["query", "assets", "balanceof", "--asset", "1"], 3008, "UnknownMethod", &["\"balanceof\"", "balance_of"]),
    (&["query", "assets", "transfer", "--asset", "1"], 3008, "UnknownMethod", &["transfer is a call", "tenon call"]),
    (&["call", "assets", "balance_of", "--from", "//Alice"], 3008, "UnknownMethod", &["tenon query"]),
    (
        &["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amont", "1", "--from", "//Alice"],
        3101,
        "Usage",
        &["--amont", "--amount"],
    ),
    (
        &["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--from", "//Alice"],
        3101,
        "Usage",
        &["--amount"],
    ),
    (
        &["call", "assets", "transfer", "--asset", "one", "--to", "//Bob", "--amount", "1", "--from", "//Alice"],
        3005,
        "BadValue",
        &["asset", "\"one\"", "expected u64"],
    ),
    (
        &["call", "assets", "transfer", "--asset", "1", "--to", "Nobody", "--amount", "1", "--from", "//Alice"],
        3005,
        "BadValue",
        &["to", "\"Nobody\"", "expected address", "SS58"],
    ),
    (
        &["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "-1", "--from", "//Alice"],
        3101,
        "Usage",
        &[],
    ),
    (
        &[
            "call",
            "assets",
            "issue",
            "--name",
            "G",
            "--symbol",
            "G",
            "--decimals",
            "256",
            "--supply",
            "1",
            "--from",
            "//Alice",
        ],
        3005,
        "BadValue",
        &["decimals", "256", "255"],
    ),
    (
        &["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "1", "--from", "//Al ice/"],
        3103,
        "Key",
        &[],
    ),
    (&["block", "seven"], 3101, "Usage", &["\"seven\"", "expected a height or a hash"]),
    (&["block", "4000000"], 2001, "UnknownBlock", &["4000000"]),
    (&["tx", ZERO], 2006, "UnknownTransaction", &[]),
    (&["account", "5Nothing"], 3006, "BadAddress", &["5Nothing"]),
    (&["proof", "get"], 3101, "Usage", &["--account"]),
    (&["transfer", "--to", "//Bob", "--amount", "1.0000000000001", "--from", "//Alice"], 3007, "BadAmount", &["12"]),
    (&["deploy", "--code", "/no/such.wasm", "--from", "//Alice"], 3102, "File", &["/no/such.wasm"]),
    (&["module", "show", "nothing"], 3010, "UnknownInstance", &["nothing", "assets"]),
    (&["frobnicate"], 3101, "Usage", &["frobnicate"]),
];

#[tokio::test]
async fn wrong_words_are_answered_with_a_number_what_was_expected_and_a_hint() {
    let node = Node::quick();
    let cli = node.cli();
    cli.done(&[
        "call",
        "assets",
        "issue",
        "--name",
        "G",
        "--symbol",
        "G",
        "--decimals",
        "2",
        "--supply",
        "9",
        "--from",
        "//Alice",
    ]);
    let alice = tenon_e2e::Wallet::new("//Alice");
    let client = node.client().await;
    let before = client.account(&alice.address).await.unwrap();
    let mut failures = Vec::new();
    for (words, code, name, parts) in WRONG {
        let complaint = cli.refused(words);
        println!(
            "{}: {} {}: {} | {}",
            words.join(" "),
            complaint.code,
            complaint.name,
            complaint.message,
            complaint.hint
        );
        let text = format!("{} {}", complaint.message, complaint.hint);
        let missing: Vec<&&str> = parts.iter().filter(|part| !text.contains(**part)).collect();
        if complaint.code != *code || complaint.name != *name || !missing.is_empty() {
            failures.push(format!("{words:?}: {complaint:?}: expected {code} {name}, missing {missing:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(client.account(&alice.address).await.unwrap(), before, "nothing was sent");
    cli.done(&["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "1", "--from", "//Alice"]);
}

const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn without_a_node_a_command_says_where_it_looked() {
    let node = Node::quick();
    let cli = node.cli();
    node.kill();
    let complaint = cli.refused(&["block"]);
    assert_eq!((complaint.code, complaint.name.as_str()), (3002, "NotConnected"), "{complaint:?}");
    assert!(complaint.hint.contains("tenon dev"), "{complaint:?}");
}

#[test]
fn what_is_simulated_and_fails_is_not_sent_and_what_is_sent_and_fails_says_so() {
    let node = Node::quick();
    let cli = node.cli();
    cli.done(&[
        "call",
        "assets",
        "issue",
        "--name",
        "G",
        "--symbol",
        "G",
        "--decimals",
        "2",
        "--supply",
        "9",
        "--from",
        "//Alice",
    ]);
    let words = ["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "10", "--from", "//Alice"];
    let nonce = || cli.done(&["account", "//Alice"])["nonce"].clone();
    assert_eq!(nonce(), 1);
    let complaint = cli.refused(&words);
    assert_eq!((complaint.code, complaint.name.as_str()), (65_538, "InsufficientBalance"), "{complaint:?}");
    assert!(complaint.hint.contains("nothing was sent"), "{complaint:?}");
    assert_eq!(nonce(), 1);

    let sent = cli.run(&[&words[..], &["--no-simulate"]].concat());
    assert_eq!(sent.code, Some(1), "{sent:?}");
    let report = sent.json();
    assert_eq!((&report["status"], &report["error"]["number"]), (&json!("failed"), &json!(65_538)), "{report}");
    assert_eq!(nonce(), 2);

    let sent = cli.run(
        &[&words[..5], &["--to", "//Bob", "--amount", "1", "--from", "//Alice", "--no-simulate", "--gas", "3000"]]
            .concat(),
    );
    assert_eq!(sent.json()["error"]["name"], "OutOfGas", "{sent:?}");
}

#[test]
fn a_project_is_not_made_twice_nor_outside_the_rules_for_names() {
    let node = Node::quick();
    let folder = tempfile::tempdir().unwrap();
    let cli = node.cli().within(folder.path());
    assert_eq!(cli.refused(&["new", "Hello"]).code, 3101);
    assert_eq!(cli.refused(&["new", "hello", "--template", "fungible-tokn"]).code, 3108);
    cli.done(&["new", "hello"]);
    assert_eq!(cli.refused(&["new", "hello"]).code, 3102);
    assert_eq!(cli.refused(&["build"]).code, 3104);
    let project = folder.path().join("hello");
    fs::write(project.join("src/lib.rs"), "this is no Rust").unwrap();
    let complaint = node.cli().within(&project).refused(&["build"]);
    assert_eq!((complaint.code, complaint.name.as_str()), (3105, "Build"), "{complaint:?}");
}
