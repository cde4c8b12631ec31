//! The table of methods as an OpenRPC document and as a page of the manual.

use crate::errors;
use crate::methods::{Form, Kind, Method, all};
use serde_json::{Value, json};
use std::fmt::Write;

/// The OpenRPC version of the document.
const OPENRPC_VERSION: &str = "1.3.2";

/// The OpenRPC document of a chain's methods.
pub fn openrpc(title: &str, development: bool) -> Value {
    let methods: Vec<Value> = all().filter(|method| development || !method.development).map(describe).collect();
    json!({
        "openrpc": OPENRPC_VERSION,
        "info": { "title": title, "version": env!("CARGO_PKG_VERSION") },
        "methods": methods,
    })
}

fn describe(method: &Method) -> Value {
    let parameters: Vec<Value> = method
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "description": parameter.doc,
                "required": !parameter.optional,
                "schema": schema(parameter.form),
            })
        })
        .collect();
    let mut described = json!({
        "name": method.name,
        "summary": method.doc,
        "paramStructure": "either",
        "params": parameters,
        "result": { "name": "result", "description": method.result, "schema": {} },
        "x-aliases": method.aliases,
        "x-development": method.development,
    });
    if let Kind::Subscription { unsubscribe, notification } = method.kind {
        described["x-subscription"] = json!({ "unsubscribe": unsubscribe, "notification": notification });
    }
    described
}

fn schema(form: Form) -> Value {
    match form {
        Form::Bytes => json!({ "type": "string", "pattern": "^(0x)?([0-9a-fA-F]{2})*$" }),
        Form::Hash => json!({ "type": "string", "pattern": "^(0x)?[0-9a-fA-F]{64}$" }),
        Form::Number => json!({ "type": "integer", "minimum": 0 }),
        Form::Amount => json!({ "type": ["string", "integer"] }),
        Form::Address | Form::Text => json!({ "type": "string" }),
        Form::BytesList => json!({ "type": "array", "items": schema(Form::Bytes) }),
        Form::Any => json!({}),
    }
}

/// The reference page of methods and error numbers, in Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "<!-- Written by a test of node/api: UPDATE_GOLDEN=1 cargo nextest run -p tenon-api -->\n\n# RPC methods\n\n\
         Made from the table in `node/api/src/methods`. JSON-RPC 2.0 over HTTP and WebSocket on one port.\n\
         Parameters may be given by place or by name; `?` marks those that may be left out.\n",
    );
    let mut namespace = "";
    for method in all() {
        if method.namespace() != namespace {
            namespace = method.namespace();
            page.push_str(&format!("\n## `{namespace}`\n"));
        }
        describe_in_words(&mut page, method);
    }
    page.push_str("\n## Errors\n\n| number | name | meaning | hint |\n|---|---|---|---|\n");
    for kind in errors::ALL {
        let line = writeln!(page, "| {} | {} | {} | {} |", kind.code, kind.name, kind.meaning, kind.hint);
        line.expect("writing to a string cannot fail");
    }
    page
}

fn describe_in_words(page: &mut String, method: &Method) {
    let parameters: Vec<String> = method
        .parameters
        .iter()
        .map(|parameter| format!("{}{}", parameter.name, if parameter.optional { "?" } else { "" }))
        .collect();
    page.push_str(&format!("\n### `{}({})`\n\n{}", method.name, parameters.join(", "), method.doc));
    if method.development {
        page.push_str(" Development chains alone.");
    }
    if !method.aliases.is_empty() {
        page.push_str(&format!(" Also `{}`.", method.aliases.join("`, `")));
    }
    page.push_str("\n\n");
    for parameter in method.parameters {
        page.push_str(&format!("- `{}`: {}\n", parameter.name, parameter.doc));
    }
    match method.kind {
        Kind::Call => page.push_str(&format!("- returns {}\n", method.result)),
        Kind::Subscription { unsubscribe, notification } => {
            page.push_str(&format!("- notifies `{notification}` with {}; ended by `{unsubscribe}`\n", method.result))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_page_is_as_the_table_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/rpc.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, markdown()).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == markdown(), "{} is out of date: run with UPDATE_GOLDEN=1", path.display());
    }

    #[test]
    fn document_and_page_hold_every_method() {
        let document = openrpc("test", true);
        let page = markdown();
        for method in all() {
            assert!(page.contains(&format!("`{}(", method.name)), "{}", method.name);
            let listed = document["methods"].as_array().unwrap();
            assert!(listed.iter().any(|listed| listed["name"] == method.name), "{}", method.name);
        }
        assert!(!openrpc("test", false).to_string().contains("dev_mine"));
    }
}
