//! Flags from an interface, and what a person may get wrong.

use super::super::call::CallOptions;
use super::*;
use tenon_client::no_names;
use tenon_types::interface::NamedType;

fn interface() -> Interface {
    let field = |name: &str, ty: &str| Field { name: name.into(), ty: ValueType::parse(ty).unwrap() };
    let kind = |name: &str, index| Variant { name: name.into(), index, fields: Vec::new() };
    let method = Method {
        mode: MethodMode::Call,
        name: "issue".into(),
        doc: "Issues an asset.".into(),
        arguments: vec![
            field("name", "string"),
            field("supply", "u128"),
            field("cap", "option<u128>"),
            field("kind", "Kind"),
            field("document_hash", "option<bytes>"),
            field("frozen", "bool"),
            field("from", "address"),
            field("delta", "i32"),
        ],
        result: ValueType::Unsigned(32),
        payable: false,
        reentrant: false,
    };
    Interface {
        methods: vec![method],
        types: vec![NamedType {
            name: "Kind".into(),
            doc: String::new(),
            shape: Shape::Enum(vec![kind("Money", 0), kind("Voucher", 1)]),
        }],
        ..Interface::default()
    }
}

const GOOD: [&str; 14] = [
    "--name",
    "Gold",
    "--supply",
    "1_000",
    "--kind",
    "voucher",
    "--frozen",
    "--arg-from",
    "//Bob",
    "--delta",
    "-5",
    "--from",
    "//Alice",
    "--json",
];

fn read(words: &[&str]) -> Result<Vec<u8>, Failure> {
    let interface = interface();
    let method = &interface.methods[0];
    let command = with_method(options::<CallOptions>("tenon call assets issue"), &interface, method);
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    let (_, matches) = parse::<CallOptions>(command, &words).map_err(|end| end.unwrap_err())?;
    let codec = Codec::new(&interface, &no_names, 42);
    let arguments = arguments(&codec, method, &matches)?;
    Ok(codec.encode_arguments(method, &arguments).map_err(tenon_client::ClientError::from)?)
}

fn without(flag: &str) -> Vec<&'static str> {
    let position = GOOD.iter().position(|word| *word == flag).unwrap();
    [&GOOD[..position], &GOOD[position + 2..]].concat()
}

fn with(extra: &[&'static str]) -> Vec<&'static str> {
    [&GOOD[..], extra].concat()
}

#[test]
fn flags_become_the_encoded_arguments_in_their_order() {
    let bob = tenon_client::parse_address("//Bob", &no_names).unwrap();
    let expected =
        [&[16][..], b"Gold", &1_000u128.to_le_bytes(), &[0, 1, 0, 1], &bob.0, &(-5i32).to_le_bytes()].concat();
    assert_eq!(read(&GOOD), Ok(expected));
}

#[test]
fn an_option_that_is_given_is_some_and_bytes_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document");
    std::fs::write(&path, [0xab, 0xcd]).unwrap();
    let at: &'static str = format!("@{}", path.display()).leak();
    let from_file = read(&with(&["--document-hash", at, "--cap", "7"])).unwrap();
    assert_eq!(read(&with(&["--document_hash", "0xabcd", "--cap=7"])), Ok(from_file));
}

#[test]
fn an_argument_named_as_an_option_gets_a_longer_flag() {
    let interface = interface();
    let command = with_method(options::<CallOptions>("tenon call"), &interface, &interface.methods[0]);
    let text = help(command).text;
    assert!(text.contains("--arg-from <address>") && text.contains("--from <KEY>"), "{text}");
    assert!(text.contains("One of Money, Voucher") && text.contains("Issues an asset."), "{text}");
}

#[test]
fn each_mistake_is_reported_with_found_expected_and_hint() {
    let missing = read(&without("--supply")).unwrap_err();
    assert!(missing.message.contains("--supply") && missing.exit == USAGE, "{missing:?}");
    let unknown = read(&with(&["--suply", "1"])).unwrap_err();
    assert!(unknown.message.contains("--suply") && unknown.hint.contains("--supply"), "{unknown:?}");
    let twice = read(&with(&["--name", "Gold"])).unwrap_err();
    assert!(twice.message.contains("--name"), "{twice:?}");
    for (flag, value) in
        [("--cap", "many"), ("--cap", "-1"), ("--document-hash", "abc"), ("--document-hash", "@/nowhere")]
    {
        let failure = read(&with(&[flag, value])).unwrap_err();
        assert!(failure.message.contains("found") || failure.message.contains("cannot read"), "{failure:?}");
        assert!(!failure.hint.is_empty(), "{failure:?}");
    }
    let kind: Vec<&str> = GOOD.iter().map(|word| if *word == "voucher" { "Vaucher" } else { word }).collect();
    let failure = read(&kind).unwrap_err();
    assert!(failure.message.contains("expected a variant of Kind") && failure.hint.contains("Voucher"), "{failure:?}");
}

#[test]
fn url_and_json_are_found_before_the_interface_is_known() {
    let words: Vec<String> = ["--name", "x", "--url=ws://a:1", "--json"].map(String::from).into();
    let mut global = Global { url: "ws://b:2".into(), json: false };
    take_global(&mut global, &words);
    assert_eq!((global.url.as_str(), global.json), ("ws://a:1", true));
    assert_eq!(value_of(&words, "name"), Some("x"));
    assert_eq!(value_of(&words, "nam"), None);
}

#[test]
fn usage_errors_keep_the_tip_and_drop_the_rest() {
    let error = clap::Command::new("tenon").arg(Arg::new("port").long("port")).try_get_matches_from(["tenon", "--prt"]);
    let failure = usage(&error.unwrap_err()).unwrap_err();
    assert_eq!((failure.name.as_str(), failure.exit), ("Usage", USAGE));
    assert!(failure.message.contains("--prt") && failure.hint.contains("--port"), "{failure:?}");
}
