//! Questions of other nodes and answers to one's own.

use super::super::blocks::Asked;
use super::super::library::Question;
use super::{Hub, Offence, PeerKey};
use parity_scale_codec::Encode;
use tenon_core::relay::{Progress, read_block};
use tenon_core::wire::{Answer, Request, Wire};
use tenon_net::{RequestFailure, RequestId};
use tenon_types::Hash;

impl Hub {
    pub(super) fn on_request(&mut self, peer: PeerKey, id: RequestId, bytes: &[u8]) {
        match Request::from_bytes(bytes) {
            Ok(Request::Parts(request)) => {
                let answer = self.answer_parts(&peer, &request);
                self.network.respond(id, answer.to_bytes());
            }
            Ok(Request::Block { hash }) => self.network.respond(id, Answer::Block(self.whole(&hash)).to_bytes()),
            Ok(Request::Blocks(request)) => self.catch_up.serve(id, request),
            Ok(Request::Snapshots) => self.library.ask(id, Question::Snapshots),
            Ok(Request::Piece(request)) => self.library.ask(id, Question::Piece(request)),
            Ok(Request::Header { height }) => self.library.ask(id, Question::Header(height)),
            Ok(Request::Epochs { first }) => self.library.ask(id, Question::Epochs(first)),
            Err(error) => {
                tracing::debug!(target: "tenon::network", %peer, %error, "a request does not decode");
                self.network.punish(peer, Offence::Malformed);
            }
        }
    }

    fn whole(&self, hash: &Hash) -> Option<Vec<u8>> {
        let open = self.open.get(hash).map(|block| block.encode());
        open.or_else(|| self.chain.block(hash).map(|entry| entry.block.encode()))
    }

    pub(super) fn on_response(&mut self, now_ms: u64, id: RequestId, result: Result<Vec<u8>, RequestFailure>) {
        if self.restore.has_asked(&id) {
            return self.restore.answered(now_ms, id, result);
        }
        let Some((peer, asked)) = self.blocks.answered(&id) else {
            return self.catch_up.answered(now_ms, id, result);
        };
        let hash = match &asked {
            Asked::Parts(hash) | Asked::Block(hash) => *hash,
        };
        let answer = result.ok().map(|bytes| Answer::from_bytes(&bytes));
        match (asked, answer) {
            (_, Some(Err(error))) => {
                tracing::debug!(target: "tenon::network", %peer, %error, "an answer does not decode");
                self.network.punish(peer, Offence::BadResponse);
                self.fetch_whole(now_ms, hash);
            }
            (Asked::Parts(_), Some(Ok(Answer::Parts(answer)))) => self.on_parts(now_ms, peer, hash, answer),
            (Asked::Parts(_), Some(Ok(Answer::Shards(_)))) => self.blocks.expect_shards(now_ms, &hash),
            (Asked::Block(_), Some(Ok(Answer::Block(Some(bytes))))) if self.blocks.is_wanted(&hash) => {
                match read_block(hash, &bytes) {
                    Ok(block) => self.arrive(block),
                    Err(error) => {
                        tracing::debug!(target: "tenon::network", %peer, %error, "an answer is another block");
                        self.network.punish(peer, Offence::BadResponse);
                        self.fetch_whole(now_ms, hash);
                    }
                }
            }
            _ => self.fetch_whole(now_ms, hash),
        }
    }

    /// Goes on with a block whose parts came. Whoever sends false parts is left alone, and the block fetched elsewhere.
    fn on_parts(&mut self, now_ms: u64, peer: PeerKey, hash: Hash, answer: tenon_core::relay::PartAnswer) {
        let Some((mut rebuild, request)) = self.blocks.parts(&hash) else { return };
        match rebuild.take(&request, answer) {
            Ok(0) => return self.fetch_whole(now_ms, hash),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(target: "tenon::network", %peer, %error, "parts of another block came");
                self.network.punish(peer, Offence::BadResponse);
                return self.fetch_whole(now_ms, hash);
            }
        }
        match rebuild.finish() {
            Progress::Done(block) => self.arrive(block),
            Progress::Missing(rebuild, request) => {
                self.blocks.go_on(&hash, Some((rebuild, request.clone())));
                self.ask_for_parts(peer, hash, request);
            }
            Progress::Mismatch(_) => self.fetch_whole(now_ms, hash),
        }
    }

    /// Asks somebody, or somebody else, for a whole block.
    pub(super) fn fetch_whole(&mut self, now_ms: u64, hash: Hash) {
        self.blocks.want_whole(now_ms, hash);
        self.ask_next(hash);
    }
}
