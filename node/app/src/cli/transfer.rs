//! `tenon transfer`: sends the native coin.

use super::output::{Failure, Report};
use super::sending::{self, SendOptions, Sender, coins};
use super::{Global, receipt};
use clap::Args;
use tenon_types::{BalancesCall, Call, MultiAddress};

/// Send the native coin
#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// To whom: an address, a key such as //Bob, or a protocol module's name
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// How much, in coins; with a u at the end, in smallest units
    #[arg(long, value_name = "COINS")]
    amount: String,
    /// Let the sender's account end if too little remains
    #[arg(long)]
    allow_death: bool,
    #[command(flatten)]
    send: SendOptions,
}

impl Transfer {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let client = global.connect().await?;
        let dest = MultiAddress::Id(sending::address(&client, &self.to).await?);
        let value = coins(&client, &self.amount)?;
        let sender = Sender::new(&client, &self.send)?;
        let call = Call::Balances(if self.allow_death {
            BalancesCall::transfer_allow_death { dest, value }
        } else {
            BalancesCall::transfer_keep_alive { dest, value }
        });
        let receipt = sender.send(None, &|_| call.clone()).await?;
        Ok(receipt::report("transfer", &receipt, client.facts(), None, &[]))
    }
}
