//! The commands, one after the other, as a person who follows the guide types them; and what goes wrong for one who does not.

use crate::program::{Node, run, run_in};
use serde_json::json;

const ISSUE: [&str; 13] = [
    "call",
    "assets",
    "issue",
    "--name",
    "Gold",
    "--symbol",
    "GOLD",
    "--decimals",
    "2",
    "--supply",
    "1_000_000",
    "--from",
    "//Alice",
];

#[test]
fn an_asset_is_issued_transferred_and_read_back() {
    let node = Node::start(&["--tmp"]);
    let issued = node.run(&ISSUE).done();
    assert_eq!((&issued["status"], &issued["result"]), (&json!("success"), &json!("1")));
    assert!(issued["gas"].as_u64().unwrap() > 0 && issued["fee"].as_str().unwrap() != "0");
    let event = &issued["events"][0];
    assert_eq!(
        (&event["source"], &event["name"], &event["fields"]["symbol"]),
        (&json!("assets"), &json!("Issued"), &json!("GOLD"))
    );

    let words = ["call", "assets", "transfer", "--asset", "1", "--to", "//Bob", "--amount", "500", "--from", "//Alice"];
    let moved = node.run(&[&words[..], &["--wait", "finalized"]].concat()).done();
    assert_eq!(moved["finalized"], json!(true));
    let balance = node.run(&["query", "assets", "balance_of", "--asset", "1", "--owner", "//Bob"]).done();
    assert_eq!(balance["result"], json!("500"));

    let receipt = node.run(&["tx", moved["transaction"].as_str().unwrap()]).done();
    assert_eq!((&receipt["gas"], &receipt["block"]), (&moved["gas"], &moved["block"]));
    let block = node.run(&["block", moved["block"]["hash"].as_str().unwrap()]).done();
    assert_eq!(block["transactions"][0]["hash"], moved["transaction"]);
    assert_eq!(node.run(&["block", "--finalized"]).done()["finalized"], json!(true));
    let account = node.run(&["account", "//Alice"]).done();
    assert_eq!(account["nonce"], json!(2));
    let modules = node.run(&["module", "list"]).done();
    assert_eq!(modules["modules"][0]["name"], json!("assets"));
    assert_eq!(node.run(&["module", "show", "assets"]).done()["admin"]["owner"], json!(null));
}

#[test]
fn a_call_that_would_fail_is_not_sent_and_names_the_modules_error() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let before = node.run(&["account", "//Bob"]).done();
    let words = ["--asset", "9", "--to", "//Alice", "--amount", "1", "--from", "//Bob"];
    let error = node.run(&[&["call", "assets", "transfer"], &words[..]].concat()).error();
    assert_eq!((&error["name"], &error["code"]), (&json!("UnknownAsset"), &json!(0x1_0001)));
    assert!(error["hint"].as_str().unwrap().contains("nothing was sent"));
    let simulated = node.run(&[&["simulate", "assets", "transfer"], &words[..]].concat());
    assert_eq!((simulated.status, &simulated.json["error"]["name"]), (1, &json!("UnknownAsset")));
    assert_eq!(node.run(&["account", "//Bob"]).done(), before);

    let sent = node.run(&[&["call", "assets", "transfer", "--no-simulate"], &words[..]].concat());
    assert_eq!((sent.status, &sent.json["status"]), (1, &json!("failed")));
    assert_eq!(sent.json["error"]["name"], json!("UnknownAsset"));
    assert_eq!(node.run(&["account", "//Bob"]).done()["nonce"], json!(1));
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let from = ["--from", "//Alice"];
    let hint = |words: &[&str]| node.run(&[words, &from].concat()).error()["hint"].as_str().unwrap().to_string();
    assert!(hint(&["call", "asets", "transfer"]).contains("assets"));
    assert!(hint(&["call", "assets", "trasnfer"]).contains("transfer"));
    assert!(hint(&["call", "assets", "balance_of"]).contains("tenon query"));
    assert!(hint(&["call", "assets", "mint", "--asset", "1", "--to", "//Bob", "--amont", "1"]).contains("--amount"));
    assert!(hint(&["call", "assets", "mint", "--asset", "1", "--to", "Bob", "--amount", "1"]).contains("//Alice"));
    assert!(hint(&["transfer", "--to", "asset", "--amount", "1"]).contains("assets"));
}

#[test]
fn wrong_input_is_refused_with_a_number_a_name_and_a_hint() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let hash = format!("0x{}", "11".repeat(32));
    let cases: [(&[&str], &str); 12] = [
        (&["tx", &hash], "UnknownTransaction"),
        (&["tx", "0x11"], "Usage"),
        (&["block", "4294967295"], "UnknownBlock"),
        (&["account", "5Grwva"], "BadAddress"),
        (&["module", "show", "nothing"], "UnknownInstance"),
        (&["transfer", "--to", "//Bob", "--amount", "1.0000000000001", "--from", "//Alice"], "BadAmount"),
        (&["transfer", "--to", "//Bob", "--amount", "1", "--from", "Alice.json"], "File"),
        (&["transfer", "--to", "//Bob", "--amount", "1", "--from", "//Nobody"], "InsufficientBalance"),
        (
            &["call", "assets", "mint", "--asset", "x", "--to", "//Bob", "--amount", "1", "--from", "//Alice"],
            "BadValue",
        ),
        (&["upload", "Cargo.toml", "--from", "//Alice"], "Code"),
        (&["deploy", "--code", &hash, "--from", "//Alice"], "UnknownCode"),
        (&["call", "assets"], "Usage"),
    ];
    for (words, name) in cases {
        assert_eq!(node.run(words).error()["name"], json!(name), "{words:?}");
    }
    assert_eq!(run(&["account", "//Bob", "--url", "ws://127.0.0.1:1"]).error()["name"], json!("NotConnected"));
    assert_eq!(run(&["account", "//Bob", "--url", "ftp://a"]).error()["name"], json!("BadUrl"));
    let port = node.ready["port"].to_string();
    let error = run(&["dev", "--tmp", "--port", &port]).error();
    assert!(
        error["message"].as_str().unwrap().contains("in use") && error["hint"].as_str().unwrap().contains("--port")
    );
    assert_eq!(node.run(&["account", "//Bob"]).status, 0);
}

#[test]
fn epochs_that_the_module_for_staking_counts_otherwise_are_refused_with_the_number_that_it_counts() {
    for words in [&["--staking", "staking"][..], &["--staking", "staking", "--epoch-blocks", "600"]] {
        let error = run(&[&["dev", "--tmp", "--port", "0"], words].concat()).error();
        assert_eq!((&error["name"], &error["hint"]), (&json!("Node"), &json!("give --epoch-blocks 1200")), "{words:?}");
        let found = words.get(3).unwrap_or(&"0");
        let said = format!("found epochs of {found} blocks in the chain's parameters, expected 1200");
        assert!(error["message"].as_str().unwrap().contains(&said), "{error}");
    }
    let node = Node::start(&["--tmp", "--on-demand", "--staking", "staking", "--epoch-blocks", "1200"]);
    let moved = node.run(&["transfer", "--to", "//Bob", "--amount", "1", "--from", "//Alice"]).done();
    assert!(moved["block"]["height"].as_u64().unwrap() > 0);
}

#[test]
fn a_proof_is_checked_without_a_node_and_refused_if_changed() {
    let node = Node::start(&["--tmp", "--block-time-ms", "50"]);
    let moved = node.run(&["transfer", "--to", "//Bob", "--amount", "1.5", "--from", "//Alice"]).done();
    // The block that carries the root of this one may not be there yet: the command waits for it.
    let at = moved["block"]["hash"].as_str().unwrap();
    let proof = node.run(&["proof", "get", "--account", "//Bob", "--at", at]).done();
    node.kill();
    let folder = tempfile::tempdir().unwrap();
    let check = |proof: &serde_json::Value, words: &[&str]| {
        let file = folder.path().join("p.json");
        std::fs::write(&file, proof.to_string()).unwrap();
        run(&[&["proof", "check", file.to_str().unwrap()], words].concat())
    };
    let (block, anchor) = (proof["block_hash"].as_str().unwrap(), proof["anchor_hash"].as_str().unwrap());
    let shown = check(&proof, &["--trusted", anchor]).done();
    assert_eq!((&shown["valid"], &shown["trusted"]), (&json!(true), &json!(true)));
    assert!(shown["entries"][0]["free"].as_str().unwrap().ends_with("500000000000"));
    let other = format!("0x{}", "22".repeat(32));
    for untrusted in [other.as_str(), block] {
        assert_eq!(check(&proof, &["--trusted", untrusted]).error()["name"], json!("BadProof"), "{untrusted}");
    }
    let mut changed = proof;
    changed["entries"][0]["value"] = json!(null);
    assert_eq!(check(&changed, &[]).error()["name"], json!("BadProof"));
    assert_eq!(check(&json!({}), &[]).error()["name"], json!("File"));
}

#[test]
fn a_chain_that_is_kept_goes_on_after_the_node_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("chain");
    let words = ["--base-path", base.to_str().unwrap(), "--on-demand"];
    let node = Node::start(&words);
    node.run(&[&ISSUE[..], &["--wait", "finalized"]].concat()).done();
    node.kill();
    let node = Node::start(&words);
    let supply = node.run(&["query", "assets", "total_supply", "--asset", "1"]).done();
    assert_eq!(supply["result"], json!("1000000"));
    let error = run(&["dev", "--port", "0", "--base-path", base.to_str().unwrap()]).error();
    assert!(error["hint"].as_str().unwrap().contains("other"), "{error}");
}

#[test]
fn a_template_becomes_a_project_that_builds_and_deploys_without_code() {
    let node = Node::start(&["--tmp"]);
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), &["new", "hello", "--template", "fungible-token"]).done();
    let project = folder.path().join("hello");
    let built = run_in(&project, &["build"]).done();
    assert_eq!(built["name"], json!("hello"));
    let words = [
        "deploy",
        "--name",
        "Hello",
        "--symbol",
        "HI",
        "--decimals",
        "0",
        "--supply",
        "100",
        "--from",
        "//Alice",
        "--url",
        node.url(),
    ];
    let deployed = run_in(&project, &words).done();
    assert_eq!(deployed["code_hash"], built["code_hash"]);
    let instance = deployed["instance"].as_str().unwrap();
    let owner = ["query", instance, "balance_of", "--owner", "//Alice"];
    assert_eq!(node.run(&owner).done()["result"], json!("100"));
    let again = run_in(&project, &words).done();
    assert_ne!(again["instance"], deployed["instance"]);
}

#[test]
fn a_template_is_deployed_by_parameters_without_code() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let list = node.run(&["template", "list"]).done();
    let templates = list["templates"].as_array().unwrap();
    let named = |name: &str| templates.iter().find(|template| template["name"] == name).unwrap();
    let names = [
        "auction-house",
        "collection",
        "credit-line",
        "data-licence",
        "equity-200",
        "fungible-token",
        "key-group",
        "oracle-consumer",
        "trustlines",
        "voucher",
    ];
    for name in names {
        assert_eq!(named(name)["on_chain"], true, "{name}");
    }
    let shown = node.run(&["template", "show", "voucher"]).done();
    assert_eq!(shown["code_hash"], named("voucher")["code_hash"]);
    assert_eq!(shown["parameters"][0]["max_bytes"], 64);

    // Everything that is wrong is said at once, and nothing is sent.
    let deploy = ["template", "deploy", "voucher", "--from", "//Alice"];
    let error = node.run(&[&deploy[..], &["--set", "nmae=Concert", "--set", "units=-1"]].concat()).error();
    let message = error["message"].as_str().unwrap();
    for told in ["nmae: found no such parameter", "name: found nothing", "symbol: found nothing", "units: found \"-1\""]
    {
        assert!(message.contains(told), "{message}");
    }
    assert!(error["hint"].as_str().unwrap().contains("did you mean name?"), "{error}");
    assert_eq!(node.run(&["template", "deploy", "vuocher", "--from", "//Alice"]).error()["name"], "NotFound");
    assert_eq!(node.run(&["account", "//Alice"]).done()["nonce"], 0);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("params.toml");
    std::fs::write(&file, "name = \"Concert\"\nsymbol = \"GIG\"\nunits = 100\nredeemer = \"//Bob\"\n").unwrap();
    let from_file = [&deploy[..], &["--file", file.to_str().unwrap(), "--set", "units=7"]].concat();
    let simulated = node.run(&[&from_file[..], &["--simulate"]].concat()).done();
    assert_eq!(simulated["status"], "success", "{simulated}");
    assert_eq!(node.run(&["account", "//Alice"]).done()["nonce"], 0, "a simulation sends nothing");
    let deployed = node.run(&from_file).done();
    assert_eq!(deployed["code_hash"], shown["code_hash"], "{deployed}");
    assert_eq!(node.run(&["account", "//Alice"]).done()["nonce"], 1, "one transaction does it");
    let instance = deployed["instance"].as_str().unwrap();
    let balance = ["query", instance, "balance_of", "--kind", "1", "--owner", "//Alice"];
    assert_eq!(node.run(&balance).done()["result"], "7");
    let module = node.run(&["module", "show", instance]).done();
    assert!(module["admin"]["owner"].is_null(), "nobody can replace its code: {module}");
    assert!(deployed["next"][1].as_str().unwrap().contains(instance), "{deployed}");
}

#[test]
fn a_template_of_ones_own_names_code_that_is_on_chain() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/voucher/template.toml");
    let shipped = std::fs::read_to_string(shipped).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.toml");
    let deploy = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let words = ["template", "deploy", file.to_str().unwrap(), "--from", "//Alice"];
        node.run(&[&words[..], &["--set", "name=Lunch", "--set", "symbol=EAT", "--set", "units=3"]].concat())
    };
    let on_chain = node.run(&["template", "show", "voucher"]).done();
    let hash = on_chain["code_hash"].as_str().unwrap();
    let by_hash = shipped.replacen("code = \"vouchers\"", &format!("code = \"{hash}\""), 1);
    assert_eq!(deploy(&by_hash).done()["code_hash"], *hash);

    let unknown = by_hash.replacen(hash, &format!("0x{}", "11".repeat(32)), 1);
    assert_eq!(deploy(&unknown).error()["name"], "UnknownCode");
    let misfit = by_hash.replacen("face = \"{face}\"", "front = \"{face}\"", 1);
    let error = deploy(&misfit).error();
    assert!(error["message"].as_str().unwrap().contains("first.front"), "{error}");
    let narrower = by_hash.replacen("min = 1\n", "min = 4\n", 1);
    let error = deploy(&narrower).error();
    assert!(error["message"].as_str().unwrap().contains("units: found \"3\", expected u64: at least 4"), "{error}");
}
