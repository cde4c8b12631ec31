//! What several macros share.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, Ident, Lit, Meta};

/// Shortens the making of an error at a piece of source.
pub(crate) fn error<T>(at: &impl quote::ToTokens, message: impl core::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(at, message))
}

/// The documentation of an item: its lines without the leading space, joined.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(value) = &meta.value
            && let Lit::Str(text) = &value.lit
        {
            let text = text.value();
            lines.extend(text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
        }
    }
    lines.join("\n").trim().to_owned()
}

/// Stands around what exists in the module's own WASM only.
pub(crate) fn in_module(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unexpected_cfgs, reason = "set by `tenon build`")]
        const _: () = {
            #[cfg(all(target_arch = "wasm32", tenon_module))]
            #[allow(unsafe_code, reason = "exports and sections of a module are named by unsafe attributes")]
            const _: () = { #items };
        };
    }
}

/// The name of an identifier without the `r#` of a raw one.
pub(crate) fn name(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// Appends a count of list items, which a section holds in one byte.
pub(crate) fn count(at: &impl quote::ToTokens, items: usize, what: &str) -> syn::Result<u8> {
    u8::try_from(items).or_else(|_| error(at, format!("a module lists at most 255 {what}, found {items}")))
}

/// The name of a type in the interface, as an expression.
pub(crate) fn type_name(of: &impl quote::ToTokens) -> TokenStream {
    quote!(<#of as ::tenon_contract::TypeInfo>::NAME)
}
