//! Names of instructions and of the proposals that they come from, for error messages.
//!
//! The names are derived from `wasmparser`'s own list, so an instruction that it learns is named here at once.

use wasmparser::Operator;

/// First words of names that the text format ends with a dot.
const DOTTED: [&str; 18] = [
    "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "memory", "local",
    "global", "table", "data", "elem", "ref",
];

macro_rules! define_describe {
    ($(@$proposal:ident $variant:ident $({ $($field:ident: $kind:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        /// The proposal of an instruction and the name of its visitor.
        #[allow(clippy::too_many_lines, reason = "one generated row for each instruction")]
        fn describe(operator: &Operator<'_>) -> (&'static str, &'static str) {
            match operator {
                $(Operator::$variant $({ $($field: _),* })? => (stringify!($proposal), stringify!($visit)),)*
                _ => ("unknown", "visit_unknown"),
            }
        }
    };
}
wasmparser::for_each_operator!(define_describe);

/// The name of an instruction, close to that of the text format.
pub(crate) fn instruction_name(operator: &Operator<'_>) -> String {
    let name = describe(operator).1.trim_start_matches("visit_");
    match name.split_once('_') {
        Some((first, rest)) if DOTTED.contains(&first) => format!("{first}.{rest}"),
        _ => name.to_owned(),
    }
}

/// The proposal that an instruction comes from, or `float` for the floating point of the first version.
pub(crate) fn proposal_name(operator: &Operator<'_>) -> &'static str {
    match describe(operator) {
        ("mvp", name) if name.contains("f32") || name.contains("f64") => "float",
        (proposal, _) => proposal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_instructions_as_the_text_format_does() {
        assert_eq!(instruction_name(&Operator::F64Add), "f64.add");
        assert_eq!(proposal_name(&Operator::F64Add), "float");
        assert_eq!(instruction_name(&Operator::BrIf { relative_depth: 0 }), "br_if");
        assert_eq!(instruction_name(&Operator::ReturnCall { function_index: 0 }), "return_call");
        assert_eq!(proposal_name(&Operator::ReturnCall { function_index: 0 }), "tail_call");
    }
}
