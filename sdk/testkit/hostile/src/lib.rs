//! A module that does to its callers whatever a test asks it to.
//!
//! It has the methods of the asset standards: `transfer`, `transfer_from`, `transfer_lot`, `approve`, `set_operator`,
//! `balance_of` and `owner_of`, for amounts, units and single items alike, and reads the arguments of each by their
//! length. It asks for no allowance: whoever calls may move everything. What else it does is its [`Behaviour`].

#![no_std]

mod arguments;

pub use arguments::Rest;
pub use hostile::*;

/// The module.
#[tenon_contract::module(capabilities(storage, coin, call), calls("*"), upgrade = "admin")]
pub mod hostile {
    use crate::arguments::{Move, Rest};
    use tenon_contract::prelude::*;

    /// The share of an amount that [`Behaviour::TakeFee`] keeps: one in a hundred, rounded up.
    pub const FEE_DIVISOR: Amount = 100;
    /// The bytes that [`Behaviour::Flood`] returns: as many as the host lets pass.
    pub const FLOOD_BYTES: usize = 128 * 1024;

    /// What it keeps.
    #[storage]
    pub struct Hostile {
        /// What it does when it is called.
        behaviour: Value<Behaviour>,
        /// Amounts by asset and holder.
        balances: Map<(u64, Address), Amount>,
        /// Owners of single things, by collection (zero for lots) and number.
        owners: Map<(u64, u64), Address>,
        /// How often it was called.
        called: Value<u64>,
        /// How its calls back ended: 0 or the error's number.
        answers: Value<Vec<u32>>,
    }

    /// What the module does when a method of the standards is called.
    #[module_type]
    #[derive(Default)]
    pub enum Behaviour {
        /// What the standards say.
        #[default]
        Honest,
        /// Keeps a hundredth of each amount, so that less arrives than was sent.
        TakeFee,
        /// Says that it did, and moves nothing.
        Pretend,
        /// Says that everybody holds so much; else is honest.
        Lie(Amount),
        /// Fails with its own error.
        Refuse,
        /// Panics.
        Panic,
        /// Loops until the gas is used up.
        BurnGas,
        /// Does what it should, and returns bytes that no standard knows.
        Garble,
        /// Does what it should, and returns as much as the host lets pass.
        Flood,
        /// Calls a method of somebody first, and notes how that ended; then is honest.
        CallBack(Target),
    }

    /// A call that the module makes.
    #[module_type]
    pub struct Target {
        /// Whom it calls.
        pub address: Address,
        /// Which method.
        pub method: String,
        /// The encoded arguments.
        pub input: Vec<u8>,
        /// The native coin that goes with it.
        pub value: Amount,
    }

    /// Why a method failed.
    #[error]
    pub enum Error {
        /// Asked to refuse.
        Refused = 1,
        /// There is not enough to move.
        Missing = 2,
        /// The arguments are of no standard.
        UnknownArguments = 3,
    }

    impl Target {
        fn call(self) -> u32 {
            let call: Call<Rest> = Call::new(self.address, self.method.leak(), self.input, false);
            call.with_value(self.value).try_invoke().map_or_else(|error| error.code(), |_| 0)
        }
    }

    impl Hostile {
        /// Starts honest.
        #[init]
        pub fn init(&mut self) {}

        /// Sets what the module does from now on, and forgets what it noted.
        #[call]
        pub fn behave(&mut self, behaviour: Behaviour) {
            self.behaviour.set(&behaviour);
            self.called.clear();
            self.answers.clear();
        }

        /// Gives somebody an amount of an asset.
        #[call]
        pub fn give(&mut self, asset: u64, to: Address, amount: Amount) {
            let balance = self.balances.get_or_default(&(asset, to));
            self.balances.set(&(asset, to), &balance.saturating_add(amount));
        }

        /// Gives somebody a single thing; a lot has the collection 0.
        #[call]
        pub fn give_item(&mut self, collection: u64, item: u64, to: Address) {
            self.owners.set(&(collection, item), &to);
        }

        /// Makes a call in the module's own name, so that it can hold, bid and sell. Returns 0 or the error's number.
        #[call(payable)]
        pub fn act(&mut self, target: Target) -> u32 {
            target.call()
        }

        /// As the standards have it.
        #[call]
        pub fn transfer(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.moves(&arguments)
        }

        /// As the standards have it, without an allowance.
        #[call]
        pub fn transfer_from(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.moves(&arguments)
        }

        /// As the standard of lots has it.
        #[call]
        pub fn transfer_lot(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.moves(&arguments)
        }

        /// Allows nothing that is not allowed already.
        #[call]
        pub fn approve(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.react(&arguments)
        }

        /// Allows nothing that is not allowed already.
        #[call]
        pub fn set_operator(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.react(&arguments)
        }

        /// Accepts the native coin, if it is in the mood.
        #[call(payable)]
        pub fn receive(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.react(&arguments)
        }

        /// Takes a delivered event, if it is in the mood.
        #[call]
        pub fn on_event(&mut self, arguments: Rest) -> Result<Rest, Error> {
            self.react(&arguments)
        }

        /// What somebody holds of an asset.
        #[query]
        pub fn balance_of(&self, asset: u64, owner: Address) -> Amount {
            match self.behaviour.get() {
                Behaviour::Lie(amount) => amount,
                _ => self.balances.get_or_default(&(asset, owner)),
            }
        }

        /// Who owns a lot, or an item of a collection.
        #[query]
        pub fn owner_of(&self, thing: Rest) -> Option<Address> {
            self.owners.get(&thing.thing()?)
        }

        /// How often a method of the standards was called since the behaviour was set.
        #[query]
        pub fn times_called(&self) -> u64 {
            self.called.get()
        }

        /// How the calls back ended since the behaviour was set: 0 or the error's number, in order.
        #[query]
        pub fn answers(&self) -> Vec<u32> {
            self.answers.get()
        }
    }

    impl Hostile {
        fn moves(&mut self, arguments: &Rest) -> Result<Rest, Error> {
            let output = self.react(arguments)?;
            if !matches!(self.behaviour.get(), Behaviour::Pretend) {
                self.carry_out(&arguments.read(env().caller()).ok_or(Error::UnknownArguments)?)?;
            }
            Ok(output)
        }

        /// Does what the behaviour says beside moving something.
        fn react(&mut self, _: &Rest) -> Result<Rest, Error> {
            self.called.update(|called| called.saturating_add(1));
            match self.behaviour.get() {
                Behaviour::Refuse => Err(Error::Refused),
                Behaviour::Panic => panic!("asked to"),
                Behaviour::BurnGas => loop {
                    core::hint::black_box(());
                },
                Behaviour::Garble => Ok(Rest(vec![0xff; 3])),
                Behaviour::Flood => Ok(Rest(vec![0xff; FLOOD_BYTES])),
                Behaviour::CallBack(target) => {
                    let code = target.call();
                    let mut answers = self.answers.get();
                    answers.push(code);
                    self.answers.set(&answers);
                    Ok(Rest::default())
                }
                Behaviour::Honest | Behaviour::TakeFee | Behaviour::Pretend | Behaviour::Lie(_) => Ok(Rest::default()),
            }
        }

        fn carry_out(&mut self, moved: &Move) -> Result<(), Error> {
            match moved {
                Move::Amount { asset, from, to, amount } => {
                    let rest = self.balances.get_or_default(&(*asset, *from)).checked_sub(*amount);
                    self.balances.set(&(*asset, *from), &rest.ok_or(Error::Missing)?);
                    let fee = match self.behaviour.get() {
                        Behaviour::TakeFee => amount.div_ceil(FEE_DIVISOR),
                        _ => 0,
                    };
                    self.give(*asset, *to, amount.saturating_sub(fee));
                }
                Move::Thing { thing, from, to } => {
                    ensure!(self.owners.get(thing) == Some(*from), Error::Missing);
                    self.owners.set(thing, to);
                }
                Move::Either { amount, thing } => {
                    let is_thing = matches!(thing.as_ref(), Move::Thing { thing, .. } if self.owners.contains(thing));
                    return self.carry_out(if is_thing { thing } else { amount });
                }
            }
            Ok(())
        }
    }
}
