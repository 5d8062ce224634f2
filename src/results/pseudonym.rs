//! Keyed codes in place of subjects' names, so that results can leave the clinic and visits of one person still belong together.

use super::inputs::result_stems;
use super::{Input, Inputs};
use crate::session::{Session, Told, around_date, composed, is_visit_word, name_key};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The fewest bytes of a key that cannot be guessed.
const LEAST_BYTES: usize = 16;

/// Replaces names by codes made with a key. Who has the key can make the same codes from the same names; nobody else can tell whose they are.
pub struct Pseudonyms {
    key: Vec<u8>,
    /// How each name was spelled first, by what names are told apart by: it has one code however it is spelled.
    spellings: BTreeMap<String, String>,
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
        Ok(Self { key: key.to_vec(), spellings: BTreeMap::new() })
    }

    /// Gives each photo a relative path, and with it a subject and names of its results, without names of persons.
    ///
    /// Each folder above the date becomes a code, the subject's among them, but for those that are called by a word for a visit; so does
    /// every word of theirs within the names that follow. Where the path does not say whose photo it is, all of it becomes one code, since
    /// any part may be a name. A name that is spelled in several ways has the code of its first spelling, now and later, and photos of one site keep it in
    /// common.
    pub fn apply(&mut self, inputs: &mut Inputs) {
        self.learn(&inputs.photos);
        let mut paths: Vec<String> =
            inputs.photos.iter().map(|input| self.path(&input.path, input.told.stated.subject.as_deref())).collect();
        let before: Vec<Told> = inputs.photos.iter().map(|input| input.told.clone()).collect();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        paths.iter().for_each(|path| *times.entry(path.clone()).or_default() += 1);
        for (input, path) in inputs.photos.iter_mut().zip(&mut paths) {
            // Names that differ in what was replaced alone still are two.
            if times[path] > 1 {
                let (stem, extension) = extended(path);
                *path = format!("{stem}_{}{extension}", self.code("photo", &input.path));
            }
            input.told = self.told(&input.told, &input.path, path);
            input.path.clone_from(path);
        }
        self.unite(&before, &mut inputs.photos);
        for (input, stem) in inputs.photos.iter_mut().zip(result_stems(&paths)) {
            input.stem = stem;
        }
        inputs.photos.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// Notes how names are spelled that are not yet known.
    fn learn(&mut self, photos: &[Input]) {
        for input in photos {
            let Told { path, stated } = &input.told;
            let subjects = [&path.subject, &stated.subject].into_iter().flatten().cloned();
            for name in subjects.chain(folders(&Parts::of(&input.path))) {
                self.spellings.entry(name_key(name.trim())).or_insert(name);
            }
        }
    }

    /// Gives photos of one subject and site one name for that. A site that a path without a date tells is a code, since it may be any name; where
    /// other photos of the same site tell it openly, it needs none.
    fn unite(&self, before: &[Told], photos: &mut [Input]) {
        let named = |told: &Told| {
            let Told { path, stated } = told.clone();
            let subject = stated.subject.or(path.subject).map(|subject| name_key(&subject));
            Some((subject, name_key(&stated.site.or(path.site)?)))
        };
        let coded =
            |told: &Told, now: &Told| now.stated.site.is_none() && told.path.site.as_ref().map(|site| self.other(site)) == now.path.site;
        let mut sites: BTreeMap<(Option<String>, String), (bool, Option<String>)> = BTreeMap::new();
        for (told, now) in before.iter().zip(photos.iter().map(|input| &input.told)) {
            let Some(name) = named(told) else { continue };
            let site = now.stated.site.clone().or(now.path.site.clone());
            let found = (coded(told, now), site);
            let known = sites.entry(name).or_insert(found.clone());
            if known.0 && !found.0 {
                *known = found;
            }
        }
        for (told, input) in before.iter().zip(photos) {
            if coded(told, &input.told)
                && let Some((_, site)) = named(told).and_then(|name| sites.get(&name))
            {
                input.told.path.site.clone_from(site);
            }
        }
    }

    /// What is known beforehand of a photo that now has another path, without names. Where no folder is the subject beside a date, any part of
    /// the path may be a name, the site's too.
    fn told(&self, told: &Told, path: &str, coded: &str) -> Told {
        let Told { path: said, stated } = told.clone();
        let mut names = self.names(path, said.subject.as_deref());
        names.extend(stated.subject.iter().map(|subject| Name::of(subject, self.subject(subject))));
        let subject = |name: Option<String>| name.map(|name| self.subject(&name));
        let by_path = match said {
            Session { subject: Some(ref own), taken_at: Some(_), .. }
                if stated.subject.as_ref().is_none_or(|stated| name_key(stated) == name_key(own)) =>
            {
                Session::from_path(coded)
            }
            said => Session { subject: subject(said.subject), site: said.site.map(|site| self.other(&site)), taken_at: said.taken_at },
        };
        let site = stated.site.map(|site| without(&site, &names));
        Told { path: by_path, stated: Session { subject: subject(stated.subject), site, taken_at: stated.taken_at } }
    }

    /// A text with a subject's name, or a word of it, replaced by its code.
    pub fn within(&self, text: &str, subject: &str) -> String {
        without(text, &[Name::of(subject, self.subject(subject))])
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
        let subject = Session::from_path(path).subject.filter(|subject| stated.is_none_or(|stated| name_key(stated) == name_key(subject)));
        let Some(subject) = subject else { return self.code("photo", path) + extended(path).1 };
        let Parts { above, below, extension } = Parts::of(path);
        let names = self.names(path, Some(&subject));
        let above = above.iter().map(|folder| self.folder(folder, &subject));
        above.chain(below.iter().map(|part| without(part, &names))).collect::<Vec<_>>().join("/") + extension
    }

    /// The subject's name, then those of the folders up to the date, the nearest first, each with its code.
    fn names(&self, path: &str, subject: Option<&str>) -> Vec<Name> {
        let names = subject.map(str::to_owned).into_iter().chain(folders(&Parts::of(path)));
        let subject = subject.unwrap_or_default();
        names.filter(|name| !is_kept(name)).map(|name| Name::of(&name, self.name(&name, subject))).collect()
    }

    /// A folder with its name replaced by a code, but for its date and what is called like a visit.
    fn folder(&self, folder: &str, subject: &str) -> String {
        let coded =
            |text: &str, name: &str| if is_kept(name) { text.to_owned() } else { text.replacen(name, &self.name(name, subject), 1) };
        match around_date(folder) {
            None => coded(folder, folder),
            // A subject on both sides of its date.
            Some([before, date, after]) if format!("{}_{}", bare(before), bare(after)) == subject => {
                format!("{}_{date}", self.subject(subject))
            }
            Some([before, date, after]) => joined(&coded(before, bare(before)), date, &coded(after, bare(after))),
        }
    }

    /// The code of a folder's name.
    fn name(&self, name: &str, subject: &str) -> String {
        if name_key(name) == name_key(subject) { self.subject(name) } else { self.code("folder", name) }
    }

    /// Fifty bits of the keyed hash, in letters and figures that are not mistaken for one another.
    fn code(&self, kind: &str, name: &str) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let name = name.trim();
        // Subjects and folders alone are called by names; all else is told apart letter by letter.
        let first = self.spellings.get(&name_key(name)).filter(|_| ["subject", "folder"].contains(&kind));
        let name = composed(first.map_or(name, |first| first.trim()));
        let hash = hmac(&self.key, format!("{kind}\0{name}").as_bytes());
        let bits = hash.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..10).fold("p-".to_owned(), |code, i| code + &char::from(ALPHABET[(bits >> (59 - 5 * i)) as usize & 31]).to_string())
    }
}

/// A path with a date, parted where names of persons end.
struct Parts<'a> {
    /// The folders up to that of the date, or up to the file whose name has it; none without a date.
    above: Vec<&'a str>,
    /// What follows, the file's name without its extension last.
    below: Vec<&'a str>,
    extension: &'a str,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Self {
        let (stem, extension) = extended(path);
        let mut above: Vec<&str> = stem.split('/').collect();
        let dated = above.iter().rposition(|part| around_date(part).is_some());
        let below = above.split_off(dated.map_or(0, |dated| (dated + 1).min(above.len() - 1)));
        Self { above, below, extension }
    }
}

/// The names of the folders above a date, the nearest first, each without the date it may have.
fn folders(parts: &Parts) -> Vec<String> {
    let of_folder = |folder: &&'_ str| match around_date(folder) {
        Some([before, _, after]) => [bare(before).to_owned(), bare(after).to_owned()],
        None => [(*folder).to_owned(), String::new()],
    };
    parts.above.iter().rev().flat_map(of_folder).filter(|name| !name.is_empty()).collect()
}

/// Whether a part of a path stays as it is: it is empty or called by a word for a visit.
fn is_kept(name: &str) -> bool {
    name.is_empty() || is_visit_word(name)
}

/// A name that is not to be seen, and the code in its place.
struct Name {
    letters: Vec<char>,
    /// In lower case.
    words: Vec<String>,
    code: String,
}

impl Name {
    fn of(name: &str, code: String) -> Self {
        let name = composed(name);
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        Self { letters: name.chars().collect(), words, code }
    }

    /// Whether this word, in lower case, tells the name: it holds one of its words, or is one too short or too plain to be looked for
    /// within others.
    fn is_told_by(&self, word: &str) -> bool {
        let telling = |own: &str| own.chars().count() >= 3 && !own.chars().all(|c| c.is_ascii_digit());
        self.words.iter().any(|own| if telling(own) { word.contains(own) } else { word == own })
    }
}

/// A text with names and their words replaced by codes, whatever their case and however their letters are written; a date in it stays.
fn without(text: &str, names: &[Name]) -> String {
    let text = &composed(text);
    match around_date(text) {
        Some([before, date, after]) => joined(&replaced(before, names), date, &replaced(after, names)),
        None => replaced(text, names),
    }
}

fn replaced(text: &str, names: &[Name]) -> String {
    let letters: Vec<char> = text.chars().collect();
    let same = |a: &[char], b: &[char]| a.iter().flat_map(|c| c.to_lowercase()).eq(b.iter().flat_map(|c| c.to_lowercase()));
    let (mut result, mut at) = (String::new(), 0);
    while at < letters.len() {
        let whole = names.iter().find(|name| {
            let end = at + name.letters.len();
            let apart = letters.get(end).is_none_or(|c| !c.is_alphanumeric());
            end > at && end <= letters.len() && apart && same(&letters[at..end], &name.letters)
        });
        let word: String = letters[at..].iter().take_while(|c| c.is_alphanumeric()).collect();
        if let Some(name) = whole {
            result += &name.code;
            at += name.letters.len();
        } else if word.is_empty() {
            result.push(letters[at]);
            at += 1;
        } else {
            let name = names.iter().find(|name| name.is_told_by(&word.to_lowercase()));
            result += name.map_or(&word, |name| &name.code);
            at += word.chars().count();
        }
    }
    result
}

/// A date with what stands around it: a figure right before it would make it none.
fn joined(before: &str, date: &str, after: &str) -> String {
    let apart = if before.ends_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{before}{apart}{date}{after}")
}

/// The text beside a date without what joins it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| "-_. ".contains(c))
}

/// A path without its extension, and that with its point.
fn extended(path: &str) -> (&str, &str) {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].rfind('.').map_or((path, ""), |dot| path.split_at(name + dot))
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
        assert!(!coded.to_lowercase().contains("meier") && !coded.contains("trial"), "{coded}");
        assert!(coded.starts_with("p-") && coded.ends_with("_vertex.jpg") && coded.contains("/2026-02-10/"), "{coded}");
    }

    #[test]
    fn names_are_gone_wherever_they_stand_and_visits_and_dates_stay() {
        let codes = pseudonyms();
        let [anna, meier] = ["Meier_Anna", "Meier"].map(|name| codes.subject(name));
        let folder = |name: &str| codes.code("folder", name);
        for (path, coded) in [
            ("Meier_Anna/visit1/vertex_2026-02-10.jpg", format!("{anna}/visit1/vertex_2026-02-10.jpg")),
            ("Meier_Anna/2026-02-10/annas vertex.jpg", format!("{anna}/2026-02-10/{anna} vertex.jpg")),
            ("Meier_Anna/2026-02-10/left of MEIER/2.jpg", format!("{anna}/2026-02-10/left of {anna}/2.jpg")),
            ("Meier_Anna/anna20260210_meier.jpg", format!("{anna}/{}_{anna}.jpg", joined(&anna, "20260210", ""))),
            (
                "Klinik Bern/Meier/2026-02-10/bern.jpg",
                format!("{}/{meier}/2026-02-10/{}.jpg", folder("Klinik Bern"), folder("Klinik Bern")),
            ),
            ("Meier/Bern/vertex_2026-02-10.jpg", format!("{}/{}/vertex_2026-02-10.jpg", folder("Meier"), codes.subject("Bern"))),
            ("Meier 2026-02-10/meier.jpg", format!("{meier} 2026-02-10/{meier}.jpg")),
            ("Meier_2026-02-10 Anna/v.jpg", format!("{}_2026-02-10/v.jpg", codes.subject("Meier_Anna"))),
            ("trial/2026-02-10 Meier/meier.jpg", format!("{}/2026-02-10 {1}/{1}.jpg", codes.subject("trial"), folder("Meier"))),
            ("10/vertex 10_2026-02-10.jpg", format!("{0}/vertex {0}_2026-02-10.jpg", codes.subject("10"))),
            ("10/2026-02-10 baseline/1010.jpg", format!("{}/2026-02-10 baseline/1010.jpg", codes.subject("10"))),
            ("Li/2026-02-10/light li.jpg", format!("{0}/2026-02-10/light {0}.jpg", codes.subject("Li"))),
        ] {
            assert_eq!(codes.path(path, None), coded, "{path}");
            let [then, now] = [path, &coded].map(Session::from_path);
            assert_eq!(now.subject, then.subject.map(|subject| codes.subject(&subject)), "{path}");
            assert_eq!(now.taken_at, then.taken_at, "{path}");
        }
    }

    #[test]
    fn photos_told_apart_by_what_is_replaced_alone_stay_apart() {
        let files = ["Meier1", "Meier2", "vertex"].map(|name| std::path::PathBuf::from(format!("/in/Meier/2026-02-10/{name}.jpg")));
        let mut inputs = Inputs { photos: super::super::below(std::path::Path::new("/in"), &files), troubles: vec![] };
        pseudonyms().apply(&mut inputs);
        let mut paths: Vec<&str> = inputs.photos.iter().map(|input| input.path.as_str()).collect();
        paths.dedup();
        assert_eq!(paths.len(), 3, "{paths:?}");
        assert!(paths.iter().all(|path| !path.contains("eier") && path.ends_with(".jpg")), "{paths:?}");
    }

    /// The photos at these paths under codes, as they come, and the codes.
    fn coded(paths: &[&str]) -> (Vec<Input>, Pseudonyms) {
        let files: Vec<std::path::PathBuf> = paths.iter().map(|path| std::path::Path::new("/in").join(path)).collect();
        let mut inputs = Inputs { photos: super::super::below(std::path::Path::new("/in"), &files), troubles: vec![] };
        let mut codes = pseudonyms();
        codes.apply(&mut inputs);
        (inputs.photos, codes)
    }

    #[test]
    fn a_name_is_one_however_it_is_spelled() {
        let (photos, codes) = coded(&[
            "Ren\u{e9}/2026-02-10/vertex.jpg",
            "rene\u{301}/2026-08-11/vertex.jpg",
            "Ren\u{e9}/2026-09-11/rene\u{301}_front.jpg",
            "RENE\u{301}/2026-10-11/Rene\u{301}s front.jpg",
        ]);
        let subject = pseudonyms().subject("Ren\u{e9}");
        for Input { path, told, .. } in &photos {
            assert_eq!(told.path.subject.as_ref(), Some(&subject), "{path}");
            assert!(!composed(path).to_lowercase().contains("ren"), "{path}");
        }
        assert_eq!(codes.subject("RENE\u{301}"), subject, "whoever asks later");
        // Names of plain letters have the codes they had.
        assert_eq!(pseudonyms().subject("Meier"), pseudonyms().code("subject", "Meier"));
        assert_ne!(pseudonyms().subject("Meier"), pseudonyms().subject("meier"), "alone, a code is of one spelling");
    }

    #[test]
    fn photos_of_one_site_keep_it_in_common_whatever_tells_it() {
        let site = |paths: &[&str]| coded(paths).0.into_iter().map(|input| input.told.path.site.unwrap()).collect::<Vec<_>>();
        // A date in the path tells that vertex is a site; without one it may be anything.
        assert_eq!(site(&["Meier/visit1/Vertex.jpg", "Meier/2026-08-11/vertex.jpg", "Meier/visit2/vertex.jpg"]), ["vertex"; 3]);
        let alone = site(&["Meier/visit1/Vertex.jpg", "Meier/visit2/vertex.jpg"]);
        assert!(alone[0].starts_with("p-") && alone[0] == alone[1], "{alone:?}");
        let others = site(&["Meier/visit1/vertex.jpg", "Li/2026-08-11/vertex.jpg"]);
        assert!(others.contains(&"vertex".into()) && others.iter().any(|site| site.starts_with("p-")), "{others:?}");
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
            let path = "visits/2026-02-10/anna meier_vertex.jpg";
            let coded = pseudonyms().path(path, Some(subject));
            (pseudonyms().told(&told, path, &coded), coded)
        };
        let (told, path) = stated("anna meier");
        assert!(!format!("{told:?}{path}").contains("meier"), "{told:?} {path}");
        assert_eq!(told.path.taken_at, owned("2026-02-10"));
    }

    fn owned(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_stated_site_is_without_the_names_of_its_path() {
        let path = "Meier/2026-02-10/vertex.jpg";
        let mut told = Told::by_path(path);
        told.stated.site = owned("Meiers vertex");
        let codes = pseudonyms();
        let site = codes.told(&told, path, &codes.path(path, None)).stated.site;
        assert_eq!(site, Some(format!("{} vertex", codes.subject("Meier"))));
    }

    #[test]
    fn words_that_are_short_or_plain_numbers_are_replaced_only_as_whole_words() {
        let replaced = |text: &str, name: &str| without(text, &[Name::of(name, "x".into())]);
        assert_eq!(replaced("1_vertex 11 1.jpg", "1"), "x_vertex 11 x.jpg");
        assert_eq!(replaced("ÄRZTE-ärzte", "ärzte"), "x-x");
        assert_eq!(replaced("Li_s light 017 0170", "017 li"), "x_s light x 0170");
        assert_eq!(replaced("10 mg since 2026-02-10", "10"), "x mg since 2026-02-10");
        assert_eq!((replaced("", "a").as_str(), replaced("a", "").as_str()), ("", "a"));
    }
}
