//! Round trips of random values of random types, garbage, and what a person may get wrong.

use super::*;
use crate::address::no_names;
use proptest::prelude::*;
use serde_json::json;
use tenon_types::Address;
use tenon_types::interface::{NamedType, Variant};

fn field(name: &str, ty: ValueType) -> Field {
    Field { name: name.into(), ty }
}

fn interface() -> Interface {
    let named = |name: &str, shape| NamedType { name: name.into(), doc: String::new(), shape };
    let variant = |name: &str, index, fields| Variant { name: name.into(), index, fields };
    Interface {
        types: vec![
            named("Empty", Shape::Struct(vec![])),
            named("Loop", Shape::Struct(vec![field("inner", ValueType::Named("Loop".into()))])),
            named(
                "Pair",
                Shape::Struct(vec![field("left", ValueType::Unsigned(128)), field("right", ValueType::Text)]),
            ),
            named(
                "Kind",
                Shape::Enum(vec![
                    variant("Plain", 0, vec![]),
                    variant("Account", 2, vec![field("0", ValueType::Unsigned(8))]),
                    variant("Capped", 7, vec![field("cap", ValueType::Option(ValueType::Unsigned(64).into()))]),
                ]),
            ),
        ],
        ..Interface::default()
    }
}

use tenon_types::interface::Shape;

fn any_type() -> impl Strategy<Value = ValueType> {
    let leaf = prop_oneof![
        prop::sample::select(vec![8u16, 16, 32, 64, 128]).prop_map(ValueType::Unsigned),
        prop::sample::select(vec![8u16, 16, 32, 64, 128]).prop_map(ValueType::Signed),
        Just(ValueType::Bool),
        Just(ValueType::Text),
        Just(ValueType::Bytes),
        Just(ValueType::Address),
        Just(ValueType::Hash),
        prop::sample::select(vec!["Empty", "Pair", "Kind"]).prop_map(|name| ValueType::Named(name.into())),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(ValueType::Tuple),
            (inner.clone(), 0u32..4).prop_map(|(ty, length)| ValueType::Array(ty.into(), length)),
            inner.clone().prop_map(|ty| ValueType::List(ty.into())),
            inner.prop_map(|ty| ValueType::Option(ty.into())),
        ]
    })
}

fn hex_of(length: impl Into<prop::collection::SizeRange>) -> BoxedStrategy<Json> {
    prop::collection::vec(any::<u8>(), length).prop_map(|bytes| json!(format!("0x{}", hex::encode(bytes)))).boxed()
}

/// Values of a type in the form in which they are shown.
fn value_of(ty: &ValueType) -> BoxedStrategy<Json> {
    match ty {
        ValueType::Unsigned(bits) => {
            let (small, limit) = (*bits <= 32, if *bits == 128 { u128::MAX } else { (1 << *bits) - 1 });
            (0..=limit)
                .prop_map(
                    move |value| if small { json!(u64::try_from(value).unwrap()) } else { json!(value.to_string()) },
                )
                .boxed()
        }
        ValueType::Signed(bits) => {
            let small = *bits <= 32;
            let limit = if *bits == 128 { i128::MAX } else { (1 << (*bits - 1)) - 1 };
            (-limit - 1..=limit)
                .prop_map(
                    move |value| if small { json!(i64::try_from(value).unwrap()) } else { json!(value.to_string()) },
                )
                .boxed()
        }
        ValueType::Bool => any::<bool>().prop_map(|value| json!(value)).boxed(),
        ValueType::Text => ".{0,12}".prop_map(|value| json!(value)).boxed(),
        ValueType::Bytes => hex_of(0..40),
        ValueType::Address => {
            any::<[u8; 32]>().prop_map(|bytes| json!(crate::address::format_address(&Address(bytes), 42))).boxed()
        }
        ValueType::Hash => hex_of(32),
        ValueType::Tuple(types) => types.iter().map(value_of).collect::<Vec<_>>().prop_map(Json::Array).boxed(),
        ValueType::Array(inner, length) if **inner == ValueType::Unsigned(8) => {
            hex_of(usize::try_from(*length).unwrap())
        }
        ValueType::List(inner) if **inner == ValueType::Unsigned(8) => hex_of(0..40),
        ValueType::Array(inner, length) => {
            prop::collection::vec(value_of(inner), usize::try_from(*length).unwrap()).prop_map(Json::Array).boxed()
        }
        ValueType::List(inner) => prop::collection::vec(value_of(inner), 0..4).prop_map(Json::Array).boxed(),
        ValueType::Option(inner) => {
            let wrap = matches!(**inner, ValueType::Option(_));
            let some = value_of(inner).prop_map(move |value| if wrap { json!({ "some": value }) } else { value });
            prop_oneof![Just(Json::Null), some].boxed()
        }
        ValueType::Named(name) => match name.as_str() {
            "Pair" => (any::<u128>(), ".{0,8}")
                .prop_map(|(left, right)| json!({ "left": left.to_string(), "right": right }))
                .boxed(),
            "Kind" => prop_oneof![
                Just(json!("Plain")),
                any::<u8>().prop_map(|value| json!({ "Account": [value] })),
                any::<Option<u64>>().prop_map(|cap| json!({ "Capped": { "cap": cap.map(|cap| cap.to_string()) } })),
            ]
            .boxed(),
            _ => Just(json!({})).boxed(),
        },
    }
}

proptest! {
    #[test]
    fn every_value_reads_back((ty, value) in any_type().prop_flat_map(|ty| { let values = value_of(&ty); (Just(ty), values) })) {
        let interface = interface();
        let codec = Codec::new(&interface, &no_names, 42);
        let bytes = codec.encode_json("x", &ty, &value).unwrap();
        prop_assert_eq!(codec.decode("x", &ty, &bytes), Ok(value.clone()));
        if matches!(value, Json::Array(_) | Json::Object(_)) && ty != ValueType::Text {
            prop_assert_eq!(codec.encode_text("x", &ty, &value.to_string()), Ok(bytes));
        }
    }

    #[test]
    fn garbage_is_refused_or_is_the_canonical_encoding(ty in any_type(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let interface = interface();
        let codec = Codec::new(&interface, &no_names, 42);
        if let Ok(value) = codec.decode("x", &ty, &bytes) {
            prop_assert_eq!(codec.encode_json("x", &ty, &value), Ok(bytes));
        }
    }

    #[test]
    fn no_text_panics(ty in any_type(), text in "[-0-9a-z_x,\\[\\]{}\":./]{0,40}") {
        let interface = interface();
        let _ = Codec::new(&interface, &no_names, 42).encode_text("x", &ty, &text);
    }
}

fn encode(ty: &str, text: &str) -> Result<Vec<u8>, ValueError> {
    let interface = interface();
    Codec::new(&interface, &no_names, 42).encode_text("amount", &ValueType::parse(ty).unwrap(), text)
}

#[test]
fn reads_numbers_as_people_write_them() {
    assert_eq!(encode("u32", "1_000"), Ok(vec![0xe8, 3, 0, 0]));
    assert_eq!(encode("u16", "0xff"), Ok(vec![0xff, 0]));
    assert_eq!(encode("i8", "-128"), Ok(vec![0x80]));
    assert_eq!(encode("vec<u8>", "0x0102"), encode("vec<u8>", "1,2"));
    assert_eq!(encode("(u8,bool)", "7,true"), Ok(vec![7, 1]));
    assert_eq!(encode("option<u8>", "none"), Ok(vec![0]));
    assert_eq!(encode("option<u8>", "5"), Ok(vec![1, 5]));
    assert_eq!(encode("Kind", "plain"), Ok(vec![0]));
    assert_eq!(encode("Kind", r#"{"Capped":{"cap":3}}"#).unwrap()[..3], [7, 1, 3]);
    assert_eq!(encode("Pair", r#"[1,"a"]"#), encode("Pair", r#"{"left":"1","right":"a"}"#));
}

#[test]
fn each_mistake_is_reported_with_found_expected_and_hint() {
    let cases = [
        ("u8", "256"),
        ("u8", "-1"),
        ("u8", ""),
        ("u8", "1e3"),
        ("i8", "128"),
        ("u128", "0x"),
        ("bool", "yes"),
        ("bytes", "abc"),
        ("bytes", "0xabc"),
        ("hash", "0x00"),
        ("address", "//"),
        ("[u8;4]", "0x00"),
        ("[u16;2]", "1"),
        ("(u8,u8)", "1"),
        ("(u8,u8)", "1,2,3"),
        ("vec<u16>", "1,x"),
        ("Pair", "1"),
        ("Pair", r#"{"left":1}"#),
        ("Pair", r#"{"left":1,"right":"a","rihgt":"b"}"#),
        ("Kind", "Capped"),
        ("Kind", "Caped"),
        ("Kind", "{"),
        ("vec<u128>", "[340282366920938463463374607431768211455]"),
        ("option<option<u8>>", r#"{"some":{"none":1}}"#),
    ];
    for (ty, text) in cases {
        if (ty, text) == ("Kind", "Capped") {
            // Its only field is an option, which may be left out.
            assert_eq!(encode(ty, text), Ok(vec![7, 0]));
            continue;
        }
        let error = encode(ty, text).expect_err(&format!("{ty} from {text:?}"));
        assert!(error.path.starts_with("amount"), "{error}");
        assert!(!error.found.is_empty() && !error.expected.is_empty() && !error.hint.is_empty(), "{error:?}");
    }
    assert!(encode("Kind", "Caped").unwrap_err().hint.contains("Capped"));
}

#[test]
fn names_the_part_that_is_wrong() {
    let interface = interface();
    let codec = Codec::new(&interface, &no_names, 42);
    let ty = ValueType::parse("vec<Pair>").unwrap();
    let error = codec.encode_text("to", &ty, r#"[{"left":1,"right":"a"},{"left":-1,"right":"b"}]"#).unwrap_err();
    assert_eq!(error.to_string(), "to[1].left: found -1, expected u128");
}

#[test]
fn work_is_bounded_whatever_the_type_says() {
    let interface = interface();
    let codec = Codec::new(&interface, &no_names, 42);
    for ty in ["[[();4294967295];4294967295]", "vec<[();4294967295]>", "Loop"] {
        let ty = ValueType::parse(ty).unwrap();
        assert!(codec.decode("x", &ty, &[4, 0, 0, 0]).is_err());
    }
}
