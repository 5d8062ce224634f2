//! What is told on stderr while photos are worked on: a bar on a terminal, else a line per photo.

use super::say;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};

/// Tells how far a batch is.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    total: usize,
    told: usize,
}

impl Progress {
    /// Before the first of `total` photos.
    pub fn new(total: usize, quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} photos  {per_sec}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, quiet, total, told: 0 }
    }

    /// One photo is finished.
    pub fn finished(&mut self, line: &str) {
        self.told += 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if !self.quiet => say(format!("[{}/{}] {line}", self.told, self.total)),
            None => {}
        }
    }

    /// One photo failed: said even when nothing else is.
    pub fn failed(&mut self, line: &str) {
        self.told += 1;
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| say(line));
                bar.inc(1);
            }
            None => say(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
