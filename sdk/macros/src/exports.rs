//! The exports of a module and the entries that describe them.

use crate::common::{count, type_name};
use crate::method::Method;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

/// Export and entry of a method.
pub(crate) fn method(storage: &Ident, method: &Method) -> syn::Result<TokenStream> {
    let export = export(storage, method);
    let entry = entry(method)?;
    Ok(quote!(#export #entry))
}

fn export(storage: &Ident, method: &Method) -> TokenStream {
    let Method { ident, arguments, .. } = method;
    let symbol = method.export();
    let function = format_ident!("export_{}", method.name());
    // These names have the macro's hygiene: an argument of the same name is another variable.
    let [source, opened, result] = ["source", "opened", "result"].map(|name| Ident::new(name, Span::mixed_site()));
    let names: Vec<_> = arguments.iter().map(|(argument, _)| argument).collect();
    let labels = names.iter().map(|name| crate::common::name(name)).collect::<Vec<_>>().join(",");
    let types = arguments.iter().map(|(_, kind)| kind);
    let read = if arguments.is_empty() {
        quote!(::tenon_contract::rt::no_input();)
    } else {
        quote! {
            let mut #source = ::tenon_contract::rt::input(#labels);
            #(let #names: #types = ::tenon_contract::rt::argument(&mut #source);)*
            #source.end();
        }
    };
    let mutability = (!method.mode.reads()).then(|| quote!(mut));
    let finish = if method.is_fallible() {
        quote!(::tenon_contract::rt::MethodResult::finish(#result))
    } else {
        quote!(::tenon_contract::rt::finish(&#result))
    };
    quote! {
        #[unsafe(export_name = #symbol)]
        #[allow(clippy::let_unit_value, unused_mut, reason = "generated for every kind of method")]
        extern "C" fn #function() {
            #read
            let #mutability #opened = <#storage as ::tenon_contract::rt::Storage>::open();
            let #result = #opened.#ident(#(#names),*);
            #finish
        }
    }
}

fn entry(method: &Method) -> syn::Result<TokenStream> {
    let Method { ident, mode, flags, doc, arguments, result } = method;
    let (name, mode) = (method.name(), *mode as u8);
    let result = match result {
        None => quote!(<() as ::tenon_contract::TypeInfo>::NAME),
        Some(result) if method.is_fallible() => {
            type_name(&quote!(<#result as ::tenon_contract::rt::MethodResult>::Output))
        }
        Some(result) => type_name(result),
    };
    let arguments_count = count(ident, arguments.len(), "arguments of a method")?;
    let arguments = arguments.iter().map(|(argument, kind)| {
        let (name, kind) = (crate::common::name(argument), type_name(kind));
        quote!(.text(#name).text(#kind.as_str()))
    });
    Ok(quote! {
        ::tenon_contract::__entry!("tenon.abi", METHOD,
            .byte(#mode).byte(#flags).text(#name).text(#doc).text(#result.as_str())
            .byte(#arguments_count) #(#arguments)*);
    })
}
