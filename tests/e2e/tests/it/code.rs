//! Code that is no module, or a forbidden one, is not stored; the trace says what is wrong with it.

use std::fs;
use tenon_client::Client;
use tenon_e2e::{Node, Wallet, transfer};
use tenon_types::interface::Interface;
use tenon_types::{Call, ModulesCall, blake2b_256};

/// Code with the interface, the manifest and the exports of a real module, so that only the rest of it is wrong. `text`
/// is all but the exported methods.
fn dressed(text: &str, real: &[u8]) -> Vec<u8> {
    let interface = Interface::of_code(real).unwrap();
    let methods = interface.methods.iter().map(|method| format!("(func (export {:?}))", method.export()));
    let text = format!("(module {text} {})", methods.collect::<String>());
    let mut code = wat::parse_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    for name in ["tenon.abi", "tenon.manifest"] {
        code.extend(custom_section(real, name));
    }
    code
}

/// The bytes of a custom section, its header included.
fn custom_section(code: &[u8], name: &str) -> Vec<u8> {
    let mut at = 8;
    while at < code.len() {
        let (length, used) = number(&code[at + 1..]);
        let (start, end) = (at + 1 + used, at + 1 + used + length);
        let (name_length, used) = number(&code[start..]);
        if code[at] == 0 && code[start + used..start + used + name_length] == *name.as_bytes() {
            return code[at..end].to_vec();
        }
        at = end;
    }
    panic!("a module has a section {name}")
}

/// A number in LEB128, and how many bytes it takes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let used = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    (bytes[..used].iter().rev().fold(0, |sum, byte| (sum << 7) | usize::from(byte & 0x7f)), used)
}

/// What a simulated upload says of code that must be refused.
async fn reason(client: &Client, code: &[u8]) -> String {
    let call = Call::Modules(ModulesCall::upload { code: code.to_vec() });
    let outcome = client.simulate(&Wallet::new("//Alice").address, &call, None).await.unwrap();
    let error = outcome.error.unwrap_or_else(|| panic!("accepted: {} bytes", code.len()));
    assert_eq!((error.number, error.name.as_str()), (18, "InvalidCode"), "{error:?}");
    outcome.logs.iter().map(|line| line.message.clone()).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn garbage_and_forbidden_code_is_refused_and_the_trace_says_why() {
    let node = Node::quick();
    let client = node.client().await;
    let alice = Wallet::new("//Alice");
    let assets = client.module("assets").await.unwrap();
    let real = client.code(&assets.code_hash.0).await.unwrap();
    let function = |body: &str| dressed(&format!("(memory (export \"memory\") 1) (func $wrong {body})"), &real);
    let mut cut = real.clone();
    cut.truncate(real.len() / 2);
    let mut broken = real.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 64].fill(0xff);
    let cases: [(&str, Vec<u8>, &[&str]); 12] = [
        ("nothing", vec![], &[]),
        ("text", b"this is no module".to_vec(), &[]),
        ("a bare header", b"\0asm\x01\0\0\0".to_vec(), &[]),
        ("half a module", cut, &[]),
        ("a module with its middle overwritten", broken, &[]),
        ("floats", function("(drop (f64.add (f64.const 1) (f64.const 2)))"), &["f64"]),
        ("a float parameter", function("(param f32)"), &["f32"]),
        ("SIMD", function("(drop (v128.const i64x2 0 0))"), &["128"]),
        (
            "an unknown import",
            dressed("(import \"env\" \"fetch\" (func)) (memory (export \"memory\") 1)", &real),
            &["fetch"],
        ),
        ("an imported memory", dressed("(import \"tenon\" \"memory\" (memory 1))", &real), &["memory"]),
        ("a start function", dressed("(memory (export \"memory\") 1) (func $s) (start $s)", &real), &["start"]),
        ("a huge memory", dressed("(memory (export \"memory\") 60000)", &real), &["memory"]),
    ];
    for (what, code, words) in &cases {
        let reason = reason(&client, code).await;
        println!("{what}: {reason}");
        assert!(reason.len() > 10 && words.iter().all(|word| reason.contains(word)), "{what}: {reason:?}");
        // Whoever sends it anyway pays, and nothing is stored.
        let ending = alice.send(&client, Call::Modules(ModulesCall::upload { code: code.clone() })).await;
        assert_eq!(ending.failed(), "InvalidCode", "{what}: {ending:?}");
        assert!(!client.has_code(&blake2b_256(code)).await.unwrap(), "{what}");
    }
    let large = Call::Modules(ModulesCall::upload { code: [real, vec![0; 900_000]].concat() });
    let ending = alice.send(&client, large).await;
    assert_eq!(ending.failed(), "InvalidCode", "{ending:?}");
    assert_eq!(alice.send(&client, transfer(&alice.address, 1)).await.error, None);
}

#[test]
fn the_command_line_refuses_a_file_that_is_no_module_before_it_sends_anything() {
    let node = Node::quick();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("garbage.wasm");
    let path = file.to_str().unwrap();
    for bytes in [&b""[..], b"garbage", b"\0asm\x01\0\0\0"] {
        fs::write(&file, bytes).unwrap();
        for words in [&["upload", path, "--from", "//Alice"][..], &["deploy", "--code", path, "--from", "//Alice"]] {
            let complaint = node.cli().refused(words);
            // The header alone is code, of which only the node can say that it is no module.
            let expected = if bytes.starts_with(b"\0asm") { (18, "InvalidCode") } else { (3107, "Code") };
            assert!([expected, (3107, "Code")].contains(&(complaint.code, complaint.name.as_str())), "{complaint:?}");
        }
    }
    assert_eq!(node.cli().done(&["account", "//Alice"])["nonce"], 0);
}
