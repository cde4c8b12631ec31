//! The arguments of `#[module(..)]`.

use crate::common::error;
use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Ident, LitInt, LitStr};

const CAPABILITIES: [(&str, &str); 8] = [
    ("storage", "Storage"),
    ("events", "Events"),
    ("coin", "Coin"),
    ("call", "Call"),
    ("deploy", "Deploy"),
    ("upgrade", "Upgrade"),
    ("hash", "Hash"),
    ("verify", "Verify"),
];

/// Pages of memory of a module that does not ask for more.
const DEFAULT_MEMORY_PAGES: u32 = 16;
/// `tenon_abi::limits::MAX_MEMORY_PAGES`, which this crate cannot depend on.
const MAX_MEMORY_PAGES: u32 = 64;

/// What a module asks for.
#[derive(Debug)]
pub(crate) struct Options {
    capabilities: Vec<Ident>,
    calls: Vec<LitStr>,
    upgrade: u8,
    memory_pages: u32,
}

impl Options {
    /// Reads the arguments.
    pub(crate) fn parse(arguments: TokenStream) -> syn::Result<Self> {
        let mut options =
            Self { capabilities: Vec::new(), calls: Vec::new(), upgrade: 0, memory_pages: DEFAULT_MEMORY_PAGES };
        let whole = arguments.clone();
        syn::meta::parser(|meta| options.argument(&meta)).parse2(arguments)?;
        let may_call = options.capabilities.iter().any(|capability| capability == "Call");
        if may_call && options.calls.is_empty() {
            return error(
                &whole,
                "capability `call` needs `calls(..)`: name the modules that it calls, or \"*\" for any",
            );
        }
        if let (false, Some(target)) = (may_call, options.calls.first()) {
            return error(target, "`calls(..)` needs the capability `call`");
        }
        Ok(options)
    }

    fn argument(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("capabilities") {
            return meta.parse_nested_meta(|inner| self.capability(&inner));
        }
        if meta.path.is_ident("calls") {
            let content;
            syn::parenthesized!(content in meta.input);
            let targets = content.parse_terminated(|input| input.parse::<LitStr>(), syn::Token![,])?;
            self.calls.extend(targets);
            return Ok(());
        }
        if meta.path.is_ident("upgrade") {
            let policy: LitStr = meta.value()?.parse()?;
            self.upgrade = match policy.value().as_str() {
                "none" => 0,
                "admin" => 1,
                other => {
                    return error(&policy, format!("unknown upgrade policy `{other}`: expected `none` or `admin`"));
                }
            };
            return Ok(());
        }
        if meta.path.is_ident("memory_pages") {
            let pages: LitInt = meta.value()?.parse()?;
            self.memory_pages = pages.base10_parse()?;
            if !(1..=MAX_MEMORY_PAGES).contains(&self.memory_pages) {
                return error(&pages, format!("memory_pages is {pages}, expected 1 to {MAX_MEMORY_PAGES}"));
            }
            return Ok(());
        }
        Err(meta.error(
            "unknown argument: expected `capabilities(..)`, `calls(..)`, `upgrade = \"..\"` or `memory_pages = ..`",
        ))
    }

    fn capability(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let known = CAPABILITIES.iter().find(|(name, _)| meta.path.is_ident(name));
        let Some((name, variant)) = known else {
            let names: Vec<_> = CAPABILITIES.iter().map(|(name, _)| *name).collect();
            return Err(meta.error(format!("unknown capability: expected one of {}", names.join(", "))));
        };
        if self.capabilities.iter().any(|capability| capability == variant) {
            return Err(meta.error(format!("capability `{name}` is listed twice")));
        }
        self.capabilities.push(Ident::new(variant, proc_macro2::Span::call_site()));
        Ok(())
    }

    /// The entries of the manifest.
    pub(crate) fn entries(&self) -> TokenStream {
        let Self { capabilities, calls, upgrade, memory_pages } = self;
        let hint = "the package needs a `license` in its Cargo.toml: an SPDX expression such as \"MIT\"";
        quote! {
            ::tenon_contract::__entry!("tenon.manifest", NAME, .text(env!("CARGO_PKG_NAME")));
            ::tenon_contract::__entry!("tenon.manifest", VERSION, .text(env!("CARGO_PKG_VERSION")));
            const _: () = assert!(!env!("CARGO_PKG_LICENSE").is_empty(), #hint);
            ::tenon_contract::__entry!("tenon.manifest", LICENCE, .text(env!("CARGO_PKG_LICENSE")));
            ::tenon_contract::__entry!("tenon.manifest", CAPABILITIES, .raw(
                &::tenon_contract::rt::Capabilities::NONE
                    #(.with(::tenon_contract::rt::Capability::#capabilities))*
                    .bits()
                    .to_le_bytes()
            ));
            #(::tenon_contract::__entry!("tenon.manifest", CALL_TARGET, .text(#calls));)*
            ::tenon_contract::__entry!("tenon.manifest", MEMORY_PAGES, .raw(&#memory_pages.to_le_bytes()));
            ::tenon_contract::__entry!("tenon.manifest", UPGRADE_POLICY, .byte(#upgrade));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arguments: TokenStream) -> String {
        Options::parse(arguments).expect_err("refused").to_string()
    }

    #[test]
    fn names_what_is_wrong_with_an_argument() {
        assert!(
            refusal(quote!(capabilities(storage, rockets))).starts_with("unknown capability: expected one of storage,")
        );
        assert_eq!(refusal(quote!(capabilities(hash, hash))), "capability `hash` is listed twice");
        assert!(refusal(quote!(upgrade = "sometimes")).contains("expected `none` or `admin`"));
        assert_eq!(refusal(quote!(memory_pages = 65)), "memory_pages is 65, expected 1 to 64");
        assert!(refusal(quote!(name = "x")).starts_with("unknown argument"));
        assert!(refusal(quote!(capabilities(call))).contains("needs `calls(..)`"));
        assert!(refusal(quote!(calls("assets"))).contains("needs the capability `call`"));
    }
}
