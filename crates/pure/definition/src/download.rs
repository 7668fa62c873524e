//! What archives that a definition pins have in common.

/// The file name that all addresses end in.
pub(crate) fn file_name(urls: &[String]) -> &str {
    urls.first().and_then(|url| split(url)).map_or("", |(_, name)| name)
}

/// What stands before the file name in each address.
pub(crate) fn roots(urls: &[String]) -> Vec<String> {
    urls.iter().filter_map(|url| split(url)).map(|(root, _)| root.to_owned()).collect()
}

/// What is wrong with an archive's name, version or addresses.
pub(crate) fn check(name: &str, version: &str, urls: &[String]) -> Result<(), String> {
    for (key, text) in [("name", name), ("version", version)] {
        if !is_word(text) || (key == "name" && text.chars().any(|c| c.is_ascii_uppercase())) {
            return Err(format!("`{key} = \"{text}\"` must be one word"));
        }
    }
    let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    let same = |url: &String| split(url).is_some_and(|(_, name)| name == file_name(urls) && is_word(name));
    if urls.is_empty() || !urls.iter().all(|url| is_url(url) && same(url)) {
        return Err("`urls` must be web addresses that all end in one file name".to_owned());
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain)
}

fn split(url: &str) -> Option<(&str, &str)> {
    url.rsplit_once('/')
}
