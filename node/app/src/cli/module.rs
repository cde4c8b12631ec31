//! `tenon module`: which instances there are, and what is known of one.

use super::Global;
use super::method_words::signature;
use super::output::{Failure, Report, inline, table};
use clap::{Args, Subcommand};
use serde_json::json;
use tenon_api::json::ModuleView;
use tenon_client::{ChainFacts, Instance, format_amount};
use tenon_types::interface::{Interface, MethodMode};

/// List the instances on chain, or show one
#[derive(Debug, Args)]
pub(super) struct Module {
    #[command(subcommand)]
    command: ModuleCommand,
}

#[derive(Debug, Subcommand)]
enum ModuleCommand {
    /// List the instances, protocol modules first
    List,
    /// Show an instance: code, admin, capabilities, methods, events, errors, storage
    Show {
        /// A protocol module's name, or an instance's address
        instance: String,
    },
}

impl Module {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let client = global.connect().await?;
        match self.command {
            ModuleCommand::List => {
                let modules = client.modules().await?;
                let width = modules.iter().map(|module| module.name.as_ref().map_or(1, String::len)).max().unwrap_or(0);
                let lines: Vec<String> = modules
                    .iter()
                    .map(|module| {
                        let retired = if module.retired { "  retired" } else { "" };
                        let name = module.name.as_deref().unwrap_or("-");
                        format!("{name:width$}  {}  {} {}{retired}", module.address, module.module, module.version)
                    })
                    .collect();
                Ok(Report::new(lines.join("\n"), json!({ "modules": modules })))
            }
            ModuleCommand::Show { instance } => {
                let found = client.instance(&instance).await?;
                let view = client.module(&instance).await?;
                Ok(Report::new(show(&view, &found, client.facts()), json!(view)))
            }
        }
    }
}

fn show(view: &ModuleView, instance: &Instance, facts: &ChainFacts) -> String {
    let coins = |amount| format!("{} {}", format_amount(amount, facts.decimals), facts.symbol);
    let manifest = |key: &str| view.manifest.get(key).map(inline).unwrap_or_default();
    let admin = match &view.admin.owner {
        Some(owner) if view.admin.delay_ms > 0 => {
            format!("{owner}, {} ms after it announces an upgrade", view.admin.delay_ms)
        }
        Some(owner) => owner.clone(),
        None => "nobody".into(),
    };
    let announced = view.announced.as_ref();
    let rows = table([
        ("address", view.address.clone()),
        ("module", format!("{} {}", manifest("name"), manifest("version"))),
        ("licence", manifest("licence")),
        ("code", format!("{} ({} bytes)", view.code_hash.0, view.code_bytes)),
        ("source hash", manifest("source_hash")),
        ("creator", view.creator.clone()),
        ("admin", admin),
        ("capabilities", view.capabilities.join(", ")),
        ("may call", view.call_targets.join(", ")),
        ("stored", format!("{} bytes, {} locked for them", view.stored_bytes, coins(view.deposit.0))),
        ("balance", coins(view.balance.0)),
        (
            "announced",
            announced.map(|next| format!("{} from {} ms on", next.code_hash.0, next.ready_at_ms)).unwrap_or_default(),
        ),
        ("upgrades", if view.history.is_empty() { String::new() } else { view.history.len().to_string() }),
        ("state", if view.retired { "retired".into() } else { String::new() }),
    ]);
    format!("{}\n{rows}{}", instance.label, interface(&instance.interface))
}

fn interface(interface: &Interface) -> String {
    let modes = [
        ("init", MethodMode::Init),
        ("calls", MethodMode::Call),
        ("queries", MethodMode::Query),
        ("hooks", MethodMode::Hook),
        ("migrate", MethodMode::Migrate),
        ("invariants", MethodMode::Invariant),
    ];
    let section = |title: &str, lines: Vec<String>| {
        if lines.is_empty() { String::new() } else { format!("\n{title}\n  {}", lines.join("\n  ")) }
    };
    let methods: String = modes
        .iter()
        .map(|(title, mode)| {
            let of_mode = interface.methods.iter().filter(|method| method.mode == *mode);
            let lines = of_mode
                .map(|method| format!("{}{}", signature(method), if method.payable { "  [payable]" } else { "" }));
            section(title, lines.collect())
        })
        .collect();
    let events = interface.events.iter().map(|event| {
        let fields: Vec<String> = event
            .fields
            .iter()
            .map(|(field, topic)| format!("{}{}: {}", if *topic { "#" } else { "" }, field.name, field.ty))
            .collect();
        format!("{}({})", event.name, fields.join(", "))
    });
    let errors = interface.errors.iter().map(|error| format!("{:4} {}: {}", error.number, error.name, error.doc));
    let storage = interface.storage.iter().map(|field| {
        format!("0x{} {}: {}<{}, {}>", hex::encode(&field.prefix), field.name, field.container, field.key, field.value)
    });
    format!(
        "{methods}{}{}{}",
        section("events (# marks a topic)", events.collect()),
        section("errors", errors.collect()),
        section("storage", storage.collect())
    )
}
