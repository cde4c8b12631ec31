//! Tests of the commands on templates, without a node.

use super::deploy::refused;
use super::*;
use crate::template::Problem;

#[test]
fn the_ready_command_gives_what_must_be_given() {
    let template = ShippedTemplate::find("fungible-token").expect("it is carried").read();
    assert_eq!(
        ready("fungible-token", &template),
        "tenon template deploy fungible-token --set name=Gold --set symbol=GOLD --from //Alice"
    );
}

#[test]
fn a_parameter_is_explained_with_its_bounds_and_its_default() {
    let template = ShippedTemplate::find("fungible-token").expect("it is carried").read();
    let told = |name: &str| explain(template.parameter(name).expect("it is a parameter"));
    assert!(told("decimals").starts_with("  decimals: u8, 0 to 38; 2 if not given\n      "), "{}", told("decimals"));
    assert!(
        told("name").starts_with("  name: string, 1 to 64 bytes; must be given, such as Gold\n"),
        "{}",
        told("name")
    );
    assert!(told("cap").starts_with("  cap: u128, at least 1; none if not given\n"), "{}", told("cap"));
}

#[test]
fn a_name_that_is_none_is_answered_with_the_nearest() {
    let failure = find("fungible-tokn").expect_err("there is none");
    assert_eq!(failure.name, "NotFound");
    assert!(failure.hint.contains("fungible-token"), "{failure:?}");
}

#[test]
fn a_file_is_read_as_strictly_as_a_template_of_the_program() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("template.toml");
    let file = path.to_str().expect("the path is text").to_string();
    assert_eq!(find(&file).expect_err("no file").name, "File");
    let shipped = ShippedTemplate::find("fungible-token").expect("it is carried").text;
    std::fs::write(&path, shipped).expect("the folder can be written");
    let own = find(&file).expect_err("it has no code");
    assert!(own.message.contains("found no code"), "{own:?}");
    std::fs::write(&path, shipped.replacen("[template]", "[template]\ncode = \"assets\"", 1)).expect("as before");
    assert_eq!(find(&file).expect("it names code").code, CodeSource::Module("assets".into()));
    assert_eq!(find(folder.path().to_str().expect("as before")).expect("a folder will do").name, "fungible-token");
    std::fs::write(&path, "[template]\nname = 1").expect("as before");
    assert!(find(&file).expect_err("no template").message.contains("line 2"));
    let long = usize::try_from(MAX_TEMPLATE_BYTES).expect("small") + 1;
    std::fs::write(&path, " ".repeat(long)).expect("as before");
    assert_eq!(find(&file).expect_err("too long").name, "File");
}

#[test]
fn all_problems_are_in_one_message() {
    let problem = |parameter: &str, hint: &str| Problem {
        parameter: parameter.into(),
        found: "nothing".into(),
        expected: "u8".into(),
        hint: hint.into(),
    };
    let failure = refused("club", &[problem("a", "give it"), problem("b", "give it")]);
    assert_eq!(failure.message, "parameters of club: a: found nothing, expected u8; b: found nothing, expected u8");
    assert_eq!(failure.hint, "give it; `tenon template show club` says more; nothing was sent");
}
