//! `tenon account`: the native coin and the nonce of an account.

use super::output::{Failure, Report, table};
use super::{Global, sending};
use clap::Args;
use serde_json::json;
use tenon_client::{format_address, format_amount};

/// Show an account: its coin and its nonce
#[derive(Debug, Args)]
pub(super) struct Account {
    /// An address, a key such as //Alice, or a protocol module's name
    address: String,
}

impl Account {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let client = global.connect().await?;
        let address = sending::address(&client, &self.address).await?;
        let account = client.account(&address).await?;
        let facts = client.facts();
        let coins = |amount| format!("{} {}", format_amount(amount, facts.decimals), facts.symbol);
        let shown = format_address(&address, facts.prefix);
        let exists = account.providers > 0 || account.sufficients > 0;
        let text = table([
            ("address", shown.clone()),
            ("state", if exists { String::new() } else { "does not exist".into() }),
            ("free", coins(account.data.free)),
            ("spendable", coins(account.spendable())),
            ("reserved", coins(account.data.reserved)),
            ("nonce", account.nonce.to_string()),
        ]);
        let json = json!({
            "address": shown,
            "public_key": address.to_string(),
            "exists": exists,
            "free": account.data.free.to_string(),
            "reserved": account.data.reserved.to_string(),
            "frozen": account.data.frozen.to_string(),
            "spendable": account.spendable().to_string(),
            "nonce": account.nonce,
        });
        Ok(Report::new(text, json))
    }
}
