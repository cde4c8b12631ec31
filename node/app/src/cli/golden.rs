//! The help of every command, compared with the files in `golden_help`. `UPDATE_GOLDEN=1` writes them anew.

use super::method_words::options;
use super::{Cli, call, deploy, method_words, query, simulate};
use clap::CommandFactory;
use std::path::{Path, PathBuf};

fn check(name: &str, text: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/golden_help")).join(format!("{name}.txt"));
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = format!("{}\n", text.join("\n").trim_end());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{}: run with UPDATE_GOLDEN=1 if the change is meant", path.display());
}

/// Commands whose help is that of their second reading.
const READ_TWICE: [&str; 4] = ["tenon-call", "tenon-query", "tenon-simulate", "tenon-deploy"];

fn check_command(name: &str, command: &mut clap::Command) {
    if READ_TWICE.contains(&name) {
        return;
    }
    check(name, &command.render_help().to_string());
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_string()).collect();
    for sub in names {
        let command = command.find_subcommand_mut(&sub).unwrap();
        check_command(&format!("{name}-{sub}"), command);
    }
}

#[test]
fn every_command_explains_itself_as_its_golden_file_says() {
    let mut command = Cli::command().term_width(100);
    command.build();
    check_command("tenon", &mut command);
}

#[test]
fn commands_that_take_flags_from_an_interface_explain_their_own() {
    let words =
        |name: &str| method_words::MethodWords { instance: None, method: None, help: true, rest: vec![name.into()] };
    let show = |name: &str, command: &clap::Command, about: &str| {
        let report = words(name).target(&command.clone().term_width(100), about).unwrap_err().unwrap();
        check(name, &report.text);
    };
    show("tenon-call", &options::<call::CallOptions>("tenon call"), call::ABOUT);
    show("tenon-query", &options::<query::QueryOptions>("tenon query"), query::ABOUT);
    show("tenon-simulate", &options::<simulate::SimulateOptions>("tenon simulate"), simulate::ABOUT);
    let deploy = options::<deploy::DeployOptions>("tenon deploy").term_width(100).about(deploy::ABOUT);
    check("tenon-deploy", &method_words::help(deploy).text);
}

#[test]
fn the_golden_files_are_those_of_commands_that_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/golden_help");
    let files = std::fs::read_dir(folder).unwrap().count();
    let mut command = Cli::command();
    command.build();
    fn count(command: &clap::Command) -> usize {
        1 + command.get_subcommands().map(count).sum::<usize>()
    }
    assert_eq!(files, count(&command));
}
