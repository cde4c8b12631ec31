//! `#[module_type]`: structs and enums of interfaces and storage.

use crate::common::{count, documentation, error, in_module, name, type_name};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, Fields, Ident, Item, ItemEnum, ItemStruct, ItemUse, Lit, Token, UseTree, parse_quote};

/// Expands the attribute.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let key = match arguments.to_string().as_str() {
        "" => false,
        "key" => true,
        _ => return error(&arguments, "unknown argument: expected nothing or `key`"),
    };
    match syn::parse2(item)? {
        Item::Struct(item) => product(&item, key),
        Item::Enum(item) => sum(item, key),
        Item::Use(item) => foreign(&item),
        other => error(&other, "#[module_type] stands on a struct, an enum, or the `use` of one"),
    }
}

/// A type that another crate defines: only its definition is added.
fn foreign(item: &ItemUse) -> syn::Result<TokenStream> {
    let mut tree = &item.tree;
    loop {
        tree = match tree {
            UseTree::Path(path) => &path.tree,
            UseTree::Name(name) => {
                let ident = &name.ident;
                let definition = in_module(&quote!(::tenon_contract::__definition!(#ident);));
                return Ok(quote!(#item #definition));
            }
            other => return error(other, "name one type: `#[module_type] use assets::Kind;`"),
        };
    }
}

fn implement(ident: &Ident, definition: &TokenStream) -> TokenStream {
    let type_name = name(ident);
    let section = in_module(&quote!(::tenon_contract::__definition!(#ident);));
    quote! {
        #[automatically_derived]
        impl ::tenon_contract::TypeInfo for #ident {
            const NAME: ::tenon_contract::TypeName = ::tenon_contract::TypeName::new(#type_name);
            const DEFINITION: &'static [u8] = {
                const fn write<const N: usize>() -> ::tenon_contract::rt::EntryWriter<N> {
                    #definition
                }
                const LENGTH: usize = write::<{ ::tenon_contract::rt::MAX_ENTRY_BYTES }>().length();
                &write::<LENGTH>().finish()
            };
        }

        #section
    }
}

fn derives() -> TokenStream {
    quote! {
        #[derive(
            Clone, Debug, PartialEq, Eq,
            ::tenon_contract::parity_scale_codec::Encode,
            ::tenon_contract::parity_scale_codec::Decode,
        )]
        #[codec(crate = ::tenon_contract::parity_scale_codec)]
    }
}

/// The list of fields in an entry: tuple fields are called by their position.
fn field_list(at: &Ident, fields: &Fields) -> syn::Result<TokenStream> {
    let fields_count = count(at, fields.len(), "fields of a type")?;
    let list = fields.iter().enumerate().map(|(index, field)| {
        let name = field.ident.as_ref().map_or_else(|| index.to_string(), name);
        let kind = type_name(&field.ty);
        quote!(.text(#name).text(#kind.as_str()))
    });
    Ok(quote!(.byte(#fields_count) #(#list)*))
}

fn product(item: &ItemStruct, key: bool) -> syn::Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return error(&item.generics, "a type of the interface has no type parameters: it has one definition");
    }
    let (ident, derives) = (&item.ident, derives());
    let (type_name, doc, fields) = (name(ident), documentation(&item.attrs), field_list(ident, &item.fields)?);
    let implementation = implement(
        ident,
        &quote! {
            ::tenon_contract::rt::EntryWriter::<N>::new(::tenon_contract::rt::section::STRUCT)
                .text(#type_name).text(#doc) #fields
        },
    );
    let key = key.then(|| {
        let members: Vec<_> = item.fields.members().collect();
        quote! {
            #[automatically_derived]
            impl ::tenon_contract::StorageKey for #ident {
                fn write_key(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                    #(::tenon_contract::StorageKey::write_key(&self.#members, out);)*
                }

                fn read_key(input: &mut &[u8]) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(Self { #(#members: ::tenon_contract::StorageKey::read_key(input)?),* })
                }
            }
        }
    });
    let wire = wire_struct(item);
    Ok(quote!(#derives #item #implementation #wire #key))
}

fn sum(mut item: ItemEnum, key: bool) -> syn::Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return error(&item.generics, "a type of the interface has no type parameters: it has one definition");
    }
    let fieldless = item.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit));
    if key && !fieldless {
        return error(&item.ident, "only a fieldless enum can be a key");
    }
    let indices = indices(&item)?;
    for (variant, index) in item.variants.iter_mut().zip(&indices) {
        let number = Literal::u8_unsuffixed(*index);
        variant.discriminant = Some((Token![=](Span::call_site()), parse_quote!(#number)));
    }
    let (ident, derives) = (&item.ident, derives());
    let (type_name, doc) = (name(ident), documentation(&item.attrs));
    let variants_count = count(ident, indices.len(), "variants of a type")?;
    let variants = item.variants.iter().zip(&indices).map(|(variant, index)| {
        let (name, fields) = (name(&variant.ident), field_list(&variant.ident, &variant.fields)?);
        Ok(quote!(.text(#name).byte(#index) #fields))
    });
    let variants = variants.collect::<syn::Result<Vec<_>>>()?;
    let implementation = implement(
        ident,
        &quote! {
            ::tenon_contract::rt::EntryWriter::<N>::new(::tenon_contract::rt::section::ENUM)
                .text(#type_name).text(#doc).byte(#variants_count) #(#variants)*
        },
    );
    let key = fieldless.then(|| {
        let names: Vec<_> = item.variants.iter().map(|variant| &variant.ident).collect();
        quote! {
            #[automatically_derived]
            impl ::core::marker::Copy for #ident {}

            #[automatically_derived]
            impl ::tenon_contract::StorageKey for #ident {
                fn write_key(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                    ::tenon_contract::rt::append(out, &[match self { #(Self::#names => #indices),* }]);
                }

                fn read_key(input: &mut &[u8]) -> ::core::option::Option<Self> {
                    match <u8 as ::tenon_contract::StorageKey>::read_key(input)? {
                        #(#indices => ::core::option::Option::Some(Self::#names),)*
                        _ => ::core::option::Option::None,
                    }
                }
            }
        }
    });
    let wire = wire_enum(&item, &indices);
    Ok(quote!(#derives #[repr(u8)] #item #implementation #wire #key))
}

/// How a struct is written and read: its fields in order. Marked `#[inline]`, as is an enum's, so that a type of the SDK
/// is compiled with the module that uses it: for size.
fn wire_struct(item: &ItemStruct) -> TokenStream {
    let (ident, members) = (&item.ident, item.fields.members().collect::<Vec<_>>());
    quote! {
        #[automatically_derived]
        #[allow(unused_variables, reason = "there may be no fields")]
        impl ::tenon_contract::Wire for #ident {
            #[inline]
            fn put(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                #(::tenon_contract::Wire::put(&self.#members, out);)*
            }

            #[inline]
            fn take(reader: &mut ::tenon_contract::Reader<'_>) -> Self {
                Self { #(#members: ::tenon_contract::Wire::take(reader)),* }
            }
        }
    }
}

/// How an enum is written and read: the variant's index, then its fields in order.
fn wire_enum(item: &ItemEnum, indices: &[u8]) -> TokenStream {
    let ident = &item.ident;
    let arms = item.variants.iter().zip(indices).map(|(variant, index)| {
        let (name, members) = (&variant.ident, variant.fields.members().collect::<Vec<_>>());
        let bound: Vec<_> = (0..members.len()).map(|position| format_ident!("field_{position}")).collect();
        let put = quote! {
            Self::#name { #(#members: #bound),* } => {
                ::tenon_contract::Wire::put(&#index, out);
                #(::tenon_contract::Wire::put(#bound, out);)*
            }
        };
        let take = quote!(#index => Self::#name { #(#members: ::tenon_contract::Wire::take(reader)),* },);
        (put, take)
    });
    let (put, take): (Vec<_>, Vec<_>) = arms.unzip();
    quote! {
        #[automatically_derived]
        impl ::tenon_contract::Wire for #ident {
            #[inline]
            fn put(&self, out: &mut ::tenon_contract::rt::Bytes<u8>) {
                match self { #(#put)* }
            }

            #[inline]
            fn take(reader: &mut ::tenon_contract::Reader<'_>) -> Self {
                match reader.byte() {
                    #(#take)*
                    _ => reader.refuse(),
                }
            }
        }
    }
}

/// The index that the codec gives each variant: its number if it has one, else its position.
fn indices(item: &ItemEnum) -> syn::Result<Vec<u8>> {
    let mut indices: Vec<u8> = Vec::new();
    for (position, variant) in item.variants.iter().enumerate() {
        let index = match &variant.discriminant {
            None => count(variant, position, "variants of a type")?,
            Some((_, Expr::Lit(literal))) if let Lit::Int(number) = &literal.lit => number.base10_parse()?,
            Some((_, other)) => return error(other, "a variant's number is a literal from 0 to 255"),
        };
        if indices.contains(&index) {
            return error(variant, format!("two variants have the index {index}: number all of them or none"));
        }
        indices.push(index);
    }
    if indices.is_empty() {
        error(&item.ident, "an enum of the interface has at least one variant")
    } else {
        Ok(indices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arguments: TokenStream, item: TokenStream) -> String {
        expand(arguments, item).expect_err("refused").to_string()
    }

    #[test]
    fn refuses_what_no_entry_can_describe() {
        let none = |item| refusal(TokenStream::new(), item);
        assert!(
            none(quote!(
                struct T<A> {
                    a: A,
                }
            ))
            .contains("no type parameters")
        );
        assert!(
            none(quote!(
                enum T {
                    A,
                    B = 0,
                }
            ))
            .contains("two variants have the index 0")
        );
        assert!(
            none(quote!(
                enum T {}
            ))
            .contains("at least one variant")
        );
        assert!(
            none(quote!(
                fn f() {}
            ))
            .contains("stands on a struct")
        );
        assert!(
            none(quote!(
                use a::{B, C};
            ))
            .contains("name one type")
        );
    }

    #[test]
    fn refuses_keys_that_have_no_order() {
        assert!(
            refusal(
                quote!(key),
                quote!(
                    enum T {
                        A(u8),
                    }
                )
            )
            .contains("fieldless")
        );
        assert!(
            refusal(
                quote!(keys),
                quote!(
                    struct T;
                )
            )
            .contains("expected nothing or `key`")
        );
    }
}
