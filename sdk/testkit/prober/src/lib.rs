//! A module that uses everything that the SDK offers, for the SDK's own tests. It makes no sense on a chain.

#![no_std]

pub use prober::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash, verify), calls("*"), upgrade = "admin")]
pub mod prober {
    use core::ops::Bound;
    #[module_type]
    pub use tenon_contract::money::Currency;
    use tenon_contract::money::{self, Books, CurrencyKey, PaymentError};
    use tenon_contract::prelude::*;
    use tenon_contract::storage::{self, Direction};

    /// What it keeps.
    #[storage]
    pub struct Prober {
        /// Entries with a key of two parts.
        entries: OrderedMap<(u8, u32), Vec<u8>>,
        /// Entries by text.
        names: Map<String, i64>,
        /// Members.
        members: Set<(Color, Point)>,
        /// What the last hook was told.
        told: Value<Option<Told>>,
        /// What hooks do besides.
        mood: Value<Option<Mood>>,
        /// A validator for each epoch, and how often it is in the set.
        validators: Map<u64, (Validator, u32)>,
        /// What it owes in a currency.
        owed: OrderedMap<CurrencyKey, Amount>,
        /// To whom.
        credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// One value, far from the others.
        #[key(255)]
        counter: Value<u64>,
    }

    /// A fieldless enum, which can be a key.
    #[module_type]
    #[derive(PartialOrd, Ord)]
    pub enum Color {
        /// First.
        Red,
        /// Second.
        Green,
    }

    /// A struct that can be a key.
    #[module_type(key)]
    #[derive(Copy, PartialOrd, Ord)]
    pub struct Point {
        /// Across.
        pub x: i16,
        /// Along.
        pub y: u8,
    }

    /// An enum with fields of every kind.
    #[module_type]
    pub enum Shape {
        /// Nothing.
        Empty,
        /// Without names.
        Circle(Point, u32),
        /// With names.
        Box {
            /// One corner.
            from: Point,
            /// The other.
            to: Point,
        },
    }

    /// Topics of every kind.
    #[event]
    pub struct Seen {
        /// An address.
        #[topic]
        pub who: Address,
        /// A number.
        #[topic]
        pub number: u32,
        /// A flag.
        #[topic]
        pub flag: bool,
        /// The rest.
        pub shape: Shape,
    }

    /// Why a method failed.
    #[error]
    pub enum Error {
        /// As asked.
        Asked = 7,
        /// The callee failed.
        Callee = 300,
        /// The coin that came is not the amount.
        WrongValue = 301,
        /// Coin came with an asset.
        CoinNotWanted = 302,
        /// The payment was refused.
        Refused = 303,
    }

    impl From<PaymentError> for Error {
        fn from(error: PaymentError) -> Self {
            match error {
                PaymentError::WrongValue => Self::WrongValue,
                PaymentError::CoinNotWanted => Self::CoinNotWanted,
                PaymentError::Refused => Self::Refused,
            }
        }
    }

    /// What a method sees of its surroundings.
    #[module_type]
    #[allow(missing_docs, reason = "named after the functions that give them")]
    pub struct Surroundings {
        pub caller: Address,
        pub origin: Address,
        pub self_address: Address,
        pub value: Amount,
        pub block_height: u64,
        pub block_time_ms: u64,
        pub chain_id: Hash,
        pub has_gas: bool,
    }

    /// What the host says of a block, in the order in which it says it.
    #[module_type]
    pub struct Report {
        /// Its height.
        pub height: u64,
        /// Its time in milliseconds.
        pub time_ms: u64,
        /// Its epoch.
        pub epoch: u64,
        /// Who led it.
        pub leader: Option<Address>,
        /// Who signed its parent.
        pub signers: Vec<u8>,
        /// Whose views failed.
        pub missed: Vec<Address>,
    }

    /// What a hook was told, and by whom.
    #[module_type]
    pub struct Told {
        /// Who called.
        pub caller: Address,
        /// Who began the call.
        pub origin: Address,
        /// The reward.
        pub value: Amount,
        /// The report.
        pub report: Report,
    }

    /// What hooks do besides keeping what they were told.
    #[module_type]
    pub enum Mood {
        /// They fail.
        Fail,
        /// They panic.
        Panic,
        /// They run until there is no gas.
        Spin,
        /// They store a kilobyte, once.
        Hoard,
        /// They remove it.
        Clear,
    }

    /// A validator as the host reads it.
    #[module_type]
    pub struct Validator {
        /// Its account.
        pub account: Address,
        /// Its key.
        pub bls_key: [u8; 96],
        /// Its weight.
        pub weight: Amount,
    }

    impl Prober {
        /// The hook at the end of a block.
        #[call(payable)]
        pub fn end_block(&mut self, report: Report) -> Result<u64, Error> {
            let height = report.height;
            let (caller, origin, value) = (env().caller(), env().origin(), env().value());
            self.told.set(&Some(Told { caller, origin, value, report }));
            emit(Seen { who: caller, number: 0, flag: true, shape: Shape::Empty });
            match self.mood.get() {
                None => {}
                Some(Mood::Fail) => return Err(Error::Asked),
                Some(Mood::Panic) => panic!("a hook was asked to"),
                Some(Mood::Spin) => while env().gas_left() > 0 {},
                Some(Mood::Hoard) => self.entries.set(&(0, 0), &vec![0; 1_000]),
                Some(Mood::Clear) => drop(self.entries.take(&(0, 0))),
            }
            Ok(height)
        }

        /// The hook for evidence. Views below 10 are no fault.
        #[call]
        pub fn report_evidence(
            &mut self,
            kind: u8,
            offender: [u8; 96],
            epoch: u64,
            view: u64,
            proof: Vec<u8>,
        ) -> Result<u64, Error> {
            ensure!(view >= 10, Error::Asked);
            let sum = u64::from(kind) + u64::from(offender[95]) + epoch + view + proof.len() as u64;
            Ok(self.counter.update(|count| count + sum))
        }

        /// Says what hooks do besides.
        #[call]
        pub fn set_mood(&mut self, mood: Option<Mood>) {
            self.mood.set(&mood);
        }

        /// What the last hook was told.
        #[query]
        pub fn told(&self) -> Option<Told> {
            self.told.get()
        }

        /// Sets the validators of an epoch: so many that are the same.
        #[call]
        pub fn set_validators(&mut self, epoch: u64, validator: Validator, count: u32) {
            self.validators.set(&epoch, &(validator, count));
        }

        /// The validators of an epoch.
        #[query]
        pub fn validators(&self, epoch: u64) -> Result<Vec<Validator>, Error> {
            let (validator, count) = self.validators.get(&epoch).ok_or(Error::Asked)?;
            Ok((0..count).map(|_| validator.clone()).collect())
        }

        /// Starts with a count.
        #[init]
        pub fn init(&mut self, counter: u64) {
            self.counter.set(&counter);
        }

        /// Stores entries of so many bytes under the keys.
        #[call]
        pub fn fill(&mut self, keys: Vec<(u8, u32)>, bytes: u32) {
            for key in keys {
                let byte = key.1.to_le_bytes()[0];
                self.entries.set(&key, &vec![byte; bytes as usize]);
            }
        }

        /// Lists keys, of one group or all, from a bound on, and checks the values against the keys.
        #[query]
        pub fn list(
            &self,
            group: Option<u8>,
            from: Option<(u8, u32)>,
            included: bool,
            descending: bool,
            limit: u32,
        ) -> Vec<(u8, u32)> {
            let direction = if descending { Direction::Descending } else { Direction::Ascending };
            let bound = match &from {
                None => Bound::Unbounded,
                Some(key) if included => Bound::Included(key),
                Some(key) => Bound::Excluded(key),
            };
            let scan = match group {
                Some(group) => self.entries.iter_within(&group, bound, direction),
                None => self.entries.iter_from(bound, direction),
            };
            let checked = scan.limit(limit).map(|(key, value)| {
                assert!(value.iter().all(|byte| *byte == key.1.to_le_bytes()[0]), "a value belongs to its key");
                key
            });
            checked.collect()
        }

        /// The lowest and the highest key.
        #[query]
        pub fn ends(&self) -> Option<[(u8, u32); 2]> {
            Some([self.entries.first()?.0, self.entries.last()?.0])
        }

        /// Uses each container, and returns what it read.
        #[call]
        pub fn containers(&mut self, name: String, member: Point) -> (Option<i64>, bool, bool, Option<i64>, u64) {
            self.names.set(&name, &-5);
            let read = self.names.get(&name);
            self.members.insert(&(Color::Green, member));
            let held = self.members.contains(&(Color::Green, member)) && !self.members.contains(&(Color::Red, member));
            let removed = self.members.remove(&(Color::Green, member)) && !self.members.remove(&(Color::Green, member));
            let taken = self.names.take(&name).filter(|_| !self.names.contains(&name));
            (read, held, removed, taken, self.counter.update(|count| count + 1))
        }

        /// Keeps bytes until the transaction ends.
        #[call]
        pub fn transient(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
            let before = storage::transient_get(b"t");
            storage::transient_set(b"t", &bytes);
            before.or_else(|| storage::transient_get(b"t"))
        }

        /// What a method sees.
        #[call(payable)]
        pub fn surroundings(&mut self) -> Surroundings {
            Surroundings {
                caller: env().caller(),
                origin: env().origin(),
                self_address: env().self_address(),
                value: env().value(),
                block_height: env().block_height(),
                block_time_ms: env().block_time_ms(),
                chain_id: env().chain_id(),
                has_gas: env().gas_left() > 0,
            }
        }

        /// Emits an event.
        #[call]
        pub fn see(&mut self, who: Address, number: u32, flag: bool, shape: Shape) {
            emit(Seen { who, number, flag, shape });
        }

        /// Ends as a panic.
        #[call]
        pub fn panic(&mut self, text: String) {
            self.counter.set(&0);
            panic!("asked to: {text}");
        }

        /// Subtracts, which may go below zero.
        #[call]
        pub fn subtract(&mut self, from: u128, amount: u128) -> u128 {
            from - amount
        }

        /// Changes something and fails.
        #[call]
        pub fn fail(&mut self) -> Result<(), Error> {
            self.counter.set(&0);
            Err(Error::Asked)
        }

        /// Uses memory until there is none.
        #[call]
        pub fn exhaust_memory(&mut self) -> u64 {
            let mut blocks: Vec<Vec<u8>> = Vec::new();
            loop {
                blocks.push(vec![1; 65_536]);
                if blocks.len() > 10_000 {
                    return 0;
                }
            }
        }

        /// The count.
        #[query]
        pub fn counter(&self) -> u64 {
            self.counter.get()
        }

        /// Counts, also when this instance calls itself.
        #[call(reentrant)]
        pub fn count(&mut self, by: u64) -> u64 {
            self.counter.update(|count| count + by)
        }

        /// Lets another instance count, and returns what it says.
        #[call]
        pub fn relay(&mut self, to: Address, by: u64) -> u64 {
            ProberRef::at(to).count(by).invoke()
        }

        /// Lets another instance fail, and says what was seen: its error, and its count before and after.
        #[call]
        pub fn observe_failure(&mut self, to: Address) -> Result<(u64, u64), Error> {
            let other = ProberRef::at(to);
            let before = other.counter().invoke();
            let error = match other.fail().try_invoke() {
                Ok(()) => return Err(Error::Callee),
                Err(error) => error,
            };
            ensure!(error.module_error() == Some(Error::Asked), Error::Callee);
            Ok((before, other.counter().invoke()))
        }

        /// Calls a method that may not be entered again.
        #[call]
        pub fn reenter(&mut self) -> u32 {
            match ProberRef::at(env().self_address()).fail().try_invoke() {
                Ok(()) => 0,
                Err(error) => error.code(),
            }
        }

        /// Sends coin on.
        #[call(payable)]
        pub fn pay(&mut self, to: Address, amount: Amount) -> (u32, Amount) {
            let code = coin::transfer(&to, amount).err().map_or(0, |error| error.code());
            (code, coin::balance(&env().self_address()))
        }

        /// Takes money from the caller, and returns what arrived.
        #[call(payable)]
        pub fn take_money(&mut self, currency: Currency, amount: Amount) -> Result<Amount, Error> {
            Ok(currency.take(amount)?)
        }

        /// Hands money from the caller on, and returns what arrived.
        #[call(payable)]
        pub fn pass_money(&mut self, currency: Currency, to: Address, amount: Amount) -> Result<Amount, Error> {
            Ok(currency.pass(to, amount)?)
        }

        /// Sends money, and returns 0 or the number of the error.
        #[call]
        pub fn send_money(&mut self, currency: Currency, to: Address, amount: Amount) -> u32 {
            currency.send(to, amount).err().map_or(0, |error| error.code())
        }

        /// Writes down what is owed in a currency.
        #[call]
        pub fn set_owed(&mut self, currency: Currency, amount: Amount) {
            self.owed.set_or_clear(&currency.key(), &amount);
        }

        /// Writes down what somebody has to get.
        #[call]
        pub fn set_credit(&mut self, currency: Currency, who: Address, amount: Amount) {
            self.credits.set_or_clear(&(currency.key(), who), &amount);
        }

        /// The currency whose turn it is, and whether its books balance.
        #[query]
        pub fn books(&self, most: u32) -> Option<(Option<(Address, u64)>, bool)> {
            let (key, mut books) = Books::chosen(&self.owed, most)?;
            let credits = self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending);
            books.add_all(credits, |_, amount| Some(amount));
            Some((key, books.balance()))
        }

        /// Whether there is the coin that is owed.
        #[query]
        pub fn holds_coin_owed(&self) -> bool {
            money::holds_coin_owed(&self.owed)
        }

        /// All hashes of the data.
        #[query]
        pub fn hashes(&self, data: Vec<u8>) -> [Hash; 6] {
            use crypto::{blake2b_256, blake3_256, keccak_256, sha2_256, sha3_256, sm3_256};
            let all: [fn(&[u8]) -> Hash; 6] = [blake2b_256, blake3_256, sha2_256, sha3_256, keccak_256, sm3_256];
            all.map(|hash| hash(&data))
        }

        /// Whether a signature is a key's.
        #[query]
        pub fn verifies(&self, signature: [u8; 64], key: [u8; 32], message: Vec<u8>) -> bool {
            crypto::sr25519_verify(&signature, &key, &message)
        }

        /// The key that made a signature over a digest, compressed and not.
        #[query]
        pub fn recovers(&self, signature: [u8; 65], digest: Hash) -> (Option<[u8; 33]>, Option<[u8; 64]>) {
            use crypto::{secp256k1_recover, secp256k1_recover_uncompressed};
            (secp256k1_recover(&signature, &digest), secp256k1_recover_uncompressed(&signature, &digest))
        }

        /// Whether a proof shows possession of a BLS key.
        #[query]
        pub fn possesses(&self, key: [u8; 96], proof: [u8; 48]) -> bool {
            crypto::bls_verify_possession(&key, &proof)
        }

        /// Runs once after an upgrade.
        #[migrate]
        pub fn migrate(&mut self, counter: u64) {
            self.counter.set(&counter);
        }

        /// Holds until the count is 13.
        #[invariant]
        pub fn is_not_unlucky(&self) -> bool {
            self.counter.get() != 13
        }
    }
}
