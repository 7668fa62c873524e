use crate::packaged::Packaged;
use crate::{Installed, Item, NodeKind, Packages, RootError};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// The frame of every catalog.
const HEADER: &str = "usr/share/xml-core/catalog.header";
const FOOTER: &str = "usr/share/xml-core/catalog.footer";
/// The text before the entries of SGML's catalog of catalogs.
const SUPER_HEADER: &str = "--\n\
    ## This file is created by update-catalog with update-super.\n\
    ## Please see update-catalog(8) for how to modify this file.\n\
    --\n";

/// Options without a value.
const FLAGS: [&str; 3] = ["add", "root", "sort"];

/// A catalog's entries: what is looked up, and where that leads.
type Catalog = BTreeMap<String, String>;

/// `/etc/xml` with the data that `update-xmlcatalog` keeps of it, and SGML's catalog of catalogs.
///
/// What is registered stands in the packages' own scripts, in lines that debhelper writes; the lock has judged the
/// scripts by their digests, so the lines are data here.
///
/// # Errors
///
/// A package has a line that is not in debhelper's form, or the frame of catalogs is not installed.
pub(crate) fn xml_catalogs<P: Packages>(
    packages: &[&PackageName],
    installed: &Installed,
    packaged: &mut Packaged<P>,
) -> Result<Vec<Item>, P::Error> {
    let mut catalogs: BTreeMap<String, Catalog> = BTreeMap::new();
    let mut sgml = false;
    for package in packages {
        let control = packaged.control(package)?;
        let script = String::from_utf8_lossy(control.get("postinst").unwrap_or_default()).into_owned();
        register(package, &script, &mut catalogs)?;
        sgml |= script.contains("update-catalog --quiet --update-super");
    }
    let mut items = Vec::new();
    if !catalogs.is_empty() {
        packaged.load(installed, &BTreeSet::from([HEADER.to_owned(), FOOTER.to_owned()]))?;
        items.extend(xml_items(&catalogs, packaged.text(HEADER)?, packaged.text(FOOTER)?)?);
    }
    if sgml {
        let mut text = SUPER_HEADER.to_owned();
        for catalog in sgml_catalogs(installed) {
            text.push_str(&format!("CATALOG /{catalog}\n"));
        }
        items.push(Item::file("/var/lib/sgml-base/supercatalog", 0o644, text)?);
        items.push(Item::symlink("/etc/sgml/catalog", "/var/lib/sgml-base/supercatalog")?);
    }
    Ok(items)
}

fn sgml_catalogs(installed: &Installed) -> impl Iterator<Item = &str> {
    installed
        .iter()
        .filter(|(_, node)| node.kind != NodeKind::Directory)
        .map(|(path, _)| path.as_str())
        .filter(|path| path.strip_prefix("etc/sgml/").is_some_and(|name| name.ends_with(".cat") && !name.contains('/')))
}

/// Reads the `update-xmlcatalog --add` lines of a script; the root catalog is `catalog`.
fn register(package: &PackageName, script: &str, catalogs: &mut BTreeMap<String, Catalog>) -> Result<(), RootError> {
    for line in script.lines().map(str::trim).filter(|line| line.starts_with("update-xmlcatalog ")) {
        let malformed = || RootError::Malformed {
            what: format!("the postinst of {package}"),
            why: format!("`{line}` is not a line of debhelper's"),
        };
        let options = options(line).ok_or_else(malformed)?;
        let option = |name: &str| options.get(name).copied().filter(|value| !value.is_empty());
        if !options.contains_key("add") {
            return Err(malformed());
        }
        let (Some(kind), Some(id), Some(owner)) = (option("type"), option("id"), option("package")) else {
            return Err(malformed());
        };
        let key = match kind {
            "public" => format!("delegatePublic publicIdStartString=\"{id}\""),
            "system" => format!("delegateSystem systemIdStartString=\"{id}\""),
            "uri" => format!("delegateURI uriStartString=\"{id}\""),
            _ => return Err(malformed()),
        };
        let (catalog, target) = match option("local") {
            Some(local) => (owner.to_owned(), format!("catalog=\"file://{local}\"")),
            None if options.contains_key("root") => {
                ("catalog".to_owned(), format!("catalog=\"file:///etc/xml/{owner}.xml\""))
            }
            None => return Err(malformed()),
        };
        catalogs.entry(catalog).or_default().insert(key, target);
    }
    Ok(())
}

/// The options of a command line whose values are words, or texts in double quotes without escapes.
fn options(line: &str) -> Option<BTreeMap<&str, &str>> {
    let mut options = BTreeMap::new();
    let mut rest = line.strip_prefix("update-xmlcatalog")?.trim_start();
    while !rest.is_empty() {
        let end = rest.find(' ').unwrap_or(rest.len());
        let name = rest[..end].strip_prefix("--")?;
        rest = rest[end..].trim_start();
        let value;
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"')?;
            (value, rest) = (&quoted[..end], &quoted[end + 1..]);
        } else if rest.starts_with("--") || rest.is_empty() {
            value = "";
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            (value, rest) = rest.split_at(end);
            // A shell would take these for the command's end, not for a part of the word.
            if value.contains([';', '&', '|', '<', '>', '(', ')']) {
                return None;
            }
        }
        // What a shell would expand is not data.
        if value.contains(['$', '`', '\\', '\'']) {
            return None;
        }
        if FLAGS.contains(&name) && !value.is_empty() {
            return None;
        }
        options.insert(name, value);
        rest = rest.trim_start();
    }
    Some(options)
}

fn xml_items(catalogs: &BTreeMap<String, Catalog>, header: &str, footer: &str) -> Result<Vec<Item>, RootError> {
    let mut items = Vec::new();
    for (name, entries) in catalogs {
        let (mut text, mut data) = (header.to_owned(), String::new());
        for (key, target) in entries {
            text.push_str(&format!("<{key} {target}/>\n"));
            data.push_str(&format!("<{key}><{target}>\n"));
        }
        text.push_str(footer);
        let file = if name == "catalog" { name.clone() } else { format!("{name}.xml") };
        items.push(Item::file(&format!("/etc/xml/{file}"), 0o644, text)?);
        items.push(Item::file(&format!("/var/lib/xml-core/{name}"), 0o644, data)?);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;
    use std::process::Command;

    const SCRIPT: &str = "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n\
        \tupdate-xmlcatalog --sort --add --type system --id \"http://b.example/x.dtd\" --package demo --local /usr/share/xml/demo/catalog.xml\n\
        \tupdate-xmlcatalog --sort --add --type public --id \"-//DEMO//DTD X//EN\" --package demo --local /usr/share/xml/demo/catalog.xml\n\
        \tupdate-xmlcatalog --sort --add --type uri --id \"http://a.example/\" --package demo --local /usr/share/xml/demo/catalog.xml\n\
        \tupdate-xmlcatalog --sort --add --type public --id \"-//DEMO//DTD X//EN\" --package demo --root\n\
        \tupdate-xmlcatalog --sort --add --type uri --id \"http://a.example/\" --package demo --root\nfi\n";

    #[test]
    fn update_xmlcatalog_writes_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        for name in ["etc/xml", "var/lib/xml-core", "usr/share/xml/demo"] {
            sage_oci_files::create_dir_all(dir.path().join(name)).unwrap();
        }
        sage_oci_files::write_atomic(dir.path().join("usr/share/xml/demo/catalog.xml"), b"").unwrap();
        let tool = sage_oci_files::read_to_string("/usr/sbin/update-xmlcatalog").expect("the test needs xml-core");
        // The tool knows no other root: give a copy of it other folders.
        let tool =
            tool.replace("'/etc/xml", &format!("'{root}/etc/xml")).replace("'/var/lib", &format!("'{root}/var/lib"));
        let copy = dir.path().join("tool");
        sage_oci_files::write_atomic(&copy, tool.as_bytes()).unwrap();
        let calls: Vec<String> = SCRIPT
            .lines()
            .filter(|line| line.contains("update-xmlcatalog"))
            .map(|line| line.replace("update-xmlcatalog", &format!("perl {}", copy.display())))
            .map(|line| line.replace("/usr/share/xml/demo", &format!("{root}/usr/share/xml/demo")))
            .collect();
        let output = Command::new("sh").args(["-e", "-c", &calls.join("\n")]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

        let mut catalogs = BTreeMap::new();
        register(&PackageName::parse("demo").unwrap(), SCRIPT, &mut catalogs).unwrap();
        let frame = |path: &str| sage_oci_files::read_to_string(format!("/{path}")).expect("the test needs xml-core");
        let items = xml_items(&catalogs, &frame(HEADER), &frame(FOOTER)).unwrap();
        assert_eq!(items.len(), 4);
        for item in items {
            let Content::File(ours) = &item.content else { panic!("{} is no file", item.path) };
            let real = sage_oci_files::read_to_string(dir.path().join(&item.path)).unwrap().replace(root, "");
            assert_eq!(String::from_utf8_lossy(ours), real, "{}", item.path);
        }
    }

    #[test]
    fn other_lines_are_refused() {
        let package = PackageName::parse("demo").unwrap();
        for bad in [
            "update-xmlcatalog --del --type public --id \"x\" --package demo --root",
            "update-xmlcatalog --add --type public --id \"$ID\" --package demo --root",
            "update-xmlcatalog --add --type magic --id \"x\" --package demo --root",
            "update-xmlcatalog --add --type public --id \"x --package demo --root",
            "update-xmlcatalog --add --type public --id \"x\" --package demo",
        ] {
            assert!(register(&package, bad, &mut BTreeMap::new()).is_err(), "{bad}");
        }
    }
}
