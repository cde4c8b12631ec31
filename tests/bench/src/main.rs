//! Measures asset transfers a second through a running node: signed, submitted in batches over the network, executed in
//! the module, with state roots and durable blocks, the load generator on the same machine.
//!
//! Usage: `tenon-bench TENON [TRANSFERS]`; `tenon-bench TENON net` for a network of four validators, and
//! `tenon-bench TENON soak [MINUTES]` for their memory over time; TENON is the program. It starts nodes of its own and
//! stops them, also when it is told to end. It leaves out parts without a node: those are examples of their crates, and
//! `make bench` runs all of them.

#![allow(clippy::print_stdout, reason = "a program that a person runs")]

mod load;
mod net;
mod node;

use anyhow::{Context as _, bail};
use std::time::Instant;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// Transfers unless the command line says otherwise.
const DEFAULT_TRANSFERS: usize = 50_000;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().context("usage: tenon-bench TENON [TRANSFERS | net | soak [MINUTES]]")?;
    let asked = arguments.next();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let work = async {
            match asked.as_deref() {
                Some("net") => net::run(&program).await,
                Some("soak") => {
                    let minutes = arguments.next().map_or(Ok(net::SOAK_MINUTES), |minutes| minutes.parse())?;
                    net::soak(&program, minutes).await
                }
                asked => {
                    let asked: usize = asked.map_or(Ok(DEFAULT_TRANSFERS), str::parse)?;
                    // Every sender sends equally many, so that its next nonce is known.
                    run(&program, asked.next_multiple_of(load::SENDERS)).await
                }
            }
        };
        let mut ended = signal(SignalKind::terminate())?;
        // What was started is stopped as the work is dropped.
        tokio::select! {
            result = work => result,
            _ = ended.recv() => bail!("told to end"),
            _ = ctrl_c() => bail!("told to end"),
        }
    })
}

async fn run(program: &str, transfers: usize) -> anyhow::Result<()> {
    let node = node::Node::start(program)?;
    println!("node ready after {} ms (itself: {} ms)", node.ready_after.as_millis(), node.own_start_ms);
    let load = load::Load::prepare(&node.url).await?;
    println!("{} senders funded, {} receivers", load::SENDERS, load::RECEIVERS);

    // Signed beforehand: what the node itself can take.
    let began = Instant::now();
    let batches = load.sign(transfers, 0)?;
    let signing = began.elapsed();
    println!("signing {transfers} transfers beforehand: {:.0} a second on one thread", load::rate(transfers, signing));
    let report = load.run(batches, transfers).await?;
    report.print("signed beforehand", transfers);

    // Signed while they are sent: the generator's whole work is in the time.
    let report = load.sign_and_run(transfers).await?;
    report.print("signing included", transfers);
    load.check(2 * transfers).await?;
    println!("every transfer is final, supply equals the sum of balances: checked");
    Ok(())
}
