//! Parts of the documents that are made from what they describe: `UPDATE_PAGES=1 cargo test --test pages` writes them.

mod digests;
mod picture;
mod refs;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn read(name: &str) -> String {
    sage_oci_files::read_to_string(root().join(name)).unwrap()
}

/// Holds the part of a page between its marks, `<!-- made: NAME -->` and `<!-- end: NAME -->`, against its text, or writes it.
#[track_caller]
fn holds(page: &str, name: &str, made: &str) {
    let text = read(page);
    let (begin, end) = (format!("<!-- made: {name} -->\n"), format!("<!-- end: {name} -->"));
    let (before, rest) = text.split_once(&begin).expect("the mark where the part begins");
    let (written, after) = rest.split_once(&end).expect("the mark where it ends");
    let made = format!("\n{}\n\n", made.trim());
    if std::env::var_os("UPDATE_PAGES").is_some() {
        let fresh = format!("{before}{begin}{made}{end}{after}");
        sage_oci_files::write_atomic(root().join(page), fresh.as_bytes()).unwrap();
    } else {
        assert!(written == made, "{page} is out of date: UPDATE_PAGES=1 cargo test --test pages");
    }
}
