//! Keyed codes in place of subjects' names, so that results can leave the clinic and visits of one person still belong together.

use super::Inputs;
use super::inputs::result_stems;
use crate::session::{Session, Told};
use sha2::{Digest, Sha256};

/// The fewest bytes of a key that cannot be guessed.
const LEAST_BYTES: usize = 16;

/// Replaces names by codes made with a key. Who has the key can make the same codes from the same names; nobody else can tell whose they are.
pub struct Pseudonyms {
    key: Vec<u8>,
}

impl Pseudonyms {
    /// Codes by this key.
    ///
    /// # Errors
    /// When the key is too short to keep a secret.
    pub fn new(key: &[u8]) -> Result<Self, String> {
        if key.len() < LEAST_BYTES {
            return Err(format!("a key has {LEAST_BYTES} bytes or more: make one with  head -c 32 /dev/urandom > KEYFILE"));
        }
        Ok(Self { key: key.to_vec() })
    }

    /// Gives each photo a relative path, and with it a subject and names of its results, without the subject's name.
    ///
    /// The folder that names the subject becomes a code, and so does the same name within any other folder or file name. Where the path
    /// does not say whose photo it is, all of it becomes one code, since any part may be a name.
    pub fn apply(&self, inputs: &mut Inputs) {
        for input in &mut inputs.photos {
            input.path = self.path(&input.path, input.told.stated.subject.as_deref());
            input.told = self.told(&input.told, &input.path);
        }
        let paths: Vec<String> = inputs.photos.iter().map(|input| input.path.clone()).collect();
        for (input, stem) in inputs.photos.iter_mut().zip(result_stems(&paths)) {
            input.stem = stem;
        }
        inputs.photos.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// What is known beforehand of a photo that now has another path, without names. Where no folder is the subject beside a date, any part of
    /// the path may be a name, the site's too.
    fn told(&self, told: &Told, path: &str) -> Told {
        let Told { path: said, stated } = told.clone();
        let subject = |name: Option<String>| name.map(|name| self.subject(&name));
        let by_path = match said {
            Session { subject: Some(ref own), taken_at: Some(_), .. } if stated.subject.as_ref().is_none_or(|stated| stated == own) => {
                Session::from_path(path)
            }
            said => Session { subject: subject(said.subject), site: said.site.map(|site| self.other(&site)), taken_at: said.taken_at },
        };
        let site = match &stated.subject {
            Some(subject) => stated.site.map(|site| self.within(&site, subject)),
            None => stated.site,
        };
        Told { path: by_path, stated: Session { subject: subject(stated.subject), site, taken_at: stated.taken_at } }
    }

    /// A text with a subject's name in it replaced by its code.
    pub fn within(&self, text: &str, subject: &str) -> String {
        replaced(text, subject, &self.subject(subject))
    }

    /// The code of a subject's name.
    pub fn subject(&self, name: &str) -> String {
        self.code("subject", name)
    }

    /// The code of anything else that may hold a name, such as a path on the command line.
    pub fn other(&self, text: &str) -> String {
        self.code("other", text)
    }

    /// A path without names. Where it names no subject, or another one than is stated, it becomes one code as a whole.
    fn path(&self, path: &str, stated: Option<&str>) -> String {
        let Some(subject) = Session::from_path(path).subject.filter(|subject| stated.is_none_or(|stated| stated == subject)) else {
            let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| format!(".{extension}"));
            return self.code("photo", path) + &extension.unwrap_or_default();
        };
        let code = self.subject(&subject);
        path.split('/').map(|part| replaced(part, &subject, &code)).collect::<Vec<_>>().join("/")
    }

    /// Fifty bits of the keyed hash, in letters and figures that are not mistaken for one another.
    fn code(&self, kind: &str, name: &str) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let hash = hmac(&self.key, format!("{kind}\0{}", name.trim()).as_bytes());
        let bits = hash.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..10).fold("p-".to_owned(), |code, i| code + &char::from(ALPHABET[(bits >> (59 - 5 * i)) as usize & 31]).to_string())
    }
}

/// The text with a word replaced wherever it stands between letters or figures of no other word, in upper or lower case.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let (letters, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), word.chars().collect());
    let same = |a: &[char], b: &[char]| a.iter().flat_map(|c| c.to_lowercase()).eq(b.iter().flat_map(|c| c.to_lowercase()));
    if wanted.is_empty() {
        return text.to_owned();
    }
    let (mut result, mut at) = (String::new(), 0);
    while at < letters.len() {
        let end = at + wanted.len();
        let apart = (at == 0 || !letters[at - 1].is_alphanumeric()) && letters.get(end).is_none_or(|c| !c.is_alphanumeric());
        if end <= letters.len() && apart && same(&letters[at..end], &wanted) {
            result += by;
            at = end;
        } else {
            result.push(letters[at]);
            at += 1;
        }
    }
    result
}

/// HMAC-SHA256 (Krawczyk, Bellare and Canetti 1997, RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    match key.len() {
        0..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(b"sixteen bytes or").unwrap()
    }

    #[test]
    fn hmac_is_that_of_the_standard() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        // RFC 4231, cases 2 and 6.
        assert!(hex(hmac(b"Jefe", b"what do ya want for nothing?")).starts_with("5bdcc146bf60754e6a042426089575c7"));
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert!(hex(long).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }

    #[test]
    fn short_key_is_refused() {
        assert!(Pseudonyms::new(b"fifteen bytes o").is_err());
    }

    #[test]
    fn subject_is_gone_from_every_part_of_the_path() {
        let coded = pseudonyms().path("trial/Anna Meier/2026-02-10/anna meier_vertex.jpg", None);
        assert!(!coded.to_lowercase().contains("meier"), "{coded}");
        assert!(coded.starts_with("trial/p-") && coded.ends_with("_vertex.jpg") && coded.contains("/2026-02-10/"), "{coded}");
    }

    #[test]
    fn visits_of_one_person_keep_one_code_and_others_have_others() {
        let subject = |path: &str| Session::from_path(&pseudonyms().path(path, None)).subject.unwrap();
        assert_eq!(subject("meier/2026-02-10/vertex.jpg"), subject("meier/2026-08-11/front.jpg"));
        assert_ne!(subject("meier/2026-02-10/vertex.jpg"), subject("maier/2026-02-10/vertex.jpg"));
        let other = Pseudonyms::new(b"another key of sixteen").unwrap();
        assert_ne!(other.path("meier/2026-02-10/vertex.jpg", None), pseudonyms().path("meier/2026-02-10/vertex.jpg", None));
    }

    #[test]
    fn path_that_names_no_subject_is_coded_whole() {
        let coded = pseudonyms().path("meier_vertex.jpg", None);
        assert!(coded.starts_with("p-") && coded.ends_with(".jpg") && coded.len() == 16, "{coded}");
    }

    #[test]
    fn a_subject_that_is_stated_is_gone_from_a_path_that_names_another() {
        let stated = |subject: &str| {
            let mut told = Told::by_path("visits/2026-02-10/anna meier_vertex.jpg");
            told.stated = Session { subject: owned(subject), site: owned("left of anna meier"), taken_at: None };
            let path = pseudonyms().path("visits/2026-02-10/anna meier_vertex.jpg", Some(subject));
            (pseudonyms().told(&told, &path), path)
        };
        let (told, path) = stated("anna meier");
        assert!(!format!("{told:?}{path}").contains("meier"), "{told:?} {path}");
        assert_eq!(told.path.taken_at, owned("2026-02-10"));
    }

    fn owned(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn words_are_replaced_only_as_whole_words() {
        assert_eq!(replaced("1_vertex 11 1.jpg", "1", "x"), "x_vertex 11 x.jpg");
        assert_eq!(replaced("ÄRZTE-ärzte", "ärzte", "x"), "x-x");
        assert_eq!((replaced("", "a", "x").as_str(), replaced("a", "", "x").as_str()), ("", "a"));
    }
}
