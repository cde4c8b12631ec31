//! `tenon events`: what an instance emitted, from the index of final blocks.

use super::output::{Failure, Report, inline};
use super::{Global, query, receipt};
use clap::Args;
use serde_json::{Value, json};
use tenon_api::json::{EventAtView, HexHash};

/// Show the events of an instance in final blocks
#[derive(Debug, Args)]
pub(super) struct Events {
    /// A protocol module's name, or an instance's address
    instance: String,
    /// Only events with this topic: the event's own, or that of a field
    #[arg(long, value_name = "HASH")]
    topic: Option<String>,
    /// The first height
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    first: u32,
    /// The last height; the last final one if absent
    #[arg(long, value_name = "HEIGHT")]
    last: Option<u32>,
    /// The most events
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// The oldest first
    #[arg(long)]
    oldest_first: bool,
}

impl Events {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let topic = self.topic.as_deref().map(query::hash).transpose()?.map(HexHash);
        let client = global.connect().await?;
        let params: Vec<Value> = vec![
            json!(self.instance),
            json!(topic),
            json!(self.first),
            json!(self.last),
            json!(self.limit),
            json!(!self.oldest_first),
        ];
        let mut events: Vec<EventAtView> = client.ask("module_events", params).await?;
        let names = client.names().await?;
        for at in &mut events {
            receipt::label(std::slice::from_mut(&mut at.event), &names, client.facts().prefix);
        }
        let line = |at: &EventAtView| {
            format!("block {:>6}  {}.{} {}", at.height, at.event.source, at.event.name, inline(&at.event.fields))
        };
        let text = if events.is_empty() {
            "no events; blocks that were pruned have none".to_string()
        } else {
            events.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        Ok(Report::new(text, json!(events)))
    }
}
