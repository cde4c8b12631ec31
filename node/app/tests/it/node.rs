//! A node's folder, a chain's genesis and the local network, as far as they need no running node.

use crate::program::run;
use serde_json::{Value as Json, json};
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A node's folder in a temporary one, with the words that make it.
fn init(folder: &Path, words: &[&str]) -> Json {
    run(&[&["node", "init", "--base-path", text(folder)], words].concat()).done()
}

/// What `tenon node key show` says.
fn keys(folder: &Path) -> Json {
    run(&["node", "key", "show", "--base-path", text(folder)]).done()
}

#[test]
fn a_folder_is_written_once_with_keys_that_nobody_else_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("node");
    let made = init(&folder, &["--validator", "--set", "rpc.port=0", "--set", "node.name=lighthouse"]);
    let shown = keys(&folder);
    assert_eq!((&made["peer_id"], &made["bls_key"]), (&shown["peer_id"], &shown["bls_key"]));
    assert_eq!(shown["bls_key"].as_str().unwrap().len(), 2 + 2 * 96);
    assert_eq!(shown["proof"].as_str().unwrap().len(), 2 + 2 * 48);
    for file in ["config.toml", "node.key", "validator.key"] {
        assert_eq!(std::fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let config = std::fs::read_to_string(folder.join("config.toml")).unwrap();
    assert!(config.contains("\nport = 0\n") && config.contains("\nname = \"lighthouse\"\n"), "{config}");
    assert!(config.contains("\nenabled = true\n") && config.contains("\n[storage]\n"), "{config}");

    // Nothing is written over, whichever of the files is there.
    let secret = std::fs::read(folder.join("node.key")).unwrap();
    let error = run(&["node", "init", "--base-path", text(&folder)]).error();
    assert_eq!(error["name"], "File");
    std::fs::remove_file(folder.join("config.toml")).unwrap();
    assert_eq!(run(&["node", "init", "--base-path", text(&folder)]).error()["name"], "File");
    assert_eq!(std::fs::read(folder.join("node.key")).unwrap(), secret);
    assert!(!folder.join("config.toml").exists());

    let observer = place.path().join("observer");
    assert_eq!(init(&observer, &[])["bls_key"], json!(null));
    assert!(!observer.join("validator.key").exists());
    assert_eq!(keys(&observer)["proof"], json!(null));
}

#[test]
fn settings_that_are_wrong_are_told_before_anything_is_left_behind() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("node");
    let refused = |words: &[&str]| run(&[&["node", "init", "--base-path", text(&folder)], words].concat()).error();
    let error = refused(&["--set", "rpc.port=70000"]);
    assert_eq!(error["name"], "Config", "{error}");
    assert!(error["message"].as_str().unwrap().contains("rpc.port: found 70000, expected 0 to 65535"), "{error}");
    let error = refused(&["--set", "rpc.prot=1"]);
    assert_eq!((&error["name"], &error["hint"]), (&json!("Config"), &json!("did you mean rpc.port?")));
    assert_eq!(refused(&["--set", "rpc.port"])["name"], "Usage");
    assert_eq!(refused(&["--chain", "Cargo.toml"])["name"], "File");
    for file in ["config.toml", "node.key"] {
        assert!(!folder.join(file).exists(), "{file}");
    }
    init(&folder, &[]);
    std::fs::write(folder.join("node.key"), "12").unwrap();
    let error = run(&["node", "key", "show", "--base-path", text(&folder)]).error();
    assert_eq!(error["name"], "Key", "{error}");
    let nowhere = place.path().join("nowhere");
    let error = run(&["node", "key", "show", "--base-path", text(&nowhere)]).error();
    assert!(error["hint"].as_str().unwrap().contains("tenon node init"), "{error}");
}

#[test]
fn founders_agree_on_a_genesis_by_its_hash() {
    let place = tempfile::tempdir().unwrap();
    let folders = ["a", "b"].map(|name| place.path().join(name));
    let founders: Vec<String> = folders
        .iter()
        .zip(["//Alice", "//Bob"])
        .map(|(folder, account)| {
            init(folder, &["--validator"]);
            let keys = keys(folder);
            format!("{account}:{}:5:{}", keys["bls_key"].as_str().unwrap(), keys["proof"].as_str().unwrap())
        })
        .collect();
    let file = |name: &str| place.path().join(name);
    let genesis = |out: &Path, more: &[&str]| {
        let fixed = ["node", "genesis", "--name", "Harbour", "--time-ms", "1767225600000", "--balance", "//Alice:1000"];
        let own = ["--out", text(out), "--validator", &founders[0], "--validator", &founders[1]];
        run(&[&fixed[..], &own, more].concat())
    };
    let first = genesis(&file("one"), &[]).done();
    let again = genesis(&file("two"), &[]).done();
    assert_eq!(first["genesis_hash"], again["genesis_hash"]);
    assert_eq!(std::fs::read(file("one")).unwrap(), std::fs::read(file("two")).unwrap());
    assert_eq!(
        (&first["validators"], &first["unproven_keys"], &first["epoch_blocks"]),
        (&json!(2), &json!(0), &json!(0))
    );
    assert_eq!(genesis(&file("one"), &[]).error()["name"], "File", "nothing is written over");

    // With elections, the epochs of chain and module are one number, and other terms may be stated.
    let elected = genesis(&file("elected"), &["--staking", "--epoch-blocks", "20", "--block-reward", "0.1"]).done();
    assert_eq!(elected["epoch_blocks"], json!(20));
    assert_ne!(elected["genesis_hash"], first["genesis_hash"]);
    let usual = genesis(&file("usual"), &["--staking", "--term", "unbonding_ms=60000"]).done();
    assert_eq!(usual["epoch_blocks"], json!(1_200));
    let error = genesis(&file("wrong"), &["--staking", "--term", "unbonding=1"]).error();
    assert!(error["message"].as_str().unwrap().contains("unbonding_ms"), "{error}");
    assert_eq!(genesis(&file("wrong"), &["--staking", "--term", "epoch_blocks=7"]).error()["name"], "Usage");
    assert_eq!(genesis(&file("wrong"), &["--epoch-blocks", "7"]).error()["name"], "Usage");
    let refused = genesis(&file("wrong"), &["--staking", "--term", "validators=0"]).error();
    assert!(!file("wrong").exists(), "{refused}");

    // A folder takes the genesis with it.
    let copied = init(&file("c"), &["--chain", text(&file("one"))]);
    assert_eq!(copied["chain"], "Harbour");
    assert_eq!(std::fs::read(file("c").join("genesis.scale")).unwrap(), std::fs::read(file("one")).unwrap());
}

#[test]
fn founders_who_are_no_set_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (folder, other, out) = (place.path().join("a"), place.path().join("b"), place.path().join("genesis"));
    init(&folder, &["--validator"]);
    init(&other, &["--validator"]);
    let (keys, others) = (keys(&folder), keys(&other));
    let (key, proof) = (keys["bls_key"].as_str().unwrap(), others["proof"].as_str().unwrap());
    let refused = |founders: &[String], more: &[&str]| {
        let words: Vec<&str> = founders.iter().flat_map(|founder| ["--validator", founder.as_str()]).collect();
        let fixed = ["node", "genesis", "--out", text(&out), "--name", "Harbour"];
        run(&[&fixed[..], &words, more].concat()).error()
    };
    let alice = format!("//Alice:{key}");
    let cases: [(Vec<String>, &str); 8] = [
        (vec!["//Alice".into()], "no BLS key"),
        (vec!["//Alice:0x12".into()], "1 bytes, which has 96 bytes"),
        (vec![format!("{alice}:x")], "the weight \"x\""),
        (vec![format!("{alice}:0x12")], "a proof of 1 bytes"),
        (vec![format!("{alice}:0")], "has no weight"),
        (vec![format!("//Alice:0x{}", "00".repeat(96))], "the BLS key of"),
        (vec![format!("{alice}:1:{proof}")], "a proof of possession that does not fit"),
        (vec![alice.clone(), format!("//Bob:{key}")], "twice"),
    ];
    for (founders, said) in cases {
        let error = refused(&founders, &[]);
        assert!(error["message"].as_str().unwrap().contains(said), "{said}: {error}");
        assert_eq!(error["name"], "Usage", "{error}");
    }
    let twice = refused(std::slice::from_ref(&alice), &["--balance", "//Bob:1", "--balance", "//Bob:2"]);
    assert!(twice["message"].as_str().unwrap().contains("two balances"), "{twice}");
    assert_eq!(refused(std::slice::from_ref(&alice), &["--balance", "//Bob"])["name"], "Usage");
    assert_eq!(refused(&[alice], &["--balance", "//Bob:x"])["name"], "BadAmount");
    assert!(!out.exists());
}

#[test]
fn a_network_that_is_not_there_is_told() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("net");
    for words in [&["status"][..], &["kill", "1"], &["cut", "1"], &["heal", "1"], &["down"], &["up", "1"]] {
        let error = run(&[&["net"], words, &["--dir", text(&folder)]].concat()).error();
        assert_eq!(error["name"], "NotFound", "{words:?}");
        assert!(error["hint"].as_str().unwrap().contains("tenon net up"), "{error}");
        assert!(!folder.exists(), "{words:?}");
    }
    for words in [&["up", "--validators", "0"][..], &["up", "--validators", "65"], &["up", "1", "--validators", "4"]] {
        assert_eq!(run(&[&["net"], words, &["--dir", text(&folder)]].concat()).error()["name"], "Usage", "{words:?}");
    }
    assert!(!folder.join("net.json").exists());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("net.json"), "{}").unwrap();
    let error = run(&["net", "status", "--dir", text(&folder)]).error();
    assert!(error["message"].as_str().unwrap().contains("expected what `tenon net up` wrote"), "{error}");
}
