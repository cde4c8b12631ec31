//! Cuts a function into straight-line stretches and sums what each costs.
//!
//! A stretch begins where control can arrive from elsewhere or has just been divided: at the start of the function,
//! of a loop, of each arm of an `if`, after a `br_if`, and at the end of a block that something jumps to. It ends
//! before the next one begins. A call does not end a stretch: what follows it was paid for before the call.
//! What follows an unconditional jump up to the end of its block can never run and is left out.

use wasmparser::{BinaryReaderError, FunctionBody, Operator};

use crate::weights::{STRETCH_GAS, weight};

/// One item of a function that was cut.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// A stretch begins that costs so much gas.
    Charge(u64),
    /// An instruction of the module.
    Operator(Operator<'a>),
}

/// A function that was cut.
#[derive(Debug)]
pub(super) struct Stretches<'a> {
    pub(super) items: Vec<Item<'a>>,
    /// Instructions that can run.
    pub(super) operators: u32,
    /// Whether it calls anything.
    pub(super) calls: bool,
}

/// A block that is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: FrameKind,
    /// Whether something jumps to its end.
    targeted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    /// Control passes to the end only from within.
    Plain,
    /// A jump to it goes to its start.
    Loop,
    /// Control divided at its start.
    If,
}

/// Cuts a function. Its first stretch also costs `entry_gas`.
///
/// # Errors
/// The parser's.
pub(super) fn cut<'a>(body: &FunctionBody<'a>, entry_gas: u64) -> Result<Stretches<'a>, BinaryReaderError> {
    let mut cutter = Cutter::new(entry_gas);
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        cutter.add(operators.read()?);
    }
    cutter.close();
    Ok(Stretches { items: cutter.items, operators: cutter.operators, calls: cutter.calls })
}

struct Cutter<'a> {
    items: Vec<Item<'a>>,
    frames: Vec<Frame>,
    /// Where the charge of the open stretch stands.
    charge: usize,
    /// What the open stretch costs so far.
    cost: u64,
    /// In code that can never run: the blocks opened since.
    dead: Option<u32>,
    operators: u32,
    calls: bool,
}

impl<'a> Cutter<'a> {
    fn new(entry_gas: u64) -> Self {
        Self {
            items: vec![Item::Charge(0)],
            frames: vec![Frame { kind: FrameKind::Plain, targeted: false }],
            charge: 0,
            cost: entry_gas,
            dead: None,
            operators: 0,
            calls: false,
        }
    }

    fn add(&mut self, operator: Operator<'a>) {
        if self.skips(&operator) {
            return;
        }
        self.cost = self.cost.saturating_add(weight(&operator).unwrap_or(0));
        self.operators = self.operators.saturating_add(1);
        match &operator {
            Operator::Block { .. } => self.frames.push(Frame { kind: FrameKind::Plain, targeted: false }),
            Operator::Loop { .. } => return self.open_frame(operator, FrameKind::Loop),
            Operator::If { .. } => return self.open_frame(operator, FrameKind::If),
            Operator::Else => return self.begin_after(operator),
            Operator::End => return self.end(operator),
            Operator::Br { relative_depth } => {
                self.target(*relative_depth);
                self.dead = Some(0);
            }
            Operator::BrIf { relative_depth } => {
                self.target(*relative_depth);
                return self.begin_after(operator);
            }
            Operator::BrTable { targets } => {
                // The targets were read once by the validator, so none fails here.
                targets.targets().flatten().for_each(|depth| self.target(depth));
                self.target(targets.default());
                self.dead = Some(0);
            }
            Operator::Return | Operator::Unreachable => self.dead = Some(0),
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.calls = true,
            _ => {}
        }
        self.items.push(Item::Operator(operator));
    }

    /// Whether an instruction can never run. Finds where the code comes to life again.
    fn skips(&mut self, operator: &Operator<'_>) -> bool {
        let Some(depth) = self.dead else {
            return false;
        };
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.dead = Some(depth + 1),
            Operator::Else | Operator::End if depth == 0 => return false,
            Operator::End => self.dead = Some(depth - 1),
            _ => {}
        }
        true
    }

    fn target(&mut self, relative_depth: u32) {
        let depth = usize::try_from(relative_depth).unwrap_or(usize::MAX);
        let index = self.frames.len().checked_sub(1).and_then(|last| last.checked_sub(depth));
        if let Some(frame) = index.and_then(|index| self.frames.get_mut(index)) {
            frame.targeted = true;
        }
    }

    fn open_frame(&mut self, operator: Operator<'a>, kind: FrameKind) {
        self.frames.push(Frame { kind, targeted: false });
        self.begin_after(operator);
    }

    fn end(&mut self, operator: Operator<'a>) {
        let frame = self.frames.pop();
        let joins = match frame.map(|frame| frame.kind) {
            Some(FrameKind::If) => true,
            Some(FrameKind::Plain) => frame.is_some_and(|frame| frame.targeted),
            Some(FrameKind::Loop) | None => false,
        };
        if joins || self.dead.is_some() {
            self.begin_after(operator);
        } else {
            self.items.push(Item::Operator(operator));
        }
    }

    /// Ends the open stretch with an instruction and begins the next one behind it.
    fn begin_after(&mut self, operator: Operator<'a>) {
        self.dead = None;
        self.items.push(Item::Operator(operator));
        self.close();
        self.charge = self.items.len();
        self.cost = 0;
        self.items.push(Item::Charge(0));
    }

    fn close(&mut self) {
        // A stretch of free instructions needs no charge.
        let total = if self.cost == 0 { 0 } else { self.cost.saturating_add(STRETCH_GAS) };
        if let Some(item) = self.items.get_mut(self.charge) {
            *item = Item::Charge(total);
        }
    }
}
