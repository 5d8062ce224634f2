//! What the README and the guide tell people to type works, says what they show, and leaves what they point to.

use crate::commands::{anagen, code, stderr};
use std::fs;
use std::path::Path;

const PAGES: [&str; 4] = ["README.md", "src/guide/tutorial.md", "src/guide/measurements.md", "src/guide/photographing.md"];

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect()
}

/// What stands between the pieces around each mark, such as `results/report.html` between backticks.
fn marked<'a>(page: &'a str, mark: char, beginning: &str) -> Vec<&'a str> {
    page.split(mark).skip(1).step_by(2).filter(|text| text.starts_with(beginning)).collect()
}

/// A line with its numbers and their signs left out: they change with every better detector.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for letter in line.chars() {
        match letter {
            '0'..='9' if shape.ends_with('N') => {}
            '0'..='9' => {
                shape.truncate(shape.trim_end_matches(['+', '-']).len());
                shape.push('N');
            }
            _ => shape.push(letter),
        }
    }
    shape
}

#[test]
fn tutorial_can_be_typed_line_by_line_and_says_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let tutorial = page("src/guide/tutorial.md");
    let (mut said, mut typed, mut shown) = (String::new(), 0, 0);
    for (language, text) in blocks(&tutorial) {
        match language {
            "sh" => {
                for line in text.lines() {
                    let words: Vec<&str> = line.strip_prefix("anagen ").expect(line).split_whitespace().collect();
                    let output = anagen(&words, folder.path());
                    assert_eq!(code(&output), 0, "{line}: {}", stderr(&output));
                    said = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
                    typed += 1;
                }
            }
            "" => {
                let lines: Vec<String> = said.lines().map(shape).collect();
                for line in text.lines().filter(|line| *line != "…") {
                    assert!(lines.contains(&shape(line)), "the tutorial shows\n{line}\nand the program says\n{said}");
                    shown += 1;
                }
            }
            "python" => {
                for table in marked(text, '"', "results/") {
                    assert!(folder.path().join(table).is_file(), "{table}");
                }
            }
            _ => panic!("a block of {language}"),
        }
    }
    assert!(typed >= 5 && shown >= 5, "{typed} commands, {shown} lines of output");
    let told: String = tutorial.split("```").step_by(2).collect();
    for file in marked(&told, '`', "results/") {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn every_option_that_is_told_of_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &str| String::from_utf8(anagen(&[command, "--help"], folder.path()).stdout).unwrap();
    let commands = ["analyze", "compare", "timeline", "merge", "phantom", "agree", "selfcheck", "config", "schema", "completions", "man"];
    let known: String = commands.map(help).concat();
    let of_others = ["--release", "--path", "--open", "--proto", "--"];
    for name in PAGES {
        let page = page(name);
        for word in page.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').filter(|word| word.starts_with("--")) {
            let there = known.contains(&format!("{word} ")) || known.contains(&format!("{word}\n")) || known.contains(&format!("{word}]"));
            assert!(there || of_others.contains(&word) || word.chars().all(|c| c == '-'), "{name} tells of {word}");
        }
    }
}

#[test]
fn every_link_and_picture_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in PAGES {
        let page = page(name);
        let links = page.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            assert!(root.join(name).parent().unwrap().join(link).exists(), "{name} leads to {link}");
        }
    }
}
