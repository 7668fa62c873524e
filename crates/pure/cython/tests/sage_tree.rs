//! The scanner against what Cython itself says of a whole Sage.
//!
//! `SAGE_OCI_SAGE_SOURCE` names the folder that has `sage`, `SAGE_OCI_DEPFILES` one with Cython's own depfile of each module, `sage/rings/integer.pyx.dep`, written by
//! `cython -M` in the source folder.

use sage_oci_cython::Scanner;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

#[test]
#[ignore = "needs Sage's source and Cython's depfiles"]
fn closures_are_what_cython_says() {
    let folder = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (source, depfiles) = (folder("SAGE_OCI_SAGE_SOURCE"), folder("SAGE_OCI_DEPFILES"));
    let mut files = BTreeMap::new();
    read(Path::new(&source), Path::new(&source), &mut files);
    let modules: Vec<&str> = files.keys().map(String::as_str).filter(|path| path.ends_with(".pyx")).collect();
    let start = Instant::now();
    let mut scanner = Scanner::new(&files);
    let closures: BTreeMap<&str, _> =
        modules.iter().map(|module| (*module, scanner.closure(module).unwrap())).collect();
    let scanned = start.elapsed();
    let (mut compared, mut differ) = (0, 0);
    for (module, closure) in &closures {
        let Ok(depfile) = sage_oci_files::read_to_string(Path::new(&depfiles).join(format!("{module}.dep"))) else {
            continue;
        };
        compared += 1;
        let (_, paths) = depfile.split_once(':').unwrap();
        let cython: BTreeSet<String> =
            paths.split_whitespace().filter(|path| !path.starts_with(['.', '/', '\\'])).map(str::to_owned).collect();
        if cython != closure.sources {
            differ += 1;
            println!("{module}: cython alone {:?}", cython.difference(&closure.sources).collect::<Vec<_>>());
            println!("{module}: scanner alone {:?}", closure.sources.difference(&cython).collect::<Vec<_>>());
        }
    }
    println!("{} modules scanned in {scanned:?}; {compared} compared, {differ} differ", closures.len());
    assert!(compared > 0 && differ == 0);
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for path in sage_oci_files::list(folder).unwrap() {
        if sage_oci_files::metadata(&path).unwrap().is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, sage_oci_files::read(&path).unwrap());
        }
    }
}
