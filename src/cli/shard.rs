//! `--shard I/N`: one of N equal parts of a batch, for as many machines.

use crate::results::sha256;
use std::fmt;
use std::str::FromStr;

/// One part of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which, from 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
}

impl Shard {
    /// Whether the photo with these bytes is in this part: by content, so that it does not matter what it is called, where it lies and
    /// which photos lie beside it.
    pub fn holds(self, bytes: &[u8]) -> bool {
        let first = u64::from_str_radix(&sha256(bytes)[..16], 16).unwrap_or(0);
        first % u64::from(self.parts) == u64::from(self.part - 1)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not a part such as 1/4: the first of four";
        let (part, parts) = text.split_once('/').ok_or(wrong)?;
        let shard = Self { part: part.trim().parse().map_err(|_| wrong)?, parts: parts.trim().parse().map_err(|_| wrong)? };
        if (1..=shard.parts).contains(&shard.part) { Ok(shard) } else { Err("parts are numbered from 1 to their number, as in 4/4") }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photo_is_in_one_part() {
        for parts in 1..=5 {
            let mut sizes = vec![0; parts as usize];
            for photo in 0..200_u32 {
                let holding: Vec<u32> = (1..=parts).filter(|&part| Shard { part, parts }.holds(&photo.to_le_bytes())).collect();
                assert_eq!(holding.len(), 1);
                sizes[holding[0] as usize - 1] += 1;
            }
            assert!(sizes.iter().all(|size| *size > 100 / parts as usize), "{sizes:?}");
        }
    }

    #[test]
    fn parts_that_are_none_are_refused() {
        assert_eq!("2/3".parse(), Ok(Shard { part: 2, parts: 3 }));
        assert_eq!(Shard { part: 2, parts: 3 }.to_string(), "2/3");
        for text in ["", "3", "0/3", "4/3", "1/0", "-1/3", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
