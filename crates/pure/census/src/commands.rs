//! The commands that maintainer scripts call, and what each does to an image.

use crate::shell::Status;
use sage_oci_effects::{Document, Effect, Slave};

type Outcome = Result<(Status, Vec<Effect>), String>;

const NOTHING: Outcome = Ok((Status::Success, Vec::new()));

/// What a command does on a first installation.
///
/// # Errors
/// A command that is not known, or not with these arguments.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Outcome {
    match (name, arguments) {
        (":" | "true", _) => NOTHING,
        ("false", _) => Ok((Status::Failure, Vec::new())),
        // They write to the terminal: redirection to files is refused before.
        ("echo" | "printf", _) => NOTHING,
        ("command", ["-v", tool]) | ("which", [tool]) => Ok((present(tool), Vec::new())),
        (
            "dpkg",
            ["--compare-versions", "--", left, relation, right] | ["--compare-versions", left, relation, right],
        ) => compare(left, relation, right),
        ("dpkg-maintscript-helper", _) => maintscript_helper(arguments),
        ("update-alternatives", _) => update_alternatives(arguments),
        ("py3compile", _) => py3compile(arguments),
        // PyPy keeps its byte-code to itself, and images do not hold it.
        ("pypy3compile", _) => NOTHING,
        ("ldconfig", []) => Ok((Status::Success, vec![Effect::Computed { document: Document::LdCache }])),
        // The builder reads the identifiers of such lines itself.
        ("update-xmlcatalog", ["--sort", "--add", ..]) => {
            Ok((Status::Success, vec![Effect::Computed { document: Document::XmlCatalogs }]))
        }
        ("add-shell", [path]) if is_absolute(path) => {
            Ok((Status::Success, vec![Effect::Shell { path: (*path).to_owned() }]))
        }
        // Units and init scripts are enabled for an init, and a container has none.
        ("deb-systemd-helper" | "deb-systemd-invoke", [.., "was-enabled" | "debian-installed", _]) => {
            Ok((Status::Either, Vec::new()))
        }
        ("deb-systemd-helper" | "deb-systemd-invoke" | "update-rc.d" | "invoke-rc.d", _) => NOTHING,
        // Caches of window managers and GTK; both fall back to reading the directories.
        ("update-menus" | "update-icon-caches", _) => NOTHING,
        // Reading debconf's library changes nothing, nor does forgetting answers on a first installation.
        (".", ["/usr/share/debconf/confmodule"]) => NOTHING,
        ("db_version" | "db_capb" | "db_stop" | "db_purge", _) => NOTHING,
        _ => Err(format!("`{name}` is not understood with these arguments")),
    }
}

/// Tools whose effects we emulate count as present; of others it is not known.
fn present(tool: &str) -> Status {
    match tool {
        "py3compile" | "update-alternatives" | "dpkg" | "dpkg-trigger" => Status::Success,
        _ => Status::Either,
    }
}

/// `dpkg --compare-versions` with an empty version on the left, as on a first installation (dpkg(1)): it is earlier
/// than any other for the plain relations and later for those that end in `-nl`; two empty ones are not compared here.
fn compare(left: &str, relation: &str, right: &str) -> Outcome {
    let truth = match relation {
        _ if !left.is_empty() || right.is_empty() => Status::Either,
        "lt" | "le" | "ne" | "gt-nl" | "ge-nl" => Status::Success,
        "gt" | "ge" | "eq" | "lt-nl" | "le-nl" => Status::Failure,
        _ => return Err(format!("the relation `{relation}` between versions")),
    };
    Ok((truth, Vec::new()))
}

/// All four kinds act on an earlier version's files only (dpkg-maintscript-helper(1)), if what stands behind
/// `--`, the script's own arguments, says that there is one.
fn maintscript_helper(arguments: &[&str]) -> Outcome {
    let wrong = || Err("`dpkg-maintscript-helper` is not understood with these arguments".to_owned());
    let Some(end) = arguments.iter().position(|argument| *argument == "--") else {
        return Err("`dpkg-maintscript-helper` without `--`".to_owned());
    };
    if !matches!(arguments[end + 1..], ["install"] | ["configure", ""] | ["triggered", ..]) {
        return wrong();
    }
    let own = &arguments[..end];
    match own {
        ["rm_conffile", _, ..] | ["mv_conffile" | "symlink_to_dir" | "dir_to_symlink", _, _, ..] if own.len() <= 5 => {
            NOTHING
        }
        _ => wrong(),
    }
}

fn update_alternatives(arguments: &[&str]) -> Outcome {
    let wrong = || Err("`update-alternatives` is not understood with these arguments".to_owned());
    let mut rest = arguments;
    while let ["--quiet" | "--force", after @ ..] = rest {
        rest = after;
    }
    let (link, name, path, priority, mut rest) = match rest {
        ["--install", link, name, path, priority, rest @ ..] => (link, name, path, priority, rest),
        // There is nothing yet that could be removed.
        ["--remove", _, _] => return NOTHING,
        _ => return wrong(),
    };
    let Ok(priority) = priority.parse() else { return wrong() };
    let mut slaves = Vec::new();
    while let ["--slave", link, name, path, after @ ..] = rest {
        slaves.push(Slave { name: (*name).to_owned(), link: (*link).to_owned(), path: (*path).to_owned() });
        rest = after;
    }
    let paths = slaves.iter().flat_map(|slave| [&slave.link, &slave.path]).map(String::as_str).chain([*link, *path]);
    let names = slaves.iter().map(|slave| slave.name.as_str()).chain([*name]);
    if !rest.is_empty() || !paths.into_iter().all(is_absolute) || !names.into_iter().all(is_name) {
        return wrong();
    }
    let effect = Effect::Alternative {
        name: (*name).to_owned(),
        link: (*link).to_owned(),
        path: (*path).to_owned(),
        priority,
        slaves,
    };
    Ok((Status::Success, vec![effect]))
}

/// Whether a path is absolute and has no `.` or `..` in it.
fn is_absolute(path: &str) -> bool {
    path.starts_with('/') && !path.split('/').any(|part| part == "." || part == "..")
}

/// Whether a group of alternatives may be named so: it is a file's name, and the program refuses blanks.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(|c: char| c == '/' || c.is_ascii_whitespace())
}

/// `py3compile -p PACKAGE [DIRECTORY…] [-V VERSIONS]`; the version range is open upwards, so it holds our Python.
fn py3compile(arguments: &[&str]) -> Outcome {
    let wrong = || Err("`py3compile` is not understood with these arguments".to_owned());
    let ["-p", _package, rest @ ..] = arguments else { return wrong() };
    let mut directories = Vec::new();
    let mut rest = rest.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "-V" => match rest.next() {
                Some(range) if range.ends_with('-') => {}
                _ => return wrong(),
            },
            directory if is_absolute(directory) => directories.push(directory.trim_end_matches('/').to_owned()),
            _ => return wrong(),
        }
    }
    Ok((Status::Success, vec![Effect::Bytecode { directories }]))
}
