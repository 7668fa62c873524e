use crate::paths::image_path;
use crate::{Filter, Installed, Item, NodeKind, RootError};
use sage_oci_effects::{Effect, OwnedEffect, Slave};
use std::collections::BTreeMap;

/// Where the chosen links lie.
const LINKS: &str = "/etc/alternatives";
/// Where update-alternatives keeps what it knows.
const DATABASE: &str = "/var/lib/dpkg/alternatives";

/// One group of alternatives, as the effects add to it.
#[derive(Default)]
struct Group {
    link: String,
    /// Slave name to its generic link, sorted as the database has them.
    slaves: BTreeMap<String, String>,
    /// Candidate path to its priority, declaration order and slave paths; sorted as the database has them.
    choices: BTreeMap<String, Choice>,
}

struct Choice {
    priority: i32,
    order: usize,
    slaves: BTreeMap<String, String>,
}

/// `/etc/alternatives`, the generic links and the database of `update-alternatives`, every group in automatic mode.
///
/// The highest priority is chosen; on a tie the first declared. A slave follows only where its file is installed, and a
/// generic link never replaces a packaged file: both as update-alternatives(1) does. A candidate that the image leaves out
/// by a rule is none; a script that declares it there finds the same.
///
/// # Errors
///
/// A candidate is not installed.
pub fn alternatives(effects: &[OwnedEffect], installed: &Installed, filter: &Filter) -> Result<Vec<Item>, RootError> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (order, owned) in effects.iter().enumerate() {
        let Effect::Alternative { name, link, path, priority, slaves } = &owned.effect else { continue };
        if !installed.exists(path) {
            if filter.leaves_out_file(path) {
                continue;
            }
            let wanted_by = format!("the alternative `{name}` of {}", owned.package);
            return Err(RootError::Absent { path: path.clone(), wanted_by });
        }
        groups.entry(name.clone()).or_default().add(link, path, *priority, slaves, order);
    }
    let mut items = Vec::new();
    for (name, group) in &groups {
        items.extend(group.items(name, installed)?);
    }
    Ok(items)
}

impl Group {
    fn add(&mut self, link: &str, path: &str, priority: i32, slaves: &[Slave], order: usize) {
        link.clone_into(&mut self.link);
        for slave in slaves {
            self.slaves.insert(slave.name.clone(), slave.link.clone());
        }
        // The same candidate declared again keeps its place and takes the new data.
        let order = self.choices.get(path).map_or(order, |choice| choice.order);
        let slaves = slaves.iter().map(|slave| (slave.name.clone(), slave.path.clone())).collect();
        self.choices.insert(path.to_owned(), Choice { priority, order, slaves });
    }

    fn best(&self) -> Option<(&String, &Choice)> {
        self.choices.iter().max_by_key(|(_, choice)| (choice.priority, std::cmp::Reverse(choice.order)))
    }

    fn items(&self, name: &str, installed: &Installed) -> Result<Vec<Item>, RootError> {
        let mut items = vec![Item::file(&format!("{DATABASE}/{name}"), 0o644, self.database())?];
        let Some((path, best)) = self.best() else { return Ok(items) };
        self.links(name, &self.link, path, installed, &mut items)?;
        for (slave, link) in &self.slaves {
            match best.slaves.get(slave) {
                Some(path) if installed.exists(path) => self.links(slave, link, path, installed, &mut items)?,
                _ => {}
            }
        }
        Ok(items)
    }

    fn links(
        &self,
        name: &str,
        link: &str,
        path: &str,
        installed: &Installed,
        items: &mut Vec<Item>,
    ) -> Result<(), RootError> {
        let chosen = format!("{LINKS}/{name}");
        items.push(Item::symlink(&chosen, path)?);
        let packaged = installed.get(&image_path(link)?).map(|node| &node.kind);
        if !matches!(packaged, Some(NodeKind::File { .. } | NodeKind::Directory)) {
            items.push(Item::symlink(link, chosen)?);
        }
        Ok(())
    }

    /// The database file: mode, link, slaves, an empty line; then each candidate; an empty line ends it.
    fn database(&self) -> String {
        let mut lines = vec!["auto", &self.link];
        for (slave, link) in &self.slaves {
            lines.extend([slave.as_str(), link]);
        }
        lines.push("");
        let priorities: Vec<String> = self.choices.values().map(|choice| choice.priority.to_string()).collect();
        for ((path, choice), priority) in self.choices.iter().zip(&priorities) {
            lines.extend([path.as_str(), priority]);
            lines.extend(self.slaves.keys().map(|slave| choice.slaves.get(slave).map_or("", String::as_str)));
        }
        lines.push("");
        lines.push("");
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installed::tests::tree;
    use sage_oci_names::PackageName;
    use std::path::Path;
    use std::process::Command;

    /// name, link, path, priority, slaves as name, link, path
    type Line<'a> = (&'a str, &'a str, &'a str, i32, &'a [(&'a str, &'a str, &'a str)]);

    const LINES: &[Line] = &[
        (
            "editor",
            "/bin/editor",
            "/bin/b",
            10,
            &[("man", "/share/man", "/share/m1"), ("gone", "/share/gone", "/share/none")],
        ),
        ("editor", "/bin/editor", "/bin/a", 10, &[("aman", "/share/aman", "/share/m2")]),
        ("editor", "/bin/editor", "/bin/c", -5, &[]),
        ("pager", "/bin/pager", "/bin/a", 1, &[]),
        ("pager", "/bin/pager", "/bin/c", 77, &[("pman", "/share/pman", "/share/m2")]),
        ("taken", "/bin/taken", "/bin/a", 1, &[]),
    ];
    const FILES: &[&str] = &["bin/a", "bin/b", "bin/c", "bin/taken", "share/m1", "share/m2"];

    fn real(root: &Path) {
        for file in FILES {
            let path = root.join(file);
            sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
            sage_oci_files::write_atomic(path, b"").unwrap();
        }
        for dir in ["etc/alternatives", "var/lib/dpkg/alternatives"] {
            sage_oci_files::create_dir_all(root.join(dir)).unwrap();
        }
        let below = |path: &str| format!("{}{path}", root.display());
        for (name, link, path, priority, slaves) in LINES {
            let mut command = Command::new("update-alternatives");
            command.args(["--quiet", "--log", "/dev/null", "--altdir", &below("/etc/alternatives")]);
            command.args(["--admindir", &below("/var/lib/dpkg/alternatives"), "--install"]);
            command.args([&below(link), *name, &below(path), &priority.to_string()]);
            for (name, link, path) in *slaves {
                command.args(["--slave", &below(link), *name, &below(path)]);
            }
            let output = command.output().unwrap_or_else(|error| panic!("the test needs update-alternatives: {error}"));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    fn effects() -> Vec<OwnedEffect> {
        let effect = |(name, link, path, priority, slaves): &Line| Effect::Alternative {
            name: (*name).into(),
            link: (*link).into(),
            path: (*path).into(),
            priority: *priority,
            slaves: slaves
                .iter()
                .map(|(name, link, path)| Slave { name: (*name).into(), link: (*link).into(), path: (*path).into() })
                .collect(),
        };
        let package = PackageName::parse("vim").unwrap();
        LINES.iter().map(|line| OwnedEffect { package: package.clone(), effect: effect(line) }).collect()
    }

    #[test]
    fn the_real_tool_leaves_the_same_files() {
        let dir = tempfile::tempdir().unwrap();
        real(dir.path());
        // `/bin` is merged in our tree and is not in the scratch root: compare with `/usr` taken off.
        let mut lines: Vec<String> = FILES.iter().map(|file| file.replace("bin/", "usr/bin/")).collect();
        lines.push("bin -> usr/bin".to_owned());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let items = alternatives(&effects(), &tree(&lines), &filter(&[])).unwrap();
        let root = dir.path().display().to_string();
        let mut made = 0;
        for item in &items {
            let path = dir.path().join(item.path.as_str().replace("usr/bin/", "bin/"));
            match &item.content {
                crate::Content::File(bytes) => {
                    let real = sage_oci_files::read_to_string(&path).unwrap().replace(&root, "");
                    assert_eq!(String::from_utf8_lossy(bytes), real, "{}", item.path);
                }
                crate::Content::Symlink(target) => {
                    let real = sage_oci_files::read_link(&path).unwrap().display().to_string().replace(&root, "");
                    assert_eq!(target, &real, "{}", item.path);
                }
                crate::Content::Directory => panic!("no directory is made"),
            }
            made += 1;
        }
        let mut found = 0;
        for dir in ["etc/alternatives", "var/lib/dpkg/alternatives", "bin", "share"].map(|name| dir.path().join(name)) {
            for path in sage_oci_files::list(dir).unwrap() {
                let file = sage_oci_files::metadata(&path).unwrap().is_file();
                found += usize::from(!file || path.to_string_lossy().contains("/var/"));
            }
        }
        assert_eq!(made, found, "the real tool makes nothing that we do not");
    }

    #[test]
    fn an_absent_candidate_is_an_error() {
        let error = alternatives(&effects(), &tree(&["usr/bin/a"]), &filter(&[])).unwrap_err().to_string();
        assert!(error.contains("/bin/b") && error.contains("editor") && error.contains("vim"), "{error}");
    }

    #[test]
    fn what_a_rule_leaves_out_is_no_candidate() {
        let files = ["bin -> usr/bin", "usr/bin/b", "usr/bin/taken", "share/m1", "share/m2"];
        assert!(alternatives(&effects(), &tree(&files), &filter(&["/bin/a"])).is_err(), "/bin/c is missing unsaid");
        let items = alternatives(&effects(), &tree(&files), &filter(&["/bin/[ac]"])).unwrap();
        let database =
            |name: &str| items.iter().find(|item| item.path.as_str() == format!("var/lib/dpkg/alternatives/{name}"));
        assert!(database("pager").is_none() && database("editor").is_some());
    }

    fn filter(exclude: &[&str]) -> Filter {
        let exclude: Vec<String> = exclude.iter().map(|glob| (*glob).to_owned()).collect();
        Filter::new(&exclude, &[]).unwrap()
    }
}
