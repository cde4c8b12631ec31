//! Writes the reference pages of the book from this crate's tables, and fails if a page in the tree says something else.
//! `UPDATE_GOLDEN=1` rewrites the pages.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tenon_abi::{ABI_VERSION, Capability, Group, HostError, HostFunction, IMPORT_MODULE, Mode, TABLE, ValueType};

const LIMITS: &str = include_str!("../src/limits.rs");

const GROUPS: &[(Group, &str)] = &[
    (Group::InputOutput, "Input and output"),
    (Group::Context, "Context"),
    (Group::Storage, "Storage"),
    (Group::Transient, "Transient storage"),
    (Group::Events, "Events"),
    (Group::Coin, "Native coin"),
    (Group::Call, "Calls"),
    (Group::Deploy, "Deploy and upgrade"),
    (Group::Crypto, "Hashes and signatures"),
    (Group::Debug, "Debug"),
];

const NOTE: &str = "<!-- Written by a test of runtime/abi: UPDATE_GOLDEN=1 cargo nextest run -p tenon-abi -->\n\n";

#[test]
fn host_functions_page_is_up_to_date() {
    check("host-functions.md", &host_functions());
}

#[test]
fn errors_page_is_up_to_date() {
    check("errors.md", &errors());
}

#[test]
fn limits_page_is_up_to_date() {
    check("limits.md", &limits());
}

#[test]
fn every_group_has_a_heading() {
    for function in TABLE {
        assert!(GROUPS.iter().any(|(group, _)| *group == function.group), "{}", function.name);
    }
}

#[track_caller]
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference").join(page);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, expected).expect("the docs can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/src/reference/{page} is out of date: run this test with UPDATE_GOLDEN=1");
}

fn host_functions() -> String {
    let mut page = format!(
        "{NOTE}# Host functions\n\n\
         A module imports these from `{IMPORT_MODULE}`, with exactly these names and types. This is version {ABI_VERSION} of the \
         table. The SDK wraps them: you need this page only to audit a module, or to write one without the SDK.\n\n\
         Pointers and lengths are `i32` into the module's memory. An address or a hash is 32 bytes; an amount is 16 bytes, \
         little-endian. `out` with `capacity` receives at most `capacity` bytes, and the result is the full length. Gas is \
         charged before the work: the base, and the rate for each byte read or written.\n"
    );
    for (group, title) in GROUPS {
        write!(page, "\n## {title}\n").expect("a string takes everything");
        TABLE.iter().filter(|function| function.group == *group).for_each(|function| describe(&mut page, function));
    }
    page
}

fn describe(page: &mut String, function: &HostFunction) {
    let parameters: Vec<String> = function
        .parameter_names
        .iter()
        .zip(function.parameters)
        .map(|(name, ty)| format!("{name}: {}", type_name(*ty)))
        .collect();
    let result = function.result.map_or(String::new(), |ty| format!(" -> {}", type_name(ty)));
    let doc: Vec<&str> = function.doc.iter().map(|line| line.trim()).collect();
    let capability = function.capability.map_or("none", Capability::name);
    let mode = match function.mode {
        Mode::Read => "allowed in queries",
        Mode::Write => "refused in queries",
    };
    let bytes = if function.byte_gas == 0 { String::new() } else { format!(" + {} a byte", function.byte_gas) };
    write!(
        page,
        "\n### `{}`\n\n`({}){result}`\n\n{}\n\nGas {}{bytes}; capability {capability}; {mode}; since version {}.\n",
        function.name,
        parameters.join(", "),
        doc.join(" "),
        function.base_gas,
        function.since,
    )
    .expect("a string takes everything");
}

const fn type_name(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
    }
}

fn errors() -> String {
    let mut page = format!(
        "{NOTE}# Errors of calls\n\n\
         A call into a module ends with 0, or with one of these numbers. The numbers are stable. From {} on, a number is the \
         module's own: {0} plus the number that its interface lists.\n\n\
         A receipt carries the same numbers: `Modules` errors of the metadata have the number as their variant, and variant \
         255 carries a module's own number in the next two bytes, little-endian.\n\n\
         | number | name | meaning | what to do |\n|---|---|---|---|\n",
        tenon_abi::MODULE_ERROR_BASE
    );
    for error in HostError::ALL {
        writeln!(page, "| {} | `{}` | {} | {} |", error.code(), error.name(), error.text().trim(), error.hint())
            .expect("a string takes everything");
    }
    page
}

fn limits() -> String {
    let mut page = format!(
        "{NOTE}# Limits\n\n\
         Each limit is checked in one place and named in the error that it causes. The first part bounds a module at upload, \
         the second bounds a call.\n"
    );
    let mut doc = Vec::new();
    let mut in_table = false;
    for line in LIMITS.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if let Some((name, value)) = constant(line) {
            if !in_table {
                page.push_str("\n| limit | value | what it bounds |\n|---|---|---|\n");
                in_table = true;
            }
            writeln!(page, "| `{name}` | {value} | {} |", doc.join(" ")).expect("a string takes everything");
            doc.clear();
        } else if line.is_empty() {
            in_table = false;
        }
    }
    page
}

/// The name and value of `pub const NAME: u32 = VALUE;`, the value as a number.
fn constant(line: &str) -> Option<(&str, u64)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(':')?;
    let (_, value) = rest.strip_suffix(';')?.split_once('=')?;
    let factors = value.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>());
    Some((name, factors.product::<Result<u64, _>>().expect("a limit is a product of numbers")))
}
