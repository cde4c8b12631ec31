//! Random histories of everything that people and the host can do: the books are exact after each step, and whoever
//! leaves in the end gets everything that is theirs.

use crate::{COIN, DAYS_20, MINIMUM, blocks, books, chain_with, evidence, held, key, register, terms};
use staking::{StakingRef, Terms};
use tenon_contract::parity_scale_codec::Decode;
use tenon_contract::{Address, Call};
use tenon_testkit::{Plan, Random, TestChain, account, histories};

const PEOPLE: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];
/// How many of them stand, if they can.
const STANDING: usize = 4;
const PLAN: Plan = Plan { cases: 6, steps: 300 };
/// What a block issues: a number that is seldom divided without a remainder.
const REWARD: u128 = 1_000_003;

struct World {
    chain: TestChain,
    staking: StakingRef,
    /// Positions that may have ended, each with less than a unit that nobody can claim.
    ended: u128,
    steps: u32,
}

fn below(random: &mut Random, length: usize) -> usize {
    let length = u64::try_from(length).expect("a length");
    usize::try_from(random.below(length)).expect("below a length")
}

impl World {
    fn new() -> Self {
        let terms = Terms { producer_bp: 1_500, epoch_blocks: 5, downtime_bp: 333, ..terms() };
        let (mut chain, staking) = chain_with(terms, REWARD);
        chain.set_traces(false);
        for name in &PEOPLE[..STANDING] {
            register(&mut chain, staking, name, 2 * MINIMUM);
        }
        Self { chain, staking, ended: 0, steps: 0 }
    }

    /// Sends a call and says whether it succeeded.
    fn send<R: Decode>(&mut self, who: Address, call: Call<R>) -> bool {
        self.chain.from(who).call(call).is_ok()
    }

    fn step(&mut self, random: &mut Random) {
        let staking = self.staking;
        let who = account(PEOPLE[below(random, PEOPLE.len())]);
        let name = PEOPLE[below(random, STANDING)];
        let (candidate, other) = (account(name), account(PEOPLE[below(random, STANDING)]));
        let some = random.chance(50).then(|| u128::from(random.below(20)) * COIN / 7);
        let leaves = match random.below(34) {
            0..=7 => {
                let amount = random.amount(50_000_000_000_000).min(1_000 * COIN);
                self.send(who, staking.delegate(candidate).with_value(amount));
                false
            }
            8..=11 => self.send(who, staking.undelegate(candidate, some)),
            12..=14 => self.send(who, staking.redelegate(candidate, other, some)),
            15..=17 => self.send(who, staking.claim(candidate)),
            18 => self.send(candidate, staking.claim(candidate)),
            19 => self.send(account("Ferdie"), staking.withdraw(who, candidate)),
            20 if random.chance(30) => self.send(candidate, staking.withdraw_candidacy()),
            21 | 22 => self.send(candidate, staking.unjail()),
            23 => self.send(who, staking.clear_candidate(candidate)),
            24 => {
                let points = u16::try_from(random.below(10_001)).expect("small");
                self.send(candidate, staking.set_commission(points));
                false
            }
            25 if random.chance(25) => self.accuse(name, random),
            26 | 27 => self.stand_again(name, random),
            28..=30 => {
                self.seal(random);
                false
            }
            31 => {
                self.chain.advance_ms(if random.chance(10) { DAYS_20 } else { random.below(4 * 86_400_000) });
                false
            }
            _ => {
                blocks(&mut self.chain, 1 + u32::try_from(random.below(4)).expect("small"));
                false
            }
        };
        self.ended += u128::from(leaves);
        self.steps += 1;
    }

    fn accuse(&mut self, name: &str, random: &mut Random) -> bool {
        let epoch = books(&self.chain, self.staking).epoch.saturating_sub(random.below(3));
        let call = evidence(self.staking, name, epoch);
        self.chain.system(call).is_ok()
    }

    fn stand_again(&mut self, name: &str, random: &mut Random) -> bool {
        let (bls_key, proof) = key(name);
        let points = u16::try_from(random.below(3_000)).expect("small");
        let call = self.staking.register(bls_key, proof, points, String::new());
        self.send(account(name), call.with_value(MINIMUM + u128::from(random.below(1_000_000))))
    }

    /// Says who leads the next blocks, who does not sign, and who failed.
    fn seal(&mut self, random: &mut Random) {
        let leader = account(PEOPLE[below(random, STANDING)]);
        let missed = [leader; 3];
        let missed = &missed[..below(random, 3)];
        let signers = [u8::try_from(random.below(4)).expect("small")];
        let signers: &[u8] = if random.chance(30) { &signers } else { &[0xff] };
        self.chain.set_seal(Some(leader), signers, missed);
    }

    fn agrees(&self) {
        let now = books(&self.chain, self.staking);
        assert_eq!(self.chain.coin(self.staking.address()), held(&now));
    }

    /// Everybody leaves with what is theirs, on a copy of the chain: then nothing is left but parts of units.
    fn drain(&self) {
        let mut copy = Self { chain: self.chain.clone(), ..*self };
        copy.chain.set_seal(None, &[], &[]);
        copy.chain = copy.chain.clone().with_hook(self.staking.address(), 0);
        let people = PEOPLE.map(account);
        // Coin that moves from one candidate to another arrives where it has to leave again.
        for _ in 0..3 {
            for who in people {
                copy.send(who, self.staking.withdraw_candidacy());
                for candidate in people {
                    copy.ended += u128::from(copy.send(who, self.staking.undelegate(candidate, None)));
                }
            }
            copy.chain.advance_ms(DAYS_20);
            blocks(&mut copy.chain, 12);
        }
        for who in people {
            for candidate in people {
                copy.send(who, self.staking.claim(candidate));
            }
        }
        let left = books(&copy.chain, self.staking);
        assert_eq!((left.bonded, left.unbonding, left.credits, left.weight), (0, 0, 0, 0));
        let most = 2 * copy.ended + u128::from(self.steps) + 50;
        assert!(left.rewards <= most, "{} units of rewards are nobody's, expected at most {most}", left.rewards);
        for candidate in people {
            copy.send(people[0], self.staking.clear_candidate(candidate));
            assert!(copy.chain.query(self.staking.candidate(candidate)).is_err());
        }
        copy.agrees();
    }
}

#[test]
fn keeps_exact_books_and_pays_everybody_in_any_history() {
    histories(
        PLAN,
        |_| World::new(),
        |world, random| {
            world.step(random);
            world.agrees();
            if world.steps.is_multiple_of(100) {
                world.drain();
            }
        },
    );
}
