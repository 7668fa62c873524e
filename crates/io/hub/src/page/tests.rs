use super::*;
use proptest::prelude::*;

fn origin() -> Origin {
    Origin::of("https://github.com/o/r.git/", "docs/README.md").unwrap()
}

/// A text with its links, where nothing is cut.
fn linked(text: &str) -> String {
    let page = page(text, &origin(), LIMIT);
    assert!(!page.is_cut);
    page.text
}

const PAGES: &str = "https://github.com/o/r/blob/HEAD";
const IMAGES: &str = "https://github.com/o/r/raw/HEAD";

#[test]
fn relative_links_and_images_become_absolute() {
    for (text, expected) in [
        ("[a](b.md)", format!("[a]({PAGES}/docs/b.md)")),
        ("[a](../b.md#c \"title\")", format!("[a]({PAGES}/b.md#c \"title\")")),
        ("[a](/nix/b.md)", format!("[a]({PAGES}/nix/b.md)")),
        ("[a](<b c.md>)", format!("[a](<{PAGES}/docs/b%20c.md>)")),
        ("[a](b(1).md), ü", format!("[a]({PAGES}/docs/b(1).md), ü")),
        ("![a](b.svg)", format!("![a]({IMAGES}/docs/b.svg)")),
        ("[![a](b.svg)](c.md)", format!("[![a]({IMAGES}/docs/b.svg)]({PAGES}/docs/c.md)")),
        ("~~a~~ [b](c.md)", format!("~~a~~ [b]({PAGES}/docs/c.md)")),
        ("[over\na line](b.md)", format!("[over\na line]({PAGES}/docs/b.md)")),
        ("- [a](b.md)\n- [c](d.md)\n", format!("- [a]({PAGES}/docs/b.md)\n- [c]({PAGES}/docs/d.md)\n")),
        ("| [a](b.md) |\n| --- |\n", format!("| [a]({PAGES}/docs/b.md) |\n| --- |\n")),
        ("[a]: b.md\n[c]: d.png \"t\"\n", format!("[a]: {PAGES}/docs/b.md\n[c]: {IMAGES}/docs/d.png \"t\"\n")),
        (
            "<a href='b.md'><img alt=\"x\" src=\"/c.png\"></a>",
            format!("<a href='{PAGES}/docs/b.md'><img alt=\"x\" src=\"{IMAGES}/c.png\"></a>"),
        ),
    ] {
        assert_eq!(linked(text), expected, "{text}");
    }
}

#[test]
fn what_is_absolute_or_code_stays() {
    for text in [
        "[a](https://x/y) [b](mailto:c@d) [e](#anchor) [f](//host/x) [g]()",
        "`[a](b.md)` ``[a](`b.md)`` \\[a](b.md)",
        "```md\n[a](b.md)\n```\n~~~\n[a](b.md)\n```\n[a](b.md)\n~~~\n",
        "- x\n\n  ```\n  [a](b.md)\n  ```\n",
        "a] (b.md) [c] [d](e.md",
        "<https://x/y> <data-src=\"a\"> 1 < 2",
        "",
    ] {
        assert_eq!(linked(text), text);
    }
    // A backtick that nothing closes is a backtick.
    assert_eq!(linked("a ` b [a](b.md)"), format!("a ` b [a]({PAGES}/docs/b.md)"));
}

#[test]
fn an_origin_is_an_address() {
    assert_eq!(origin().whole(), "https://github.com/o/r/blob/HEAD/docs/README.md");
    for bad in ["", "github.com/o/r", "ssh://git@github.com/o/r", "file:///x"] {
        assert!(Origin::of(bad, "README.md").is_none(), "{bad}");
    }
}

/// What is left of a text when so many bytes of it may be, without the last line.
fn kept(text: &str, bytes: usize) -> String {
    let end = format!("*This page is cut here. [The whole text]({PAGES}/docs/README.md) is longer.*\n");
    let limit = bytes + 2 + end.len();
    let page = page(text, &origin(), limit);
    assert!(page.is_cut && page.text.len() <= limit, "{}", page.text);
    page.text.strip_suffix(&end).unwrap().trim_end().to_owned()
}

/// So much text that the whole is longer than any page here.
fn more() -> String {
    format!("\n\nlast\n\n{}\n", "x".repeat(500))
}

#[test]
fn it_is_cut_before_a_paragraph_or_a_heading() {
    let text = format!("# One\n\nfirst\nline\n\nsecond\n\n## Two\n\nthird{}", more());
    assert_eq!(kept(&text, 40), "# One\n\nfirst\nline\n\nsecond\n\n## Two\n\nthird");
    // Not within a word, and not just below a heading.
    for bytes in [39, 30, 25] {
        assert_eq!(kept(&text, bytes), "# One\n\nfirst\nline\n\nsecond", "{bytes}");
    }
    assert_eq!(kept(&text, 24), "# One\n\nfirst\nline");
    assert_eq!(kept(&text, 17), "# One\n\nfirst\nline");
    assert_eq!(kept(&text, 16), "");
}

#[test]
fn code_tables_lists_and_elements_stay_whole() {
    for block in [
        "```sh\none\n\n# no heading\n\ntwo\n```",
        "~~~~\none\n\n~~~\n\ntwo\n~~~~",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |",
        "- one\n\n  goes on\n\n      code\n\n  and on",
        "for example:\n\n    code\n\n    more code",
        "<details>\n\none\n\n## two\n\n</details>",
        "<div>\n\n<div>\n\none\n\n</div>\n\ntwo\n\n</div>",
        "<!-- one\n\ntwo\n\n-->",
    ] {
        let text = format!("before\n\n{block}{}", more());
        let whole = format!("before\n\n{block}");
        for bytes in 6..whole.len() {
            assert_eq!(kept(&text, bytes), "before", "{block} at {bytes}");
        }
        assert_eq!(kept(&text, whole.len()), whole);
    }
}

#[test]
fn of_a_cut_page_labels_and_anchors_still_lead_somewhere() {
    let text = format!("See [one][A] and [two](#two).{}\n\n[a]: x.md\n[b]: y.md\n", more());
    let kept = kept(&text, 250);
    assert_eq!(kept, format!("See [one][A] and [two]({PAGES}/docs/README.md#two).\n\nlast\n\n[a]: {PAGES}/docs/x.md"));
}

#[test]
fn the_limit_counts_bytes() {
    let text = format!("ü\n\n{}", "ü".repeat(LIMIT));
    let page = page(&text, &origin(), LIMIT);
    assert!(page.is_cut && page.text.starts_with("ü\n\n*This page is cut"), "{}", &page.text[..40]);
    let text = "x".repeat(LIMIT);
    assert_eq!(super::page(&text, &origin(), LIMIT), Page { text, is_cut: false });
}

#[test]
fn our_own_readme_makes_a_page() {
    let readme = include_str!("../../../../../README.md");
    let page = page(readme, &origin(), LIMIT);
    assert!(page.text.len() <= LIMIT && page.text.starts_with("# sage-oci\n"));
    assert!(readme.contains("](tests/") && !page.text.contains("](tests/"), "{}", page.text);
}

proptest! {
    /// Whatever the text: no page is too long, none is cut where it need not be, and a second pass changes no link.
    #[test]
    fn any_text_makes_a_page(parts in prop::collection::vec(
        prop::sample::select(vec!["\n", "\n\n", "# a", "```", "~~~", "`", "[", "](", ")", "!", "<a href=\"", "\">", "<div>", "</div>",
            "<!--", "-->", "| a |", "- ", "    ", "\\", "ü", "x.md", "[a]: ", "text "]), 0..60), limit in 100_usize..400)
    {
        let text = parts.concat();
        let whole = page(&text, &origin(), usize::MAX);
        prop_assert!(!whole.is_cut);
        prop_assert_eq!(&page(&whole.text, &origin(), usize::MAX), &whole);
        let page = page(&text, &origin(), limit);
        prop_assert!(page.text.len() <= limit.max(120));
        prop_assert_eq!(page.is_cut, whole.text.len() > limit);
    }
}
