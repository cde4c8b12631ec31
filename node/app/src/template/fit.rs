//! Whether a template fits the code that it names: its parameters and fixed values have the types of the arguments of
//! `init`, what it leaves out may be left out, and its defaults, examples and choices are values that the code takes.

use super::{Reading, Template, TemplateError, placeholder};
use crate::shipped::ShippedModule;
use serde_json::Value as Json;
use tenon_client::Codec;
use tenon_types::interface::{Field, Interface, MethodMode, Shape, ValueType};
use tenon_types::{Address, keys};

/// Decimals with which defaults in coins are read: any will do.
const DECIMALS: u8 = 12;

impl Template {
    /// Compares the template with the interface of its code.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub(crate) fn fit(&self, interface: &Interface) -> Result<(), TemplateError> {
        let arguments = interface.method(MethodMode::Init, "init").map_or(&[][..], |init| &init.arguments);
        let fit = Fit { template: self, interface };
        fit.fields("", arguments, self.arguments.iter().map(|(name, filling)| (name.as_str(), filling)))?;
        self.parameters.iter().try_for_each(|parameter| fit.values(parameter))
    }
}

struct Fit<'a> {
    template: &'a Template,
    interface: &'a Interface,
}

impl Fit<'_> {
    fn codec(&self) -> Codec<'_> {
        Codec::new(self.interface, &protocol_module, 42)
    }

    fn fields<'f>(
        &self,
        path: &str,
        fields: &[Field],
        fillings: impl Iterator<Item = (&'f str, &'f Json)> + Clone,
    ) -> Result<(), TemplateError> {
        let place = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        for (name, _) in fillings.clone() {
            if !fields.iter().any(|field| field.name == name) {
                let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                return Err(wrong(place(name), "a name that the code does not have".into(), known.join(", ")));
            }
        }
        for field in fields {
            match fillings.clone().find(|(name, _)| *name == field.name) {
                Some((_, filling)) => self.value(&place(&field.name), &field.ty, filling)?,
                None if matches!(field.ty, ValueType::Option(_)) => {}
                None => return Err(wrong(place(&field.name), "nothing".into(), field.ty.to_string())),
            }
        }
        Ok(())
    }

    fn value(&self, path: &str, ty: &ValueType, filling: &Json) -> Result<(), TemplateError> {
        if let Some(parameter) = filling.as_str().and_then(placeholder).and_then(|name| self.template.parameter(name)) {
            let accepted = parameter.ty == *ty || matches!(ty, ValueType::Option(inner) if **inner == parameter.ty);
            return if accepted { Ok(()) } else { Err(wrong(path.into(), parameter.ty.to_string(), ty.to_string())) };
        }
        match (ty, filling) {
            (ValueType::Option(inner), filling) if !filling.is_null() => self.value(path, inner, filling),
            (ValueType::Tuple(types), Json::Array(items)) if types.len() == items.len() => types
                .iter()
                .zip(items)
                .enumerate()
                .try_for_each(|(index, (ty, item))| self.value(&format!("{path}[{index}]"), ty, item)),
            (ValueType::List(ty), Json::Array(items)) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.value(&format!("{path}[{index}]"), ty, item))
            }
            (ValueType::Named(name), Json::Object(object)) => self.named(path, name, object),
            _ => self.literal(path, ty, filling),
        }
    }

    fn named(&self, path: &str, name: &str, object: &serde_json::Map<String, Json>) -> Result<(), TemplateError> {
        let fillings = object.iter().map(|(name, filling)| (name.as_str(), filling));
        match self.interface.named_type(name).map(|named| &named.shape) {
            Some(Shape::Struct(fields)) => self.fields(path, fields, fillings),
            Some(Shape::Enum(variants)) => {
                let chosen = object.iter().next().filter(|_| object.len() == 1);
                let variant = chosen.and_then(|(chosen, _)| variants.iter().find(|variant| variant.name == *chosen));
                let (Some((chosen, content)), Some(variant)) = (chosen, variant) else {
                    let known: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
                    return Err(wrong(path.into(), "no variant".into(), format!("one of {}", known.join(", "))));
                };
                let path = format!("{path}.{chosen}");
                match content {
                    Json::Object(object) => {
                        let fillings = object.iter().map(|(name, filling)| (name.as_str(), filling));
                        self.fields(&path, &variant.fields, fillings)
                    }
                    Json::Array(items) => {
                        let fillings = variant.fields.iter().map(|field| field.name.as_str()).zip(items);
                        self.fields(&path, &variant.fields, fillings)
                    }
                    other => Err(wrong(path, other.to_string(), "the variant's fields".into())),
                }
            }
            None => Err(wrong(path.into(), name.into(), "a type of the code".into())),
        }
    }

    /// A value that is the same in each instance.
    fn literal(&self, path: &str, ty: &ValueType, json: &Json) -> Result<(), TemplateError> {
        let encoded = self.codec().encode_json(path, ty, json);
        encoded.map(drop).map_err(|error| wrong(error.path, error.found, error.expected))
    }

    /// Default, example and choices of a parameter are values that the code takes and the bounds allow.
    fn values(&self, parameter: &super::Parameter) -> Result<(), TemplateError> {
        let reading = Reading { codec: self.codec(), decimals: DECIMALS };
        for text in parameter.default.iter().chain(&parameter.example) {
            parameter.read(text, &reading).map_err(|problem| TemplateError::Parameter {
                parameter: problem.parameter,
                found: problem.found,
                expected: problem.expected,
            })?;
        }
        let ValueType::Named(name) = parameter.inner() else { return Ok(()) };
        let variants = match self.interface.named_type(name).map(|named| &named.shape) {
            Some(Shape::Enum(variants)) => variants.as_slice(),
            Some(Shape::Struct(_)) | None => &[],
        };
        match parameter.choices.iter().find(|choice| !variants.iter().any(|variant| variant.name == **choice)) {
            None => Ok(()),
            Some(choice) => Err(TemplateError::Parameter {
                parameter: parameter.name.clone(),
                found: format!("choice {choice}"),
                expected: format!("a variant of {name}"),
            }),
        }
    }
}

fn wrong(path: String, found: String, expected: String) -> TemplateError {
    TemplateError::Argument { path, found, expected }
}

/// The addresses of the protocol modules, which are the same on every chain.
fn protocol_module(name: &str) -> Option<Address> {
    ShippedModule::find(name).map(|_| keys::named_address(name))
}
