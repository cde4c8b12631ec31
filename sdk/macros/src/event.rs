//! `#[event]`: what a module tells the world.

use crate::common::{count, documentation, error, in_module, name, type_name};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Fields, Ident, ItemStruct, Type};

/// Topics that a module chooses; the first of `tenon_abi::limits::MAX_TOPICS` names the event.
const MAX_FIELD_TOPICS: usize = 3;

/// Expands the attribute.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !arguments.is_empty() {
        return error(&arguments, "#[event] has no arguments");
    }
    let mut item: ItemStruct = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return error(&item.generics, "an event has no type parameters: clients decode it by its entry");
    }
    let fields = take_fields(&mut item)?;
    let (ident, event_name) = (&item.ident, name(&item.ident));
    let kinds = fields.iter().map(|(_, kind, _)| type_name(kind));
    let topics: Vec<_> = fields.iter().filter(|(.., topic)| *topic).map(|(field, ..)| field).collect();
    let data: Vec<_> = fields.iter().filter(|(.., topic)| !*topic).map(|(field, ..)| field).collect();
    let entry = in_module(&entry(&item, &fields)?);
    Ok(quote! {
        #[derive(Clone, Debug, PartialEq, Eq)]
        #item

        #[automatically_derived]
        impl ::tenon_contract::Event for #ident {
            const SIGNATURE_TOPIC: [u8; 32] = ::tenon_contract::rt::signature_topic(#event_name, &[#(#kinds),*]);

            fn put_topics(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                ::tenon_contract::rt::append(out, &Self::SIGNATURE_TOPIC);
                #(::tenon_contract::Topic::put_topic(&self.#topics, out);)*
            }

            fn put_data(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                let _: &mut _ = out;
                #(::tenon_contract::Wire::put(&self.#data, out);)*
            }
        }

        #entry
    })
}

fn take_fields(item: &mut ItemStruct) -> syn::Result<Vec<(Ident, Type, bool)>> {
    let mut fields = Vec::new();
    match &mut item.fields {
        Fields::Named(named) => {
            for field in &mut named.named {
                let topic = field.attrs.extract_if(.., |attribute| attribute.path().is_ident("topic")).next().is_some();
                let Some(ident) = field.ident.clone() else { continue };
                fields.push((ident, field.ty.clone(), topic));
            }
        }
        Fields::Unit => {}
        Fields::Unnamed(unnamed) => return error(unnamed, "an event's fields have names, which clients see"),
    }
    let topics = fields.iter().filter(|(.., topic)| *topic).count();
    if topics > MAX_FIELD_TOPICS {
        return error(&item.ident, format!("an event has at most {MAX_FIELD_TOPICS} topics, found {topics}"));
    }
    Ok(fields)
}

fn entry(item: &ItemStruct, fields: &[(Ident, Type, bool)]) -> syn::Result<TokenStream> {
    let (event_name, doc) = (name(&item.ident), documentation(&item.attrs));
    let fields_count = count(&item.ident, fields.len(), "fields of an event")?;
    let fields = fields.iter().map(|(field, kind, topic)| {
        let (name, kind, topic) = (name(field), type_name(kind), u8::from(*topic));
        quote!(.text(#name).text(#kind.as_str()).byte(#topic))
    });
    Ok(quote! {
        ::tenon_contract::__entry!("tenon.abi", EVENT, .text(#event_name).text(#doc).byte(#fields_count) #(#fields)*);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_no_entry_can_describe() {
        let refusal = |item| expand(TokenStream::new(), item).expect_err("refused").to_string();
        let four = quote!(
            struct E {
                #[topic]
                a: u8,
                #[topic]
                b: u8,
                #[topic]
                c: u8,
                #[topic]
                d: u8,
            }
        );
        assert_eq!(refusal(four), "an event has at most 3 topics, found 4");
        assert!(
            refusal(quote!(
                struct E(u8);
            ))
            .contains("have names")
        );
        assert!(
            refusal(quote!(
                struct E<T> {
                    a: T,
                }
            ))
            .contains("no type parameters")
        );
    }
}
