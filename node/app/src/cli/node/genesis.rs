//! `tenon node genesis`: writes what a chain begins with, as its founders agree.

use super::super::output::{Failure, Kind, Report, table};
use super::super::{dev, project};
use crate::config::{COIN_DECIMALS, Founder, Founding, FoundingError, Staking, create_private};
use crate::node::{HookError, genesis_hash};
use clap::Args;
use parity_scale_codec::Encode;
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tenon_client::{ClientError, no_names, parse_address, parse_amount};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::Engine;
use tenon_types::{Address, Amount, Genesis, Hash, Validator};

/// Write the genesis of a new chain, and print the hash that names it
#[derive(Debug, Args)]
pub(super) struct GenesisWords {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The chain's name
    #[arg(long)]
    name: String,
    /// The symbol of its coin
    #[arg(long, default_value = "TEN")]
    symbol: String,
    /// A validator that the chain begins with: account and BLS key, then its weight (1) and its key's proof if given
    #[arg(long = "validator", value_name = "ACCOUNT:BLSKEY[:WEIGHT][:PROOF]", required = true)]
    validators: Vec<String>,
    /// Who holds the coin, and how much
    #[arg(long = "balance", value_name = "ADDRESS:COINS")]
    balances: Vec<String>,
    /// Have the module for staking elect validators: founders must register before the first epoch ends
    #[arg(long)]
    staking: bool,
    /// Blocks of an epoch; the module's own number if absent
    #[arg(long, value_name = "BLOCKS", requires = "staking",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    epoch_blocks: Option<u32>,
    /// Coin that is issued in each block
    #[arg(long, value_name = "COINS", requires = "staking", default_value = "0")]
    block_reward: String,
    /// Another term of the module for staking, such as unbonding_ms=60000
    #[arg(long = "term", value_name = "NAME=VALUE", requires = "staking")]
    terms: Vec<String>,
    /// The time of block 0, in milliseconds since 1970; now if absent
    #[arg(long, value_name = "MS")]
    time_ms: Option<u64>,
}

impl GenesisWords {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let founding = self.founding()?;
        let (genesis, hash) = found(&founding)?;
        let bytes = genesis.encode();
        write(&self.out, &bytes)?;
        let unproven = founding.founders.iter().filter(|founder| founder.possession.is_none()).count();
        let warning = match unproven {
            0 => String::new(),
            count => format!("{count} keys came without proof of possession: take them from whom you trust"),
        };
        let text = table([
            ("genesis", hash.to_string()),
            ("name", genesis.name.clone()),
            ("validators", genesis.validators.len().to_string()),
            ("epoch", epoch_text(&genesis)),
            ("written to", self.out.display().to_string()),
            ("note", warning),
        ]);
        let json = json!({
            "genesis_hash": hash.to_string(), "file": self.out, "bytes": bytes.len(), "name": genesis.name,
            "validators": genesis.validators.len(), "epoch_blocks": genesis.parameters.hooks.epoch_blocks,
            "unproven_keys": unproven,
        });
        Ok(Report::new(text, json))
    }

    fn founding(&self) -> Result<Founding, Failure> {
        let term = |word: &String| {
            let (name, value) = word.split_once('=').ok_or_else(|| {
                let message = format!("found --term {word:?}, expected NAME=VALUE");
                Failure::new(Kind::Usage, message, "such as --term unbonding_ms=60000")
            })?;
            Ok((name.to_string(), value.to_string()))
        };
        let staking = Staking {
            epoch_blocks: self.epoch_blocks,
            block_reward: coins(&self.block_reward)?,
            terms: self.terms.iter().map(term).collect::<Result<_, Failure>>()?,
        };
        Ok(Founding {
            name: self.name.clone(),
            symbol: self.symbol.clone(),
            time_ms: self.time_ms.unwrap_or_else(now_ms),
            founders: self.validators.iter().map(|word| founder(word)).collect::<Result<_, _>>()?,
            balances: self.balances.iter().map(|word| balance(word)).collect::<Result<_, _>>()?,
            staking: self.staking.then_some(staking),
        })
    }
}

/// Puts a genesis together, and the hash that names its chain.
pub(in crate::cli) fn found(founding: &Founding) -> Result<(Genesis, Hash), Failure> {
    let make = || -> anyhow::Result<(Genesis, Hash)> {
        let cache_dir = dev::home().ok().map(|home| home.join("code"));
        let options = EngineOptions { cache_dir, ..EngineOptions::default() };
        let engine: Arc<dyn Engine> = Arc::new(WasmtimeEngine::new(&options)?);
        let genesis = founding.genesis(&engine)?;
        let hash = genesis_hash(&genesis, engine)?;
        Ok((genesis, hash))
    };
    on_engine_stack(make).map_err(|error| {
        let known = error.downcast_ref::<FoundingError>().is_some() || error.downcast_ref::<HookError>().is_some();
        let kind = if known { Kind::Usage } else { Kind::Config };
        Failure::new(kind, project::chain_of(error.as_ref()), "`tenon node genesis --help` shows what each flag takes")
    })
}

fn founder(word: &str) -> Result<Founder, Failure> {
    let refused = |found: String| {
        let message = format!("found --validator {word:?} with {found}, expected ACCOUNT:BLSKEY[:WEIGHT][:PROOF]");
        Failure::new(Kind::Usage, message, "`tenon node key show` prints the BLS key and its proof")
    };
    let mut parts = word.split(':');
    let account = address(parts.next().unwrap_or_default())?;
    let key = parts.next().ok_or_else(|| refused("no BLS key".into()))?;
    let bls_key = bytes::<96>(key).map_err(|found| refused(format!("a BLS key of {found}, which has 96 bytes")))?;
    let (mut weight, mut possession) = (1, None);
    for part in parts {
        if part.starts_with("0x") {
            let read = bytes::<48>(part).map_err(|found| refused(format!("a proof of {found}, which has 48 bytes")))?;
            possession = Some(read);
        } else {
            weight = part.parse::<Amount>().map_err(|error| refused(format!("the weight {part:?}, {error}")))?;
        }
    }
    Ok(Founder { validator: Validator { account, bls_key, weight }, possession })
}

fn balance(word: &str) -> Result<(Address, Amount), Failure> {
    let (who, amount) = word.rsplit_once(':').ok_or_else(|| {
        let message = format!("found --balance {word:?}, expected ADDRESS:COINS");
        Failure::new(Kind::Usage, message, "such as --balance //Alice:1000")
    })?;
    Ok((address(who)?, coins(amount)?))
}

fn address(text: &str) -> Result<Address, Failure> {
    Ok(parse_address(text, &no_names).map_err(ClientError::from)?)
}

fn coins(text: &str) -> Result<Amount, Failure> {
    Ok(parse_amount(text, COIN_DECIMALS).map_err(ClientError::from)?)
}

/// Reads hex of so many bytes, or says what it is instead.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let read = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| error.to_string())?;
    let found = read.len();
    read.try_into().map_err(|_| format!("{found} bytes"))
}

fn epoch_text(genesis: &Genesis) -> String {
    match genesis.parameters.hooks.epoch_blocks {
        0 => "none: the validators stay who they are".into(),
        blocks => format!("{blocks} blocks, validators elected by staking"),
    }
}

/// Now, in milliseconds since 1970.
pub(in crate::cli) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create_private(path).and_then(|mut file| file.write_all(bytes)).map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(Kind::File, message, "give --out a file that does not exist, in a folder that you may write")
    })
}
