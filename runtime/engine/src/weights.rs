//! The versioned weight table: which instructions a module may use, and what each costs.
//!
//! One gas is about a quarter of a nanosecond of the reference machine. An instruction that is not in
//! [`weight`] is refused at upload, so this list is also the allow-list: what a newer toolchain starts to emit is
//! refused until a row is added here. What host functions cost is in `tenon-abi`.

use wasmparser::Operator;

/// Versions the weights. It is part of the key of compiled code, so a change makes every cached module stale.
pub const WEIGHTS_VERSION: u32 = 1;

/// Gas for the charge itself, once for each straight-line stretch.
pub const STRETCH_GAS: u64 = 2;
/// Gas for checking and restoring the depth counter, once for each function that calls another.
pub const DEPTH_GAS: u64 = 4;
/// Locals that are set to zero for one gas.
pub const LOCALS_PER_GAS: u64 = 4;
/// Bytes that a bulk operation moves for one gas, as a power of two.
pub const BULK_BYTES_PER_GAS_LOG2: u32 = 2;
/// Gas for each entry that a table operation moves.
pub const TABLE_ENTRY_GAS: u64 = 16;
/// Gas for each page of 64 KiB that memory grows by, or begins with beyond [`INSTANCE_PAGES`]: the system maps it
/// when it is touched.
pub const MEMORY_PAGE_GAS: u64 = 40_000;
/// Pages of 64 KiB that a fresh instance has without charge, since a slot keeps them mapped.
pub const INSTANCE_PAGES: u32 = 2;

/// What the run-time operand of a sized instruction counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Bytes of linear memory.
    Bytes,
    /// Entries of a table.
    Entries,
    /// Pages of linear memory.
    Pages,
}

/// What the topmost operand of an instruction counts, if its price depends on it.
pub fn size(operator: &Operator<'_>) -> Option<Size> {
    match operator {
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => Some(Size::Bytes),
        Operator::TableCopy { .. } | Operator::TableInit { .. } => Some(Size::Entries),
        Operator::MemoryGrow { .. } => Some(Size::Pages),
        _ => None,
    }
}

/// The gas of an instruction without what its size adds, or nothing if a module may not use it.
pub fn weight(operator: &Operator<'_>) -> Option<u64> {
    control_weight(operator).or_else(|| memory_weight(operator)).or_else(|| integer_weight(operator))
}

fn control_weight(operator: &Operator<'_>) -> Option<u64> {
    use Operator as O;
    Some(match operator {
        O::Block { .. } | O::Else | O::End => 0,
        O::Nop | O::Drop | O::Unreachable | O::Loop { .. } => 1,
        O::LocalGet { .. } | O::LocalSet { .. } | O::LocalTee { .. } => 1,
        O::If { .. } | O::Br { .. } | O::BrIf { .. } | O::Return => 2,
        O::Select | O::TypedSelect { .. } | O::GlobalGet { .. } | O::GlobalSet { .. } => 2,
        O::BrTable { .. } => 6,
        O::Call { .. } => 8,
        O::CallIndirect { .. } => 16,
        _ => return None,
    })
}

fn memory_weight(operator: &Operator<'_>) -> Option<u64> {
    use Operator as O;
    Some(match operator {
        O::I32Load { .. } | O::I32Load8S { .. } | O::I32Load8U { .. } | O::I32Load16S { .. } | O::I32Load16U { .. } => {
            2
        }
        O::I64Load { .. } | O::I64Load8S { .. } | O::I64Load8U { .. } | O::I64Load16S { .. } => 2,
        O::I64Load16U { .. } | O::I64Load32S { .. } | O::I64Load32U { .. } => 2,
        O::I32Store { .. } | O::I32Store8 { .. } | O::I32Store16 { .. } => 2,
        O::I64Store { .. } | O::I64Store8 { .. } | O::I64Store16 { .. } | O::I64Store32 { .. } => 2,
        O::MemorySize { .. } => 2,
        O::MemoryGrow { .. } => 1_000,
        O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } => 40,
        O::TableCopy { .. } | O::TableInit { .. } => 80,
        O::DataDrop { .. } | O::ElemDrop { .. } => 40,
        _ => return None,
    })
}

fn integer_weight(operator: &Operator<'_>) -> Option<u64> {
    use Operator as O;
    Some(match operator {
        O::I32Const { .. } | O::I64Const { .. } => 1,
        O::I32Eqz | O::I32Eq | O::I32Ne | O::I64Eqz | O::I64Eq | O::I64Ne => 1,
        O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU | O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => 1,
        O::I64LtS | O::I64LtU | O::I64GtS | O::I64GtU | O::I64LeS | O::I64LeU | O::I64GeS | O::I64GeU => 1,
        O::I32Add | O::I32Sub | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU => 1,
        O::I64Add | O::I64Sub | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU => 1,
        O::I32Rotl | O::I32Rotr | O::I64Rotl | O::I64Rotr | O::I32WrapI64 | O::I64ExtendI32S | O::I64ExtendI32U => 1,
        O::I32Extend8S | O::I32Extend16S | O::I64Extend8S | O::I64Extend16S | O::I64Extend32S => 1,
        O::I32Clz | O::I32Ctz | O::I32Popcnt | O::I64Clz | O::I64Ctz | O::I64Popcnt | O::I32Mul | O::I64Mul => 2,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 12,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 20,
        _ => return None,
    })
}
