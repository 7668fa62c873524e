use crate::packaged::Packaged;
use crate::{Installed, Item, Packages, RootError};
use std::collections::{BTreeMap, BTreeSet};

/// Where packages put their profiles.
const PROFILES: &str = "usr/share/pam-configs";
/// The stacks: template and result have the name `common-` and this.
const STACKS: [&str; 5] = ["auth", "account", "password", "session", "session-noninteractive"];
/// Marks in a template, between which the generated lines stand.
const PRIMARY: &str = "# here are the per-package modules (the \"Primary\" block)";
const FALLBACK: &str = "# here's the fallback if no module succeeds";
const ADDITIONAL: &str = "# and here are more per-package modules (the \"Additional\" block)";
const END: &str = "# end of pam-auth-update config";
/// What keeps a stack whole that has no primary module.
const PERMIT: &str = "[default=1]\t\t\tpam_permit.so";
/// A module that no longer exists; profiles with it are passed over.
const GONE: &str = "pam_tally";

/// `/etc/pam.d/common-*` and `/var/lib/pam` as `pam-auth-update` makes them on a new system: every profile that is on by
/// default, the highest priority first.
///
/// # Errors
///
/// A template or profile is missing or not in its form.
pub(crate) fn pam_profiles<P: Packages>(
    installed: &Installed,
    packaged: &mut Packaged<P>,
) -> Result<Vec<Item>, P::Error> {
    let is_profile = |path: &&str| !path.ends_with('~') && !path.ends_with('#');
    let profiles: BTreeSet<String> =
        installed.files_below(PROFILES).map(|(path, _)| path.as_str()).filter(is_profile).map(str::to_owned).collect();
    let template = |stack: &str| format!("usr/share/pam/common-{stack}");
    let templates: BTreeSet<String> = STACKS.iter().map(|stack| template(stack)).collect();
    packaged.load(installed, &profiles)?;
    packaged.load(installed, &templates)?;
    let mut texts = BTreeMap::new();
    for path in &profiles {
        let name = path.rsplit('/').next().unwrap_or(path);
        texts.insert(name.to_owned(), packaged.text(path)?.to_owned());
    }
    let read = |stack: &str| packaged.text(&template(stack)).map(str::to_owned);
    Ok(generate(&texts, read)?)
}

fn generate(
    profiles: &BTreeMap<String, String>,
    template: impl Fn(&str) -> Result<String, RootError>,
) -> Result<Vec<Item>, RootError> {
    let mut all = Vec::new();
    for (name, text) in profiles {
        let profile = Profile::parse(name, text)?;
        if !text.contains(GONE) {
            all.push(profile);
        }
    }
    all.sort_by(|a, b| (b.priority, &b.name).cmp(&(a.priority, &a.name)));
    let seen: String = all.iter().map(|profile| format!("{}\n", profile.name)).collect();
    let enabled = enabled(all);
    let mut items = vec![Item::file("/var/lib/pam/seen", 0o644, seen)?];
    for stack in STACKS {
        let text = fill(&template(stack)?, stack, &enabled)?;
        items.push(Item::file(&format!("/etc/pam.d/common-{stack}"), 0o644, text)?);
        items.push(Item::file(&format!("/var/lib/pam/{stack}"), 0o644, saved(stack, &enabled))?);
    }
    Ok(items)
}

/// The profiles that are on by default; of two in conflict the higher stays.
fn enabled(all: Vec<Profile>) -> Vec<Profile> {
    let mut enabled: Vec<Profile> = Vec::new();
    for profile in all.into_iter().filter(|profile| profile.field("Default") == "yes") {
        let quarrels = |a: &Profile, b: &Profile| a.field("Conflicts").split(", ").any(|name| name == b.name);
        if !enabled.iter().any(|higher| quarrels(higher, &profile) || quarrels(&profile, higher)) {
            enabled.push(profile);
        }
    }
    enabled
}

struct Profile {
    name: String,
    priority: i64,
    fields: BTreeMap<String, String>,
}

impl Profile {
    /// Parses `Field: value` lines; lines that begin with a blank go on.
    fn parse(name: &str, text: &str) -> Result<Self, RootError> {
        let malformed = |why: &str| RootError::Malformed { what: format!("/{PROFILES}/{name}"), why: why.to_owned() };
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut current = None;
        for line in text.lines() {
            let field = line.split_once(':').filter(|(field, _)| !field.contains(char::is_whitespace));
            match field {
                Some((field, value)) => {
                    // An early form of the format called the field so.
                    let field = field.strip_suffix("-Final").unwrap_or(field).to_owned();
                    fields.insert(field.clone(), value.trim_start().to_owned());
                    current = Some(field);
                }
                None if line.trim().is_empty() => {}
                None => {
                    let field = current.as_ref().ok_or_else(|| malformed("it begins without a field"))?;
                    let value = fields.entry(field.clone()).or_default();
                    if !value.is_empty() {
                        value.push('\n');
                    }
                    value.push_str(line.trim());
                }
            }
        }
        let priority = fields.get("Priority").map_or("0", |text| text.trim()).parse();
        let priority = priority.map_err(|_| malformed("its priority is no number"))?;
        Ok(Self { name: name.to_owned(), priority, fields })
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The lines for a stack's block; the first module of a block may have lines of its own.
    fn lines(&self, stack: &str, first: bool) -> &str {
        let field = field_name(stack, self);
        let initial = self.field(&format!("{field}-Initial"));
        if first && !initial.is_empty() { initial } else { self.field(&field) }
    }

    /// `Primary`, `Additional`, or nothing.
    fn block(&self, stack: &str) -> &str {
        self.field(&format!("{}-Type", field_name(stack, self)))
    }
}

fn field_name(stack: &str, profile: &Profile) -> String {
    match stack {
        "session-noninteractive" if profile.field("Session-Interactive-Only") != "yes" => "Session".to_owned(),
        _ => format!("{}{}", stack[..1].to_ascii_uppercase(), &stack[1..]),
    }
}

/// The modules of one block with their lines.
fn block<'a>(
    stack: &'a str,
    enabled: &'a [Profile],
    wanted: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = (&'a Profile, &'a str)> {
    let in_block =
        enabled.iter().filter(move |profile| !profile.block(stack).is_empty() && wanted(profile.block(stack)));
    in_block.enumerate().map(move |(index, profile)| (profile, profile.lines(stack, index == 0)))
}

fn fill(template: &str, stack: &str, enabled: &[Profile]) -> Result<String, RootError> {
    let mut text = String::new();
    // The mark that ends the part to be left out.
    let mut until = None;
    let mut ends = 0;
    for line in template.lines() {
        match until {
            Some(mark) if !line.starts_with(mark) => continue,
            Some(_) => {
                until = None;
                ends += 1;
            }
            None => {}
        }
        text.push_str(line);
        text.push('\n');
        if line.starts_with(PRIMARY) {
            text.push_str(&lines(stack, enabled, "Primary"));
            until = Some(FALLBACK);
        } else if line.starts_with(ADDITIONAL) {
            text.push_str(&lines(stack, enabled, "Additional"));
            until = Some(END);
        }
    }
    if ends == 2 {
        return Ok(text);
    }
    Err(RootError::Malformed {
        what: format!("/usr/share/pam/common-{stack}"),
        why: "its marks are incomplete".to_owned(),
    })
}

/// The lines of a block, jumps counted out: `end` leads behind the block's last line.
fn lines(stack: &str, enabled: &[Profile], wanted: &str) -> String {
    let kind = stack.strip_suffix("-noninteractive").unwrap_or(stack);
    let all: Vec<&str> = block(stack, enabled, |block| block == wanted).flat_map(|(_, lines)| lines.lines()).collect();
    if all.is_empty() && wanted == "Primary" {
        return format!("{kind}\t{PERMIT}\n");
    }
    let mut text = String::new();
    for (index, line) in all.iter().enumerate() {
        let left = all.len() - index;
        // A jump out of the last block would leave the stack.
        let left = if wanted == "Additional" { left - 1 } else { left };
        let (module, options) = module_and_options(line);
        let module = module.replace("end", &left.to_string());
        let options: Vec<&str> = options.split_whitespace().collect();
        text.push_str(&format!("{kind}\t{module} {}\n", options.join(" ")));
    }
    text
}

/// Splits `[success=end default=ignore]  pam_unix.so nullok` behind the module's name.
fn module_and_options(line: &str) -> (&str, &str) {
    let control = if line.starts_with('[') {
        line.find(']').map_or(line.len(), |at| at + 1)
    } else {
        line.find(char::is_whitespace).unwrap_or(line.len())
    };
    let rest = &line[control..];
    let module = rest.len() - rest.trim_start().len();
    let end = rest[module..].find(char::is_whitespace).map_or(line.len(), |at| control + module + at);
    line.split_at(end)
}

/// What pam-auth-update remembers of a stack, so that it sees later what an administrator changed.
fn saved(stack: &str, enabled: &[Profile]) -> String {
    let mut text = String::new();
    let mut add = |name: &str, lines: &str| text.push_str(&format!("Module: {name}\n{lines}\n"));
    let mut count = 0;
    for (profile, lines) in block(stack, enabled, |block| block != "Additional") {
        add(&profile.name, lines);
        count += 1;
    }
    if count == 0 {
        add("null", PERMIT);
    }
    for (profile, lines) in block(stack, enabled, |block| block != "Primary") {
        add(&profile.name, lines);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;
    use std::path::Path;
    use std::process::Command;

    const UNIX: &str = "Name: Unix\nDefault: yes\nPriority: 256\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so nullok try_first_pass\nAuth-Initial:\n\t[success=end default=ignore]\tpam_unix.so nullok\nAccount-Type: Primary\nAccount:\n\t[success=end new_authtok_reqd=done default=ignore]\tpam_unix.so\nSession-Type: Additional\nSession:\n\trequired\tpam_unix.so\n";
    const HIGHER: &str = "Name: Higher\nDefault: yes\nPriority: 900\nAuth-Type: Primary\nAuth:\n\t[success=2 default=ignore]\tpam_a.so\n\t[success=end default=ignore]\tpam_b.so  x   y\nSession-Interactive-Only: yes\nSession-Type: Additional\nSession:\n\t[success=end default=bad]\tpam_c.so\n\toptional\tpam_d.so z\n";
    const OFF: &str = "Name: Off\nDefault: no\nPriority: 500\nAuth-Type: Primary\nAuth:\n\trequired pam_off.so\n";
    const QUARREL: &str =
        "Name: Quarrel\nDefault: yes\nPriority: 100\nConflicts: unix\nAuth-Type: Primary\nAuth:\n\trequired pam_q.so\n";

    fn real(root: &Path, profiles: &BTreeMap<String, String>) {
        for name in ["etc/pam.d", "var/lib/pam", "usr/share/pam-configs"] {
            sage_oci_files::create_dir_all(root.join(name)).unwrap();
        }
        for (name, text) in profiles {
            sage_oci_files::write_atomic(root.join(PROFILES).join(name), text.as_bytes()).unwrap();
        }
        // A database of debconf's own, so that the machine's stays as it is.
        let database = |name| format!("Name: {name}\nDriver: File\nFilename: {}/{name}.dat\n", root.display());
        let debconf = format!("Config: c\nTemplates: t\n\n{}\n{}", database("c"), database("t"));
        sage_oci_files::write_atomic(root.join("debconf.conf"), debconf.as_bytes()).unwrap();
        let output = Command::new("pam-auth-update")
            .args(["--package", "--force", "--root"])
            .arg(root)
            .env("DEBCONF_SYSTEMRC", root.join("debconf.conf"))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .unwrap_or_else(|error| panic!("the test needs pam-auth-update of libpam-runtime: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn compare(profiles: &[(&str, &str)]) {
        let profiles: BTreeMap<_, _> =
            profiles.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let dir = tempfile::tempdir().unwrap();
        real(dir.path(), &profiles);
        let template =
            |stack: &str| Ok(sage_oci_files::read_to_string(format!("/usr/share/pam/common-{stack}")).unwrap());
        let items = generate(&profiles, template).unwrap();
        assert_eq!(items.len(), 11);
        for item in items {
            let Content::File(ours) = &item.content else { panic!("{} is no file", item.path) };
            let real = sage_oci_files::read_to_string(dir.path().join(&item.path)).unwrap();
            assert_eq!(String::from_utf8_lossy(ours), real, "{}", item.path);
        }
    }

    #[test]
    fn pam_auth_update_writes_the_same() {
        compare(&[("unix", UNIX)]);
        compare(&[("unix", UNIX), ("higher", HIGHER), ("off", OFF)]);
    }

    #[test]
    fn of_two_in_conflict_the_higher_stays() {
        let parse = |name, text| Profile::parse(name, text).unwrap();
        let kept = enabled(vec![parse("unix", UNIX), parse("quarrel", QUARREL)]);
        assert_eq!(kept.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), ["unix"]);
    }

    #[test]
    fn broken_inputs_are_errors() {
        assert!(Profile::parse("x", " no field\n").is_err());
        assert!(Profile::parse("x", "Priority: high\n").is_err());
        assert!(fill("no marks\n", "auth", &[]).is_err());
    }
}
