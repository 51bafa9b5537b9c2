//! `regimen config`: what is in force, and what could be set.

use super::Outcome;
use crate::config::{Config, SETTINGS};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Print a `.env` file with every setting, its meaning and its default instead
    #[arg(long)]
    example: bool,
    /// Print the table of settings that `docs/configuration.md` holds instead
    #[arg(long, conflicts_with = "example")]
    markdown: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(super) fn run(config: &Config, args: &Args) -> Outcome {
    if args.example {
        print!("{}", example());
        return Ok(());
    }
    if args.markdown {
        print!("{}", markdown());
        return Ok(());
    }
    let width = SETTINGS
        .iter()
        .map(|setting| setting.name.len())
        .max()
        .unwrap_or(0);
    for (name, value) in config.shown() {
        println!(
            "{name:width$}  {}",
            if value.is_empty() {
                "(not set)"
            } else {
                &value
            }
        );
    }
    Ok(())
}

/// The text of `.env.example`.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting, with its default. Copy this file to `.env` and uncomment what you change.\n",
    );
    for setting in SETTINGS {
        text.push('\n');
        for line in wrapped(setting.doc.trim(), 96) {
            text.extend(["# ", &line, "\n"]);
        }
        text.extend(["#", setting.name, "=", setting.default, "\n"]);
    }
    text
}

/// The table of `docs/configuration.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text =
        String::from("| Variable | Flag | Default | What it does |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let default = match setting.default {
            "" => String::new(),
            value => format!("`{value}`"),
        };
        let cells = [
            format!("`{}`", setting.name),
            setting
                .flag()
                .map_or_else(String::new, |flag| format!("`--{flag}`")),
            default,
            setting.doc.trim().replace('|', "\\|"),
        ];
        text.extend(["| ", &cells.join(" | "), " |\n"]);
    }
    text
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_file_shows_every_setting() {
        assert_eq!(
            include_str!("../../.env.example"),
            super::example(),
            "write it anew with `cargo run -- config --example > .env.example`"
        );
    }

    #[test]
    fn the_document_shows_every_setting() {
        assert!(
            include_str!("../../docs/configuration.md").contains(&super::markdown()),
            "replace the table in it, and only that, with what `cargo run -- config --markdown` prints"
        );
    }
}
