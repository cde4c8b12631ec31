//! The generated part of a module's page: what its code says about itself, and what its methods cost.
//!
//! Figures depend on the compiler that built the module, so the page names it, and [`without_figures`] is what remains
//! the same under another one. It leaves out the rest of the page, which people write.

use crate::profile::{Entry, Footprint, Measured, Profile};
use std::fmt::Write as _;
use tenon_client::format_amount;
use tenon_types::Parameters;
use tenon_types::interface::{Field, Interface, Manifest, Method, MethodMode, NamedType, Shape};

/// Where the generated part of a page begins.
pub const MARKER: &str =
    "<!-- From here on written by a test of tests/bench: UPDATE_GOLDEN=1 cargo nextest run -p tenon-bench -->\n";
/// The heading of the part with figures.
const FIGURES: &str = "## Gas and deposit";
/// Digits after the point of the native coin on the chain that is measured.
const COIN_DECIMALS: u8 = 12;

/// Methods that may be called and that the profile leaves out.
pub fn unmeasured(profile: &Profile) -> Vec<String> {
    let interface = Interface::of_code(&profile.code).expect("the code was accepted");
    let measured = |name: &str, entry: Entry| {
        profile.measured.iter().any(|measured| measured.method == name && measured.entry == entry)
    };
    let open = interface.methods.into_iter().filter(|method| match method.mode {
        MethodMode::Call => !measured(&method.name, Entry::Call),
        MethodMode::Query => !measured(&method.name, Entry::Query),
        _ => false,
    });
    open.map(|method| method.export()).collect()
}

/// The generated part of a module's page, the marker included.
///
/// # Panics
/// If the code does not say what it is.
pub fn generated(profile: &Profile) -> String {
    let interface = Interface::of_code(&profile.code).expect("the code was accepted");
    let manifest = Manifest::of_code(&profile.code).expect("the code was accepted");
    let mut page = MARKER.to_owned();
    write_manifest(&mut page, &manifest);
    write_methods(&mut page, &interface, "Calls", MethodMode::Call);
    write_methods(&mut page, &interface, "Queries", MethodMode::Query);
    write_figures(&mut page, profile, &manifest);
    write_errors(&mut page, &interface);
    write_events(&mut page, &interface);
    write_types(&mut page, &interface);
    write_methods(&mut page, &interface, "Invariants", MethodMode::Invariant);
    write_storage(&mut page, &interface);
    page
}

/// What of a page does not depend on the compiler that built the module.
pub fn without_figures(page: &str) -> String {
    let mut in_figures = false;
    let mut kept = String::new();
    for line in page.lines() {
        if line.starts_with("## ") {
            in_figures = line == FIGURES;
        }
        if !in_figures {
            kept.push_str(line);
        } else if line.starts_with("| `") {
            kept.extend(line.split_inclusive('|').take(3));
        }
        kept.push('\n');
    }
    kept
}

/// What a page says of the compiler.
pub fn compiler(page: &str) -> Option<&str> {
    let start = page.find("Code built by ")?;
    page.get(start..)?.lines().next()
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).and_then(|()| page.write_str("\n")).expect("a string takes everything");
}

fn write_manifest(page: &mut String, manifest: &Manifest) {
    let capabilities: Vec<String> = manifest.capabilities.iter().map(|one| format!("`{}`", one.name())).collect();
    let targets: Vec<String> = manifest.call_targets.iter().map(|target| format!("`{target}`")).collect();
    let targets = if targets.is_empty() { "nothing".to_owned() } else { targets.join(", ") };
    let upgrade = if manifest.upgradable { "by its admin, if the instance has one" } else { "by nobody" };
    line(page, format_args!("## What it may do\n"));
    line(page, format_args!("| | |\n|---|---|"));
    line(page, format_args!("| capabilities | {} |", capabilities.join(", ")));
    line(page, format_args!("| may call | {targets} |"));
    line(page, format_args!("| may be upgraded | {upgrade} |"));
}

fn write_methods(page: &mut String, interface: &Interface, title: &str, mode: MethodMode) {
    let mut methods = interface.methods.iter().filter(|method| method.mode == mode).peekable();
    if methods.peek().is_none() {
        return;
    }
    line(page, format_args!("\n## {title}\n"));
    line(page, format_args!("| method | what it does |\n|---|---|"));
    for method in methods {
        line(page, format_args!("| `{}` | {}{} |", signature(method), cell(&method.doc), marks(method)));
    }
}

fn signature(method: &Method) -> String {
    let result = method.result.to_string();
    let result = if result == "()" { String::new() } else { format!(" -> {result}") };
    format!("{}({}){result}", method.name, fields(&method.arguments))
}

fn fields(fields: &[Field]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
    fields.join(", ")
}

const fn marks(method: &Method) -> &'static str {
    match (method.payable, method.reentrant) {
        (true, true) => " Accepts the native coin. May be entered again.",
        (true, false) => " Accepts the native coin.",
        (false, true) => " May be entered again.",
        (false, false) => "",
    }
}

/// Text as a table's cell: one line, without what would end the cell.
fn cell(doc: &str) -> String {
    let words: Vec<&str> = doc.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

fn write_figures(page: &mut String, profile: &Profile, manifest: &Manifest) {
    let Parameters { transaction_gas, transaction_byte_gas, instance_gas, .. } = Parameters::DEVELOPMENT;
    line(page, format_args!("\n{FIGURES}\n"));
    line(
        page,
        format_args!(
            "Gas is that of the method alone: a transaction adds {}, {transaction_byte_gas} for each of its bytes, and {} if it \
             creates an\ninstance. The deposit, in coins of a development chain, is locked for entries and bytes that are \
             stored more than before; one with\na minus comes back. Code built by {}.\n",
            grouped(transaction_gas),
            grouped(instance_gas),
            manifest.build_image
        ),
    );
    let (queries, calls): (Vec<_>, Vec<_>) =
        profile.measured.iter().partition(|measured| measured.entry == Entry::Query);
    line(page, format_args!("| method | case | gas | deposit | entries | bytes | entries read | events |"));
    line(page, format_args!("|---|---|---:|---:|---:|---:|---:|---|"));
    calls.into_iter().for_each(|measured| write_call(page, measured));
    if queries.is_empty() {
        return;
    }
    line(
        page,
        format_args!("\nA query asked from outside costs nothing. This is what another module pays that asks it.\n"),
    );
    line(page, format_args!("| query | case | gas | entries read |\n|---|---|---:|---:|"));
    for Measured { method, case, gas, entries_read, .. } in queries {
        line(page, format_args!("| `{method}` | {case} | {} | {} |", grouped(*gas), optional(*entries_read)));
    }
}

fn write_call(page: &mut String, measured: &Measured) {
    let Measured { method, case, gas, grown, entries_read, events, .. } = measured;
    let Footprint { entries, bytes, deposit } = *grown;
    let coins = format_amount(deposit.unsigned_abs(), COIN_DECIMALS);
    let deposit = match deposit {
        0 => String::new(),
        1.. => coins,
        _ => format!("-{coins}"),
    };
    let (gas, read, events) = (grouped(*gas), optional(*entries_read), counted(events));
    let (entries, bytes) = (change(entries), change(bytes));
    line(page, format_args!("| `{method}` | {case} | {gas} | {deposit} | {entries} | {bytes} | {read} | {events} |"));
}

fn optional(count: Option<usize>) -> String {
    count.map_or_else(String::new, |count| count.to_string())
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn change(by: i64) -> String {
    if by == 0 { String::new() } else { format!("{by:+}") }
}

/// Names, with equal ones that follow each other counted.
fn counted(names: &[String]) -> String {
    let runs: Vec<String> = names
        .chunk_by(|left, right| left == right)
        .filter_map(|run| run.first().map(|name| (name, run.len())))
        .map(|(name, count)| if count == 1 { name.clone() } else { format!("{count} {name}") })
        .collect();
    runs.join(", ")
}

fn write_errors(page: &mut String, interface: &Interface) {
    if interface.errors.is_empty() {
        return;
    }
    line(page, format_args!("\n## Errors\n"));
    line(page, format_args!("| number | name | meaning |\n|---|---|---|"));
    for error in &interface.errors {
        line(page, format_args!("| {} | `{}` | {} |", error.number, error.name, cell(&error.doc)));
    }
}

fn write_events(page: &mut String, interface: &Interface) {
    if interface.events.is_empty() {
        return;
    }
    line(page, format_args!("\n## Events\n"));
    line(page, format_args!("Fields with a star are topics: a client can ask for events by them.\n"));
    line(page, format_args!("| event | meaning |\n|---|---|"));
    for event in &interface.events {
        let fields: Vec<String> = event
            .fields
            .iter()
            .map(|(field, topic)| format!("{}{}: {}", field.name, if *topic { "*" } else { "" }, field.ty))
            .collect();
        line(page, format_args!("| `{}({})` | {} |", event.name, fields.join(", "), cell(&event.doc)));
    }
}

fn write_types(page: &mut String, interface: &Interface) {
    if interface.types.is_empty() {
        return;
    }
    line(page, format_args!("\n## Types\n"));
    line(page, format_args!("| type | is | meaning |\n|---|---|---|"));
    for named in &interface.types {
        line(page, format_args!("| `{}` | {} | {} |", named.name, shape(named), cell(&named.doc)));
    }
}

fn shape(named: &NamedType) -> String {
    match &named.shape {
        Shape::Struct(all) => format!("`{{ {} }}`", fields(all)),
        Shape::Enum(variants) => {
            let variants: Vec<String> = variants
                .iter()
                .map(|variant| match &variant.fields[..] {
                    [] => format!("`{}`", variant.name),
                    all => format!("`{}({})`", variant.name, fields(all)),
                })
                .collect();
            variants.join(", ")
        }
    }
}

fn write_storage(page: &mut String, interface: &Interface) {
    line(page, format_args!("\n## Storage\n"));
    line(page, format_args!("| field | container | key | value | holds |\n|---|---|---|---|---|"));
    let some = |ty: String| if ty == "()" { String::new() } else { format!("`{ty}`") };
    for field in &interface.storage {
        let (key, value) = (some(field.key.to_string()), some(field.value.to_string()));
        let container = field.container.replace('_', " ");
        line(page, format_args!("| `{}` | {container} | {key} | {value} | {} |", field.name, cell(&field.doc)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        assert_eq!([0, 999, 1_000, 31_234, 1_234_567].map(grouped), ["0", "999", "1,000", "31,234", "1,234,567"]);
    }

    #[test]
    fn counts_equal_events() {
        let names = ["A", "B", "B", "A"].map(str::to_owned);
        assert_eq!(counted(&names), "A, 2 B, A");
    }

    #[test]
    fn figures_and_nothing_else_are_left_out() {
        let page = "## Calls\n| `a` | b | c |\n## Gas and deposit\nSo. Code built by x.\n| `a` | case | 1 | 2 |\n## Errors\n| 1 | `E` |\n";
        let kept = "## Calls\n| `a` | b | c |\n\n\n| `a` | case |\n## Errors\n| 1 | `E` |\n";
        assert_eq!(without_figures(page), kept);
        assert_eq!(compiler(page), Some("Code built by x."));
    }
}
