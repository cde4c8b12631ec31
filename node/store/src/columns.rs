//! The columns: what each holds, how it is tuned, and which rows compaction may drop.
//!
//! Pruning costs a commit nothing: it raises the oldest height in the meta row, readers refuse what is below, and the
//! space comes back later. Columns keyed by height lose whole files; in the others compaction drops old rows.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rocksdb::{BlockBasedOptions, Cache, CompactionDecision, DBCompressionType, DataBlockIndexType};

use crate::{Options, keys};

/// A table file's size, and so the least that pruning gives back at once.
const FILE_BYTES: u64 = 32 << 20;
const BLOOM_BITS: f64 = 10.0;
/// Entries and buckets of the hash index within a data block.
const DATA_HASH_RATIO: f64 = 0.75;
const POINT_BLOCK_BYTES: usize = 4 << 10;
const RANGE_BLOCK_BYTES: usize = 32 << 10;
/// How much of a write buffer is a bloom filter, for columns where most look-ups miss it.
const BUFFER_BLOOM_RATIO: f64 = 0.05;
/// A table file this old is compacted again, so that pruned rows at the bottom go even when few new ones come.
const REWRITE_AFTER_SECONDS: u64 = 6 * 60 * 60;
/// How many write buffers a column may have, counting the one being filled.
const WRITE_BUFFERS: i32 = 3;

/// Tells the height of a row by its key and value.
type HeightOf = fn(&[u8], &[u8]) -> Option<u64>;

/// Heights below which rows may already be gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reclaim {
    /// Of blocks, receipts and their indexes.
    pub(crate) blocks: Arc<AtomicU64>,
    /// Of states and pages.
    pub(crate) states: Arc<AtomicU64>,
}

impl Reclaim {
    pub(crate) fn set(&self, blocks: u64, states: u64) {
        self.blocks.store(blocks, Ordering::SeqCst);
        self.states.store(states, Ordering::SeqCst);
    }
}

/// A column of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Format, genesis, finalized height.
    Meta,
    /// Small records of the node that are no part of the chain.
    Records,
    /// Row key to value.
    State,
    /// Page id to page.
    Pages,
    /// Height to encoded block.
    Blocks,
    /// Block hash to height.
    BlockIndex,
    /// Height to block hash.
    Hashes,
    /// Height to encoded receipts.
    Receipts,
    /// Height to what shows that the block is final; nothing if that of a later block shows it.
    Proofs,
    /// Height and level to a node of the header accumulator, which that block completed. Never pruned.
    Accumulator,
    /// Height to what the block changed.
    Undo,
    /// Transaction hash to height and index.
    TxIndex,
    /// Topic, height and index to nothing.
    Events,
    /// Row key and height to the value before that height.
    StateHistory,
    /// Page id and height to the page before that height.
    PageHistory,
}

impl Column {
    pub(crate) const ALL: [Self; 15] = [
        Self::Meta,
        Self::Records,
        Self::State,
        Self::Pages,
        Self::Blocks,
        Self::BlockIndex,
        Self::Hashes,
        Self::Receipts,
        Self::Proofs,
        Self::Accumulator,
        Self::Undo,
        Self::TxIndex,
        Self::Events,
        Self::StateHistory,
        Self::PageHistory,
    ];

    /// What an import drops: all but what describes the store, and the node's own records.
    pub(crate) const CHAIN: [Self; 13] = [
        Self::State,
        Self::Pages,
        Self::Blocks,
        Self::BlockIndex,
        Self::Hashes,
        Self::Receipts,
        Self::Proofs,
        Self::Accumulator,
        Self::Undo,
        Self::TxIndex,
        Self::Events,
        Self::StateHistory,
        Self::PageHistory,
    ];

    /// Columns with one row for each height.
    pub(crate) const BY_HEIGHT: [Self; 4] = [Self::Blocks, Self::Receipts, Self::Proofs, Self::Undo];

    /// Whether it goes with the states, not with the blocks.
    pub(crate) const fn is_of_states(self) -> bool {
        matches!(self, Self::Undo | Self::StateHistory | Self::PageHistory)
    }

    /// Columns that carry a stamp, since their other rows do not say up to which height they were written.
    pub(crate) const STAMPED: [Self; 8] = [
        Self::State,
        Self::Pages,
        Self::BlockIndex,
        Self::Accumulator,
        Self::TxIndex,
        Self::Events,
        Self::StateHistory,
        Self::PageHistory,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Records => "records",
            Self::State => "state",
            Self::Pages => "pages",
            Self::Blocks => "blocks",
            Self::BlockIndex => "block_index",
            Self::Hashes => "hashes",
            Self::Receipts => "receipts",
            Self::Proofs => "proofs",
            Self::Accumulator => "accumulator",
            Self::Undo => "undo",
            Self::TxIndex => "tx_index",
            Self::Events => "events",
            Self::StateHistory => "state_history",
            Self::PageHistory => "page_history",
        }
    }

    /// Options of this column. Rows below `reclaim` may be dropped by compaction.
    pub(crate) fn options(self, options: &Options, cache: &Cache, reclaim: &Reclaim) -> rocksdb::Options {
        let mut column = rocksdb::Options::default();
        column.set_compression_type(DBCompressionType::Lz4);
        column.set_target_file_size_base(FILE_BYTES);
        column.set_max_write_buffer_number(WRITE_BUFFERS);
        column.set_write_buffer_size(options.write_buffer_bytes / 2);
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(cache);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        table.set_format_version(5);
        match self {
            Self::State | Self::Pages | Self::TxIndex | Self::BlockIndex => {
                table.set_block_size(POINT_BLOCK_BYTES);
                table.set_bloom_filter(BLOOM_BITS, false);
                table.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
                table.set_data_block_hash_ratio(DATA_HASH_RATIO);
                column.set_memtable_whole_key_filtering(true);
                column.set_memtable_prefix_bloom_ratio(BUFFER_BLOOM_RATIO);
            }
            _ => table.set_block_size(RANGE_BLOCK_BYTES),
        }
        column.set_block_based_table_factory(&table);
        if let Some(height_of) = self.dropped_by() {
            let reclaim = Arc::clone(if self.is_of_states() { &reclaim.states } else { &reclaim.blocks });
            column.set_compaction_filter("below the oldest height", move |_level, key: &[u8], value: &[u8]| {
                match height_of(key, value) {
                    Some(height) if height < reclaim.load(Ordering::SeqCst) => CompactionDecision::Remove,
                    _ => CompactionDecision::Keep,
                }
            });
            column.set_periodic_compaction_seconds(REWRITE_AFTER_SECONDS);
        }
        column
    }

    /// How compaction learns the height of a row, in the columns where it drops old ones. A stamp has none.
    fn dropped_by(self) -> Option<HeightOf> {
        match self {
            Self::StateHistory | Self::PageHistory => Some(|key, _| keys::split_history(key).map(|(_, height)| height)),
            Self::Events => Some(|key, _| keys::split_event(key).map(|(_, height, _)| height)),
            Self::TxIndex => Some(|_, value| keys::split_position(value).map(|(height, _)| height)),
            _ => None,
        }
    }
}
