//! The table of RPC methods. `rpc_methods`, `rpc.discover`, the reference page and the server's checks all come from it.
//!
//! To add a method: add a row here and a handler in `tenon`'s `rpc` module; a test fails until both are there. Groups that
//! clients take as a whole (`chainHead_v1_*`, `archive_v1_*`) are absent until all of a group is served.

mod own;
mod substrate;

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The form of its value.
    pub form: Form,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it means.
    pub doc: &'static str,
}

/// The form of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Hex bytes.
    Bytes,
    /// 32 hex bytes.
    Hash,
    /// A whole number.
    Number,
    /// An address in SS58 or 32 hex bytes, or a module's name where that is said.
    Address,
    /// A decimal string or a whole number.
    Amount,
    /// Text.
    Text,
    /// A list of hex bytes.
    BytesList,
    /// Anything; the documentation says what.
    Any,
}

/// How a method answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once.
    Call,
    /// With notifications, until the subscription is ended.
    Subscription {
        /// The method that ends it.
        unsubscribe: &'static str,
        /// The method's name in notifications.
        notification: &'static str,
    },
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Other names that clients call it by.
    pub aliases: &'static [&'static str],
    /// Other names by which clients end the subscription.
    pub end_aliases: &'static [&'static str],
    /// How it answers.
    pub kind: Kind,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// What it returns, in words.
    pub result: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Whether it is there on development chains alone.
    pub development: bool,
}

impl Method {
    const fn call(
        name: &'static str,
        parameters: &'static [Parameter],
        result: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { name, aliases: &[], end_aliases: &[], kind: Kind::Call, parameters, result, doc, development: false }
    }

    const fn subscription(
        [name, unsubscribe, notification]: [&'static str; 3],
        parameters: &'static [Parameter],
        result: &'static str,
        doc: &'static str,
    ) -> Self {
        let kind = Kind::Subscription { unsubscribe, notification };
        Self { name, aliases: &[], end_aliases: &[], kind, parameters, result, doc, development: false }
    }

    const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn end_alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.end_aliases = aliases;
        self
    }

    const fn development(mut self) -> Self {
        self.development = true;
        self
    }

    /// The part of the name before the first underscore or dot.
    pub fn namespace(&self) -> &'static str {
        self.name.split(['_', '.']).next().unwrap_or(self.name)
    }
}

const fn required(name: &'static str, form: Form, doc: &'static str) -> Parameter {
    Parameter { name, form, optional: false, doc }
}

const fn optional(name: &'static str, form: Form, doc: &'static str) -> Parameter {
    Parameter { name, form, optional: true, doc }
}

/// Every method, by namespace.
pub fn all() -> impl Iterator<Item = &'static Method> {
    substrate::METHODS.iter().chain(own::METHODS)
}

/// Finds a method by its name or an alias.
pub fn find(name: &str) -> Option<&'static Method> {
    all().find(|method| method.name == name || method.aliases.contains(&name))
}

/// Every name that a client may call on a chain, sorted: methods, aliases and the ends of subscriptions.
pub fn names(development: bool) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = all()
        .filter(|method| development || !method.development)
        .flat_map(|method| {
            let end = match method.kind {
                Kind::Subscription { unsubscribe, .. } => Some(unsubscribe),
                Kind::Call => None,
            };
            std::iter::once(method.name).chain(method.aliases.iter().chain(method.end_aliases).copied()).chain(end)
        })
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once() {
        let names = names(true);
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("chainHead")), "a group is offered whole or not at all");
    }

    #[test]
    fn optional_parameters_come_last() {
        for method in all() {
            let first = method.parameters.iter().position(|parameter| parameter.optional);
            let last = method.parameters.iter().rposition(|parameter| !parameter.optional);
            assert!(first.zip(last).is_none_or(|(first, last)| last < first), "{}", method.name);
        }
    }

    #[test]
    fn what_clients_need_to_connect_is_there() {
        // Found by leaving methods out of a stub and starting each client.
        for name in [
            "rpc_methods",
            "system_chain",
            "system_properties",
            "state_getRuntimeVersion",
            "chain_getBlockHash",
            "state_subscribeRuntimeVersion",
            "state_getMetadata",
            "state_call",
            "chain_getHeader",
            "chain_getFinalizedHead",
            "chain_getBlock",
            "state_getStorage",
            "state_queryStorageAt",
            "state_getKeysPaged",
            "state_subscribeStorage",
            "chain_subscribeNewHead",
            "author_submitAndWatchExtrinsic",
            "chain_subscribeAllHeads",
            "chain_subscribeFinalizedHeads",
            "state_getStorageHash",
            "system_name",
            "author_submitExtrinsic",
            "chain_getHead",
            "account_nextIndex",
            "state_getStorageAt",
        ] {
            assert!(find(name).is_some(), "{name}");
        }
    }
}
