use sage_oci_layer::PackageRecord;
use sage_oci_names::PackageName;
use std::collections::BTreeMap;

/// The name of the package that stands in.
const NAME: &str = "left-out-packages";

/// A package that exists in the database only and provides what was left out, so that apt finds every dependency
/// satisfied. Installing a package that was left out works: nothing conflicts with it.
pub(crate) fn record(omitted: &BTreeMap<PackageName, String>) -> PackageRecord {
    let package = PackageName::parse(NAME).expect("the name above is that of a package");
    let provide = |(name, version): (&PackageName, &String)| match version.as_str() {
        "" => name.to_string(),
        version => format!("{name} (= {version})"),
    };
    let provides: Vec<String> = omitted.iter().map(provide).collect();
    let names: String = omitted.keys().map(|name| format!("   * {name}\n")).collect();
    let control = format!(
        "Package: {NAME}\n\
         Architecture: all\n\
         Maintainer: sage-oci <https://github.com/sagemath/sage-oci>\n\
         Priority: optional\n\
         Section: misc\n\
         Version: 1\n\
         Provides: {}\n\
         Description: stands in for packages that this image leaves out\n \
         Packages of this image name these as dependencies, but what the image is for\n \
         works without them, and they would make it larger:\n{names} .\n \
         This package has no files. Install any of them as usual when you need it.\n",
        provides.join(", ")
    );
    PackageRecord { package, control, conffiles: Vec::new(), triggers: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_provided() {
        let omitted = [("node-a", "1.0-1"), ("node-b", "2:3"), ("node-virtual", "")];
        let omitted = omitted.map(|(name, version)| (PackageName::parse(name).unwrap(), version.to_owned())).into();
        let record = record(&omitted);
        let stanzas = sage_oci_deb::Stanza::parse_all(record.control.as_bytes()).unwrap();
        assert_eq!(stanzas[0].get("Provides"), Some("node-a (= 1.0-1), node-b (= 2:3), node-virtual"));
        assert!(stanzas[0].get("Description").unwrap().contains("\n   * node-b"), "{}", record.control);
    }
}
