//! A module with every flaw that the testkit's rules look for, and a sound method beside most of them. The tests of the
//! rules run it: a rule that it does not break would be none.

#![no_std]

pub use flawed::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call), calls("*"), upgrade = "admin")]
pub mod flawed {
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// What it keeps.
    #[storage]
    pub struct Flawed {
        /// Who set it up.
        admin: Value<Address>,
        /// A sum.
        total: Value<u64>,
        /// Parts of the sum.
        parts: OrderedMap<u64, u64>,
        /// Notes that anybody may leave.
        notes: Map<(Address, u32), Vec<u8>>,
        /// What was deposited, by owner.
        deposits: OrderedMap<Address, Amount>,
        /// Codes that were redeemed.
        redeemed: Set<u64>,
        /// Times that the code was replaced.
        upgrades: Value<u64>,
    }

    /// An optional setting.
    #[module_type]
    pub enum Mode {
        /// Takes a number of its own.
        By(u64),
        /// Takes none.
        Once,
    }

    /// Why a method failed.
    #[error]
    pub enum Error {
        /// The sum is too large.
        TooLarge = 1,
        /// Not the admin.
        NotAdmin = 2,
        /// Nothing is there.
        Nothing = 3,
        /// Used already.
        Used = 4,
        /// Too early or too late.
        NotNow = 5,
        /// Somebody did not accept a payment.
        NotAccepted = 6,
    }

    impl Flawed {
        /// Starts for an admin.
        #[init]
        pub fn init(&mut self, admin: Address) {
            self.admin.set(&admin);
        }

        /// Adds as it should: all arguments are checked.
        #[call]
        pub fn add(&mut self, by: u64, mode: Mode, twice: bool, note: String, list: Vec<u64>) -> Result<u64, Error> {
            let more = match mode {
                Mode::By(more) => more,
                Mode::Once => 0,
            };
            let mut all = list.into_iter().chain([by, more, if twice { by } else { 0 }]);
            let sum = all.try_fold(self.total.get(), u64::checked_add).ok_or(Error::TooLarge)?;
            ensure!(note.len() < 100, Error::TooLarge);
            let part = self.parts.last().map_or(0, |(part, _)| part.saturating_add(1));
            self.parts.set(&part, &sum.saturating_sub(self.total.get()));
            self.total.set(&sum);
            Ok(sum)
        }

        /// Flaw: adds without a check, so that it panics.
        #[call]
        pub fn add_unchecked(&mut self, by: Option<u64>) -> u64 {
            self.total.get() + by.unwrap_or_default() + 1
        }

        /// Flaw: what it adds is no part, so the sum is wrong.
        #[call]
        pub fn add_wrapping(&mut self, by: u64) {
            let odd = by == u64::MAX;
            self.total.update(|total| if odd { total.wrapping_add(1) } else { total });
        }

        /// Flaw: whether the payee was told is not looked at, so that too little gas skips it.
        #[call]
        pub fn tell(&mut self, payee: Address) {
            self.redeemed.insert(&1);
            if FlawedRef::at(payee).hear().try_invoke().is_err() {
                env().block_height();
            }
        }

        /// Listens for a while.
        #[call]
        pub fn hear(&mut self) {
            (0..50).for_each(|round| self.redeemed.insert(&round));
        }

        /// Takes coin in.
        #[call(payable)]
        pub fn deposit(&mut self) {
            let amount = env().value();
            self.deposits.set(&env().caller(), &amount);
        }

        /// Flaw: pays out before it writes that it did, and may be entered meanwhile.
        #[call(reentrant)]
        pub fn withdraw(&mut self, asset: Address) -> Result<(), Error> {
            let amount = self.deposits.get(&env().caller()).ok_or(Error::Nothing)?;
            let paid: Call<()> = Call::new(asset, "receive", Vec::new(), false);
            paid.with_value(amount).try_invoke().map_err(|_| Error::NotAccepted)?;
            self.deposits.remove(&env().caller());
            Ok(())
        }

        /// Pays out as it should: nobody may enter meanwhile, and it is written first.
        #[call]
        pub fn withdraw_safely(&mut self, asset: Address) -> Result<(), Error> {
            let amount = self.deposits.take(&env().caller()).ok_or(Error::Nothing)?;
            let paid: Call<()> = Call::new(asset, "receive", Vec::new(), false);
            paid.with_value(amount).try_invoke().map_err(|_| Error::NotAccepted)
        }

        /// Flaw: pays everybody at once, so that one who refuses blocks all.
        #[call]
        pub fn pay_all(&mut self) -> Result<(), Error> {
            while let Some((owner, amount)) = self.deposits.first() {
                let paid: Call<()> = Call::new(owner, "receive", Vec::new(), false);
                paid.with_value(amount).try_invoke().map_err(|_| Error::NotAccepted)?;
                self.deposits.remove(&owner);
            }
            Ok(())
        }

        /// Pulls what is the caller's.
        #[call]
        pub fn pull(&mut self) -> Result<(), Error> {
            let amount = self.deposits.take(&env().caller()).ok_or(Error::Nothing)?;
            coin::transfer(&env().caller(), amount).map_err(|_| Error::NotAccepted)
        }

        /// Flaw: reads every part.
        #[call]
        pub fn sum_all(&mut self) -> u64 {
            self.parts.iter().map(|(_, part)| part).fold(0, u64::saturating_add)
        }

        /// Reads the last ten parts.
        #[call]
        pub fn sum_some(&mut self) -> u64 {
            let last = self.parts.iter_from(core::ops::Bound::Unbounded, Direction::Descending).limit(10);
            last.map(|(_, part)| part).fold(0, u64::saturating_add)
        }

        /// Leaves a note.
        #[call]
        pub fn leave_note(&mut self, number: u32, bytes: u32) {
            self.notes.set(&(env().caller(), number), &vec![7; bytes as usize]);
        }

        /// Takes a note of somebody away.
        #[call]
        pub fn clean_note(&mut self, of: Address, number: u32) {
            self.notes.remove(&(of, number));
        }

        /// Flaw: empties a note and lets its entry stand.
        #[call]
        pub fn blank_note(&mut self, of: Address, number: u32) {
            self.notes.set(&(of, number), &Vec::new());
        }

        /// Succeeds before a time.
        #[call]
        pub fn before(&mut self, end_ms: u64) -> Result<(), Error> {
            ensure!(env().block_time_ms() < end_ms, Error::NotNow);
            Ok(())
        }

        /// Flaw: succeeds at the end as well.
        #[call]
        pub fn until(&mut self, end_ms: u64) -> Result<(), Error> {
            ensure!(env().block_time_ms() <= end_ms, Error::NotNow);
            Ok(())
        }

        /// Succeeds from a time on.
        #[call]
        pub fn from(&mut self, start_ms: u64) -> Result<(), Error> {
            ensure!(env().block_time_ms() >= start_ms, Error::NotNow);
            Ok(())
        }

        /// Redeems a code that is good here and on this chain, once.
        #[call]
        pub fn redeem(&mut self, code: u64, here: Address, chain: Hash) -> Result<(), Error> {
            ensure!(here == env().self_address() && chain == env().chain_id(), Error::Nothing);
            ensure!(!self.redeemed.contains(&code), Error::Used);
            self.redeemed.insert(&code);
            Ok(())
        }

        /// Flaw: a code is good on every chain.
        #[call]
        pub fn redeem_anywhere(&mut self, code: u64, here: Address) -> Result<(), Error> {
            self.redeem(code, here, env().chain_id())
        }

        /// Flaw: a code is good as often as one likes.
        #[call]
        pub fn redeem_again(&mut self, code: u64, here: Address, chain: Hash) -> Result<(), Error> {
            ensure!(here == env().self_address() && chain == env().chain_id(), Error::Nothing);
            self.redeemed.insert(&code);
            Ok(())
        }

        /// A power of the admin.
        #[call]
        pub fn seize(&mut self, from: Address) -> Result<(), Error> {
            ensure!(env().caller() == self.admin.expect("set at the start"), Error::NotAdmin);
            self.deposits.remove(&from);
            Ok(())
        }

        /// The sum.
        #[query]
        pub fn total(&self) -> u64 {
            self.total.get()
        }

        /// Flaw: counts from a number on, which may be too high.
        #[query]
        pub fn total_from(&self, from: u64) -> u64 {
            from + self.total.get()
        }

        /// How often the code was replaced.
        #[query]
        pub fn upgrades(&self) -> u64 {
            self.upgrades.get()
        }

        /// Flaw: an upgrade to the same code changes what a query answers.
        #[migrate]
        pub fn migrate(&mut self) {
            self.upgrades.update(|upgrades| upgrades.saturating_add(1));
        }

        /// The total is the sum of the first hundred parts, if there are no more.
        #[invariant]
        pub fn total_is_the_sum_of_its_parts(&self) -> bool {
            let parts: Vec<u64> = self.parts.iter().limit(100).map(|(_, part)| part).collect();
            parts.len() == 100 || parts.into_iter().fold(0, u64::saturating_add) == self.total.get()
        }
    }
}
