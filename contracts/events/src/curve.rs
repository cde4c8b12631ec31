//! The second coordinate of a point of secp256k1, which a compressed key leaves out and an address of Ethereum is a hash
//! of.
//!
//! A number below 2^261 is nine limbs of 29 bits, lowest first, so that a sum of nine products of limbs fits into 64
//! bits. Everything here is public: time and branches may depend on it.

/// Limbs of a number.
const LIMBS: usize = 9;
/// Bits of a limb.
const BITS: u32 = 29;
/// The bits of a limb.
const MASK: u64 = (1 << BITS) - 1;
/// Bits of the highest limb that belong to a number below 2^256.
const TOP_BITS: u32 = 24;
/// The prime is 2^256 - 2^32 - 977. So 2^256 counts as 977 in the lowest limb and 2^3 in the next,
const FOLD: (u64, u32) = (977, 3);
/// and 2^261 as 32 times as much.
const FOLD_PRODUCT: (u64, u32) = (FOLD.0 << 5, FOLD.1 + 5);
/// Bytes of a number.
const BYTES: usize = 32;

/// A number modulo the prime, not always below it. Each limb is below 2^30.
#[derive(Clone, Copy)]
struct Field([u64; LIMBS]);

/// Both coordinates of the point that a compressed key names: 64 bytes, or nothing if there is no such point.
pub(crate) fn coordinates(key: &[u8; 33]) -> Option<[u8; 64]> {
    let (parity, x_bytes) = key.split_first()?;
    if !matches!(parity, 2 | 3) {
        return None;
    }
    let x_bytes: &[u8; BYTES] = x_bytes.try_into().ok()?;
    let x = Field::from_bytes(x_bytes);
    let mut square = x.times(&x).times(&x);
    square.0[0] += 7;
    let root = square.root();
    if root.times(&root).to_bytes() != square.to_bytes() {
        return None;
    }
    let mut y = root.to_bytes();
    if y[BYTES - 1] & 1 != parity & 1 {
        y = root.negative().to_bytes();
    }
    let mut both = [0; 2 * BYTES];
    both[..BYTES].copy_from_slice(x_bytes);
    both[BYTES..].copy_from_slice(&y);
    Some(both)
}

impl Field {
    /// Reads a number, highest byte first.
    #[inline(never)]
    fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let mut limbs = [0; LIMBS];
        let (mut held, mut bits, mut next) = (0u64, 0, 0);
        for byte in bytes.iter().rev() {
            held |= u64::from(*byte) << bits;
            bits += 8;
            if bits >= BITS {
                limbs[next] = held & MASK;
                (held, bits, next) = (held >> BITS, bits - BITS, next + 1);
            }
        }
        limbs[next] = held;
        Self(limbs)
    }

    /// The number below the prime, highest byte first.
    #[inline(never)]
    fn to_bytes(self) -> [u8; BYTES] {
        let mut limbs = self.0;
        // What is above 2^256 is at most 2^6 and, after the first round, 1.
        for _ in 0..2 {
            carry(&mut limbs);
            let above = limbs[LIMBS - 1] >> TOP_BITS;
            limbs[LIMBS - 1] &= (1 << TOP_BITS) - 1;
            limbs[0] += above * FOLD.0;
            limbs[1] += above << FOLD.1;
        }
        carry(&mut limbs);
        // What with the fold reaches 2^256 is not below the prime.
        let mut reduced = limbs;
        reduced[0] += FOLD.0;
        reduced[1] += 1 << FOLD.1;
        carry(&mut reduced);
        if reduced[LIMBS - 1] >> TOP_BITS > 0 {
            reduced[LIMBS - 1] &= (1 << TOP_BITS) - 1;
            limbs = reduced;
        }
        let mut bytes = [0; BYTES];
        let (mut held, mut bits, mut next) = (0u64, 0, 0);
        for byte in bytes.iter_mut().rev() {
            if bits < 8 && next < LIMBS {
                held |= limbs[next] << bits;
                (bits, next) = (bits + BITS, next + 1);
            }
            *byte = held.to_le_bytes()[0];
            (held, bits) = (held >> 8, bits.saturating_sub(8));
        }
        bytes
    }

    /// The product. No sum here can overflow: limbs are below 2^30, so a sum of nine products is below 2^64 - 2^60, and
    /// what is folded is below 2^48. Checking that again each time would cost ten times as much.
    #[inline(never)]
    fn times(&self, other: &Self) -> Self {
        let mut product = [0u64; 2 * LIMBS];
        for (low, left) in self.0.iter().enumerate() {
            for (right, sum) in other.0.iter().zip(&mut product[low..]) {
                *sum = sum.wrapping_add(left.wrapping_mul(*right));
            }
        }
        carry(&mut product);
        let mut limbs = [0u64; LIMBS + 1];
        limbs[..LIMBS].copy_from_slice(&product[..LIMBS]);
        for (place, high) in product[LIMBS..].iter().enumerate() {
            limbs[place] = limbs[place].wrapping_add(high.wrapping_mul(FOLD_PRODUCT.0));
            limbs[place + 1] = limbs[place + 1].wrapping_add(high << FOLD_PRODUCT.1);
        }
        carry(&mut limbs);
        let mut result = [0; LIMBS];
        result.copy_from_slice(&limbs[..LIMBS]);
        result[0] += limbs[LIMBS] * FOLD_PRODUCT.0;
        result[1] += limbs[LIMBS] << FOLD_PRODUCT.1;
        carry(&mut result);
        Self(result)
    }

    /// The product with itself, so many times over.
    #[inline(never)]
    fn squared(mut self, times: u32) -> Self {
        for _ in 0..times {
            self = self.times(&self);
        }
        self
    }

    /// The prime less this.
    fn negative(self) -> Self {
        // 2^256 - 2^32 - 977, lowest byte first, is below the borrow of each limb.
        let prime = Self::from_bytes(&PRIME).0;
        let own = Self::from_bytes(&self.to_bytes()).0;
        let mut limbs = [0; LIMBS];
        let mut borrow = 0;
        for ((limb, prime), own) in limbs.iter_mut().zip(prime).zip(own) {
            let taken = own + borrow;
            borrow = u64::from(prime < taken);
            *limb = prime + (borrow << BITS) - taken;
        }
        Self(limbs)
    }

    /// The number whose square this is, if there is one: this to the power of a quarter of the prime and one, which in
    /// binary is 223 ones, a zero, 22 ones, four zeros, two ones and two zeros.
    fn root(&self) -> Self {
        let ones_2 = self.squared(1).times(self);
        let ones_3 = ones_2.squared(1).times(self);
        let ones_6 = ones_3.squared(3).times(&ones_3);
        let ones_9 = ones_6.squared(3).times(&ones_3);
        let ones_11 = ones_9.squared(2).times(&ones_2);
        let ones_22 = ones_11.squared(11).times(&ones_11);
        let ones_44 = ones_22.squared(22).times(&ones_22);
        let ones_88 = ones_44.squared(44).times(&ones_44);
        let ones_176 = ones_88.squared(88).times(&ones_88);
        let ones_220 = ones_176.squared(44).times(&ones_44);
        let ones_223 = ones_220.squared(3).times(&ones_3);
        ones_223.squared(23).times(&ones_22).squared(6).times(&ones_2).squared(2)
    }
}

/// The prime, highest byte first.
const PRIME: [u8; BYTES] = {
    let mut bytes = [0xff; BYTES];
    (bytes[27], bytes[30], bytes[31]) = (0xfe, 0xfc, 0x2f);
    bytes
};

/// Leaves 29 bits in each limb but the last, which keeps the rest.
fn carry<const N: usize>(limbs: &mut [u64; N]) {
    let mut above = 0u64;
    for limb in limbs.iter_mut() {
        *limb = limb.wrapping_add(above);
        above = *limb >> BITS;
        *limb &= MASK;
    }
    limbs[N - 1] += above << BITS;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the generator, and other multiples, from a table of the curve.
    const POINTS: [(&str, &str); 3] = [
        (
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        ),
        (
            "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
            "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
        ),
        (
            "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
            "388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672",
        ),
    ];

    fn bytes(hex: &str) -> [u8; BYTES] {
        core::array::from_fn(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).expect("hex"))
    }

    #[test]
    fn finds_both_coordinates_of_known_points_and_of_their_negatives() {
        for (x, y) in POINTS {
            let (x, y) = (bytes(x), bytes(y));
            for parity in [2, 3] {
                let mut key = [parity; 33];
                key[1..].copy_from_slice(&x);
                let both = coordinates(&key).expect("the point exists");
                assert_eq!(both[..BYTES], x);
                let found: [u8; BYTES] = both[BYTES..].try_into().expect("32 bytes");
                let expected = if y[31] & 1 == parity & 1 { y } else { Field::from_bytes(&y).negative().to_bytes() };
                assert_eq!(found, expected);
                assert_eq!(found[31] & 1, parity & 1);
            }
        }
    }

    #[test]
    fn refuses_what_is_no_point() {
        let mut key = [0; 33];
        for (parity, last) in [(0, 1), (1, 1), (4, 1), (2, 5), (3, 0)] {
            (key[0], key[32]) = (parity, last);
            assert_eq!(coordinates(&key), None, "{parity} {last}");
        }
    }

    #[test]
    fn counts_modulo_the_prime() {
        let minus_one = Field::from_bytes(&bytes("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"));
        let mut one = [0; BYTES];
        one[31] = 1;
        assert_eq!(minus_one.times(&minus_one).to_bytes(), one);
        assert_eq!(minus_one.negative().to_bytes(), one);
        assert_eq!(Field::from_bytes(&PRIME).to_bytes(), [0; BYTES]);
        let most = Field::from_bytes(&[0xff; BYTES]);
        let mut rest = [0; BYTES];
        // 2^256 - 1 is 2^32 + 976.
        (rest[27], rest[30], rest[31]) = (1, 0x03, 0xd0);
        assert_eq!(most.to_bytes(), rest);
        assert_eq!(most.times(&most).to_bytes(), Field::from_bytes(&rest).times(&Field::from_bytes(&rest)).to_bytes());
    }
}
