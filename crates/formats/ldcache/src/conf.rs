use crate::LdcacheError;
use globset::GlobBuilder;
use sage_oci_names::Architecture;
use std::collections::BTreeMap;

/// The configuration file that all others are included from.
pub const CONF: &str = "/etc/ld.so.conf";

/// How many files are read at most. A file counts as often as it is included: each that includes the next one twice
/// doubles the work. Debian's configurations have about ten.
const MOST_FILES: usize = 1000;

/// The directories that `ldconfig` searches, in its order: those of the configuration, then the ones built into Debian's glibc.
///
/// `files` holds the texts of the configuration files by their absolute paths; without [`CONF`] only the built-in ones remain.
/// Comments, `include` with patterns (ldconfig(8)), and library types behind `=` are understood; `hwcap` lines are passed over, as glibc does.
pub fn search_path(files: &BTreeMap<String, String>, architecture: Architecture) -> Result<Vec<String>, LdcacheError> {
    let mut directories = Vec::new();
    if let Some(text) = files.get(CONF) {
        read(files, CONF, text, &mut Open::default(), &mut directories)?;
    }
    let triplet = architecture.triplet();
    directories.extend([format!("/lib/{triplet}"), format!("/usr/lib/{triplet}"), "/lib".into(), "/usr/lib".into()]);
    Ok(directories)
}

/// The files that are being read, outermost first, and how many have been begun.
#[derive(Default)]
struct Open<'a> {
    files: Vec<&'a str>,
    begun: usize,
}

fn read<'a>(
    files: &'a BTreeMap<String, String>,
    file: &'a str,
    text: &str,
    open: &mut Open<'a>,
    directories: &mut Vec<String>,
) -> Result<(), LdcacheError> {
    if open.files.contains(&file) {
        return Err(LdcacheError::IncludeLoop { file: file.to_owned() });
    }
    if open.begun == MOST_FILES {
        return Err(LdcacheError::TooManyIncludes { file: file.to_owned(), most: MOST_FILES });
    }
    open.files.push(file);
    open.begun += 1;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim_start();
        match keyword(line) {
            ("include", patterns) => {
                for pattern in patterns.split([' ', '\t']).filter(|pattern| !pattern.is_empty()) {
                    for (name, text) in matching(files, file, pattern)? {
                        read(files, name, text, open, directories)?;
                    }
                }
            }
            (word, _) if word.eq_ignore_ascii_case("hwcap") => {}
            _ => directories.extend(directory(line)),
        }
    }
    open.files.pop();
    Ok(())
}

/// Splits a directive off its arguments; a line without a blank is none.
fn keyword(line: &str) -> (&str, &str) {
    line.split_once([' ', '\t']).unwrap_or(("", line))
}

fn directory(line: &str) -> Option<String> {
    let path = line.split('=').next().unwrap_or_default().trim_end().trim_end_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

/// The files that a pattern means, sorted as glob(3) does in the C locale.
fn matching<'a>(
    files: &'a BTreeMap<String, String>,
    file: &str,
    pattern: &str,
) -> Result<Vec<(&'a str, &'a str)>, LdcacheError> {
    let (file, shown) = (file.to_owned(), pattern.to_owned());
    if !pattern.starts_with('/') {
        return Err(LdcacheError::RelativeInclude { file, pattern: shown });
    }
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| LdcacheError::Pattern { file, pattern: shown, why: error.kind().to_string() })?
        .compile_matcher();
    let base = pattern.rsplit('/').next().unwrap_or_default();
    let hidden = |name: &str| name.rsplit('/').next().is_some_and(|base| base.starts_with('.'));
    Ok(files
        .iter()
        .filter(|(name, _)| glob.is_match(name) && (base.starts_with('.') || !hidden(name)))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(texts: &[(&str, &str)]) -> Result<Vec<String>, LdcacheError> {
        let files = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        search_path(&files, Architecture::Amd64)
    }

    #[test]
    fn debian_as_it_comes() {
        let texts = [
            (CONF, "include /etc/ld.so.conf.d/*.conf\n\n"),
            (
                "/etc/ld.so.conf.d/x86_64-linux-gnu.conf",
                "# Multiarch support\n/usr/local/lib/x86_64-linux-gnu\n/lib/x\n",
            ),
            ("/etc/ld.so.conf.d/libc.conf", "# libc default configuration\n/usr/local/lib\n"),
            ("/etc/ld.so.conf.d/.hidden.conf", "/hidden\n"),
            ("/etc/ld.so.conf.d/README", "/not/read\n"),
            ("/etc/ld.so.conf.d/deep/x.conf", "/not/read/either\n"),
        ];
        let expected = [
            "/usr/local/lib",
            "/usr/local/lib/x86_64-linux-gnu",
            "/lib/x",
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib",
            "/usr/lib",
        ];
        assert_eq!(configured(&texts).unwrap(), expected);
    }

    #[test]
    fn odd_lines() {
        let path =
            configured(&[(CONF, "  /a// # why\n/b=libc6\nhwcap 1 nosegneg\nincludes\n\t\n/with space  \n")]).unwrap();
        assert_eq!(path[..4], ["/a", "/b", "includes", "/with space"]);
    }

    #[test]
    fn no_configuration_leaves_the_built_in_ones() {
        assert_eq!(configured(&[]).unwrap().len(), 4);
    }

    #[test]
    fn bad_includes() {
        let relative = configured(&[(CONF, "include conf.d/*\n")]);
        assert!(matches!(relative, Err(LdcacheError::RelativeInclude { .. })));
        let again = configured(&[(CONF, "include /etc/ld.so.con[f]\n")]);
        assert!(matches!(again, Err(LdcacheError::IncludeLoop { .. })));
        let names: Vec<String> = (0..30).map(|at| format!("/etc/{at}")).collect();
        let texts: Vec<String> = (1..31).map(|at| format!("include /etc/{at}\ninclude /etc/{at}\n")).collect();
        let doubling = names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str()));
        let doubling: Vec<_> = doubling.chain([(CONF, "include /etc/0\n")]).collect();
        assert!(matches!(configured(&doubling), Err(LdcacheError::TooManyIncludes { most: 1000, .. })));
        let pattern = configured(&[(CONF, "include /etc/[\n")]);
        assert!(matches!(pattern, Err(LdcacheError::Pattern { .. })));
    }
}
