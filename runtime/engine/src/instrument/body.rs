//! Writes one function with its charges and its depth check.

use tenon_abi::limits::FRAME_OVERHEAD_BYTES;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::{FuncType, FunctionBody, Operator};

use super::stretches::{Item, Stretches, cut};
use super::{Counters, InstrumentError, Types};
use crate::weights::{
    BULK_BYTES_PER_GAS_LOG2, DEPTH_GAS, LOCALS_PER_GAS, MEMORY_PAGE_GAS, Size, TABLE_ENTRY_GAS, size,
};

/// Functions that call nothing and whose frame is at most so large are not counted: one at a time is on the stack.
pub(crate) const UNCOUNTED_FRAME_BYTES: u32 = 1_024;

/// Writes a function.
///
/// # Errors
/// If the code did not pass validation.
pub(super) fn rewrite(
    body: &FunctionBody<'_>,
    kind: &FuncType,
    height: u32,
    counters: Counters,
    types: &mut Types,
) -> Result<Function, InstrumentError> {
    let mut encoder = RoundtripReencoder;
    let mut locals = Vec::new();
    let mut declared = 0u32;
    for group in body.get_locals_reader()? {
        let (count, value) = group?;
        declared = declared.saturating_add(count);
        locals.push((count, encoder.val_type(value)?));
    }
    let parameters = u32::try_from(kind.params().len()).map_err(|_| InstrumentError::NotValidated("parameters"))?;
    let stretches = cut(body, u64::from(declared) / LOCALS_PER_GAS)?;
    let frame = counted_frame(parameters.saturating_add(declared), height, &stretches)?;
    let scratch = parameters.saturating_add(declared);
    if stretches.items.iter().any(|item| matches!(item, Item::Operator(operator) if size(operator).is_some())) {
        locals.push((1, ValType::I32));
    }
    let mut writer =
        Writer { function: Function::new(locals), counters, scratch, nesting: 0, wrapped: frame.is_some() };
    writer.write(stretches, frame, types.block(kind.results()))?;
    Ok(writer.function)
}

/// Bytes that the stack counter falls by, or nothing if the function is not counted.
///
/// A compiler may keep the result of every instruction until the function ends, so instructions count as well as
/// locals and operands: this is what makes the native stack at most a fixed multiple of the counted one.
fn counted_frame(locals: u32, height: u32, stretches: &Stretches<'_>) -> Result<Option<i32>, InstrumentError> {
    let values = locals.saturating_add(height).saturating_mul(8);
    let bytes = values.saturating_add(stretches.operators).saturating_add(FRAME_OVERHEAD_BYTES);
    if !stretches.calls && bytes <= UNCOUNTED_FRAME_BYTES {
        return Ok(None);
    }
    i32::try_from(bytes).map(Some).map_err(|_| InstrumentError::NotValidated("a frame is within its limit"))
}

struct Writer {
    function: Function,
    counters: Counters,
    /// The local that holds the size of a sized instruction.
    scratch: u32,
    /// Blocks that are open, without the function and its wrapping.
    nesting: u32,
    /// Whether the body stands in a block, so that every way out passes its end.
    wrapped: bool,
}

impl Writer {
    fn write(&mut self, stretches: Stretches<'_>, frame: Option<i32>, block: u32) -> Result<(), InstrumentError> {
        if let Some(frame) = frame {
            self.enter(frame);
            self.function.instruction(&Instruction::Block(BlockType::FunctionType(block)));
        }
        let depth_gas = if frame.is_some() { DEPTH_GAS } else { 0 };
        for (index, item) in stretches.items.into_iter().enumerate() {
            match item {
                Item::Charge(0) if index > 0 || depth_gas == 0 => {}
                Item::Charge(gas) if index == 0 => self.charge(gas.saturating_add(depth_gas))?,
                Item::Charge(gas) => self.charge(gas)?,
                Item::Operator(operator) => self.operator(&operator)?,
            }
        }
        // The body's own last `end` has closed the wrapping.
        if let Some(frame) = frame {
            self.leave(frame);
            self.function.instruction(&Instruction::End);
        }
        Ok(())
    }

    fn enter(&mut self, frame: i32) {
        let stack = self.counters.stack;
        self.emit(&[
            Instruction::GlobalGet(stack),
            Instruction::I32Const(frame),
            Instruction::I32Sub,
            Instruction::GlobalSet(stack),
            Instruction::GlobalGet(stack),
            Instruction::I32Const(0),
            Instruction::I32LtS,
        ]);
        self.trap_if();
    }

    fn leave(&mut self, frame: i32) {
        let stack = self.counters.stack;
        self.emit(&[
            Instruction::GlobalGet(stack),
            Instruction::I32Const(frame),
            Instruction::I32Add,
            Instruction::GlobalSet(stack),
        ]);
    }

    fn charge(&mut self, gas: u64) -> Result<(), InstrumentError> {
        let gas = i64::try_from(gas).map_err(|_| InstrumentError::NotValidated("a stretch has a bounded cost"))?;
        self.emit(&[Instruction::GlobalGet(self.counters.gas), Instruction::I64Const(gas)]);
        self.subtract_gas();
        Ok(())
    }

    /// Charges for the size on top of the stack, and leaves it there.
    fn charge_size(&mut self, size: Size) {
        self.emit(&[
            Instruction::LocalTee(self.scratch),
            Instruction::GlobalGet(self.counters.gas),
            Instruction::LocalGet(self.scratch),
            Instruction::I64ExtendI32U,
        ]);
        let (operand, operation) = match size {
            Size::Bytes => (i64::from(BULK_BYTES_PER_GAS_LOG2), Instruction::I64ShrU),
            Size::Entries => (TABLE_ENTRY_GAS.cast_signed(), Instruction::I64Mul),
            Size::Pages => (MEMORY_PAGE_GAS.cast_signed(), Instruction::I64Mul),
        };
        self.emit(&[Instruction::I64Const(operand), operation]);
        self.subtract_gas();
    }

    /// Takes the amount and the counter below it from the stack, and traps if the counter falls below zero.
    fn subtract_gas(&mut self) {
        let gas = self.counters.gas;
        self.emit(&[
            Instruction::I64Sub,
            Instruction::GlobalSet(gas),
            Instruction::GlobalGet(gas),
            Instruction::I64Const(0),
            Instruction::I64LtS,
        ]);
        self.trap_if();
    }

    fn trap_if(&mut self) {
        self.emit(&[Instruction::If(BlockType::Empty), Instruction::Unreachable, Instruction::End]);
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), InstrumentError> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.nesting += 1,
            Operator::End => self.nesting = self.nesting.saturating_sub(1),
            Operator::Return if self.wrapped => {
                self.emit(&[Instruction::Br(self.nesting)]);
                return Ok(());
            }
            _ => {}
        }
        if let Some(size) = size(operator) {
            self.charge_size(size);
        }
        let instruction = RoundtripReencoder.instruction(operator.clone())?;
        self.emit(&[instruction]);
        Ok(())
    }

    fn emit(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            self.function.instruction(instruction);
        }
    }
}
