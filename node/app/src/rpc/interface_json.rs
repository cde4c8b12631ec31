//! Interfaces and manifests as JSON.

use serde_json::{Map, Value, json};
use tenon_types::interface::{Field, Interface, Manifest, NamedType, Shape};

/// An interface: methods, events, errors, types and storage.
pub(super) fn interface(interface: &Interface) -> Value {
    let methods: Vec<Value> = interface
        .methods
        .iter()
        .map(|method| {
            json!({
                "mode": method.mode.name(),
                "name": method.name,
                "doc": method.doc,
                "arguments": fields(&method.arguments),
                "result": method.result.to_string(),
                "payable": method.payable,
                "reentrant": method.reentrant,
            })
        })
        .collect();
    let events: Vec<Value> = interface
        .events
        .iter()
        .map(|event| {
            let fields: Vec<Value> = event
                .fields
                .iter()
                .map(|(field, topic)| json!({ "name": field.name, "type": field.ty.to_string(), "topic": topic }))
                .collect();
            json!({ "name": event.name, "doc": event.doc, "fields": fields })
        })
        .collect();
    let errors: Vec<Value> = interface
        .errors
        .iter()
        .map(|error| json!({ "number": error.number, "name": error.name, "doc": error.doc }))
        .collect();
    let storage: Vec<Value> = interface
        .storage
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "doc": field.doc,
                "container": field.container,
                "key": field.key.to_string(),
                "value": field.value.to_string(),
                "prefix": format!("0x{}", hex::encode(&field.prefix)),
            })
        })
        .collect();
    let types: Vec<Value> = interface.types.iter().map(named_type).collect();
    json!({ "methods": methods, "events": events, "errors": errors, "types": types, "storage": storage })
}

fn fields(fields: &[Field]) -> Vec<Value> {
    fields.iter().map(|field| json!({ "name": field.name, "type": field.ty.to_string() })).collect()
}

fn named_type(named: &NamedType) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), named.name.clone().into());
    out.insert("doc".into(), named.doc.clone().into());
    match &named.shape {
        Shape::Struct(members) => out.insert("fields".into(), fields(members).into()),
        Shape::Enum(variants) => {
            let variants: Vec<Value> = variants
                .iter()
                .map(|it| json!({ "name": it.name, "index": it.index, "fields": fields(&it.fields) }))
                .collect();
            out.insert("variants".into(), variants.into())
        }
    };
    Value::Object(out)
}

/// A manifest.
pub(super) fn manifest(manifest: &Manifest) -> Value {
    let capabilities: Vec<&str> = manifest.capabilities.iter().map(tenon_abi::Capability::name).collect();
    json!({
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "source_hash": manifest.source_hash.map(|hash| format!("0x{}", hex::encode(hash))),
        "build_image": manifest.build_image,
        "capabilities": capabilities,
        "call_targets": manifest.call_targets,
        "memory_pages": manifest.memory_pages,
        "upgradable": manifest.upgradable,
    })
}
