//! The `#[storage]` struct: its fields become containers with prefixes.

use crate::common::{documentation, error, name};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Field, Fields, Ident, ItemStruct, LitInt, Type};

/// The highest prefix: it is one byte of the key.
const MAX_PREFIX: u8 = u8::MAX;

/// A field with its prefix.
#[derive(Debug)]
struct StorageField {
    ident: Ident,
    kind: Type,
    prefix: u8,
    doc: String,
}

/// A parsed `#[storage]` struct.
#[derive(Debug)]
pub(crate) struct Storage {
    /// The struct's name.
    pub(crate) ident: Ident,
    fields: Vec<StorageField>,
}

impl Storage {
    /// Reads the struct and takes the SDK's attributes off its fields.
    pub(crate) fn take(item: &mut ItemStruct) -> syn::Result<Self> {
        if !item.generics.params.is_empty() {
            return error(&item.generics, "a storage struct has no type parameters: an instance has one layout");
        }
        let mut fields = Vec::new();
        match &mut item.fields {
            Fields::Named(named) => {
                for (index, field) in named.named.iter_mut().enumerate() {
                    fields.push(StorageField::take(index, field)?);
                }
            }
            Fields::Unit => {}
            Fields::Unnamed(unnamed) => {
                return error(unnamed, "storage fields have names, which clients and auditors see");
            }
        }
        for (index, field) in fields.iter().enumerate() {
            if let Some(other) = fields[..index].iter().find(|other| other.prefix == field.prefix) {
                let message =
                    format!("fields `{}` and `{}` have the same key {}", other.ident, field.ident, field.prefix);
                return error(&field.ident, message);
            }
        }
        Ok(Self { ident: item.ident.clone(), fields })
    }

    /// The code that opens the struct.
    pub(crate) fn open(&self) -> TokenStream {
        let Self { ident, fields } = self;
        let fields = fields
            .iter()
            .map(|StorageField { ident, prefix, .. }| quote!(#ident: ::tenon_contract::rt::Container::open(#prefix)));
        quote! {
            #[automatically_derived]
            impl ::tenon_contract::rt::Storage for #ident {
                fn open() -> Self {
                    Self { #(#fields),* }
                }
            }
        }
    }

    /// The entries of the interface.
    pub(crate) fn entries(&self) -> TokenStream {
        let entries = self.fields.iter().map(|StorageField { ident, kind, prefix, doc }| {
            let name = name(ident);
            quote! {
                ::tenon_contract::__entry!("tenon.abi", STORAGE,
                    .text(#name)
                    .text(#doc)
                    .text(<#kind as ::tenon_contract::rt::Container>::KIND)
                    .text(<#kind as ::tenon_contract::rt::Container>::KEY.as_str())
                    .text(<#kind as ::tenon_contract::rt::Container>::VALUE.as_str())
                    .raw(&1u16.to_le_bytes()).byte(#prefix));
            }
        });
        quote!(#(#entries)*)
    }
}

impl StorageField {
    fn take(index: usize, field: &mut Field) -> syn::Result<Self> {
        let Ok(mut prefix) = u8::try_from(index) else {
            return error(field, format!("a storage struct has at most {} fields", u32::from(MAX_PREFIX) + 1));
        };
        for attribute in field.attrs.extract_if(.., |attribute| attribute.path().is_ident("key")) {
            let number: LitInt = attribute.parse_args()?;
            prefix = match number.base10_parse() {
                Ok(prefix) => prefix,
                Err(_) => return error(&number, format!("key is {number}, expected a number from 0 to {MAX_PREFIX}")),
            };
        }
        let Some(ident) = field.ident.clone() else {
            return error(field, "storage fields have names, which clients and auditors see");
        };
        Ok(Self { ident, kind: field.ty.clone(), prefix, doc: documentation(&field.attrs) })
    }
}
