//! Events with names: what a receipt holds, as JSON that a person can read. Events of modules are named by the
//! interface of their instance; without it, or if the data does not decode, the bytes are shown as they are.

use crate::address::{Resolver, format_address};
use crate::{Codec, no_names};
use serde_json::{Map, Value as Json, json};
use tenon_types::interface::{EventType, Field, Interface, ValueType};
use tenon_types::{
    Address, BalancesEvent, ErrorText, Event, Hash, ModulesEvent, SystemEvent, UtilityEvent, blake2b_256,
};

/// An event with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEvent {
    /// `Balances`, `Modules` and so on, or the address of the instance that emitted it.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Map<String, Json>,
}

impl NamedEvent {
    /// The event as one JSON object.
    pub fn to_json(&self) -> Json {
        json!({ "source": self.source, "name": self.name, "fields": self.fields })
    }
}

/// Names an event. `interface_of` gives the interface of an instance, if it is known.
pub fn name_event<'i>(
    event: &Event,
    prefix: u16,
    interface_of: &dyn Fn(&Address) -> Option<&'i Interface>,
) -> NamedEvent {
    if let Event::Modules(ModulesEvent::Emitted { instance, topics, data }) = event {
        let named =
            interface_of(instance).and_then(|interface| module_event(interface, prefix, instance, topics, data));
        return named.unwrap_or_else(|| {
            let topics: Vec<String> = topics.iter().map(ToString::to_string).collect();
            let fields = json!({ "topics": topics, "data": format!("0x{}", hex::encode(data)) });
            NamedEvent { source: format_address(instance, prefix), name: "Unknown".into(), fields: object(fields) }
        });
    }
    let (source, name, fields) = host_event(event, &|address| format_address(address, prefix));
    NamedEvent { source: source.into(), name: name.into(), fields: object(fields) }
}

/// The topic that names an event of an interface: the hash of its name and the types of its fields.
pub fn signature_topic(event: &EventType) -> Hash {
    let types: Vec<String> = event.fields.iter().map(|(field, _)| field.ty.to_string()).collect();
    blake2b_256(format!("{}({})", event.name, types.join(",")).as_bytes())
}

fn module_event(
    interface: &Interface,
    prefix: u16,
    instance: &Address,
    topics: &[Hash],
    data: &[u8],
) -> Option<NamedEvent> {
    let (signature, topics) = topics.split_first()?;
    let event = interface.events.iter().find(|event| signature_topic(event) == *signature)?;
    let names: &Resolver<'_> = &no_names;
    let codec = Codec::new(interface, names, prefix);
    let rest: Vec<&Field> = event.fields.iter().filter(|(_, topic)| !topic).map(|(field, _)| field).collect();
    let mut values = codec.decode_fields("", rest, data).ok()?;
    let mut topics = topics.iter();
    let mut fields = Map::new();
    for (field, is_topic) in &event.fields {
        let value =
            if *is_topic { topic_value(&codec, &field.ty, topics.next()?)? } else { values.remove(&field.name)? };
        fields.insert(field.name.clone(), value);
    }
    Some(NamedEvent { source: format_address(instance, prefix), name: event.name.clone(), fields })
}

/// A field that stands as a topic: its encoding filled up with zeros; an absent address is all zeros.
fn topic_value(codec: &Codec<'_>, ty: &ValueType, topic: &Hash) -> Option<Json> {
    let (ty, length) = match ty {
        ValueType::Option(_) if *topic == Hash::ZERO => return Some(Json::Null),
        ValueType::Option(inner) => (&**inner, 32),
        ValueType::Bool => (ty, 1),
        ValueType::Unsigned(bits) => (ty, usize::from(bits / 8)),
        _ => (ty, 32),
    };
    codec.decode("topic", ty, topic.0.get(..length)?).ok()
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

type Named = (&'static str, &'static str, Json);

fn host_event(event: &Event, show: &dyn Fn(&Address) -> String) -> Named {
    match event {
        Event::System(event) => system_event(event, show),
        Event::Balances(event) => balances_event(event, show),
        Event::Utility(UtilityEvent::BatchCompleted) => ("Utility", "BatchCompleted", json!({})),
        Event::Modules(event) => modules_event(event, show),
    }
}

fn system_event(event: &SystemEvent, show: &dyn Fn(&Address) -> String) -> Named {
    let (name, fields) = match event {
        SystemEvent::ExtrinsicSuccess { dispatch_info } => {
            ("ExtrinsicSuccess", json!({ "gas": dispatch_info.weight.ref_time }))
        }
        SystemEvent::ExtrinsicFailed { dispatch_info, .. } => {
            ("ExtrinsicFailed", json!({ "gas": dispatch_info.weight.ref_time }))
        }
        SystemEvent::NewAccount { account } => ("NewAccount", json!({ "account": show(account) })),
        SystemEvent::KilledAccount { account } => ("KilledAccount", json!({ "account": show(account) })),
        SystemEvent::HookFailed { instance, hook, dispatch_error } => {
            let error = ErrorText::of_dispatch(dispatch_error, None);
            ("HookFailed", json!({ "instance": show(instance), "hook": hook, "error": error.name }))
        }
    };
    ("System", name, fields)
}

fn balances_event(event: &BalancesEvent, show: &dyn Fn(&Address) -> String) -> Named {
    let (name, fields) = match event {
        BalancesEvent::DustLost { account, amount } => {
            ("DustLost", json!({ "account": show(account), "amount": amount.to_string() }))
        }
        BalancesEvent::Transfer { from, to, amount } => {
            ("Transfer", json!({ "from": show(from), "to": show(to), "amount": amount.to_string() }))
        }
        BalancesEvent::Minted { who, amount } => ("Minted", json!({ "who": show(who), "amount": amount.to_string() })),
        BalancesEvent::FeePaid { who, burnt, tip } => {
            ("FeePaid", json!({ "who": show(who), "burnt": burnt.to_string(), "tip": tip.to_string() }))
        }
        BalancesEvent::DepositLocked { who, instance, amount } => {
            ("DepositLocked", json!({ "who": show(who), "instance": show(instance), "amount": amount.to_string() }))
        }
        BalancesEvent::DepositReturned { who, instance, amount } => {
            ("DepositReturned", json!({ "who": show(who), "instance": show(instance), "amount": amount.to_string() }))
        }
    };
    ("Balances", name, fields)
}

fn modules_event(event: &ModulesEvent, show: &dyn Fn(&Address) -> String) -> Named {
    let (name, fields) = match event {
        ModulesEvent::Emitted { instance, .. } => ("Emitted", json!({ "instance": show(instance) })),
        ModulesEvent::Uploaded { code_hash, by, deposit } => {
            ("Uploaded", json!({ "code_hash": code_hash.to_string(), "by": show(by), "deposit": deposit.to_string() }))
        }
        ModulesEvent::Instantiated { instance, code_hash, by } => {
            ("Instantiated", json!({ "instance": show(instance), "code_hash": code_hash.to_string(), "by": show(by) }))
        }
        ModulesEvent::Upgraded { instance, old_code_hash, new_code_hash } => (
            "Upgraded",
            json!({
                "instance": show(instance),
                "old_code_hash": old_code_hash.to_string(),
                "new_code_hash": new_code_hash.to_string(),
            }),
        ),
        ModulesEvent::Retired { instance } => ("Retired", json!({ "instance": show(instance) })),
        ModulesEvent::AdminChanged { instance } => ("AdminChanged", json!({ "instance": show(instance) })),
        ModulesEvent::UpgradeAnnounced { instance, code_hash, ready_at_ms } => (
            "UpgradeAnnounced",
            json!({ "instance": show(instance), "code_hash": code_hash.to_string(), "ready_at_ms": ready_at_ms }),
        ),
    };
    ("Modules", name, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface() -> Interface {
        let field = |name: &str, ty: &str| Field { name: name.into(), ty: ValueType::parse(ty).unwrap() };
        let fields = vec![
            (field("asset", "u32"), true),
            (field("from", "option<address>"), true),
            (field("to", "option<address>"), true),
            (field("amount", "u128"), false),
        ];
        let event = EventType { name: "Transfer".into(), doc: String::new(), fields };
        Interface { events: vec![event], ..Interface::default() }
    }

    fn emitted(topics: Vec<Hash>, data: Vec<u8>) -> Event {
        Event::Modules(ModulesEvent::Emitted { instance: Address([1; 32]), topics, data })
    }

    #[test]
    fn names_the_fields_of_a_module_event_topics_included() {
        let interface = interface();
        let signature = signature_topic(&interface.events[0]);
        assert_eq!(signature, blake2b_256(b"Transfer(u32,option<address>,option<address>,u128)"));
        let mut asset = [0; 32];
        asset[0] = 7;
        let event = emitted(vec![signature, Hash(asset), Hash::ZERO, Hash([2; 32])], 500u128.to_le_bytes().to_vec());
        let named = name_event(&event, 42, &|_| Some(&interface));
        assert_eq!(named.name, "Transfer");
        assert_eq!(
            Json::Object(named.fields),
            json!({ "asset": 7, "from": null, "to": format_address(&Address([2; 32]), 42), "amount": "500" })
        );
    }

    #[test]
    fn shows_what_does_not_decode_as_bytes() {
        let interface = interface();
        let signature = signature_topic(&interface.events[0]);
        for event in [emitted(vec![], vec![]), emitted(vec![signature], vec![1]), emitted(vec![Hash::ZERO], vec![2])] {
            assert_eq!(name_event(&event, 42, &|_| Some(&interface)).name, "Unknown");
            assert_eq!(name_event(&event, 42, &|_| None).name, "Unknown");
        }
    }
}
