//! The arithmetic of work against published vectors, and what has to hold of any numbers.

use super::*;
use alloc::{string::String, vec::Vec};
use proptest::prelude::*;
use serde_json::Value;

fn vectors(list: &str) -> Vec<Value> {
    let text = include_str!("../../../../tests/vectors/tensority.json");
    let whole: Value = serde_json::from_str(text).expect("the vectors are JSON");
    let rows = whole[list].as_array().expect("a list of vectors").clone();
    assert!(!rows.is_empty(), "{list}");
    rows
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name} of {row}")).into()
}

fn number(row: &Value, name: &str) -> u64 {
    text(row, name).parse().expect("a number of 64 bits")
}

fn target(value: u64) -> Target {
    Target::new(U256::from(value)).expect("a target")
}

#[test]
fn bits_stand_for_the_published_targets() {
    for row in vectors("bits_to_target") {
        let bits = Bits(number(&row, "bits"));
        match text(&row, "target").parse::<U256>().expect("a number") {
            U256::ZERO => assert_eq!(bits.target(), Err(BitsError::Zero(bits))),
            value => {
                assert_eq!(bits.target().map(|target| target.0), Ok(value));
                assert_eq!(bits.target().map(Target::bits), Ok(bits));
            }
        }
    }
}

#[test]
fn targets_have_the_published_bits() {
    for row in vectors("target_to_bits") {
        let (target, bits) = (text(&row, "target"), Bits(number(&row, "bits")));
        let value: U256 = target.trim_start_matches('-').parse().expect("a number");
        match Target::new(value) {
            None => assert_eq!(bits.target(), Err(BitsError::Zero(bits))),
            Some(found) if target.starts_with('-') => {
                assert_eq!(bits.target(), Err(BitsError::Negative(bits)));
                assert_eq!(found.bits().0, bits.0 & !SIGN);
            }
            Some(found) => assert_eq!(found.bits(), bits),
        }
    }
}

#[test]
fn bits_take_the_published_work_and_none_where_no_hash_would_do() {
    let mut refused = [0; 3];
    for row in vectors("bits_to_work") {
        let (bits, expected) = (Bits(number(&row, "bits")), text(&row, "work").parse::<U256>().expect("a number"));
        match bits.target() {
            Ok(target) => assert_eq!(target.work().0, expected, "{row}"),
            Err(error) => {
                assert_eq!(expected, U256::ZERO, "{row}");
                let index = match error {
                    BitsError::Zero(_) => 0,
                    BitsError::Negative(_) => 1,
                    BitsError::Overflow(_) => 2,
                };
                refused[index] += 1;
            }
        }
    }
    assert!(refused.iter().all(|count| *count > 0), "{refused:?}");
}

#[test]
fn headers_of_the_reference_network_have_targets_that_go_there_and_back() {
    for row in vectors("headers") {
        let bits = Bits(number(&row, "bits"));
        assert_eq!(bits.target().map(Target::bits), Ok(bits), "{row}");
    }
}

#[test]
fn retargets_as_published_within_the_clamp() {
    let (mut moved, mut clamped) = (0, 0);
    for row in vectors("retarget") {
        let [height, time, compared] =
            ["last_height", "last_timestamp", "compare_timestamp"].map(|name| number(&row, name));
        let (bits, expected) = (Bits(number(&row, "last_bits")), Bits(number(&row, "next_bits")));
        if height == 0 || !height.is_multiple_of(2016) {
            assert_eq!(bits, expected, "between retargets the parent's bits are copied");
            continue;
        }
        let Ok(old) = bits.target() else { continue };
        let (span, regular) = (i128::from(time) - i128::from(compared), 2016 * 150);
        let found = old.retarget(span, regular).bits();
        if span <= 0 || span > i128::from(4 * regular) {
            // Without a clamp, the reference has a target below zero here.
            assert_eq!(expected.target(), Err(BitsError::Negative(expected)));
            let clamp = if span <= 0 { old.0 / U256::from(4) } else { old.0 * U256::from(4) };
            assert_eq!(found, Target::new(clamp).expect("a target").bits());
            clamped += 1;
        } else {
            assert_eq!(found, expected, "{row}");
            moved += 1;
        }
    }
    assert!(moved >= 3 && clamped == 2, "{moved} {clamped}");
}

#[test]
fn medians_are_the_published_ones() {
    for row in vectors("median_time") {
        let times: Vec<u64> = row["timestamps"].as_array().expect("times").iter().filter_map(Value::as_u64).collect();
        assert_eq!(median_time(&times), row["median"].as_u64(), "{row}");
    }
    assert_eq!(median_time(&[]), None);
}

#[test]
fn hashes_are_numbers_with_their_lowest_byte_first() {
    for row in vectors("hash_to_integer") {
        let read = |name| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text(&row, name), &mut bytes).expect("32 bytes");
            bytes
        };
        let hash = Hash(read("hash"));
        let mut number = read("integer_big_endian_left_aligned").to_vec();
        // Aligned to the left: the zero bytes that a number begins with are at its end.
        let zeros = hash.0.iter().rev().take_while(|byte| **byte == 0).count();
        number.rotate_right(zeros);
        let value = U256::from_be_slice(&number);
        assert_eq!(U256::from_le_bytes(hash.0), value);
        if let Some(exact) = Target::new(value) {
            assert!(exact.is_met_by(&hash));
            let below = Target::new(value - U256::ONE).expect("a target");
            assert!(!below.is_met_by(&hash));
        }
    }
}

#[test]
fn seeds_are_of_the_last_block_before_the_epoch() {
    let heights = [(0, 0), (1, 0), (256, 0), (257, 256), (512, 256), (513, 512), (u64::MAX, u64::MAX - 255)];
    for (height, seed) in heights {
        assert_eq!(seed_height(height, 256), seed, "of height {height}");
    }
    assert_eq!(seed_height(1_000_000, 0), 0);
}

#[test]
fn refuses_targets_that_no_hash_or_every_hash_meets() {
    let easiest = Target::EASIEST;
    assert_eq!(easiest.bits().target(), Ok(easiest));
    assert_eq!(easiest.work(), Work::of_hashes(1));
    for bits in [Bits(0x2100_0000_00ff_ffff), Bits(0x2000_0000_0100_0000), Bits(!SIGN)] {
        assert_eq!(bits.target(), Err(BitsError::Overflow(bits)));
    }
    assert_eq!(Target::from_le_bytes([0xff; 32]), None);
    assert_eq!(Target::from_le_bytes([0; 32]), None);
    assert_eq!(target(1).work().0, U256::ONE << 255);
}

#[test]
fn the_bounds_of_a_retarget_hold() {
    assert_eq!(target(1).retarget(i128::MIN, 1), target(1), "never zero");
    assert_eq!(Target::EASIEST.retarget(i128::MAX, u64::MAX), Target::EASIEST, "never easier than the easiest");
    assert_eq!(target(1_000).retarget(7, 0), target(4_000), "an expected span of zero counts as one");
    assert_eq!(target(1_000).retarget(-1, 600), target(250));
    assert_eq!(target(1_000).retarget(150, 600), target(250));
    assert_eq!(target(1_000).retarget(151, 600), target(251));
    assert_eq!(target(1_000).retarget(2_401, 600), target(4_000));
    assert_eq!(target(1_000).easier(3), target(3_000));
    assert_eq!(Target::EASIEST.easier(u64::MAX), Target::EASIEST);
}

#[test]
fn shares_are_rounded_down_and_never_more_than_the_whole() {
    let whole = Work::of_hashes(3);
    let share = |hashes| Work::of_hashes(hashes).share(100, whole);
    assert_eq!([0, 1, 2, 3, 4].map(share), [Some(0), Some(33), Some(66), Some(100), None]);
    assert_eq!(Work::ZERO.share(1, Work::ZERO), None);
    assert_eq!(Work(U256::MAX).share(2, Work(U256::MAX)), None, "what does not fit is no share");
}

proptest! {
    #[test]
    fn a_retarget_is_the_formula_within_the_clamp(old in any::<u64>(), span in any::<i64>(), expected in 1_u32..) {
        let old = old.max(1);
        let most = i128::from(expected) * 4;
        let held = i128::from(span).clamp(i128::from(expected.div_ceil(4)), most).cast_unsigned();
        let formula = U256::from(old) * U256::from(held) / U256::from(expected);
        prop_assert_eq!(target(old).retarget(span.into(), expected.into()).0, formula.max(U256::ONE));
    }

    #[test]
    fn short_forms_round_down_and_no_further_than_their_last_byte(bytes in any::<[u8; 32]>(), zeros in 0_usize..32) {
        let mut bytes = bytes;
        bytes.iter_mut().rev().take(zeros).for_each(|byte| *byte = 0);
        let Some(exact) = Target::from_le_bytes(bytes) else { return Ok(()) };
        let short = exact.bits().target().expect("the bits of a target");
        prop_assert!(short <= exact && short.bits() == exact.bits());
        let unit = U256::ONE << (8 * exact.0.byte_len().saturating_sub(3));
        prop_assert!(exact.0 - short.0 < unit);
        prop_assert!(short.work() >= exact.work());
    }

    #[test]
    fn work_is_what_the_formula_says(value in 1_u128..u128::MAX >> 1) {
        let work = Target::new(U256::from(value)).expect("a target").work().0;
        let divisor = U256::from(value) + U256::ONE;
        // w = floor(2^256 / d) says w * d <= 2^256 < (w + 1) * d; in numbers that fit: 2^256 - w * d < d.
        let product = work.wrapping_mul(divisor);
        let short = product.wrapping_neg();
        prop_assert!(short < divisor);
    }

    #[test]
    fn work_goes_through_its_encoding(bytes in any::<[u8; 32]>()) {
        let work = Work(U256::from_le_bytes(bytes));
        prop_assert_eq!(Work::decode(&mut &work.encode()[..]), Ok(work));
        prop_assert_eq!(work.encode().len(), 32);
    }
}
