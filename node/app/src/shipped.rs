//! What the program carries besides itself: the protocol modules and the templates, built by `build.rs`. A chain begins with
//! all of this code, so that deploying a template needs none. It leaves out what the templates say (`template`).

use crate::template::Template;
use tenon_types::interface::{Interface, MethodMode, ValueType};

/// A protocol module.
pub(crate) struct ShippedModule {
    /// Its name, which is that of its folder.
    pub(crate) name: &'static str,
    /// The WASM file.
    pub(crate) code: &'static [u8],
}

/// A template.
pub(crate) struct ShippedTemplate {
    /// Its name, which is that of its folder.
    pub(crate) name: &'static str,
    /// What `template.toml` says.
    pub(crate) text: &'static str,
    /// The WASM file, if the template has code of its own.
    pub(crate) code: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

impl ShippedModule {
    /// Finds a protocol module.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        MODULES.iter().find(|module| module.name == name)
    }

    /// The input of `init` at genesis: nothing for each of its arguments, which are all optional. A module that holds one
    /// asset or many begins without any.
    ///
    /// # Panics
    /// If an argument is not optional: such a module is no protocol module.
    pub(crate) fn genesis_input(&self) -> Vec<u8> {
        let interface = Interface::of_code(self.code).expect("the build made a module");
        let arguments = interface.method(MethodMode::Init, "init").map_or(&[][..], |init| &init.arguments);
        let nothing = |ty: &ValueType| {
            assert!(matches!(ty, ValueType::Option(_)), "init of {} asks for more than options", self.name);
            0
        };
        arguments.iter().map(|argument| nothing(&argument.ty)).collect()
    }
}

impl ShippedTemplate {
    /// Finds a template.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// What the template says of itself.
    ///
    /// # Panics
    /// If it cannot be read, which a test shows that it can.
    pub(crate) fn read(&self) -> Template {
        Template::parse(self.text).unwrap_or_else(|error| panic!("template {}: {error}", self.name))
    }
}
