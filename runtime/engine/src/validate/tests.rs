//! Each rule of the sandbox has a module that breaks it, and the error must name the place and the limit.

use std::fmt::Write;

use proptest::prelude::*;
use tenon_abi::{Capabilities, Capability, limits};

use super::*;
use crate::testing::{entry, manifest, method, module, with_section, with_sections};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

fn error(text: &str) -> String {
    validate(&module(&format!("(module {text})"))).expect_err("the module breaks a rule").to_string()
}

fn error_with_memory(text: &str) -> String {
    error(&format!("{text} {MEMORY}"))
}

#[test]
fn accepts_a_module_of_the_profile_and_reads_its_interface() {
    let code = module(
        r#"(module
            (import "tenon" "storage_get" (func (param i32 i32 i32 i32) (result i64)))
            (global (export "__heap_base") i32 (i32.const 65536))
            (memory (export "memory") 1)
            (func (export "init"))
            (func (export "call.put") (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)))
            (func (export "query.get") (drop (i64.extend32_s (i64.const 1)))))"#,
    );
    let info = validate(&code).unwrap();
    assert_eq!(info.memory_pages, 4);
    assert_eq!(info.methods, ["call.put", "init", "query.get"].map(|name| (name.to_owned(), 0)));
    assert!(info.capabilities.has(Capability::Storage));
}

#[test]
fn names_function_and_instruction_outside_the_profile() {
    let body = r#"(func) (func (export "call.f") (drop (f64.add (f64.const 1) (f64.const 2))))"#;
    let message = error_with_memory(body);
    assert!(
        message.starts_with("function 1 (call.f): instruction f64.const (proposal float) at offset 0x"),
        "{message}"
    );
}

#[test]
fn refuses_each_proposal_outside_the_profile() {
    for (body, expected) in [
        ("(func (return_call 0))", "return_call (proposal tail_call)"),
        ("(func (drop (v128.const i32x4 0 0 0 0)))", "v128.const (proposal simd)"),
        ("(func (atomic.fence))", "atomic_fence (proposal threads)"),
        ("(func (drop (i32.trunc_sat_f32_s (f32.const 1))))", "f32.const (proposal float)"),
        ("(func (drop (ref.null func)))", "ref.null (proposal reference_types)"),
        ("(table 1 funcref) (func (drop (table.size 0)))", "table.size (proposal reference_types)"),
        ("(func (param f32))", "found type f32, expected i32 or i64"),
        ("(func (local externref))", "found type externref, expected i32 or i64"),
        ("(global f64 (f64.const 1))", "found type f64"),
        ("(table 1 externref)", "expected a table of funcref"),
        ("(tag)", "found 1 exception tags, expected none"),
        ("(func $f) (start $f)", "found start function 0, expected none"),
    ] {
        let message = error_with_memory(body);
        assert!(message.contains(expected), "{body}: {message}");
    }
    let gc = wat::parse_str("(module (type (struct)))").unwrap();
    assert!(validate(&gc).unwrap_err().to_string().contains("gc proposal not supported"));
    for memory in ["(memory (export \"memory\") i64 1)", "(memory (export \"memory\") 1 2 shared)"] {
        assert!(error(memory).contains("found a 64-bit, shared or custom-page memory"), "{memory}");
    }
    assert!(error(&format!("{MEMORY} (memory 1)")).contains("found 2 memories, expected one memory"));
    assert!(error("").contains("no export `memory`"));
}

#[test]
fn refuses_imports_outside_the_table_and_the_capabilities() {
    for (import, expected) in [
        (r#"(import "env" "input" (func))"#, r#"found module "env", expected "tenon""#),
        (r#"(import "tenon" "nothing" (func))"#, "found an unknown name"),
        (r#"(import "tenon" "input" (func (param i64)))"#, "found (i64) -> (), expected (i32, i32) -> (i32)"),
        (r#"(import "tenon" "memory" (memory 1))"#, "expected a function"),
        (r#"(import "tenon" "input" (global i32))"#, "expected a function"),
    ] {
        let message = error_with_memory(import);
        assert!(message.contains(expected), "{import}: {message}");
    }
    let text = r#"(module (import "tenon" "emit" (func (param i32 i32 i32 i32))) (memory (export "memory") 1))"#;
    let code = with_sections(wat::parse_str(text).unwrap(), Capabilities::NONE.with(Capability::Storage));
    let message = validate(&code).unwrap_err().to_string();
    assert_eq!(message, "import emit: needs capability events, the manifest asks for [storage]");
}

#[test]
fn refuses_exports_outside_the_interface() {
    let code = |methods: &[u8], text: &str| {
        let code = wat::parse_str(format!("(module {text} {MEMORY})")).unwrap();
        let code = with_section(code, tenon_abi::MANIFEST_SECTION, &manifest(Capabilities::NONE));
        validate(&with_section(code, tenon_abi::ABI_SECTION, methods)).unwrap_err().to_string()
    };
    assert!(code(&[], r#"(func (export "call.f"))"#).contains("found no METHOD entry"));
    assert!(code(&method("call.f"), "").contains("method call.f: found no export"));
    assert!(code(&method("query.f"), r#"(func (export "call.f"))"#).contains("found no METHOD entry"));
    let twice = [method("call.f"), method("call.f")].concat();
    assert!(code(&twice, r#"(func (export "call.f"))"#).contains("found two entries"));
    assert!(code(&method("call.f"), r#"(func (export "call.f") (param i32))"#).contains("found (i32) -> ()"));
    assert!(code(&[], r#"(global (export "x") i32 (i32.const 0))"#).contains("found Global"));
    let import = r#"(import "tenon" "input" (func $i (param i32 i32) (result i32))) (export "call.f" (func $i))"#;
    assert!(code(&method("call.f"), import).contains("found an imported function, expected a function of the module"));
}

#[test]
fn refuses_sections_that_are_not_well_formed() {
    let bare = || wat::parse_str(format!("(module {MEMORY})")).unwrap();
    let with =
        |data: &[u8]| validate(&with_section(bare(), tenon_abi::MANIFEST_SECTION, data)).unwrap_err().to_string();
    assert!(validate(&bare()).unwrap_err().to_string().contains("tenon.manifest: entry 0: found no such section"));
    assert!(with(&[]).contains("found no entry NAME"));
    assert!(with(&[1, 9]).contains("bytes are missing"));
    assert!(with(&entry(77, &[])).contains("found kind 77"));
    let good = manifest(Capabilities::NONE);
    assert!(with(&[good.clone(), good.clone()].concat()).contains("found kind 1 twice"));
    assert!(with(&entry(tenon_abi::section::CAPABILITIES, &u32::MAX.to_le_bytes())).contains("capability bits"));
    assert!(
        with(&entry(tenon_abi::section::MEMORY_PAGES, &65u32.to_le_bytes())).contains("limit MAX_MEMORY_PAGES is 64")
    );
    let target = entry(tenon_abi::section::CALL_TARGET, &[1, 0, b'*']);
    assert!(with(&target.repeat(65)).contains("found 65 call targets, limit MAX_CALL_TARGETS is 64"));
    let double = with_section(bare(), tenon_abi::MANIFEST_SECTION, &good);
    let double = with_section(double, tenon_abi::MANIFEST_SECTION, &good);
    assert!(validate(&double).unwrap_err().to_string().contains("found two sections"));
    let abi = with_section(with_section(bare(), tenon_abi::MANIFEST_SECTION, &good), tenon_abi::ABI_SECTION, &[1, 0]);
    assert!(validate(&abi).unwrap_err().to_string().contains("section tenon.abi: entry 0: bytes are missing"));
}

#[test]
fn names_size_and_limit_of_whatever_is_too_large() {
    let many = |count: u32, item: &str| {
        (0..count).fold(String::new(), |mut all, _| {
            let _ = write!(all, "{item} ");
            all
        })
    };
    let nested = format!("(func {} {})", many(129, "block"), many(129, "end"));
    let table = format!("(func (block (br_table {} (i32.const 0))))", many(1_026, "0"));
    let pushes = format!("(func {} {})", many(2_100, "i32.const 1"), many(2_100, "drop"));
    for (text, expected) in [
        (format!("(func (param {}))", many(33, "i32")), "type 0: found 33 parameters, limit MAX_PARAMETERS is 32"),
        (format!("(func (result {}) unreachable)", many(5, "i32")), "found 5 results, limit MAX_RESULTS is 4"),
        (format!("(func (local {}))", many(1_025, "i64")), "function 0: found 1025 locals, limit MAX_LOCALS is 1024"),
        (many(65, "(global i32 (i32.const 0))"), "module: found 65 globals, limit MAX_GLOBALS is 64"),
        (many(4_097, "(func)"), "found 4097 functions, limit MAX_FUNCTIONS is 4096"),
        (many(513, "(data \"\")"), "found 513 data segments, limit MAX_SEGMENTS is 512"),
        ("(table 4097 funcref)".to_owned(), "found 4097 entries, limit MAX_TABLE_ENTRIES is 4096"),
        ("(table 1 funcref) (table 1 funcref)".to_owned(), "found 2 tables, limit MAX_TABLES is 1"),
        (nested, "function 0: found 129 nested blocks, limit MAX_NESTING is 128"),
        (table, "function 0: found 1025 targets of br_table, limit MAX_BRANCH_TABLE is 1024"),
        (pushes, "function 0: found 16864 bytes of frame, limit MAX_FRAME_BYTES is 16384"),
        (format!("(func {})", many(65_536, "nop")), "bytes of code, limit MAX_FUNCTION_BYTES is 65536"),
        (format!("(data \"{}\")", many(524_288, "a")), "bytes, limit MAX_CODE_BYTES is 524288"),
    ] {
        let message = error_with_memory(&text);
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let memory = |pages: &str| error(&format!("(memory (export \"memory\") {pages})"));
    assert!(memory("5").contains("found 5 initial pages, limit MEMORY_PAGES of the manifest is 4"));
    assert!(memory("1 65").contains("found 65 maximum pages, limit MEMORY_PAGES of the manifest is 4"));
}

#[test]
fn refuses_code_that_would_be_slow_to_compile() {
    // A thousand locals that live across thousands of loops: a value for each pair in a compiler.
    let loops = "(loop (br_if 0 (local.get 0)))".repeat(8_000);
    let locals = "i64 ".repeat(1_000);
    let message = error_with_memory(&format!("(func (param i32) (local {locals}) {loops})"));
    assert!(message.contains("locals times blocks, limit MAX_COMPILE_WORK is"), "{message}");
}

#[test]
fn refuses_segments_that_do_not_fit_so_that_an_instance_can_always_be_made() {
    let data = error_with_memory(r#"(data (i32.const 65535) "ab")"#);
    assert_eq!(data, "data segment 0: found offset 65535 and length 2, expected an end of at most 65536");
    let element = error_with_memory("(table 1 funcref) (func) (elem (i32.const 1) func 0)");
    assert!(element.contains("element segment 0"), "{element}");
    let extended = r#"(data (i32.add (i32.const 65530) (i32.const 4)) "ab")"#;
    assert!(validate(&module(&format!("(module {extended} {MEMORY})"))).is_ok());
    assert!(error_with_memory(r#"(data (i32.const -1) "a")"#).contains("offset 4294967295"));
}

#[test]
fn the_largest_frame_of_the_limits_is_accepted() {
    let locals = "i64 ".repeat(usize::try_from(limits::MAX_LOCALS).unwrap());
    assert!(validate(&module(&format!("(module (func (local {locals})) {MEMORY})"))).is_ok());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = validate(&bytes);
        let _ = validate(&[b"\0asm\x01\0\0\0".as_slice(), &bytes].concat());
    }

    #[test]
    fn a_flipped_byte_of_a_good_module_never_panics(position in any::<proptest::sample::Index>(), value in any::<u8>()) {
        let mut code = module(
            r#"(module
                (import "tenon" "input" (func (param i32 i32) (result i32)))
                (table 2 funcref) (elem (i32.const 0) func 1)
                (memory (export "memory") 1) (data (i32.const 8) "abc")
                (func (export "call.f") (local i32)
                    (loop (br_if 0 (call 0 (i32.const 0) (i32.const 4))) (br_table 0 0 (local.get 0)))))"#,
        );
        let index = position.index(code.len());
        code[index] = value;
        if let Ok(info) = validate(&code) {
            prop_assert!(crate::instrument(&code, info.memory_pages).is_ok());
        }
    }
}
