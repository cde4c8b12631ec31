//! The encoding is that of `parity-scale-codec`: what one writes the other reads, and what one refuses so does the other.

use super::*;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Off the sandbox the end of a call is a panic.
fn read<T: Wire>(bytes: &[u8]) -> Option<T> {
    catch_unwind(AssertUnwindSafe(|| stored(bytes))).ok()
}

fn agrees<T: Wire + Encode + Decode + PartialEq + Debug>(value: &T) {
    let (mut ours, theirs) = (Vec::new(), value.encode());
    value.put(&mut ours);
    assert_eq!(ours, theirs, "{value:?}");
    assert_eq!(read::<T>(&theirs).as_ref(), Some(value));
    let mut longer = theirs.clone();
    longer.push(0);
    for bytes in [&theirs[..theirs.len().saturating_sub(1)], &longer] {
        if bytes.len() != theirs.len() {
            assert_eq!(read::<T>(bytes), T::decode_all(&mut &*bytes).ok(), "{value:?} cut or lengthened");
        }
    }
}

#[test]
fn writes_and_reads_what_the_codec_does() {
    agrees(&(7u8, 0x1234u16, u32::MAX, u64::MAX - 1, u128::MAX / 3));
    agrees(&(-7i8, i16::MIN, -1i32, i64::MAX, i128::MIN));
    agrees(&(true, false, Address::new([7; 32]), Hash::new([9; 32])));
    agrees(&(String::new(), String::from("Gr\u{fc}\u{df}e \u{1f600} \u{0}")));
    agrees(&(Some(Some(3u32)), None::<u8>, Some(String::from("a"))));
    agrees(&(vec![(1u8, 2u64); 3], Vec::<u128>::new(), [[1u16, 2]; 4]));
    agrees(&([5u8; 65], vec![vec![1u8, 2], vec![]], [(); 3]));
    agrees(&vec![(); 70]);
}

#[test]
fn counts_items_as_the_codec_does() {
    for count in [0, 1, 63, 64, 65, 255, 256, 16_383, 16_384, 70_000] {
        agrees(&vec![7u8; count]);
        agrees(&"x".repeat(count));
    }
}

#[test]
fn refuses_what_is_not_the_one_encoding_of_a_value() {
    assert_eq!(read::<bool>(&[2]), None);
    assert_eq!(read::<Option<u8>>(&[2, 0]), None);
    for bytes in [[1, 0].as_slice(), &[2, 0, 0, 0], &[3, 0, 0, 0, 0], &[7, 0, 0, 0, 0, 0], &[0xfe, 0xff, 0xff, 0xff]] {
        assert_eq!(read::<Vec<u8>>(bytes), None, "{bytes:?}");
        assert_eq!(<Vec<u8>>::decode_all(&mut &*bytes).ok(), None, "{bytes:?}");
    }
    assert_eq!(
        read::<Vec<u64>>(&[0xfe, 0xff, 0xff, 0xff, 1, 2, 3]),
        None,
        "no memory is taken for items that are not there"
    );
}

#[test]
fn knows_texts_as_the_standard_library_does() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            let [third, fourth, ..] = seed.to_le_bytes();
            seed = seed.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(first.into()).rotate_left(23);
            for bytes in [
                [first, second, 0x80, 0xbf],
                [first, second, 0xbf, 0x80],
                [first, second, third, 0x80],
                [first, second, third, fourth],
                [b'a', first, second, third],
            ] {
                for end in 0..=bytes.len() {
                    assert_eq!(
                        is_utf8(&bytes[..end]),
                        core::str::from_utf8(&bytes[..end]).is_ok(),
                        "{bytes:?} to {end}"
                    );
                }
            }
        }
    }
}

#[test]
fn writes_numbers_in_decimal() {
    for number in [0, 9, 10, 1_207, usize::MAX] {
        assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
    }
}
