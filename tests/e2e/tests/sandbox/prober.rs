//! A module that does what its input says, so that a test writes calls of host functions as a script in Rust.
//!
//! The module is made from the host-function table, so a new row is covered without a change here. Input: offset and
//! number of the commands, data, commands; a command is an operation and nine arguments of eight bytes. Each command's
//! result is appended to a log, which is the output.

use std::fmt::Write as _;

use tenon_abi::{
    ABI_SECTION, Capabilities, Capability, HostFunction, MANIFEST_SECTION, TABLE, ValueType, find_host_function,
    section,
};
use tenon_types::Address;

/// Where the input lies in the module's memory.
const INPUT: u64 = 65_536;
/// Where scripts may write: from here to the end of the memory.
pub(crate) const SCRATCH: u64 = 262_144;
/// Bytes of the module's memory.
pub(crate) const MEMORY: u64 = 16 * 65_536;
/// Bytes of a command.
const COMMAND: usize = 80;

/// What the module can do beside calling the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Executes `unreachable`.
    Trap,
    /// Divides by zero.
    Divide,
    /// Loads from outside the memory.
    Load,
    /// Calls a function of another type through the table.
    Mismatch,
    /// Loops for ever.
    Loop,
    /// Calls itself so many times.
    Recurse,
    /// Grows the memory by so many pages; the result is what the instruction gives.
    Grow,
    /// Fills memory: pointer, byte, length.
    Fill,
    /// The result is the eight bytes at a pointer.
    Peek,
    /// Counts to a number.
    Count,
    /// Returns at once, without a log.
    Stop,
}

const OPS: [(Op, &str); 11] = [
    (Op::Trap, "unreachable"),
    (Op::Divide, "(local.set $result (i64.div_s (i64.const 1) (i64.const 0)))"),
    (Op::Load, "(local.set $result (i64.load (i32.const -1)))"),
    (Op::Mismatch, "(call_indirect (type $other) (i32.const 0) (i32.const 0))"),
    (Op::Loop, "(loop $ever (br $ever))"),
    (Op::Recurse, "(local.set $result (i64.extend_i32_u (call $deep (i32.load offset=8 (local.get $pc)))))"),
    (Op::Grow, "(local.set $result (i64.extend_i32_s (memory.grow (i32.load offset=8 (local.get $pc)))))"),
    (
        Op::Fill,
        "(memory.fill (i32.load offset=8 (local.get $pc)) (i32.load offset=16 (local.get $pc)) \
         (i32.load offset=24 (local.get $pc)))",
    ),
    (Op::Peek, "(local.set $result (i64.load (i32.load offset=8 (local.get $pc))))"),
    (
        Op::Count,
        "(local.set $result (i64.load offset=8 (local.get $pc))) \
         (loop $down (local.set $result (i64.sub (local.get $result) (i64.const 1))) \
         (br_if $down (i64.gt_s (local.get $result) (i64.const 0))))",
    ),
    (Op::Stop, "return"),
];

/// How a prober is made.
#[derive(Clone, Debug)]
pub(crate) struct Prober {
    pub(crate) capabilities: u32,
    pub(crate) call_targets: Vec<String>,
    pub(crate) upgradable: bool,
    pub(crate) setup: bool,
    pub(crate) name: String,
}

impl Default for Prober {
    fn default() -> Self {
        Self {
            capabilities: all_capabilities().bits(),
            call_targets: vec!["*".into()],
            upgradable: true,
            setup: true,
            name: "prober".into(),
        }
    }
}

pub(crate) fn all_capabilities() -> Capabilities {
    Capability::ALL.into_iter().fold(Capabilities::NONE, Capabilities::with)
}

impl Prober {
    /// The WASM file.
    pub(crate) fn code(&self) -> Vec<u8> {
        let code = wat::parse_str(self.text()).unwrap();
        let mut methods: Vec<(&str, u8)> = vec![
            ("call.run", 0),
            ("call.pay", section::FLAG_PAYABLE),
            ("call.again", section::FLAG_REENTRANT),
            ("query.look", 0),
            ("query.again", section::FLAG_REENTRANT),
            ("invariant.holds", 0),
            ("hook.tick", 0),
        ];
        if self.setup {
            methods.extend([("init", section::FLAG_PAYABLE), ("migrate", 0)]);
        }
        let methods: Vec<u8> = methods.into_iter().flat_map(|(export, flags)| method(export, flags)).collect();
        with_section(with_section(code, MANIFEST_SECTION, &self.manifest()), ABI_SECTION, &methods)
    }

    fn manifest(&self) -> Vec<u8> {
        let mut bytes = entry(section::NAME, &text(&self.name));
        bytes.extend(entry(section::CAPABILITIES, &self.capabilities.to_le_bytes()));
        bytes.extend(entry(section::MEMORY_PAGES, &20u32.to_le_bytes()));
        bytes.extend(entry(section::UPGRADE_POLICY, &[u8::from(self.upgradable)]));
        self.call_targets.iter().for_each(|target| bytes.extend(entry(section::CALL_TARGET, &text(target))));
        bytes
    }

    fn holds(&self, function: &HostFunction) -> bool {
        let capabilities = Capabilities::from_bits(self.capabilities).unwrap();
        function.capability.is_none_or(|capability| capabilities.has(capability))
    }

    fn text(&self) -> String {
        let mut out = String::from("(module (type $other (func (param i32)))\n");
        for function in TABLE.iter().filter(|function| self.holds(function)) {
            let parameters: String = function.parameters.iter().map(|value| format!(" {}", wasm(*value))).collect();
            let result = function.result.map_or(String::new(), |value| format!("(result {})", wasm(value)));
            let name = function.name;
            writeln!(out, r#"(import "tenon" "{name}" (func $h_{name} (param{parameters}) {result}))"#).unwrap();
        }
        out.push_str(
            r#"(memory (export "memory") 16 20) (table 1 1 funcref) (elem (i32.const 0) $run)
            (func $deep (param i32) (result i32)
              (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
            "#,
        );
        self.run(&mut out);
        for export in
            ["call.run", "call.pay", "call.again", "query.look", "query.again", "invariant.holds", "hook.tick"]
        {
            writeln!(out, r#"(export "{export}" (func $run))"#).unwrap();
        }
        if self.setup {
            out.push_str(r#"(export "init" (func $run)) (export "migrate" (func $run))"#);
        }
        out.push(')');
        out
    }

    fn run(&self, out: &mut String) {
        let bodies: Vec<String> = TABLE
            .iter()
            .map(|function| if self.holds(function) { host_call(function) } else { "unreachable".into() })
            .chain(OPS.iter().map(|(_, body)| (*body).to_owned()))
            .collect();
        write!(
            out,
            "(func $run (local $pc i32) (local $left i32) (local $log i32) (local $result i64)
              (drop (call $h_input (i32.const {INPUT}) (i32.const 131072)))
              (local.set $pc (i32.add (i32.const {INPUT}) (i32.load (i32.const {INPUT}))))
              (local.set $left (i32.load offset=4 (i32.const {INPUT})))
              (block $end (loop $next
                (br_if $end (i32.eqz (local.get $left)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (local.set $result (i64.const 0))
                (block $done\n"
        )
        .unwrap();
        (0..bodies.len()).rev().for_each(|index| writeln!(out, "(block $o{index}").unwrap());
        let labels: String = (0..bodies.len()).map(|index| format!(" $o{index}")).collect();
        writeln!(out, "(br_table{labels} $done (i32.load (local.get $pc)))").unwrap();
        bodies.iter().for_each(|body| writeln!(out, ") {body} (br $done)").unwrap());
        write!(
            out,
            ")
                (i64.store (local.get $log) (local.get $result))
                (local.set $log (i32.add (local.get $log) (i32.const 8)))
                (local.set $pc (i32.add (local.get $pc) (i32.const {COMMAND})))
                (br $next)))
              (call $h_output (i32.const 0) (local.get $log)))\n"
        )
        .unwrap();
    }
}

const fn wasm(value: ValueType) -> &'static str {
    match value {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
    }
}

fn host_call(function: &HostFunction) -> String {
    let argument = |(index, value): (usize, &ValueType)| {
        format!(" ({}.load offset={} (local.get $pc))", wasm(*value), 8 + 8 * index)
    };
    let arguments: String = function.parameters.iter().enumerate().map(argument).collect();
    let call = format!("(call $h_{}{arguments})", function.name);
    match function.result {
        None => call,
        Some(ValueType::I32) => format!("(local.set $result (i64.extend_i32_u {call}))"),
        Some(ValueType::I64) => format!("(local.set $result {call})"),
    }
}

/// One entry of a section.
pub(crate) fn entry(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    bytes.extend(payload);
    bytes
}

/// A text of a payload.
pub(crate) fn text(value: &str) -> Vec<u8> {
    [&u16::try_from(value.len()).unwrap().to_le_bytes(), value.as_bytes()].concat()
}

/// A method's entry.
pub(crate) fn method(export: &str, flags: u8) -> Vec<u8> {
    let (mode, name) = match export.split_once('.') {
        Some(("call", name)) => (section::MODE_CALL, name),
        Some(("query", name)) => (section::MODE_QUERY, name),
        Some(("hook", name)) => (section::MODE_HOOK, name),
        Some(("invariant", name)) => (section::MODE_INVARIANT, name),
        _ if export == "migrate" => (section::MODE_MIGRATE, "migrate"),
        _ => (section::MODE_INIT, "new"),
    };
    entry(section::METHOD, &[&[mode, flags][..], &text(name), &text(""), &text("()"), &[0]].concat())
}

/// Appends a custom section to a module.
pub(crate) fn with_section(mut code: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let mut body = leb(name.len());
    body.extend(name.as_bytes());
    body.extend(data);
    code.push(0);
    code.extend(leb(body.len()));
    code.extend(body);
    code
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// What a prober is to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    data: Vec<u8>,
    commands: Vec<[u64; 10]>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Puts bytes into the input and returns where the module finds them.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> u64 {
        let pointer = INPUT + 8 + self.data.len() as u64;
        self.data.extend(bytes);
        pointer
    }

    /// Calls a host function with arguments as they are.
    pub(crate) fn host(&mut self, name: &str, arguments: &[u64]) -> &mut Self {
        assert!(find_host_function(name).is_some(), "{name} stands in the table");
        let index = TABLE.iter().position(|function| function.name == name).unwrap();
        self.command(index, arguments)
    }

    pub(crate) fn op(&mut self, op: Op, arguments: &[u64]) -> &mut Self {
        let index = OPS.iter().position(|(known, _)| *known == op).unwrap();
        self.command(TABLE.len() + index, arguments)
    }

    fn command(&mut self, operation: usize, arguments: &[u64]) -> &mut Self {
        let mut command = [0; 10];
        command[0] = operation as u64;
        command[1..=arguments.len()].copy_from_slice(arguments);
        self.commands.push(command);
        self
    }

    pub(crate) fn set(&mut self, key: &[u8], value: &[u8]) -> &mut Self {
        let (key_at, value_at) = (self.data(key), self.data(value));
        self.host("storage_set", &[key_at, key.len() as u64, value_at, value.len() as u64])
    }

    /// Reads a value into the scratch area; the result is its length.
    pub(crate) fn get(&mut self, key: &[u8]) -> &mut Self {
        let at = self.data(key);
        self.host("storage_get", &[at, key.len() as u64, SCRATCH, 65_536])
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> &mut Self {
        let at = self.data(key);
        self.host("storage_remove", &[at, key.len() as u64])
    }

    pub(crate) fn transient_set(&mut self, key: &[u8], value: &[u8]) -> &mut Self {
        let (key_at, value_at) = (self.data(key), self.data(value));
        self.host("transient_set", &[key_at, key.len() as u64, value_at, value.len() as u64])
    }

    pub(crate) fn transient_get(&mut self, key: &[u8]) -> &mut Self {
        let at = self.data(key);
        self.host("transient_get", &[at, key.len() as u64, SCRATCH, 1_024])
    }

    pub(crate) fn emit(&mut self, data: &[u8]) -> &mut Self {
        let at = self.data(data);
        self.host("emit", &[0, 0, at, data.len() as u64])
    }

    pub(crate) fn send(&mut self, to: &Address, amount: u128) -> &mut Self {
        let (to, amount) = (self.data(&to.0), self.data(&amount.to_le_bytes()));
        self.host("coin_transfer", &[to, amount])
    }

    pub(crate) fn fail(&mut self, number: u64) -> &mut Self {
        self.host("fail", &[number, 0, 0])
    }

    /// Calls another instance's method with a script: the result is `error << 32 | length`.
    pub(crate) fn call(&mut self, to: &Address, method: &str, script: &Self) -> &mut Self {
        self.call_with(to, method, script, (0, 0, 0))
    }

    pub(crate) fn call_with(
        &mut self,
        to: &Address,
        method: &str,
        script: &Self,
        (value, gas, flags): (u128, u64, u64),
    ) -> &mut Self {
        let input = script.bytes();
        let (to, name, data) = (self.data(&to.0), self.data(method.as_bytes()), self.data(&input));
        let amount = self.data(&value.to_le_bytes());
        self.host("call", &[to, name, method.len() as u64, data, input.len() as u64, amount, gas, flags])
    }

    /// Returns what the last call returned, instead of the log.
    pub(crate) fn pass_on(&mut self, length: u64) -> &mut Self {
        self.host("return_data", &[SCRATCH, 131_072]).host("output", &[SCRATCH, length]).op(Op::Stop, &[])
    }

    /// The input that makes a prober do it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = u32::try_from(8 + self.data.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(u32::try_from(self.commands.len()).unwrap().to_le_bytes());
        bytes.extend(&self.data);
        self.commands.iter().flatten().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes
    }
}
