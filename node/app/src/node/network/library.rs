//! Answers about snapshots, and about what leads a node to trust one: given in a thread beside, from files and store.
//!
//! Questions that find no room are declined, and whoever asked asks elsewhere. How many one peer may ask at once, and
//! how fast, is bounded below, in `tenon-net`.

use super::super::chain::Chain;
use super::super::epochs;
use super::super::snapshot::Snapshots;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tenon_core::consensus::bbft::Epoch;
use tenon_core::sync::snapshot::{MAX_PIECE_BYTES, Piece};
use tenon_core::wire::{Answer, MAX_EPOCH_PROOFS, PieceRequest, Wire as _};
use tenon_net::{MAX_RESPONSE, Network, RequestId};
use tenon_types::BlockNumber;

/// Questions that wait.
const MAX_QUESTIONS: usize = 64;
/// Bytes of the proofs of epochs in one answer, as long as there is more than one.
const MAX_EPOCHS_BYTES: usize = 4 << 20;
/// What stands around a piece in an answer, at most.
const AROUND_BYTES: usize = 16;

const _: () = assert!(MAX_PIECE_BYTES + AROUND_BYTES <= MAX_RESPONSE, "each piece can be sent");

/// What is asked.
pub(super) enum Question {
    /// Which snapshots there are.
    Snapshots,
    /// A piece of one.
    Piece(PieceRequest),
    /// What shows that a block is final.
    Header(BlockNumber),
    /// What shows that epochs are over.
    Epochs(Epoch),
}

/// Has questions answered.
pub(super) struct Library {
    network: Arc<Network>,
    questions: SyncSender<(RequestId, Question)>,
}

impl Library {
    /// Makes it, and the work of its thread.
    pub(super) fn new(
        chain: Arc<Chain>,
        snapshots: Option<Arc<Snapshots>>,
        network: Arc<Network>,
    ) -> (Self, impl FnOnce() + Send + 'static) {
        let (questions, to_answer) = sync_channel(MAX_QUESTIONS);
        let library = Self { network: network.clone(), questions };
        (library, move || answer_all(&chain, snapshots.as_deref(), &network, &to_answer))
    }

    /// Has a question answered.
    pub(super) fn ask(&self, id: RequestId, question: Question) {
        if self.questions.try_send((id, question)).is_err() {
            self.network.decline(id);
        }
    }
}

fn answer_all(
    chain: &Chain,
    snapshots: Option<&Snapshots>,
    network: &Network,
    questions: &Receiver<(RequestId, Question)>,
) {
    while let Ok((id, question)) = questions.recv() {
        network.respond(id, answer(chain, snapshots, &question).to_bytes());
    }
}

/// Answers from what is here now.
pub(super) fn answer(chain: &Chain, snapshots: Option<&Snapshots>, question: &Question) -> Answer {
    match question {
        Question::Snapshots => Answer::Snapshots(snapshots.map(Snapshots::offers).unwrap_or_default()),
        Question::Piece(PieceRequest { height, piece }) => {
            let height = u64::from(*height);
            let bytes = snapshots.and_then(|snapshots| match piece {
                Piece::Manifest => snapshots.serve_manifest(height),
                Piece::Anchor => snapshots.serve_anchor(height),
                Piece::Part(part) => snapshots.serve_part(height, *part),
            });
            Answer::Piece(bytes)
        }
        Question::Header(height) => Answer::Header(chain.header_proof(*height).ok().map(|proof| proof.to_bytes())),
        Question::Epochs(first) => Answer::Epochs(proofs_from(chain, first.0)),
    }
}

/// Proofs of epochs in a row, as many as fit one answer.
fn proofs_from(chain: &Chain, first: u64) -> Vec<Vec<u8>> {
    let (mut proofs, mut bytes) = (Vec::new(), 0_usize);
    for epoch in (first..).take(MAX_EPOCH_PROOFS) {
        let Some(proof) = epochs::kept(&chain.store, epoch).ok().flatten() else { break };
        bytes = bytes.saturating_add(proof.len());
        if bytes > MAX_EPOCHS_BYTES && !proofs.is_empty() {
            break;
        }
        proofs.push(proof);
    }
    proofs
}
