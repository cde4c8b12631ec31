//! `#[error]`: numbered errors.

use crate::common::{documentation, error as refuse, in_module, name};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Fields, ItemEnum, Lit, Variant};

/// Expands the attribute.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !arguments.is_empty() {
        return refuse(&arguments, "#[error] has no arguments");
    }
    let item: ItemEnum = syn::parse2(item)?;
    let mut seen: Vec<(u16, &Variant)> = Vec::new();
    for variant in &item.variants {
        let number = number(variant)?;
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == number) {
            return refuse(
                variant,
                format!("errors `{}` and `{}` have the same number {number}", first.ident, variant.ident),
            );
        }
        seen.push((number, variant));
    }
    let ident = &item.ident;
    let numbers = seen.iter().map(|(number, _)| number);
    let variants = seen.iter().map(|(_, variant)| &variant.ident);
    let entries = seen.iter().map(|(number, variant)| {
        let (name, doc) = (name(&variant.ident), documentation(&variant.attrs));
        quote!(::tenon_contract::__entry!("tenon.abi", ERROR, .raw(&#number.to_le_bytes()).text(#name).text(#doc));)
    });
    let entries = in_module(&quote!(#(#entries)*));
    Ok(quote! {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        #item

        #[automatically_derived]
        impl ::tenon_contract::ModuleError for #ident {
            fn number(self) -> u16 {
                self as u16
            }

            fn from_number(number: u16) -> ::core::option::Option<Self> {
                match number {
                    #(#numbers => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #entries
    })
}

fn number(variant: &Variant) -> syn::Result<u16> {
    if !matches!(variant.fields, Fields::Unit) {
        return refuse(
            &variant.fields,
            "an error has no fields: callers see its number; put details into an event or a query",
        );
    }
    let Some((_, value)) = &variant.discriminant else {
        return refuse(variant, format!("number the error: `{} = 1`. Numbers are stable over versions", variant.ident));
    };
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => match number.base10_parse() {
                Ok(0) | Err(_) => refuse(number, format!("the error's number is {number}, expected 1 to 65535")),
                Ok(number) => Ok(number),
            },
            other => refuse(other, "an error's number is an integer"),
        },
        other => refuse(other, "an error's number is a literal, so that readers find it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(item: TokenStream) -> String {
        expand(TokenStream::new(), item).expect_err("refused").to_string()
    }

    #[test]
    fn refuses_errors_without_a_number_of_their_own() {
        assert_eq!(
            refusal(quote!(
                enum E {
                    A = 1,
                    B = 1,
                }
            )),
            "errors `A` and `B` have the same number 1"
        );
        assert!(
            refusal(quote!(
                enum E {
                    A,
                }
            ))
            .starts_with("number the error: `A = 1`")
        );
        assert_eq!(
            refusal(quote!(
                enum E {
                    A = 0,
                }
            )),
            "the error's number is 0, expected 1 to 65535"
        );
        assert_eq!(
            refusal(quote!(
                enum E {
                    A = 65536,
                }
            )),
            "the error's number is 65536, expected 1 to 65535"
        );
        assert!(
            refusal(quote!(
                enum E {
                    A = ONE,
                }
            ))
            .contains("is a literal")
        );
        assert!(
            refusal(quote!(
                enum E {
                    A { x: u8 } = 1,
                }
            ))
            .contains("has no fields")
        );
    }
}
