//! Methods: which functions of the storage struct are exported, and as what.

use crate::common::{documentation, error, name};
use syn::{Attribute, FnArg, Ident, ImplItemFn, Meta, Pat, ReturnType, Type, Visibility};

/// `tenon_abi::limits::MAX_METHOD_BYTES`, which this crate cannot depend on.
const MAX_METHOD_BYTES: usize = 64;

/// The marks that make a function a method.
const MARKS: [&str; 6] = ["init", "call", "query", "hook", "migrate", "invariant"];

/// What a method is, by the number of its mode in `tenon_abi::section`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Init = 0,
    Call = 1,
    Query = 2,
    Hook = 3,
    Migrate = 4,
    Invariant = 5,
}

impl Mode {
    fn of(mark: &str) -> Option<Self> {
        let modes = [Self::Init, Self::Call, Self::Query, Self::Hook, Self::Migrate, Self::Invariant];
        MARKS.iter().zip(modes).find(|(name, _)| **name == mark).map(|(_, mode)| mode)
    }

    /// Whether it may not write.
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::Query | Self::Invariant)
    }

    const fn mark(self) -> &'static str {
        MARKS[self as usize]
    }
}

/// A parsed method.
#[derive(Debug)]
pub(crate) struct Method {
    /// The function's name.
    pub(crate) ident: Ident,
    /// What it is.
    pub(crate) mode: Mode,
    /// Flags as `tenon_abi::section` has them.
    pub(crate) flags: u8,
    /// Documentation.
    pub(crate) doc: String,
    /// Names and types of the arguments.
    pub(crate) arguments: Vec<(Ident, Type)>,
    /// The result, unit if none is written.
    pub(crate) result: Option<Type>,
}

impl Method {
    /// Reads a function and takes the SDK's mark off it. A function without a mark is no method.
    pub(crate) fn take(function: &mut ImplItemFn) -> syn::Result<Option<Self>> {
        let is_mark = |attribute: &mut Attribute| MARKS.iter().any(|mark| attribute.path().is_ident(mark));
        let marks: Vec<Attribute> = function.attrs.extract_if(.., is_mark).collect();
        let [mark] = marks.as_slice() else {
            return match marks.get(1) {
                None => Ok(None),
                Some(second) => error(second, "a method has one mark"),
            };
        };
        let mark_name = mark.path().require_ident()?.to_string();
        let Some(mode) = Mode::of(&mark_name) else {
            return error(mark, "unknown mark");
        };
        let method = Self {
            ident: function.sig.ident.clone(),
            mode,
            flags: flags(mark, mode)?,
            doc: documentation(&function.attrs),
            arguments: arguments(function)?,
            result: match &function.sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, result) => Some((**result).clone()),
            },
        };
        method.check(function)?;
        Ok(Some(method))
    }

    /// The name in the interface: `transfer`.
    pub(crate) fn name(&self) -> String {
        name(&self.ident)
    }

    /// The name of the export: `call.transfer`.
    pub(crate) fn export(&self) -> String {
        match self.mode {
            Mode::Init | Mode::Migrate => self.mode.mark().to_owned(),
            Mode::Call | Mode::Query | Mode::Hook | Mode::Invariant => format!("{}.{}", self.mode.mark(), self.name()),
        }
    }

    /// Whether the result is a `Result`, by its name.
    pub(crate) fn is_fallible(&self) -> bool {
        let Some(Type::Path(path)) = &self.result else { return false };
        path.path.segments.last().is_some_and(|segment| segment.ident == "Result")
    }

    fn check(&self, function: &ImplItemFn) -> syn::Result<()> {
        let signature = &function.sig;
        if !matches!(function.vis, Visibility::Public(_)) {
            return error(&signature.fn_token, "a method is part of the interface: write `pub fn`");
        }
        if !signature.generics.params.is_empty() {
            return error(&signature.generics, "a method has no type parameters: its export has one signature");
        }
        if let Some(asyncness) = &signature.asyncness {
            return error(asyncness, "a method is not async: a call runs to its end");
        }
        let name = self.name();
        if name.len() > MAX_METHOD_BYTES {
            return error(
                &self.ident,
                format!("the name has {} bytes, expected at most {MAX_METHOD_BYTES}", name.len()),
            );
        }
        let mark = self.mode.mark();
        let writes = match signature.receiver() {
            Some(receiver) if receiver.reference.is_some() => receiver.mutability.is_some(),
            Some(receiver) => {
                return error(receiver, format!("#[{mark}] takes `&self` or `&mut self`, not the storage itself"));
            }
            None => return error(&signature.ident, format!("#[{mark}] takes `&self` or `&mut self`")),
        };
        match (self.mode, writes) {
            (Mode::Query | Mode::Invariant, true) => {
                return error(&signature.receiver(), format!("#[{mark}] cannot write: take `&self`"));
            }
            (Mode::Init | Mode::Call | Mode::Migrate, false) => {
                let hint = if self.mode == Mode::Call { ", or make it a #[query]" } else { "" };
                return error(&signature.receiver(), format!("#[{mark}] may write: take `&mut self`{hint}"));
            }
            _ => {}
        }
        if self.mode == Mode::Invariant {
            if let Some((argument, _)) = self.arguments.first() {
                return error(argument, "an invariant has no arguments: it holds in every state");
            }
            if !matches!(&self.result, Some(Type::Path(path)) if path.path.is_ident("bool")) {
                return error(&signature.ident, "an invariant returns `bool`");
            }
        }
        Ok(())
    }
}

fn flags(mark: &Attribute, mode: Mode) -> syn::Result<u8> {
    if matches!(mark.meta, Meta::Path(_)) {
        return Ok(0);
    }
    let mut flags = 0;
    mark.parse_nested_meta(|meta| {
        let (flag, allowed) = if meta.path.is_ident("payable") {
            (1, matches!(mode, Mode::Init | Mode::Call))
        } else if meta.path.is_ident("reentrant") {
            (2, matches!(mode, Mode::Call | Mode::Query))
        } else {
            return Err(meta.error("unknown property: expected `payable` or `reentrant`"));
        };
        if !allowed {
            return Err(meta.error(format!("#[{}] cannot have this property", mode.mark())));
        }
        flags |= flag;
        Ok(())
    })?;
    Ok(flags)
}

fn arguments(function: &ImplItemFn) -> syn::Result<Vec<(Ident, Type)>> {
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    typed
        .map(|typed| {
            let Pat::Ident(pattern) = &*typed.pat else {
                return error(&typed.pat, "an argument has a plain name, which clients see");
            };
            if let Type::Reference(reference) = &*typed.ty {
                return error(reference, "an argument is an owned type: it is decoded from the input");
            }
            if let Type::ImplTrait(generic) = &*typed.ty {
                return error(generic, "a method has no type parameters: its export has one signature");
            }
            Ok((pattern.ident.clone(), (*typed.ty).clone()))
        })
        .collect()
}
