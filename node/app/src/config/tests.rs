//! Tests of settings: every key is read once, has a default that it takes, and is told when it is wrong.

use super::table::{ROWS, SECTIONS};
use super::*;
use std::path::Path;
use tenon_core::consensus::Supers;
use tenon_net::PeerKey;

/// Peer ids that are well formed.
fn peer(byte: u8) -> String {
    PeerKey([byte; 32]).to_string()
}

/// A node's folder with this file in it.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(CONFIG_FILE), text).unwrap();
    folder
}

fn read(text: &str, sets: &[(&str, &str)]) -> Result<NodeSettings, ConfigError> {
    let set = |(key, value): &(&str, &str)| Override {
        flag: "--set".into(),
        key: (*key).to_string(),
        value: (*value).to_string(),
    };
    NodeSettings::read(folder(text).path(), &sets.iter().map(set).collect::<Vec<_>>())
}

fn message(text: &str, sets: &[(&str, &str)]) -> String {
    read(text, sets).unwrap_err().to_string()
}

#[test]
fn an_empty_file_and_the_commented_one_both_give_the_defaults() {
    let defaults = read("", &[]).unwrap();
    let commented = read(&commented_file(&[]).unwrap(), &[]).unwrap();
    assert_eq!(defaults.rpc, commented.rpc);
    assert_eq!((&defaults.network.listen, &defaults.consensus), (&commented.network.listen, &commented.consensus));
    assert_eq!((&defaults.storage, &defaults.metrics), (&commented.storage, &commented.metrics));
    assert_eq!((&defaults.log, &defaults.health), (&commented.log, &commented.health));
    assert_eq!(defaults.rpc.listen.to_string(), "127.0.0.1:9944");
    assert_eq!(defaults.validator, None);
    let StorageSettings { archive, keep_blocks, keep_states, snapshot_every } = defaults.storage;
    assert_eq!((archive, keep_blocks, keep_states, snapshot_every), (false, 172_800, 14_400, 512));
    assert_eq!((defaults.sync, commented.sync), (SyncMode::Snapshot, SyncMode::Snapshot));
    assert!(defaults.chain.ends_with("genesis.scale") && defaults.chain.is_absolute());
}

#[test]
fn every_key_is_listed_once_in_a_section_and_read() {
    for row in ROWS {
        assert_eq!(ROWS.iter().filter(|other| other.key == row.key).count(), 1, "{}", row.key);
        let (section, name) = row.key.split_once('.').unwrap();
        assert!(SECTIONS.iter().any(|(known, _)| *known == section), "{}", row.key);
        // A date is a value that no key takes: it is told only where the key is read.
        let error = message(&format!("[{section}]\n{name} = 1979-05-27\n"), &[]);
        assert!(error.contains(&format!("{}: found 1979-05-27, expected ", row.key)), "{error}");
    }
}

#[test]
fn flags_take_precedence_over_the_file() {
    let file = "[rpc]\nport = 1\n[network]\nlisten = [\"/ip4/127.0.0.1/tcp/1\"]\n";
    assert_eq!(read(file, &[]).unwrap().rpc.listen.port(), 1);
    let two = "/ip4/127.0.0.1/tcp/2,/ip6/::1/udp/3/quic-v1";
    let sets = [("rpc.port", "0"), ("rpc.listen", "0.0.0.0"), ("network.listen", two), ("metrics.listen", "")];
    let settings = read(file, &sets).unwrap();
    assert_eq!(settings.rpc.listen.to_string(), "0.0.0.0:0");
    assert_eq!(settings.network.listen.iter().map(NetworkAddress::as_str).collect::<Vec<_>>().join(","), two);
    assert_eq!(settings.metrics.listen, None);
    let list = read(file, &[("network.listen", "[\"/dns/a.example/tcp/2\"]")]).unwrap().network.listen;
    assert_eq!(list, [NetworkAddress::read("/dns/a.example/tcp/2").unwrap()]);
}

#[test]
fn what_is_wrong_is_told_with_place_key_found_and_expected() {
    let cases = [
        ("[rpc]\nport = 70000", "config.toml: rpc.port: found 70000, expected 0 to 65535"),
        ("[rpc]\nport = -1", "rpc.port: found -1"),
        ("[rpc]\nport = \"1\"", "rpc.port: found \"1\""),
        ("[rpc]\nlisten = \"localhost\"", "rpc.listen: found \"localhost\", expected an IP address"),
        ("[rpc]\ncors_origins = [\"app\"]", "rpc.cors_origins: found \"app\""),
        ("[rpc]\nmax_connections = 0", "expected 1 to 65536 connections"),
        ("[node]\nname = \"\"", "node.name: found \"\", expected 1 to 64 characters"),
        ("[node]\nchain = \"\"", "node.chain: found nothing, expected a path"),
        ("[network]\nlisten = []", "network.listen: found no address, expected at least one"),
        ("[network]\nlisten = \"/ip4/1.2.3.4/tcp/1\"", "network.listen: found \"/ip4/1.2.3.4/tcp/1\""),
        ("[network]\nbootstrap = [\"/ip4/1.2.3.4/tcp/1\"]", "which does not end with /p2p/PEER"),
        ("[network]\nallowed_peers = [\"Qm\"]", "network.allowed_peers: found \"Qm\", which is no peer id"),
        ("[network]\nmax_peers = 1001", "network.max_peers: found 1001, expected 1 to 1000 peers"),
        ("[validator]\nenabled = 1", "validator.enabled: found 1, expected true or false"),
        ("[consensus]\nsuper_nodes = \"some\"", "consensus.super_nodes: found \"some\""),
        ("[consensus]\nsuper_nodes = 513", "consensus.super_nodes: found \"513\""),
        ("[consensus]\ndelay_ms = 20000", "consensus.max_delay_ms: found 10000"),
        ("[storage]\nkeep_blocks = 15", "storage.keep_blocks: found 15"),
        ("[storage]\nkeep_states = 15", "storage.keep_states: found 15"),
        ("[storage]\nkeep_blocks = 1023", "storage.snapshot_every: found 512"),
        ("[node]\nsync = \"fast\"", "node.sync: found \"fast\", expected \"snapshot\" or \"full\""),
        ("[metrics]\nlisten = \"9615\"", "metrics.listen: found \"9615\""),
        ("[log]\nlevel = \"a=b=c\"", "log.level: found \"a=b=c\""),
        ("[rpc]\nprot = 1", "found the key rpc.prot, expected a known one"),
        ("[rcp]\nport = 1", "found the key rcp.port, expected a known one"),
        ("port = 1", "found the key port, expected a known one"),
        ("[rpc]\nport = \n", "config.toml: line 2: "),
    ];
    for (text, said) in cases {
        let error = read(text, &[]).unwrap_err();
        assert!(error.to_string().contains(said), "{text}: {error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(read("[rpc]\nprot = 1", &[]).unwrap_err().hint(), "did you mean rpc.port?");
    assert!(message("", &[("rpc.port", "x")]).starts_with("--set: rpc.port: found \"x\""));
    assert!(message("", &[("rpc.port", "70000")]).starts_with("--set: rpc.port: found 70000"));
    assert!(message("", &[("rpc.prot", "1")]).starts_with("--set: found the key rpc.prot"));
    let absent = NodeSettings::read(Path::new("/nowhere"), &[]).unwrap_err();
    assert!(absent.to_string().starts_with("cannot read /nowhere/config.toml") && absent.hint().contains("node init"));
    let long = format!("# {}\n", "a".repeat(1 << 20));
    assert!(message(&long, &[]).contains("expected at most 1048576"));
    let many = format!("[rpc]\ncors_origins = [{}]", "\"*\",".repeat(1_025));
    assert!(message(&many, &[]).contains("found 1025 entries, expected at most 1024"));
}

#[test]
fn super_nodes_are_one_at_least_and_all_at_most() {
    let of = |text: &str, validators| {
        read("", &[("consensus.super_nodes", text)]).unwrap().consensus.super_nodes.count(validators)
    };
    assert_eq!([of("one", 10), of("sqrt", 10), of("all", 10), of("4", 10), of("40", 10)], [1, 3, 10, 4, 10]);
    assert_eq!(of("sqrt", 0), 1);
    let number = read("[consensus]\nsuper_nodes = 2", &[]).unwrap().consensus.super_nodes;
    assert_eq!(number, Supers::Number(2));
}

#[test]
fn addresses_are_checked_for_form() {
    let id = peer(7);
    for good in [
        "/ip4/0.0.0.0/tcp/0".to_string(),
        "/ip6/::/udp/30333/quic-v1".into(),
        format!("/dns4/node.example/tcp/1/p2p/{id}"),
        format!("/ip4/1.2.3.4/tcp/1/p2p/{id}/p2p-circuit/p2p/{id}"),
    ] {
        assert_eq!(NetworkAddress::read(&good).map(|address| address.to_string()), Ok(good));
    }
    for bad in [
        "",
        "/",
        "ip4/1.2.3.4/tcp/1",
        "/ip4/1.2.3/tcp/1",
        "/ip4/1.2.3.4",
        "/ip4/1.2.3.4/tcp",
        "/ip4/1.2.3.4/tcp/65536",
        "/ip4/1.2.3.4/udp/1",
        "/tcp/1",
        "/ip4/1.2.3.4/quic-v1",
        "/ip4/1.2.3.4/tcp/1/p2p/12D3",
        "/ip4/1.2.3.4/tcp/1/",
        "/ip4/1.2.3.4/http/1",
    ] {
        assert!(NetworkAddress::read(bad).is_err(), "{bad}");
    }
    assert!(NetworkAddress::read(&format!("/ip4/1.2.3.4/tcp/1{}", "/p2p-circuit".repeat(14))).is_err());
    let address = NetworkAddress::read_peer(&format!("/ip4/1.2.3.4/tcp/1/p2p/{id}")).unwrap();
    assert_eq!(address.peer(), Some(PeerKey([7; 32])));
    assert_eq!(read_peer_id(&id), Ok(PeerKey([7; 32])));
}

#[test]
fn ids_of_ed25519_keys_begin_as_libp2p_writes_them() {
    // The identity multihash of libp2p's peer-id specification begins all ids of ed25519 keys with these letters.
    assert!(peer(0).starts_with("12D3KooW") && peer(255).starts_with("12D3KooW"));
}

#[test]
fn key_files_read_back_are_private_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(NODE_KEY_FILE);
    let made = NodeKey::create(&file).unwrap();
    let again = NodeKey::read(&file).unwrap();
    assert_eq!((made.seed(), made.peer()), (again.seed(), again.peer()));
    assert!(!format!("{made:?}").contains(&hex::encode(made.seed())));
    assert!(matches!(NodeKey::create(&file), Err(ConfigError::File { action: "write", .. })));
    let voting = folder.path().join(VALIDATOR_KEY_FILE);
    let made = ValidatorKey::create(&voting).unwrap();
    assert_eq!(made.public(), ValidatorKey::read(&voting).unwrap().public());
    assert!(tenon_crypto::bls::verify_possession(&made.public(), &made.possession()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&voting)), (0o600, 0o600));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(NodeKey::read(&file).unwrap_err().to_string().contains("found permissions 640"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    for text in ["", "zz", &"0".repeat(62), &"0".repeat(66), &"0".repeat(300)] {
        std::fs::write(&file, text).unwrap();
        let error = NodeKey::read(&file).unwrap_err().to_string();
        assert!(error.contains("expected one line of 64 hex digits"), "{error}");
    }
}

#[test]
fn the_reference_in_the_book_is_that_of_the_table() {
    crate::telemetry::check_page("configuration.md", &reference());
}
