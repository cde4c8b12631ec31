//! Reads the entries of `tenon.abi`, whose layout `tenon_abi::section` gives.

use super::{
    ErrorType, EventType, Field, InterfaceError, Method, MethodMode, NamedType, Shape, StorageField, ValueType, Variant,
};
use alloc::{string::String, vec::Vec};
use tenon_abi::ABI_SECTION;
use tenon_abi::section::{self, Reader, Truncated};

pub(super) fn truncated(section: &'static str) -> impl Fn(Truncated) -> InterfaceError + Copy {
    move |error| InterfaceError::Truncated { section, offset: error.offset }
}

pub(super) fn unknown(found: String) -> InterfaceError {
    InterfaceError::Unknown { section: ABI_SECTION, found }
}

/// Reads the fields of one entry of `tenon.abi`.
pub(super) struct Fields<'a> {
    pub(super) reader: Reader<'a>,
}

impl Fields<'_> {
    fn text(&mut self) -> Result<String, InterfaceError> {
        self.reader.text().map(String::from).map_err(truncated(ABI_SECTION))
    }

    fn byte(&mut self) -> Result<u8, InterfaceError> {
        self.reader.byte().map_err(truncated(ABI_SECTION))
    }

    fn ty(&mut self) -> Result<ValueType, InterfaceError> {
        let text = self.text()?;
        ValueType::parse(&text).ok_or_else(|| unknown(alloc::format!("type {text:?}")))
    }

    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, InterfaceError>,
    ) -> Result<Vec<T>, InterfaceError> {
        let count = self.byte()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn field(&mut self) -> Result<Field, InterfaceError> {
        Ok(Field { name: self.text()?, ty: self.ty()? })
    }

    pub(super) fn method(&mut self) -> Result<Method, InterfaceError> {
        let mode = self.byte()?;
        let mode = MethodMode::from_byte(mode).ok_or_else(|| unknown(alloc::format!("method mode {mode}")))?;
        let flags = self.byte()?;
        if flags & !(section::FLAG_PAYABLE | section::FLAG_REENTRANT) != 0 {
            return Err(unknown(alloc::format!("method flags {flags:#x}")));
        }
        Ok(Method {
            mode,
            payable: flags & section::FLAG_PAYABLE != 0,
            reentrant: flags & section::FLAG_REENTRANT != 0,
            name: self.text()?,
            doc: self.text()?,
            result: self.ty()?,
            arguments: self.list(Self::field)?,
        })
    }

    pub(super) fn event(&mut self) -> Result<EventType, InterfaceError> {
        Ok(EventType {
            name: self.text()?,
            doc: self.text()?,
            fields: self.list(|fields| Ok((fields.field()?, fields.byte()? == 1)))?,
        })
    }

    pub(super) fn error(&mut self) -> Result<ErrorType, InterfaceError> {
        let number = self.reader.number16().map_err(truncated(ABI_SECTION))?;
        Ok(ErrorType { number, name: self.text()?, doc: self.text()? })
    }

    pub(super) fn structure(&mut self) -> Result<NamedType, InterfaceError> {
        Ok(NamedType { name: self.text()?, doc: self.text()?, shape: Shape::Struct(self.list(Self::field)?) })
    }

    pub(super) fn enumeration(&mut self) -> Result<NamedType, InterfaceError> {
        let (name, doc) = (self.text()?, self.text()?);
        let variants = self.list(|fields| {
            Ok(Variant { name: fields.text()?, index: fields.byte()?, fields: fields.list(Self::field)? })
        })?;
        Ok(NamedType { name, doc, shape: Shape::Enum(variants) })
    }

    pub(super) fn storage(&mut self) -> Result<StorageField, InterfaceError> {
        let (name, doc, container) = (self.text()?, self.text()?, self.text()?);
        let (key, value) = (self.ty()?, self.ty()?);
        let cut = truncated(ABI_SECTION);
        let length = usize::from(self.reader.number16().map_err(cut)?);
        let prefix = self.reader.take(length).map_err(cut)?.to_vec();
        Ok(StorageField { name, doc, container, key, value, prefix })
    }

    pub(super) fn end(&self) -> Result<(), InterfaceError> {
        if self.reader.is_empty() { Ok(()) } else { Err(unknown("bytes after an entry".into())) }
    }
}
