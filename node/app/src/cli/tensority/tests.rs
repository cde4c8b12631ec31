//! The commands in memory: what they print, and what they refuse.

use super::*;
use clap::Parser;

/// A published header hash, seed and result; `tests/vectors/tensority.json` names the source.
const HEADER: &str = "d0dad73fb2dabf3353fda15571b4e5f6ac62ff187b354fadd4840d9ff2f1afdf";
const SEED: &str = "0737520781345b11b7bd0f843c1bdd9aea81b6da94fd141cc9f2df53ac6744d2";
const HASH: &str = "e35da54795d82f8549c0e580cbf2e3757ab5ef8fed1bdbe439416c7e6f8df227";

#[derive(Debug, Parser)]
struct Words {
    #[command(flatten)]
    tensority: Tensority,
}

fn run(words: &[&str]) -> Result<Report, Failure> {
    let words = Words::try_parse_from([&["tensority"], words].concat()).expect("words of the command");
    words.tensority.run()
}

fn refused(words: &[&str]) -> (String, String) {
    let failure = run(words).expect_err("refused");
    assert_eq!(failure.exit, super::super::output::USAGE);
    (failure.message, failure.hint)
}

fn vectors() -> serde_json::Value {
    let text = include_str!("../../../../../tests/vectors/tensority.json");
    serde_json::from_str(text).expect("the vectors are JSON")
}

fn published_header(name: &str) -> String {
    let vectors = vectors();
    let row = vectors["headers"].as_array().expect("rows").iter().find(|row| row["name"] == name).expect("the header");
    row["serialized_header"].as_str().expect("text").into()
}

#[test]
fn a_published_hash_is_printed_by_every_kernel() {
    assert_eq!(run(&["hash", HEADER, SEED]).expect("a hash").text, HASH);
    for kernel in Kernel::all() {
        let report = run(&["hash", &format!("0x{HEADER}"), SEED, "--kernel", kernel.name()]).expect("a hash");
        assert_eq!((report.text.as_str(), &report.json["kernel"]), (HASH, &json!(kernel.name())));
    }
}

#[test]
fn a_hash_of_another_length_and_a_kernel_that_is_none_are_refused() {
    let (message, hint) = refused(&["hash", &HEADER[2..], SEED]);
    assert_eq!(message, format!("found {:?}, expected the header's hash: 32 bytes", &HEADER[2..]));
    assert_eq!(hint, "write 64 hex digits");
    assert!(refused(&["hash", HEADER, "seed"]).0.starts_with("found \"seed\", expected a seed"));
    assert!(
        refused(&["hash", HEADER, SEED, "--kernel", "abacus"]).0.starts_with("found the kernel \"abacus\", expected")
    );
}

#[test]
fn bits_stand_for_a_target_and_its_work() {
    let report = run(&["work", "0x1e00000000011b68"]).expect("a target");
    assert_eq!(report.json, run(&["work", "2161727821137910632"]).expect("a target").json);
    let target = format!("0x0000011b68{}", "0".repeat(54));
    assert_eq!(report.json, json!({ "bits": "0x1e00000000011b68", "target": target, "work": "15154807" }));
}

#[test]
fn bits_that_stand_for_no_target_are_refused_and_told_why() {
    assert!(refused(&["work", "0"]).0.contains("stand for a target zero"));
    assert!(refused(&["work", "0x0380000000010000"]).0.contains("stand for a target below zero"));
    assert!(refused(&["work", "0xff00000000010000"]).0.contains("stand for a target above the easiest"));
    assert_eq!(refused(&["work", "many"]).0, "found \"many\", expected bits: a number below 2^64");
}

#[test]
fn a_published_header_is_valid_and_with_another_nonce_it_is_not() {
    let header = published_header("mainnet 123");
    let report = run(&["verify-header", &header]).expect("a header");
    assert!(report.done, "{report:?}");
    let hash = "531e1ebdd6f38924bfdd86331bc1286b1626da0d0b5b6f6da233a2d054d7f041";
    assert_eq!((&report.json["hash"], &report.json["valid"]), (&json!(hash), &json!(true)));
    let work = "5e1d9eceb4f6930421cd74e12584e44450fde608054b44bee04a76139f000000";
    assert_eq!((&report.json["height"], &report.json["work"]), (&json!(123), &json!(work)));

    let forged = header.replace("f58b8080b18402", "f48b8080b18402");
    assert_ne!(header, forged);
    let report = run(&["verify-header", &forged]).expect("a header");
    assert!(!report.done && report.text.ends_with("the work does not meet the target"), "{report:?}");
    assert!(!run(&["verify-header", &header, "--seed", SEED]).expect("a header").done, "another seed does not do");
}

#[test]
fn a_later_header_needs_the_hash_of_the_ancestor_that_seeds_it() {
    let (message, hint) = refused(&["verify-header", &published_header("mainnet 66684")]);
    assert_eq!(message, "found no --seed, expected one for a header at height 66684");
    assert_eq!(hint, "it is the hash of the header at height 66560");
}

#[test]
fn bytes_that_are_no_header_are_refused() {
    assert!(refused(&["verify-header", "0102"]).0.starts_with("found the end after 2 bytes, expected the header's"));
    assert!(refused(&["verify-header", "no hex"]).0.starts_with("found 6 characters, expected the hex digits"));
    assert!(refused(&["verify-header", &"00".repeat(MAX_HEADER_BYTES + 1)]).0.starts_with("found 288 characters"));
}

#[test]
fn a_benchmark_of_one_kernel_has_figures_of_it_alone() {
    let report = run(&["bench", "--kernel", Kernel::best().name(), "--threads", "1"]).expect("figures");
    assert_eq!(report.json["threads"], json!(1));
    let kernels = report.json["kernels"].as_array().expect("rows");
    assert_eq!(kernels.len(), 1);
    for figure in ["build_ms", "hash_ms", "hashes_per_second", "giga_multiply_adds_per_second"] {
        assert!(kernels[0][figure].as_f64().is_some_and(|figure| figure > 0.0), "{figure}");
    }
    assert!(report.text.lines().count() == 2 && report.text.contains(Kernel::best().name()));
}
