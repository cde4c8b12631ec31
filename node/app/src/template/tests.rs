//! Tests of templates: those that the program carries, and texts that are wrong in one place.

use super::*;
use crate::shipped::{ShippedModule, TEMPLATES};
use tenon_client::{Codec, no_names};
use tenon_types::interface::{Field, Interface, Method, MethodMode, NamedType, Shape, ValueType, Variant};

/// A template with a parameter of each kind.
const TEXT: &str = r#"
[template]
name = "club"
title = "Club"
sentence = "A club with members."
code = "clubs"
next = ["query {instance} info"]

[[parameter]]
name = "name"
type = "string"
min_bytes = 1
max_bytes = 8
example = "Chess"
sentence = "What people call it."

[[parameter]]
name = "seats"
type = "u32"
min = 2
max = 100
default = 10
sentence = "How many may join."

[[parameter]]
name = "fee"
type = "option<u128>"
unit = "coin"
min = 5
sentence = "What joining costs."

[[parameter]]
name = "door"
type = "option<Door>"
choices = ["Open", "Asked"]
default = "Open"
sentence = "Who comes in."

[[parameter]]
name = "host"
type = "address"
example = "//Bob"
sentence = "Who opens the door."

[arguments.first]
name = "{name}"
fee = "{fee}"
rules = { seats = "{seats}", host = "{host}", limit = 200, doors = ["{door}"] }
"#;

fn field(name: &str, ty: &str) -> Field {
    Field { name: name.into(), ty: ValueType::parse(ty).expect("a type of these tests") }
}

fn interface() -> Interface {
    let structure = |name: &str, fields: Vec<Field>| NamedType {
        name: name.into(),
        doc: String::new(),
        shape: Shape::Struct(fields),
    };
    let rules = vec![
        field("seats", "u32"),
        field("host", "address"),
        field("limit", "option<u32>"),
        field("doors", "vec<option<Door>>"),
        field("motto", "option<string>"),
    ];
    let club = vec![field("name", "string"), field("fee", "option<u128>"), field("rules", "option<Rules>")];
    let variant = |index: u8, name: &str, fields: Vec<Field>| Variant { name: name.into(), index, fields };
    let doors =
        vec![variant(0, "Open", vec![]), variant(1, "Asked", vec![field("0", "address")]), variant(2, "Shut", vec![])];
    let init = Method {
        mode: MethodMode::Init,
        name: "init".into(),
        doc: String::new(),
        arguments: vec![field("first", "option<Club>")],
        result: ValueType::Tuple(Vec::new()),
        payable: false,
        reentrant: false,
    };
    let door = NamedType { name: "Door".into(), doc: String::new(), shape: Shape::Enum(doors) };
    Interface {
        methods: vec![init],
        types: vec![structure("Club", club), structure("Rules", rules), door],
        ..Interface::default()
    }
}

fn fill(entered: &[(&str, &str)]) -> Result<Map<String, Json>, Vec<Problem>> {
    let interface = interface();
    let template = Template::parse(TEXT).expect("the text is a template");
    template.fit(&interface).expect("it fits");
    let reading = Reading { codec: Codec::new(&interface, &no_names, 42), decimals: 2 };
    let entered: Vec<(String, String)> = entered.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let arguments = template.fill(&entered, &reading)?;
    let init = interface.method(MethodMode::Init, "init").expect("it stands there");
    reading.codec.encode_arguments(init, &arguments).expect("what was checked can be encoded");
    Ok(arguments)
}

/// The only problem, as it is told.
fn problem(entered: &[(&str, &str)]) -> String {
    let problems = fill(entered).expect_err("something is wrong");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(!problems[0].hint.is_empty(), "{problems:?}");
    problems[0].to_string()
}

#[test]
fn every_template_of_the_program_fits_its_code() {
    assert!(!TEMPLATES.is_empty());
    for shipped in TEMPLATES {
        let template = shipped.read();
        assert_eq!(template.name, shipped.name, "the name is that of the folder");
        let code = match &template.code {
            CodeSource::Own => shipped.code,
            CodeSource::Module(name) => ShippedModule::find(name).map(|module| module.code),
            CodeSource::Hash(_) => None,
        };
        let code = code.unwrap_or_else(|| panic!("{}: its code is in this program", shipped.name));
        let interface = Interface::of_code(code).expect("the build made a module");
        template.fit(&interface).unwrap_or_else(|error| panic!("{}: {error}", shipped.name));
        let sentences = template.parameters.iter().map(|parameter| &parameter.sentence);
        for sentence in sentences.chain([&template.sentence]) {
            let full = sentence.ends_with('.') && sentence.starts_with(char::is_uppercase);
            assert!(full, "{}: {sentence:?} is a full sentence", shipped.name);
        }
        assert!(!template.next.is_empty(), "{}: says what to try next", shipped.name);
        for parameter in template.parameters.iter().filter(|parameter| parameter.advanced) {
            assert!(!parameter.is_required(), "{}: {} is advanced, and must be given", shipped.name, parameter.name);
        }
    }
}

#[test]
fn parameters_fill_the_arguments_where_their_names_stand() {
    let arguments = fill(&[("name", "Chess"), ("host", "//Bob"), ("fee", "1.5")]).expect("all is well");
    let first = &arguments["first"];
    assert_eq!((&first["name"], &first["fee"]), (&Json::from("Chess"), &Json::from("150")));
    assert_eq!(first["rules"]["seats"], "10");
    assert_eq!(first["rules"]["limit"], 200);
    assert_eq!(first["rules"]["doors"], serde_json::json!(["Open"]));
    let arguments = fill(&[("name", "Chess"), ("host", "//Bob"), ("fee", "none")]).expect("no fee is a value");
    assert_eq!(arguments["first"]["fee"], Json::Null);
}

#[test]
fn values_outside_their_bounds_are_refused_and_those_on_them_are_taken() {
    let with = |name: &'static str, value: &'static str| {
        let mut entered = vec![("name", "Chess"), ("host", "//Bob")];
        entered.retain(|(other, _)| *other != name);
        entered.push((name, value));
        entered
    };
    for (name, value) in
        [("seats", "2"), ("seats", "100"), ("name", "A"), ("name", "12345678"), ("fee", "0.05"), ("door", "open")]
    {
        fill(&with(name, value)).unwrap_or_else(|problems| panic!("{name}={value}: {problems:?}"));
    }
    for (name, value, told) in [
        ("seats", "1", "seats: found \"1\", expected u32: 2 to 100"),
        ("seats", "101", "seats: found \"101\", expected u32: 2 to 100"),
        ("name", "", "name: found \"\", expected string: 1 to 8 bytes"),
        ("name", "123456789", "name: found \"123456789\", expected string: 1 to 8 bytes"),
        ("fee", "0.04", "fee: found \"0.04\", expected u128: at least 5u"),
        ("door", "Shut", "door: found \"Shut\", expected Door: one of Open, Asked"),
    ] {
        assert_eq!(problem(&with(name, value)), told);
    }
    for (name, value) in
        [("seats", "many"), ("seats", "4294967296"), ("fee", "0.001"), ("host", "nobody"), ("door", "Gone")]
    {
        assert!(problem(&with(name, value)).starts_with(name), "{name}={value}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let problems = fill(&[("nmae", "Chess"), ("seats", "1"), ("seats", "5")]).expect_err("much is wrong");
    let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        told,
        [
            "nmae: found no such parameter, expected a parameter of the template",
            "seats: found it twice, expected it once",
            "name: found nothing, expected string",
            "seats: found \"1\", expected u32: 2 to 100",
            "host: found nothing, expected address",
        ]
    );
    assert_eq!(problems[0].hint, "did you mean name?");
    assert_eq!(problems[2].hint, "give it, such as --set name=Chess");
}

#[test]
fn texts_that_are_no_template_are_refused_with_their_place() {
    let changed = |from: &str, to: &str| {
        assert!(TEXT.contains(from), "{from}");
        Template::parse(&TEXT.replacen(from, to, 1)).expect_err(to).to_string()
    };
    for (from, to, told) in [
        ("title = \"Club\"", "title = \"Club\"\ncolour = 1", "line 5: unknown field `colour`"),
        ("default = 10", "defualt = 10", "unknown field `defualt`"),
        ("title = \"Club\"", "title = \" \"", "title: found nothing"),
        ("name = \"club\"", "name = \"My Club\"", "name: found \"My Club\""),
        ("code = \"clubs\"", "code = \"0x12\"", "code: found 0x12"),
        ("type = \"u32\"", "type = \"u33\"", "parameter seats: found min or max"),
        ("type = \"u32\"", "type = \"vec<\"", "parameter seats: found type \"vec<\""),
        ("min = 2", "min = 101", "parameter seats: found min above max"),
        ("min = 2", "min = 2.5", "parameter seats: found 2.5"),
        ("min_bytes = 1", "min_bytes = 9", "parameter name: found min_bytes above max_bytes"),
        ("example = \"Chess\"", "", "parameter name: found neither default nor example"),
        ("unit = \"coin\"", "unit = \"crown\"", "unknown variant `crown`"),
        ("name = \"seats\"", "name = \"Seats\"", "parameter Seats: found this name"),
        ("limit = 200", "limit = \"{limit}\"", "argument first.rules.limit: found {limit}"),
        ("limit = 200", "limit = \"no {seats}\"", "argument first.rules.limit: found \"no {seats}\""),
        ("seats = \"{seats}\"", "seats = 5", "parameter seats: found no argument that it fills"),
    ] {
        let error = changed(from, to);
        assert!(error.contains(told), "{to}: {error}");
    }
    let twice = TEXT.replace("\"seats\"", "\"name\"").replace("{seats}", "{name}");
    let error = Template::parse(&twice).expect_err("two parameters of a name").to_string();
    assert_eq!(error, "parameter name: found the name twice, expected each name once");
    assert!(Template::parse("").is_err() && Template::parse("[template").is_err());
}

#[test]
fn templates_that_do_not_fit_their_code_are_refused() {
    let changed = |from: &str, to: &str| {
        assert!(TEXT.contains(from), "{from}");
        let template = Template::parse(&TEXT.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{to}: {error}"));
        template.fit(&interface()).expect_err(to).to_string()
    };
    for (from, to, told) in [
        ("limit = 200", "most = 200", "argument first.rules.most: found a name that the code does not have"),
        ("limit = 200", "limit = 4294967296", "argument first.rules.limit: found 4294967296"),
        ("limit = 200", "limit = 1.5", "argument first.rules.limit: found 1.5"),
        ("name = \"{name}\"\nfee", "title = \"{name}\"\nfee", "argument first.title"),
        ("type = \"u32\"", "type = \"u64\"", "argument first.rules.seats: found u64, expected u32"),
        ("doors = [\"{door}\"]", "doors = [\"{door}\", \"Gone\"]", "argument first.rules.doors[1]"),
        ("default = 10", "default = 1", "parameter seats: found \"1\", expected u32: 2 to 100"),
        ("default = \"Open\"", "default = \"Shut\"", "parameter door: found \"Shut\""),
        ("choices = [\"Open\", \"Asked\"]", "choices = [\"Open\", \"Locked\"]", "parameter door: found choice Locked"),
        ("example = \"//Bob\"", "example = \"bob\"", "parameter host"),
        ("[arguments.first]", "[arguments.second]", "argument second: found a name that the code does not have"),
    ] {
        let error = changed(from, to);
        assert!(error.contains(told), "{to}: {error}");
    }
}

#[test]
fn without_a_table_of_arguments_parameters_are_the_arguments() {
    let text = "[template]\nname = \"a\"\ntitle = \"A\"\nsentence = \"A.\"\n[[parameter]]\nname = \"x\"\ntype = \"u8\"\n\
                default = 1\nsentence = \"X.\"\n";
    let template = Template::parse(text).expect("a template");
    assert_eq!((template.code, &template.arguments["x"]), (CodeSource::Own, &Json::from("{x}")));
}
