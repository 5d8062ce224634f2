//! `anagen phantom`: photos whose every hair is known.

use super::Ending;
use clap::Args;
use std::path::PathBuf;

/// Draw photos whose every hair is known
#[derive(Debug, Args)]
pub struct Phantom {
    #[arg(long)]
    out: Option<PathBuf>,
}
impl Phantom {
    pub fn run(&self) -> Result<Ending, String> {
        Err(format!("stub {:?}", self.out))
    }
}
