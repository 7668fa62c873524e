//! The table of what each ref gets, which `nix/ci/README.md` shows, is that of the project's own file.

use sage_oci_names::{Architecture, ChannelName, ImageName};
use sage_oci_pipeline::{Config, Has, table};

#[test]
fn the_page_shows_what_is_decided() {
    let config = Config::parse("nix/ci.toml", &super::read("nix/ci.toml")).unwrap();
    let has = Has {
        credentials: true,
        repository: None,
        images: vec![ImageName::parse("sagemath").unwrap()],
        channels: vec![ChannelName::parse("sid").unwrap()],
        architectures: vec![Architecture::Amd64],
        revision: None,
    };
    super::holds("nix/ci/README.md", "refs", &table(&config, &has).unwrap());
}
