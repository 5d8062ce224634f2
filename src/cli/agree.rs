//! stub
use super::Ending;
/// Say how well results agree with counted truth
#[derive(Debug, clap::Args)]
pub struct Agree {}
impl Agree {
    pub fn run(&self) -> Result<Ending, String> {
        Err("stub".into())
    }
}
