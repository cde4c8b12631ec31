//! The attribute macros of the module SDK: [`macro@module`], [`macro@event`], [`macro@error`], [`macro@module_type`].
//!
//! Each is a function over token streams with its own tests; errors point at the source that caused them. Nothing is
//! written to disk: the interface leaves the compiler inside the module's custom sections. Generated code that acts or
//! is exported stands behind `cfg(tenon_module)`, which `tenon build` sets for the crate that it builds and for no
//! crate that it depends on, so a dependency contributes its typed client and nothing else.

mod client;
mod common;
mod error;
mod event;
mod exports;
mod method;
mod module;
mod module_type;
mod options;
mod storage;

use proc_macro::TokenStream;

fn respond(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a module of an inline `mod`.
///
/// Arguments: `capabilities(storage, events, coin, call, deploy, upgrade, hash, verify)`, `calls("assets", "*")` for
/// whom it calls, `upgrade = "admin"` or `"none"`, `memory_pages = 16`. Name, version and licence come from the
/// package.
///
/// Inside stand one `#[storage]` struct and its `impl` blocks. Methods are public and marked `#[init]`, `#[call]`,
/// `#[call(payable)]`, `#[call(reentrant)]`, `#[query]`, `#[hook]`, `#[migrate]` or `#[invariant]`; a public function
/// without a mark is not exported. A storage field may fix its prefix with `#[key(3)]`: without it the position counts,
/// so new fields go last.
///
/// The macro adds a typed client, named after the struct with `Ref` at its end: `TokenRef::at(address).transfer(..)`
/// is a `Call`, `TokenRef::init(..)` a `Constructor`.
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    respond(module::expand(arguments.into(), item.into()))
}

/// Makes an event of a struct with named fields. At most three fields may be `#[topic]`.
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    respond(event::expand(arguments.into(), item.into()))
}

/// Makes numbered errors of an enum: each variant has no fields and an explicit number from 1 to 65,535.
#[proc_macro_attribute]
pub fn error(arguments: TokenStream, item: TokenStream) -> TokenStream {
    respond(error::expand(arguments.into(), item.into()))
}

/// Lets a struct or enum stand in interfaces and storage. Fieldless enums can be keys; a struct can with
/// `#[module_type(key)]`. On a `use` of a type from another crate it adds that type to this module's interface.
#[proc_macro_attribute]
pub fn module_type(arguments: TokenStream, item: TokenStream) -> TokenStream {
    respond(module_type::expand(arguments.into(), item.into()))
}
