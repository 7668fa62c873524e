//! The table of what each ref gets, which `nix/ci/README.md` shows, is that of the project's own file.

use sage_oci_names::{Architecture, ChannelName, ImageName};
use sage_oci_pipeline::{Config, Has, table};
use std::path::Path;

const PAGE: &str = "nix/ci/README.md";
const BEGIN: &str = "<!-- table: refs -->\n";
const END: &str = "<!-- end -->";

#[test]
fn the_page_shows_what_is_decided() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let read = |name: &str| sage_oci_files::read_to_string(root.join(name)).unwrap();
    let config = Config::parse("nix/ci.toml", &read("nix/ci.toml")).unwrap();
    let has = Has {
        credentials: true,
        repository: None,
        images: vec![ImageName::parse("sagemath").unwrap()],
        channels: vec![ChannelName::parse("sid").unwrap()],
        architectures: vec![Architecture::Amd64],
        revision: None,
    };
    let table = table(&config, &has).unwrap();
    let page = read(PAGE);
    let begin = page.find(BEGIN).expect("the page has a mark where the table begins") + BEGIN.len();
    let end = begin + page[begin..].find(END).expect("and one where it ends");
    let fresh = format!("{}\n{}\n\n{}", &page[..begin], table.trim_end(), &page[end..]);
    if std::env::var_os("UPDATE_REFS").is_some() {
        sage_oci_files::write_atomic(root.join(PAGE), fresh.as_bytes()).unwrap();
    } else {
        assert!(page == fresh, "{PAGE} is out of date: UPDATE_REFS=1 cargo test --test refs");
    }
}
