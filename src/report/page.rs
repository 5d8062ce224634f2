//! What all pages share: one file each, no network, readable in light, dark and print.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing from elsewhere can be loaded, whatever stands in the page.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// A whole page.
pub fn page(title: &str, version: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(include_str!("assets/page.css"))) }
            }
            body {
                (body)
                footer {
                    p {
                        "Made by anagen " (version) ". It measures and reports change; it does not diagnose, and it has no reference values: "
                        "compare a person with themselves. Every interval is at 95\u{a0}%; hairs that were missed or found twice are not in it."
                    }
                }
                script { (PreEscaped(include_str!("assets/page.js"))) }
            }
        }
    }
    .into_string()
}

/// A relative path as an address: each byte that is not plain as %XX.
pub fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => address.push(char::from(byte)),
            _ => address += &format!("%{byte:02X}"),
        }
    }
    address
}

/// The way from a file at this path up to the folder it is relative to.
pub fn up(path: &str) -> String {
    "../".repeat(path.matches('/').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_any_name() {
        assert_eq!(address("a b/é#?.html"), "a%20b/%C3%A9%23%3F.html");
        assert_eq!((up("report.html"), up("pages/s/a.html")), (String::new(), "../../".into()));
    }

    #[test]
    fn page_asks_nothing_of_the_network() {
        let text = page("t", "0", &html! { p { "<script>" } });
        assert!(text.contains("&lt;script&gt;"));
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import") && !text.contains("url("));
    }
}
