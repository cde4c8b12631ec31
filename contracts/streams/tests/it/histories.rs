//! Random histories against a model in plain Rust: the same rights, owners and names after each step.

use crate::{LEVELS, SALT, chain};
use std::collections::{BTreeMap, BTreeSet};
use streams::{GRACE_MS, Level, MAX_COMMITMENT_MS, MIN_COMMITMENT_MS, StreamsRef, YEAR_MS};
use tenon_contract::{Address, Hash};
use tenon_testkit::{Plan, Random, TestChain, account, histories};

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// Names, and what each looks like.
const NAMES: [(&str, usize); 4] = [("corn", 0), ("com", 0), ("news", 1), ("d.1", 2)];
const PLAN: Plan = Plan { cases: 12, steps: 250 };

#[derive(Clone, Debug)]
enum Step {
    Create,
    Edit(usize),
    Delete(usize),
    Propose(usize, usize),
    Accept(usize),
    Grant(usize, Option<usize>, Level, Option<u64>),
    Revoke(usize, Option<usize>, Level),
    RevokeAll(usize),
    RemoveRight(usize, Option<usize>, Level),
    Commit(usize),
    Register(usize, usize, u32),
    Renew(usize, u32),
    Point(usize, usize),
    Transfer(usize, usize),
    Release(usize),
    Wait(u64),
}

#[derive(Clone, Debug)]
struct Stream {
    id: Hash,
    owner: usize,
    proposed: Option<usize>,
    alive: bool,
}

#[derive(Clone, Copy, Debug)]
struct Right {
    end: u64,
    void: bool,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    index: usize,
    owner: usize,
    stream: usize,
    end: u64,
}

/// What the module should do, without its storage, indices and generations.
#[derive(Clone, Default)]
struct Model {
    streams: Vec<Stream>,
    /// By stream, account (nothing is everybody) and place of the level.
    rights: BTreeMap<(usize, Option<usize>, usize), Right>,
    /// By what they look like.
    names: BTreeMap<usize, Name>,
    commitments: BTreeMap<(usize, usize), u64>,
}

impl Model {
    fn good(&self, stream: usize, who: Option<usize>, level: usize, now: u64) -> Option<u64> {
        let right = self.rights.get(&(stream, who, level))?;
        (self.streams[stream].alive && !right.void && now < right.end).then_some(right.end)
    }

    fn may(&self, stream: usize, who: usize, level: Level, now: u64) -> bool {
        let (open, level) = (matches!(level, Level::Publish | Level::Subscribe), level as usize);
        self.streams[stream].owner == who
            || self.good(stream, Some(who), level, now).is_some()
            || (open && self.good(stream, None, level, now).is_some())
    }

    fn reach(&self, stream: usize, by: usize, level: usize, now: u64) -> Option<u64> {
        if self.streams[stream].owner == by {
            return Some(u64::MAX);
        }
        let grant = self.good(stream, Some(by), Level::Grant as usize, now)?;
        Some(grant.min(self.good(stream, Some(by), level, now)?))
    }

    /// The name of an index, if it is somebody's: not merely one that looks like it.
    fn name(&mut self, index: usize) -> Option<&mut Name> {
        self.names.get_mut(&NAMES[index].1).filter(|name| name.index == index)
    }

    /// Makes a step at a time and says whether it should succeed.
    fn apply(&mut self, now: u64, by: usize, step: &Step) -> bool {
        match *step {
            Step::Create | Step::Wait(_) => true,
            Step::Edit(stream) => self.streams[stream].alive && self.may(stream, by, Level::Edit, now),
            Step::Delete(stream) => {
                let done = self.streams[stream].alive && self.may(stream, by, Level::Delete, now);
                self.streams[stream].alive &= !done;
                done
            }
            Step::Propose(stream, to) => {
                let stream = &mut self.streams[stream];
                let done = stream.alive && stream.owner == by;
                stream.proposed = if done { Some(to) } else { stream.proposed };
                done
            }
            Step::Accept(stream) => {
                let stream = &mut self.streams[stream];
                let done = stream.alive && stream.proposed == Some(by);
                if done {
                    (stream.owner, stream.proposed) = (by, None);
                }
                done
            }
            Step::Commit(index) => {
                self.commitments.insert((by, index), now);
                true
            }
            _ => self.apply_to_rights(now, by, step) || self.apply_to_names(now, by, step),
        }
    }

    fn apply_to_rights(&mut self, now: u64, by: usize, step: &Step) -> bool {
        match *step {
            Step::Grant(stream, who, level, lasts) => {
                let (end, place) = (lasts.map_or(u64::MAX, |lasts| now + lasts), level as usize);
                let within = self.reach(stream, by, place, now).is_some_and(|reach| end <= reach);
                let open = who.is_some() || matches!(level, Level::Publish | Level::Subscribe);
                let longer = self.good(stream, who, place, now).is_none_or(|held| held <= end);
                let done = self.streams[stream].alive && within && open && longer && end > now;
                if done {
                    self.rights.insert((stream, who, place), Right { end, void: false });
                }
                done
            }
            Step::Revoke(stream, who, level) => {
                let place = level as usize;
                let reach = if who == Some(by) { Some(u64::MAX) } else { self.reach(stream, by, place, now) };
                let held = self.good(stream, who, place, now);
                let done = held.is_some_and(|held| reach.is_some_and(|reach| held <= reach));
                if done {
                    self.rights.remove(&(stream, who, place));
                }
                done
            }
            Step::RevokeAll(stream) => {
                let done = self.streams[stream].alive && self.streams[stream].owner == by;
                let rights = self.rights.iter_mut().filter(|((of, ..), _)| done && *of == stream);
                rights.for_each(|(_, right)| right.void = true);
                done
            }
            Step::RemoveRight(stream, who, level) => {
                let place = level as usize;
                let lapsed = self.good(stream, who, place, now).is_none();
                lapsed && self.rights.remove(&(stream, who, place)).is_some()
            }
            _ => false,
        }
    }

    fn apply_to_names(&mut self, now: u64, by: usize, step: &Step) -> bool {
        match *step {
            Step::Register(index, stream, years) => {
                let age = self.commitments.get(&(by, index)).map(|made| now - made);
                let aged = age.is_some_and(|age| (MIN_COMMITMENT_MS..MAX_COMMITMENT_MS).contains(&age));
                let free = self.names.get(&NAMES[index].1).is_none_or(|name| now >= name.end + GRACE_MS);
                let done = self.streams[stream].alive && aged && free && (1..=10).contains(&years);
                if done {
                    self.commitments.remove(&(by, index));
                    let end = now + u64::from(years) * YEAR_MS;
                    self.names.insert(NAMES[index].1, Name { index, owner: by, stream, end });
                }
                done
            }
            Step::Renew(index, years) => self.name(index).is_some_and(|name| {
                let end = name.end + u64::from(years) * YEAR_MS;
                let possible = name.owner == by && now < name.end + GRACE_MS && (1..=10).contains(&years);
                let done = possible && end <= now + 10 * YEAR_MS;
                name.end = if done { end } else { name.end };
                done
            }),
            Step::Point(index, stream) => {
                let alive = self.streams[stream].alive;
                self.name(index).is_some_and(|name| {
                    let done = alive && name.owner == by && now < name.end;
                    name.stream = if done { stream } else { name.stream };
                    done
                })
            }
            Step::Transfer(index, to) => self.name(index).is_some_and(|name| {
                let done = name.owner == by && now < name.end;
                name.owner = if done { to } else { name.owner };
                done
            }),
            Step::Release(index) => {
                let done = self.name(index).is_some_and(|name| name.owner == by || now >= name.end + GRACE_MS);
                if done {
                    self.names.remove(&NAMES[index].1);
                }
                done
            }
            _ => false,
        }
    }
}

fn below(random: &mut Random, length: usize) -> usize {
    let length = u64::try_from(length).expect("a length");
    usize::try_from(random.below(length)).expect("below a length")
}

struct World {
    chain: TestChain,
    streams: StreamsRef,
    people: [Address; PEOPLE.len()],
    model: Model,
}

impl World {
    fn new() -> Self {
        let (chain, streams) = chain();
        let mut world = Self { chain, streams, people: PEOPLE.map(account), model: Model::default() };
        world.perform(0, &Step::Create);
        world
    }

    /// Draws a step. Most draws fit what there is, so that many steps succeed.
    fn draw(&self, random: &mut Random) -> (usize, Step) {
        let stream = self.draw_stream(random);
        let (someone, to) = (below(random, PEOPLE.len()), below(random, PEOPLE.len()));
        let owner = self.model.streams[stream].owner;
        let by = if random.chance(60) { owner } else { someone };
        match random.below(60) {
            0 | 1 => (someone, Step::Create),
            2..=5 => (someone, Step::Edit(stream)),
            6 => (by, Step::Delete(stream)),
            7 | 8 => (by, Step::Propose(stream, to)),
            9 | 10 => (self.model.streams[stream].proposed.unwrap_or(someone), Step::Accept(stream)),
            11 if random.chance(40) => (by, Step::RevokeAll(stream)),
            11..=33 => self.draw_right(stream, by, random),
            34..=54 => self.draw_name(stream, someone, to, random),
            55 if random.chance(20) => (someone, Step::Wait(*random.pick(&[MAX_COMMITMENT_MS, YEAR_MS, GRACE_MS]))),
            _ => (someone, Step::Wait(random.below(15_000))),
        }
    }

    /// Mostly one of the newest streams, so that rights meet, and mostly one that was not deleted.
    fn draw_stream(&self, random: &mut Random) -> usize {
        let streams = &self.model.streams;
        let recent = if random.chance(80) { streams.len().min(2) } else { streams.len() };
        let drawn = streams.len() - 1 - below(random, recent);
        let alive = streams.iter().rposition(|stream| stream.alive).filter(|_| random.chance(80));
        if streams[drawn].alive { drawn } else { alive.unwrap_or(drawn) }
    }

    /// A right is given, taken or removed: often by somebody who may grant, and something that they hold.
    fn draw_right(&self, stream: usize, by: usize, random: &mut Random) -> (usize, Step) {
        let now = self.chain.time_ms();
        let may = |who: usize, level: Level| self.model.good(stream, Some(who), level as usize, now).is_some();
        let granters: Vec<usize> = (0..PEOPLE.len()).filter(|who| may(*who, Level::Grant)).collect();
        let mut drawn = (by, if random.chance(25) { Level::Grant } else { *random.pick(&LEVELS) });
        if !granters.is_empty() && random.chance(50) {
            let giver = *random.pick(&granters);
            let held: Vec<Level> = LEVELS.into_iter().filter(|level| may(giver, *level)).collect();
            drawn = (giver, if random.chance(80) { *random.pick(&held) } else { drawn.1 });
        }
        let who = if random.chance(80) { Some(below(random, PEOPLE.len())) } else { None };
        let lasts = if random.chance(80) { Some(random.below(120_000)) } else { None };
        let present: Vec<_> = self.model.rights.keys().filter(|(of, ..)| *of == stream).collect();
        let (giver, level) = drawn;
        if random.chance(60) || present.is_empty() {
            return (giver, Step::Grant(stream, who, level, lasts));
        }
        let (_, who, place) = **random.pick(&present);
        let level = if random.chance(50) { LEVELS[place] } else { level };
        if random.chance(60) {
            (giver, Step::Revoke(stream, who, level))
        } else {
            (giver, Step::RemoveRight(stream, who, level))
        }
    }

    /// Something is done with a name: often by its owner, and what was committed to is said.
    fn draw_name(&self, stream: usize, someone: usize, to: usize, random: &mut Random) -> (usize, Step) {
        let index = below(random, NAMES.len());
        let years = u32::try_from(random.below(12)).expect("small");
        let owned = self.model.names.get(&NAMES[index].1).filter(|_| random.chance(80));
        let (owner, name) = owned.map_or((someone, index), |name| (name.owner, name.index));
        let committed: Vec<_> = self.model.commitments.keys().collect();
        match random.below(9) {
            0 | 1 => (someone, Step::Commit(index)),
            2..=4 if !committed.is_empty() => {
                let (by, index) = **random.pick(&committed);
                (by, Step::Register(index, stream, years))
            }
            5 => (owner, Step::Renew(name, years.min(3))),
            6 => (owner, Step::Point(name, stream)),
            7 => (owner, Step::Transfer(name, to)),
            8 if random.chance(40) => (owner, Step::Release(name)),
            _ => (someone, Step::Register(index, stream, years)),
        }
    }

    /// Makes a step on the chain and in the model, which must agree on whether it can be made.
    fn perform(&mut self, by: usize, step: &Step) {
        let now = self.chain.time_ms();
        let expected = self.model.apply(now, by, step);
        let found = self.act(by, step);
        assert_eq!(found, expected, "{by} {step:?} at {now}");
    }

    fn act(&mut self, by: usize, step: &Step) -> bool {
        let (streams, people) = (self.streams, self.people);
        let id = |stream: usize| self.model.streams[stream].id;
        let name = |index: usize| NAMES[index].0.to_owned();
        let call = match *step {
            Step::Create => return self.create(by),
            Step::Wait(ms) => {
                self.chain.advance_ms(ms);
                return true;
            }
            Step::Edit(stream) => streams.edit(id(stream), None, Some("Other".into()), None),
            Step::Delete(stream) => streams.delete(id(stream)),
            Step::Propose(stream, to) => streams.propose_owner(id(stream), people[to]),
            Step::Accept(stream) => streams.accept_owner(id(stream)),
            Step::Grant(stream, who, level, lasts) => {
                let end = lasts.map(|lasts| self.chain.time_ms() + lasts);
                match who {
                    Some(who) => streams.grant(id(stream), people[who], level, end),
                    None => streams.grant_public(id(stream), level, end),
                }
            }
            Step::Revoke(stream, Some(who), level) => streams.revoke(id(stream), people[who], level),
            Step::Revoke(stream, None, level) => streams.revoke_public(id(stream), level),
            Step::RevokeAll(stream) => streams.revoke_all(id(stream)),
            Step::RemoveRight(stream, who, level) => {
                streams.remove_right(id(stream), who.map(|who| people[who]), level)
            }
            Step::Commit(index) => {
                let commitment = self.chain.query(streams.name_commitment(people[by], name(index), SALT));
                streams.commit_name(commitment.expect("a query"))
            }
            Step::Register(index, stream, years) => streams.register_name(name(index), id(stream), years, SALT),
            Step::Renew(index, years) => streams.renew_name(name(index), years),
            Step::Point(index, stream) => streams.point_name(name(index), id(stream)),
            Step::Transfer(index, to) => streams.transfer_name(name(index), people[to]),
            Step::Release(index) => streams.release_name(name(index)),
        };
        self.chain.from(people[by]).call(call).is_ok()
    }

    fn create(&mut self, by: usize) -> bool {
        let call = self.streams.create("Stream".into(), None, None, None);
        let id = self.chain.from(self.people[by]).call(call).expect_ok();
        self.model.streams.push(Stream { id, owner: by, proposed: None, alive: true });
        true
    }

    fn agrees(&self) {
        let (now, streams) = (self.chain.time_ms(), self.streams);
        let stream_count = self.model.streams.len();
        for (index, stream) in self.model.streams.iter().enumerate().skip(stream_count.saturating_sub(3)) {
            for (who, person) in self.people.iter().enumerate() {
                for level in LEVELS {
                    let expected = stream.alive.then(|| self.model.may(index, who, level, now));
                    let found = self.chain.query(streams.may(stream.id, *person, level)).ok();
                    assert_eq!(found, expected, "stream {index}: may {who} {level:?}");
                }
            }
        }
        for (index, (name, appearance)) in NAMES.iter().enumerate() {
            let known = self.model.names.get(appearance).filter(|known| known.index == index);
            let stream = known.filter(|known| now < known.end).map(|known| &self.model.streams[known.stream]);
            let expected = stream.filter(|stream| stream.alive).map(|stream| stream.id);
            assert_eq!(self.chain.query(streams.resolve((*name).into())), Ok(expected), "{name}");
        }
        for (who, person) in self.people.iter().enumerate() {
            let owned = self.model.streams.iter().filter(|stream| stream.alive && stream.owner == who);
            let expected: BTreeSet<Hash> = owned.map(|stream| stream.id).collect();
            let found = self.chain.query(streams.streams_of(*person, None, None)).expect("a query");
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }

    /// Entries that the instance should store: the counter, and what the model has.
    fn stored(&self) -> usize {
        let alive = self.model.streams.iter().filter(|stream| stream.alive);
        let of_streams: usize = alive.map(|stream| 3 + usize::from(stream.proposed.is_some())).sum();
        let Model { rights, names, commitments, .. } = &self.model;
        1 + of_streams + rights.len() + 2 * names.len() + commitments.len()
    }
}

#[test]
fn agrees_with_the_model_in_any_history() {
    histories(
        PLAN,
        |_| World::new(),
        |world, random| {
            let (by, step) = world.draw(random);
            world.perform(by, &step);
            world.agrees();
            assert_eq!(world.chain.stored_entries(world.streams.address()), world.stored());
        },
    );
}
