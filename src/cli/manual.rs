//! `anagen completions` and `anagen man`: what a shell and a manual reader know of the program.

use super::{Ending, Program, deliver};
use clap::builder::StyledStr;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use std::path::Path;

const COMPLETIONS: &str = "\
Examples:
  anagen completions bash > ~/.local/share/bash-completion/completions/anagen
  anagen completions zsh > ~/.zfunc/_anagen          with  fpath+=~/.zfunc  before compinit in .zshrc
  anagen completions fish > ~/.config/fish/completions/anagen.fish";

const MAN: &str = "\
Examples:
  anagen man > ~/.local/share/man/man1/anagen.1
  anagen man analyze > ~/.local/share/man/man1/anagen-analyze.1";

/// Print what lets a shell complete anagen's commands and options
#[derive(Debug, Args)]
#[command(before_help = COMPLETIONS)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Print a manual page
#[derive(Debug, Args)]
#[command(before_help = MAN)]
pub struct Man {
    /// The command it is of. Default: the whole program
    command: Option<String>,
}

impl Completions {
    /// Prints.
    pub fn run(&self) -> Result<Ending, String> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut Program::command(), "anagen", &mut bytes);
        print(&bytes)
    }
}

impl Man {
    /// Prints.
    pub fn run(&self) -> Result<Ending, String> {
        let mut program = Program::command();
        program.build();
        let command = match &self.command {
            None => program,
            Some(name) => {
                let found =
                    program.find_subcommand(name).ok_or_else(|| format!("no command is called {name}; anagen --help names them"))?;
                found.clone()
            }
        };
        let mut bytes = Vec::new();
        clap_mangen::Man::new(with_examples(command)).render(&mut bytes).map_err(|error| error.to_string())?;
        print(&bytes)
    }
}

/// The command with its examples behind its options: a manual page shows nothing of what stands before the help.
fn with_examples(command: Command) -> Command {
    let said = |text: Option<&StyledStr>| text.map(ToString::to_string);
    let parts = [said(command.get_before_help()), said(command.get_after_help())];
    let text: Vec<String> = parts.into_iter().flatten().collect();
    command.after_help(text.join("\n\n"))
}

fn print(bytes: &[u8]) -> Result<Ending, String> {
    deliver(Path::new("-"), &String::from_utf8_lossy(bytes))?;
    Ok(Ending::AllDone)
}
