//! `#[module]`: reads an inline `mod` and puts exports, interface and client into it.

use crate::common::{error, in_module};
use crate::method::{Method, Mode};
use crate::options::Options;
use crate::storage::Storage;
use crate::{client, exports};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{ImplItem, Item, ItemImpl, ItemMod, Type};

/// Expands the attribute.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options = Options::parse(arguments)?;
    let mut module: ItemMod = syn::parse2(item)?;
    let Some((_, items)) = &mut module.content else {
        return error(&module, "#[module] needs the module's body here: `mod name { .. }`");
    };
    let Some(storage) = take_storage(items)? else {
        return error(
            &module.ident,
            "a module has a `#[storage]` struct, `#[storage] pub struct Name;` if it keeps nothing",
        );
    };
    let methods = take_methods(items, &storage)?;
    check(&methods, &module)?;
    let exports =
        methods.iter().map(|method| exports::method(&storage.ident, method)).collect::<syn::Result<Vec<_>>>()?;
    let (storage_entries, manifest) = (storage.entries(), options.entries());
    let generated = [
        storage.open(),
        client::client(&storage.ident, &methods),
        in_module(&quote!(#manifest #storage_entries #(#exports)*)),
    ];
    let Some((_, items)) = &mut module.content else {
        return error(&module, "#[module] needs the module's body here: `mod name { .. }`");
    };
    items.extend(generated.into_iter().map(Item::Verbatim));
    Ok(quote!(#module))
}

fn take_storage(items: &mut [Item]) -> syn::Result<Option<Storage>> {
    let mut storage: Option<Storage> = None;
    for item in items {
        let Item::Struct(item) = item else { continue };
        if item.attrs.extract_if(.., |attribute| attribute.path().is_ident("storage")).next().is_none() {
            continue;
        }
        if let Some(first) = &storage {
            return error(&item.ident, format!("a module has one `#[storage]` struct, the first is `{}`", first.ident));
        }
        storage = Some(Storage::take(item)?);
    }
    Ok(storage)
}

fn is_for(block: &ItemImpl, storage: &Storage) -> bool {
    block.trait_.is_none() && matches!(&*block.self_ty, Type::Path(path) if path.path.is_ident(&storage.ident))
}

fn take_methods(items: &mut [Item], storage: &Storage) -> syn::Result<Vec<Method>> {
    let mut methods = Vec::new();
    for item in items {
        let Item::Impl(block) = item else { continue };
        let own = is_for(block, storage);
        for member in &mut block.items {
            let ImplItem::Fn(function) = member else { continue };
            if let Some(method) = Method::take(function)? {
                if !own {
                    let message = format!("methods stand in `impl {}`, the `#[storage]` struct", storage.ident);
                    return error(&function.sig.ident, message);
                }
                methods.push(method);
            }
        }
    }
    Ok(methods)
}

fn check(methods: &[Method], module: &ItemMod) -> syn::Result<()> {
    if !methods.iter().any(|method| method.mode == Mode::Init) {
        return error(&module.ident, "a module has a constructor: mark one method `#[init]`");
    }
    for (index, method) in methods.iter().enumerate() {
        let earlier = &methods[..index];
        if matches!(method.mode, Mode::Init | Mode::Migrate)
            && let Some(first) = earlier.iter().find(|other| other.mode == method.mode)
        {
            return error(
                &method.ident,
                format!("a module has one #[{}], the first is `{}`", method.export(), first.name()),
            );
        }
        if earlier.iter().any(|other| other.name() == method.name()) {
            return error(&method.ident, format!("two methods are called `{}`", method.name()));
        }
        if ["at", "address"].contains(&method.name().as_str()) {
            return error(
                &method.ident,
                format!("`{}` is a function of the typed client: choose another name", method.name()),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_methods(methods: &TokenStream) -> TokenStream {
        quote! { pub mod m { #[storage] pub struct S { a: Value<u8> } impl S { #methods } } }
    }

    fn refusal(item: TokenStream) -> String {
        expand(TokenStream::new(), item).expect_err("refused").to_string()
    }

    fn method_refusal(method: TokenStream) -> String {
        refusal(with_methods(&quote!(#[init] pub fn init(&mut self) {} #method)))
    }

    #[test]
    fn exports_each_method_under_its_mark_and_name() {
        let methods = quote! {
            #[init] pub fn new(&mut self) {}
            #[call(payable)] pub fn pay(&mut self, to: Address) -> Result<u8, Error> { todo }
            #[query] pub fn seen(&self) -> u8 { todo }
            #[invariant] pub fn holds(&self) -> bool { todo }
            #[hook] pub fn tick(&mut self) {}
            #[migrate] pub fn migrate(&mut self) {}
            pub fn helper(&self) {}
        };
        let text = expand(TokenStream::new(), with_methods(&methods)).expect("expands").to_string();
        for export in ["init", "call.pay", "query.seen", "invariant.holds", "hook.tick", "migrate"] {
            assert!(text.contains(&format!("export_name = \"{export}\"")), "{export}");
        }
        assert!(!text.contains("\"call.helper\"") && text.contains("struct SRef"));
    }

    #[test]
    fn names_what_is_missing() {
        assert!(
            refusal(quote!(
                mod m;
            ))
            .contains("needs the module's body")
        );
        assert!(
            refusal(quote!(
                mod m {}
            ))
            .contains("has a `#[storage]` struct")
        );
        assert!(refusal(with_methods(&TokenStream::new())).contains("mark one method `#[init]`"));
    }

    #[test]
    fn refuses_methods_whose_receiver_contradicts_their_mark() {
        assert_eq!(
            method_refusal(quote!(
                #[call]
                pub fn f(&self) {}
            )),
            "#[call] may write: take `&mut self`, or make it a #[query]"
        );
        assert_eq!(
            method_refusal(quote!(
                #[query]
                pub fn f(&mut self) {}
            )),
            "#[query] cannot write: take `&self`"
        );
        assert_eq!(
            method_refusal(quote!(
                #[call]
                pub fn f() {}
            )),
            "#[call] takes `&self` or `&mut self`"
        );
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn f(self) {}
            ))
            .contains("not the storage itself")
        );
    }

    #[test]
    fn refuses_signatures_that_no_export_can_have() {
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn f<T>(&mut self, t: T) {}
            ))
            .contains("no type parameters")
        );
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn f(&mut self, t: impl Into<u8>) {}
            ))
            .contains("no type parameters")
        );
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn f(&mut self, t: &str) {}
            ))
            .contains("owned type")
        );
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn f(&mut self, (a, b): (u8, u8)) {}
            ))
            .contains("plain name")
        );
        assert!(
            method_refusal(quote!(
                #[call]
                fn f(&mut self) {}
            ))
            .contains("write `pub fn`")
        );
        assert!(
            method_refusal(quote!(
                #[invariant]
                pub fn f(&self) -> u8 {
                    1
                }
            ))
            .contains("returns `bool`")
        );
        assert!(
            method_refusal(quote!(
                #[invariant]
                pub fn f(&self, a: u8) -> bool {
                    true
                }
            ))
            .contains("no arguments")
        );
    }

    #[test]
    fn refuses_marks_that_contradict_each_other() {
        assert_eq!(
            method_refusal(quote!(
                #[call]
                #[query]
                pub fn f(&mut self) {}
            )),
            "a method has one mark"
        );
        assert!(
            method_refusal(quote!(
                #[call(free)]
                pub fn f(&mut self) {}
            ))
            .starts_with("unknown property")
        );
        assert!(
            method_refusal(quote!(
                #[query(payable)]
                pub fn f(&self) {}
            ))
            .contains("cannot have this property")
        );
        assert_eq!(
            method_refusal(quote!(
                #[init]
                pub fn f(&mut self) {}
            )),
            "a module has one #[init], the first is `init`"
        );
        assert_eq!(
            method_refusal(quote!(
                #[call]
                pub fn f(&mut self) {}
                #[query]
                pub fn f(&self) {}
            )),
            "two methods are called `f`"
        );
        assert!(
            method_refusal(quote!(
                #[call]
                pub fn at(&mut self) {}
            ))
            .contains("typed client")
        );
    }

    #[test]
    fn refuses_storage_that_cannot_be_laid_out() {
        let two = quote! { mod m { #[storage] struct A {} #[storage] struct B {} } };
        assert_eq!(refusal(two), "a module has one `#[storage]` struct, the first is `A`");
        let same = quote! { mod m { #[storage] struct A { a: Value<u8>, #[key(0)] b: Value<u8> } } };
        assert_eq!(refusal(same), "fields `a` and `b` have the same key 0");
        let wide = quote! { mod m { #[storage] struct A { #[key(256)] b: Value<u8> } } };
        assert_eq!(refusal(wide), "key is 256, expected a number from 0 to 255");
        let tuple = quote! { mod m { #[storage] struct A(Value<u8>); } };
        assert!(refusal(tuple).contains("have names"));
    }
}
