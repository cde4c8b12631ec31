//! `tenon tensority`: the proof-of-work hash by itself: one hash, what bits ask for, headers of the network that the hash
//! comes from, and how fast this machine is. It needs no node. This leaves out mining.

mod bench;

use super::output::{Failure, Kind, Report, table};
use clap::{Args, Subcommand};
use serde_json::json;
use tenon_tensority::{Hasher, Kernel, MAX_HEADER_BYTES, MAX_THREADS, Matrices, ReferenceHeader};
use tenon_types::Hash;
use tenon_types::work::{Bits, FIRST_SEED, Target, seed_height};

/// Blocks that have the same seed on the network that the hash comes from.
const EPOCH_BLOCKS: u64 = 256;

/// Compute and check the Tensority proof of work, without a node
#[derive(Debug, Args)]
pub(super) struct Tensority {
    #[command(subcommand)]
    command: TensorityCommand,
}

#[derive(Debug, Subcommand)]
enum TensorityCommand {
    /// Print the hash of the work of a header
    Hash {
        /// The hash of the header, with the nonce in it
        #[arg(value_name = "HEADER_HASH")]
        header: String,
        /// The seed of the header's epoch
        seed: String,
        /// How to multiply; the fastest way of this machine if absent. `bench` lists them
        #[arg(long, value_name = "KERNEL")]
        kernel: Option<String>,
    },
    /// Print the target that the bits of a header stand for, and how many hashes it takes on average
    Work {
        /// The bits, as a number or as 0x and hex digits
        bits: String,
    },
    /// Check a header of the network that Tensority comes from: its hash, and whether the work meets its target
    VerifyHeader {
        /// The serialized header, in hex
        header: String,
        /// The seed of its epoch, the hash of an earlier header; known up to height 256
        #[arg(long, value_name = "HASH")]
        seed: Option<String>,
    },
    /// Measure the ways to multiply that this machine has
    Bench {
        /// One way alone
        #[arg(long, value_name = "KERNEL")]
        kernel: Option<String>,
        /// How many threads compute hashes together; as many as there are processors if absent
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
        threads: Option<u16>,
    },
}

impl Tensority {
    pub(super) fn run(self) -> Result<Report, Failure> {
        match self.command {
            TensorityCommand::Hash { header, seed, kernel } => hash(&header, &seed, kernel.as_deref()),
            TensorityCommand::Work { bits } => work(&bits),
            TensorityCommand::VerifyHeader { header, seed } => verify_header(&header, seed.as_deref()),
            TensorityCommand::Bench { kernel, threads } => {
                let kernels = match kernel {
                    Some(name) => vec![find(&name)?],
                    None => Kernel::all(),
                };
                Ok(bench::run(&kernels, threads.map_or_else(tenon_tensority::threads, usize::from)))
            }
        }
    }
}

fn hash(header: &str, seed: &str, kernel: Option<&str>) -> Result<Report, Failure> {
    let (header, seed) = (parse_hash(header, "the header's hash")?, parse_hash(seed, "a seed")?);
    let kernel = kernel.map_or_else(|| Ok(Kernel::best()), find)?;
    let work = hex::encode(Hasher::default().hash(&header, &Matrices::build(&seed, kernel)));
    let json = json!({
        "hash": work, "header_hash": hex::encode(header), "seed": hex::encode(seed), "kernel": kernel.name(),
    });
    Ok(Report::new(work, json))
}

fn work(text: &str) -> Result<Report, Failure> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let bits = Bits(number.map_err(|_| {
        let message = format!("found {text:?}, expected bits: a number below 2^64");
        Failure::new(Kind::Usage, message, "write it as 2161727821137910632 or as 0x1e00000000011b68")
    })?);
    let target = target(bits)?;
    let (shown, work) = (show(target), target.work().to_string());
    let text = table([("bits", bits.to_string()), ("target", shown.clone()), ("work", format!("{work} hashes"))]);
    Ok(Report::new(text, json!({ "bits": bits.to_string(), "target": shown, "work": work })))
}

fn verify_header(header: &str, seed: Option<&str>) -> Result<Report, Failure> {
    let hint = "write the header without its transactions, as the network's nodes serialize it";
    let bytes = unhex(header).filter(|bytes| bytes.len() <= MAX_HEADER_BYTES).ok_or_else(|| {
        let message = format!(
            "found {} characters, expected the hex digits of a header: at most {MAX_HEADER_BYTES} bytes",
            header.chars().count()
        );
        Failure::new(Kind::Usage, message, hint)
    })?;
    let header = ReferenceHeader::parse(&bytes).map_err(|error| Failure::new(Kind::Usage, error.to_string(), hint))?;
    let seed = seed_of(header.height, seed)?;
    let (hash, target) = (header.hash(), target(header.bits)?);
    let work = Hasher::default().hash(&hash, &Matrices::build(&seed, Kernel::best()));
    let is_met = target.is_met_by(&work);
    let verdict = if is_met { "the work meets the target" } else { "the work does not meet the target" };
    let text = table([
        ("height", header.height.to_string()),
        ("hash", hex::encode(hash)),
        ("seed", hex::encode(seed)),
        ("bits", header.bits.to_string()),
        ("target", show(target)),
        ("work", hex::encode(work)),
        ("", verdict.into()),
    ]);
    let json = json!({
        "height": header.height, "hash": hex::encode(hash), "seed": hex::encode(seed), "timestamp": header.timestamp,
        "bits": header.bits.to_string(), "target": show(target), "work": hex::encode(work), "valid": is_met,
    });
    Ok(Report { done: is_met, ..Report::new(text, json) })
}

/// The seed of a height: the one that is given, or the one that everybody knows.
fn seed_of(height: u64, given: Option<&str>) -> Result<Hash, Failure> {
    match (given, seed_height(height, EPOCH_BLOCKS)) {
        (Some(seed), _) => parse_hash(seed, "a seed"),
        (None, 0) => Ok(FIRST_SEED),
        (None, ancestor) => {
            let message = format!("found no --seed, expected one for a header at height {height}");
            Err(Failure::new(Kind::Usage, message, format!("it is the hash of the header at height {ancestor}")))
        }
    }
}

fn target(bits: Bits) -> Result<Target, Failure> {
    bits.target().map_err(|error| {
        Failure::new(Kind::Usage, error.to_string(), "bits are sign, exponent and mantissa: see the page on Tensority")
    })
}

fn find(name: &str) -> Result<Kernel, Failure> {
    Kernel::find(name)
        .map_err(|error| Failure::new(Kind::Usage, error.to_string(), "without --kernel the fastest is taken"))
}

/// The target as the number that it is, its highest digit first.
fn show(target: Target) -> String {
    let mut bytes = target.to_le_bytes();
    bytes.reverse();
    format!("0x{}", hex::encode(bytes))
}

fn parse_hash(text: &str, what: &str) -> Result<Hash, Failure> {
    let bytes = unhex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Hash).ok_or_else(|| {
        Failure::new(Kind::Usage, format!("found {text:?}, expected {what}: 32 bytes"), "write 64 hex digits")
    })
}

/// The bytes of hex digits, with 0x before them or without.
fn unhex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests;
