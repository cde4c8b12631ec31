//! Walks the functions: the allow-list of instructions and the bounds that keep compile time and frames small.

use tenon_abi::limits;
use wasmparser::{BlockType, FunctionBody, Operator};

use super::shape::check_value;
use super::{InvalidCode, bound, malformed};
use crate::names::{instruction_name, proposal_name};
use crate::parts::Parts;
use crate::weights::weight;

/// Checks every function of a module.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check(parts: &Parts<'_>) -> Result<(), InvalidCode> {
    let mut work = 0;
    for (index, body) in parts.bodies.iter().enumerate() {
        let place = place(parts, index);
        let range = body.range();
        let bytes = range.end.saturating_sub(range.start);
        bound(&place, "bytes of code", bytes, ("MAX_FUNCTION_BYTES", limits::MAX_FUNCTION_BYTES))?;
        let locals = count_locals(parts, &place, index, body)?;
        work += Walk { parts, place: &place, locals, depth: 0, work: 0 }.run(body)?;
    }
    bound("module", "locals times blocks", work, ("MAX_COMPILE_WORK", limits::MAX_COMPILE_WORK))
}

/// Checks the frame of every function, given its greatest operand height.
///
/// # Errors
/// The first frame that is too large.
pub(super) fn check_frames(parts: &Parts<'_>, heights: &[u32]) -> Result<(), InvalidCode> {
    for (index, (body, height)) in parts.bodies.iter().zip(heights).enumerate() {
        let place = place(parts, index);
        let locals = count_locals(parts, &place, index, body)?;
        let frame = frame_bytes(locals, *height);
        let frame = usize::try_from(frame).unwrap_or(usize::MAX);
        bound(&place, "bytes of frame", frame, ("MAX_FRAME_BYTES", limits::MAX_FRAME_BYTES))?;
    }
    Ok(())
}

/// Bytes of a frame as the limit counts them.
pub(crate) fn frame_bytes(locals: u32, height: u32) -> u64 {
    (u64::from(locals) + u64::from(height)) * 8 + u64::from(limits::FRAME_OVERHEAD_BYTES)
}

/// Names a function of the module by its index and, if it is exported, its export.
fn place(parts: &Parts<'_>, defined: usize) -> String {
    let index = parts.imported_functions() + defined;
    match u32::try_from(index).ok().and_then(|index| parts.export_name(index)) {
        Some(name) => format!("function {index} ({name})"),
        None => format!("function {index}"),
    }
}

/// Locals of a function, parameters included.
fn count_locals(parts: &Parts<'_>, place: &str, defined: usize, body: &FunctionBody<'_>) -> Result<u32, InvalidCode> {
    let index = u32::try_from(parts.imported_functions() + defined).unwrap_or(u32::MAX);
    let mut count = parts.function_type(index).map_or(0, |function| function.params().len());
    let reader = body.get_locals_reader().map_err(|error| malformed(place, &error))?;
    for group in reader {
        let (number, value) = group.map_err(|error| malformed(place, &error))?;
        check_value(place, value)?;
        count = count.saturating_add(usize::try_from(number).unwrap_or(usize::MAX));
        bound(place, "locals", count, ("MAX_LOCALS", limits::MAX_LOCALS))?;
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The walk over one function.
struct Walk<'a, 'p> {
    parts: &'a Parts<'p>,
    place: &'a str,
    locals: u32,
    depth: usize,
    work: usize,
}

impl Walk<'_, '_> {
    /// Checks every instruction and returns the work of compiling the function's control flow.
    ///
    /// A compiler that turns locals into values may make one for each local at each place where control flow
    /// meets, so what bounds its time is the product, not the bytes.
    fn run(mut self, body: &FunctionBody<'_>) -> Result<usize, InvalidCode> {
        let mut operators = body.get_operators_reader().map_err(|error| malformed(self.place, &error))?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(|error| malformed(self.place, &error))?;
            if weight(&operator).is_none() {
                return Err(InvalidCode::Instruction {
                    place: self.place.to_owned(),
                    instruction: instruction_name(&operator),
                    proposal: proposal_name(&operator),
                    offset,
                });
            }
            self.check_operator(&operator)?;
        }
        Ok(self.work)
    }

    fn check_operator(&mut self, operator: &Operator<'_>) -> Result<(), InvalidCode> {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.depth += 1;
                bound(self.place, "nested blocks", self.depth, ("MAX_NESTING", limits::MAX_NESTING))?;
                let values = self.check_block(*blockty)?;
                self.add_work(values);
            }
            Operator::Else | Operator::BrIf { .. } => self.add_work(0),
            // The last `end` is the function's own.
            Operator::End => self.depth = self.depth.saturating_sub(1),
            Operator::BrTable { targets } => {
                let count = usize::try_from(targets.len()).unwrap_or(usize::MAX);
                bound(self.place, "targets of br_table", count, ("MAX_BRANCH_TABLE", limits::MAX_BRANCH_TABLE))?;
                self.add_work(count);
            }
            Operator::TypedSelect { ty } => check_value(self.place, *ty)?,
            _ => {}
        }
        Ok(())
    }

    fn check_block(&self, block: BlockType) -> Result<usize, InvalidCode> {
        match block {
            BlockType::Empty => Ok(0),
            BlockType::Type(value) => check_value(self.place, value).map(|()| 1),
            BlockType::FuncType(index) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                // An index out of range is refused by the validator, which comes next.
                Ok(self.parts.types.get(index).map_or(0, |kind| kind.params().len() + kind.results().len()))
            }
        }
    }

    fn add_work(&mut self, values: usize) {
        let locals = usize::try_from(self.locals).unwrap_or(usize::MAX);
        self.work = self.work.saturating_add(locals.saturating_add(values).saturating_add(1));
    }
}
