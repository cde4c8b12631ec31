//! The state machine.

use super::check::check_answer;
use super::peers::{Peers, Picked};
use super::rate::Rate;
use super::window::{Asked, Held, Window};
use super::{
    BlocksAnswer, BlocksRequest, Effect, Input, MAX_ANSWER_BYTES, MAX_REQUESTS, Offence, Peer, PeerProgress, RequestId,
    SyncRules,
};
use tenon_types::BlockNumber;

/// How synchronisation goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whether blocks are asked for.
    pub is_active: bool,
    /// The last applied block.
    pub height: BlockNumber,
    /// The highest block that was announced, by peers who can be asked if there are any.
    pub target: Option<BlockNumber>,
    /// By how many blocks this node is behind that.
    pub behind: BlockNumber,
    /// The lowest block that somebody connected serves. Above the next one that this node needs, only a snapshot helps.
    pub lowest: Option<BlockNumber>,
    /// Blocks applied in a second.
    pub blocks_per_second: u64,
    /// Bytes of blocks and proofs that are held or delivered.
    pub held_bytes: usize,
    /// Requests under way.
    pub requests: usize,
    /// From whom blocks come.
    pub peers: Vec<PeerProgress>,
}

/// Brings a node up to what its peers have.
#[derive(Clone, Debug)]
pub struct Sync {
    rules: SyncRules,
    peers: Peers,
    window: Window,
    next_id: u64,
    now_ms: u64,
    is_active: bool,
    /// A height that somebody announced and that was out of reach, and since when.
    behind: Option<(BlockNumber, u64)>,
    paused_until_ms: u64,
    timer_ms: Option<u64>,
    rate: Rate,
}

impl Sync {
    /// Begins at the final block of a node.
    pub fn new(rules: SyncRules, height: BlockNumber) -> Self {
        let rules = rules.bounded();
        Self {
            rules,
            peers: Peers::new(rules),
            window: Window::new(height, rules.max_held_bytes),
            next_id: 0,
            now_ms: 0,
            is_active: false,
            behind: None,
            paused_until_ms: 0,
            timer_ms: None,
            rate: Rate::default(),
        }
    }

    /// Takes an input at a time and returns what is to be done, in order. A time before the last one counts as that.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.now_ms = self.now_ms.max(now_ms);
        let mut effects = Vec::new();
        self.take(input, &mut effects);
        self.expire();
        self.decide();
        self.deliver(&mut effects);
        self.ask_another(&mut effects);
        self.ask_for_holes(&mut effects);
        self.set_timer(&mut effects);
        effects
    }

    /// How it goes.
    pub fn progress(&self) -> Progress {
        let (height, target) = (self.window.own(), self.peers.best(self.now_ms).or(self.peers.highest()));
        Progress {
            is_active: self.is_active,
            height,
            target,
            behind: target.unwrap_or_default().saturating_sub(height),
            lowest: self.peers.lowest(),
            blocks_per_second: self.rate.blocks_per_second(self.now_ms),
            held_bytes: self.window.held_bytes(),
            requests: self.window.requests(),
            peers: self.peers.progress(),
        }
    }

    /// Whether blocks are asked for.
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    fn take(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Announced { peer, status } => self.peers.announce(peer, &status),
            Input::Gone { peer } => {
                self.peers.gone(peer);
                for _ in self.window.settle_all(|asked| asked.peer == peer) {
                    self.peers.settled(peer);
                }
            }
            Input::Answered { peer, id, answer } => self.answered(peer, id, answer, effects),
            Input::Failed { peer, id } => {
                if self.window.settle(id, peer).is_some() {
                    self.peers.settled(peer);
                    self.peers.failed(peer, self.now_ms);
                }
            }
            Input::Applied { height } => {
                if self.window.apply(height) {
                    self.rate.note(self.now_ms, height);
                }
            }
            Input::Refused { height, is_fault } => self.refused(height, is_fault, effects),
            // It may come a little early: then it is asked for again.
            Input::Tick => self.timer_ms = None,
        }
    }

    fn answered(&mut self, peer: Peer, id: RequestId, answer: BlocksAnswer, effects: &mut Vec<Effect>) {
        // What comes too late, or twice, was asked of another meanwhile.
        let Some(asked) = self.window.settle(id, peer) else { return };
        self.peers.settled(peer);
        let first = asked.first;
        match check_answer(first, asked.max_bytes, &answer) {
            Ok(last) => {
                self.peers.answered(peer, self.now_ms.saturating_sub(asked.at_ms));
                self.window.hold(Held { first, last, peer, answer });
            }
            Err(Offence::Empty) => {
                if self.peers.was_empty(peer, first, self.now_ms) {
                    effects.push(Effect::Punish { peer, offence: Offence::Empty });
                }
            }
            Err(offence) => self.punish(peer, offence, effects),
        }
    }

    fn refused(&mut self, height: BlockNumber, is_fault: bool, effects: &mut Vec<Effect>) {
        let Some(peer) = self.window.refuse(height) else { return };
        if is_fault {
            self.punish(peer, Offence::BadBlock, effects);
        } else {
            self.paused_until_ms = self.now_ms.saturating_add(self.rules.retry_ms);
        }
    }

    /// Drops all that a liar has to do with.
    fn punish(&mut self, peer: Peer, offence: Offence, effects: &mut Vec<Effect>) {
        self.peers.ban(peer, self.now_ms);
        self.window.drop_held_of(peer);
        for _ in self.window.settle_all(|asked| asked.peer == peer) {
            self.peers.settled(peer);
        }
        effects.push(Effect::Punish { peer, offence });
    }

    fn expire(&mut self) {
        let now_ms = self.now_ms;
        for asked in self.window.settle_all(|asked| asked.due_ms <= now_ms) {
            self.peers.settled(asked.peer);
            self.peers.failed(asked.peer, now_ms);
        }
    }

    /// Begins if somebody is far enough ahead, or ahead for long enough; ends when nobody is ahead.
    fn decide(&mut self) {
        let (own, now_ms) = (self.window.own(), self.now_ms);
        let Some(best) = self.peers.best(now_ms) else {
            // Everybody is left aside, or nobody is there.
            self.is_active &= self.peers.has_connected();
            return;
        };
        if best <= own {
            (self.is_active, self.behind) = (false, None);
            return;
        }
        if self.behind.is_none_or(|(height, _)| height <= own) {
            self.behind = Some((best, now_ms));
        }
        let since_ms = self.behind.map_or(now_ms, |(_, since_ms)| since_ms);
        let is_far = best.saturating_sub(own) >= self.rules.lag;
        let is_long = now_ms.saturating_sub(since_ms) >= self.rules.patience_ms;
        self.is_active |= is_far || is_long;
    }

    fn deliver(&mut self, effects: &mut Vec<Effect>) {
        while self.now_ms >= self.paused_until_ms && self.window.deliveries() < self.rules.max_deliveries {
            let Some(Held { first, peer, answer, .. }) = self.window.deliver() else { break };
            self.peers.delivered(peer, answer.blocks.len());
            let BlocksAnswer { blocks, proof } = answer;
            effects.push(Effect::Deliver { peer, first_height: first, blocks, proof });
        }
    }

    fn may_ask(&self) -> bool {
        self.is_active && self.now_ms >= self.paused_until_ms
    }

    /// Asks somebody else as well for what is needed next, if who was asked is slow.
    fn ask_another(&mut self, effects: &mut Vec<Effect>) {
        let Some(slow) = self.window.only_request_for_next().filter(|_| self.may_ask()) else { return };
        let first = self.window.next();
        let is_slow = slow.at_ms.saturating_add(self.rules.slow_ms) <= self.now_ms;
        // It takes the room that is kept free for what is needed first.
        if is_slow
            && self.window.has_room(first)
            && let Some(picked) = self.peers.pick(first, Some(slow.peer), self.now_ms)
        {
            self.ask(picked, first, slow.last, effects);
        }
    }

    fn ask_for_holes(&mut self, effects: &mut Vec<Effect>) {
        if !self.may_ask() {
            return;
        }
        let limit = self.window.own().saturating_add(self.rules.window_blocks);
        let mut from = self.window.next();
        for _ in 0..MAX_REQUESTS {
            let Some((first, last)) = self.window.hole(from, limit) else { return };
            if !self.window.has_room(first) {
                return;
            }
            let end = match self.peers.pick(first, None, self.now_ms) {
                Some(picked) => self.ask(picked, first, last, effects),
                None => last,
            };
            let Some(next) = end.checked_add(1) else { return };
            from = next;
        }
    }

    /// Asks for blocks up to a last one, as many as the peer has and is asked for at once; returns the last height.
    fn ask(&mut self, picked: Picked, first: BlockNumber, last: BlockNumber, effects: &mut Vec<Effect>) -> BlockNumber {
        let Picked { peer, height, batch, timeout_ms } = picked;
        let last = last.min(height).min(first.saturating_add(batch.saturating_sub(1)));
        let id = RequestId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        let max_bytes = u32::try_from(MAX_ANSWER_BYTES).unwrap_or(u32::MAX);
        let (at_ms, due_ms) = (self.now_ms, self.now_ms.saturating_add(timeout_ms));
        self.window.ask(id, Asked { peer, first, last, max_bytes, at_ms, due_ms });
        self.peers.asked(peer);
        let max_blocks = last.saturating_sub(first).saturating_add(1);
        let request = BlocksRequest { from_height: first, max_blocks, max_bytes };
        effects.push(Effect::Request { peer, id, request });
        last
    }

    /// Sets the timer for the next thing that time alone changes.
    fn set_timer(&mut self, effects: &mut Vec<Effect>) {
        let now_ms = self.now_ms;
        let slow = self.window.only_request_for_next().map(|asked| asked.at_ms.saturating_add(self.rules.slow_ms));
        let patience = self.behind.filter(|_| !self.is_active);
        let patience = patience.map(|(_, since_ms)| since_ms.saturating_add(self.rules.patience_ms));
        let back = self.peers.next_return(self.window.own(), now_ms);
        let all = [self.window.next_due(), slow, patience, back, Some(self.paused_until_ms)];
        let next = all.into_iter().flatten().filter(|at_ms| *at_ms > now_ms).min();
        if let Some(at_ms) = next.filter(|_| self.timer_ms != next) {
            effects.push(Effect::SetTimer { at_ms });
        }
        self.timer_ms = next;
    }
}
