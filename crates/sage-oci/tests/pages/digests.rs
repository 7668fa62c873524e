//! The page for packagers shows the digests that are known.

use serde_json::Value;
use std::fmt::Write;

#[test]
fn the_known_digests() {
    let golden: Value = serde_json::from_str(&super::read("nix/digests.json")).unwrap();
    let mut table = "| image | channel | architecture | manifest |\n| --- | --- | --- | --- |\n".to_owned();
    let mut rows = 0;
    for (channel, architectures) in golden["images"].as_object().unwrap() {
        for (architecture, images) in architectures.as_object().unwrap() {
            for (image, known) in images.as_object().unwrap() {
                let manifest = known["manifest"].as_str().unwrap();
                writeln!(table, "| `{image}` | {channel} | {architecture} | `{manifest}` |").unwrap();
                rows += 1;
            }
        }
    }
    assert!(rows > 0);
    super::holds("nix/VERIFYING.md", "digests", &table);
}
