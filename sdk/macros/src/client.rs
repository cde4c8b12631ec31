//! The typed client of a module: `TokenRef`.

use crate::common::name;
use crate::method::{Method, Mode};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

/// The client's type and methods.
pub(crate) fn client(storage: &Ident, methods: &[Method]) -> TokenStream {
    let client = format_ident!("{}Ref", storage);
    let summary = format!("An instance of this module at an address: makes calls to `{}`.", name(storage));
    let functions = methods.iter().map(|method| match method.mode {
        Mode::Init => constructor(method),
        Mode::Call | Mode::Query | Mode::Hook | Mode::Invariant => call(method),
        Mode::Migrate => TokenStream::new(),
    });
    quote! {
        #[doc = #summary]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct #client {
            address: ::tenon_contract::Address,
        }

        #[automatically_derived]
        #[allow(clippy::too_many_arguments, clippy::should_implement_trait, reason = "as many as the method has")]
        impl #client {
            /// The instance at an address. Nothing is checked before a call.
            #[must_use]
            pub const fn at(address: ::tenon_contract::Address) -> Self {
                Self { address }
            }

            /// Where the instance stands.
            #[must_use]
            pub const fn address(&self) -> ::tenon_contract::Address {
                self.address
            }

            #(#functions)*
        }
    }
}

fn doc(method: &Method) -> TokenStream {
    let text = if method.doc.is_empty() { format!("Calls `{}`.", method.name()) } else { method.doc.clone() };
    quote!(#[doc = #text])
}

fn parameters(method: &Method) -> (Vec<TokenStream>, Vec<&Ident>) {
    let parameters = method.arguments.iter().map(|(argument, kind)| quote!(#argument: #kind)).collect();
    (parameters, method.arguments.iter().map(|(argument, _)| argument).collect())
}

/// The encoded arguments, as an expression.
fn encode(names: &[&Ident]) -> TokenStream {
    let encoded = Ident::new("encoded", Span::mixed_site());
    let mutability = (!names.is_empty()).then(|| quote!(mut));
    quote! {{
        let #mutability #encoded = ::tenon_contract::rt::Bytes::new();
        #(::tenon_contract::parity_scale_codec::Encode::encode_to(&#names, &mut #encoded);)*
        #encoded
    }}
}

fn constructor(method: &Method) -> TokenStream {
    let (doc, ident, (parameters, names)) = (doc(method), &method.ident, parameters(method));
    let encode = encode(&names);
    quote! {
        #doc
        #[must_use]
        pub fn #ident(#(#parameters),*) -> ::tenon_contract::Constructor {
            ::tenon_contract::Constructor { input: #encode, value: 0 }
        }
    }
}

fn call(method: &Method) -> TokenStream {
    let (doc, ident, (parameters, names)) = (doc(method), &method.ident, parameters(method));
    let (encode, method_name, reads) = (encode(&names), method.name(), method.mode.reads());
    let result = match &method.result {
        None => quote!(()),
        Some(result) if method.is_fallible() => quote!(<#result as ::tenon_contract::rt::MethodResult>::Output),
        Some(result) => quote!(#result),
    };
    quote! {
        #doc
        pub fn #ident(&self, #(#parameters),*) -> ::tenon_contract::Call<#result> {
            ::tenon_contract::Call::new(self.address, #method_name, #encode, #reads)
        }
    }
}
