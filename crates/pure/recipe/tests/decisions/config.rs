//! How an image runs and what it says of itself.

use crate::project::{Made, Project, changed};
use sage_oci_recipe::RuntimeConfig;
use std::collections::BTreeMap;

fn config(made: &Made) -> &RuntimeConfig {
    &made.last().config
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

#[test]
fn what_is_not_said_is_empty_but_for_user_and_folder() {
    let made = Project::with(|project| project.redefine("config.cmd = [\"tool\"]\n", "")).made("tool");
    let found = config(&made);
    assert_eq!(found.user, "1000", "a number, so that an orchestrator sees that it is not root");
    assert_eq!(found.working_dir, "/home/me");
    assert!(found.env.is_empty() && found.entrypoint.is_empty() && found.cmd.is_empty() && found.ports.is_empty());
    assert_eq!(found.stop_signal, "");
}

#[test]
fn what_is_said_is_in_the_image() {
    let made = Project::with(|project| {
        project.redefine(
            "config.cmd = [\"tool\"]\n",
            "config = { working-dir = \"/srv\", entrypoint = [\"tini\", \"--\"], cmd = [\"tool\", \"-v\"], \
             ports = [\"1/tcp\", \"2/udp\"], stop-signal = \"SIGINT\", env = { LANG = \"C.UTF-8\" }, labels = { own = \"1\" } }\n",
        );
    })
    .made("tool");
    let found = config(&made);
    assert_eq!(found.working_dir, "/srv");
    assert_eq!(
        (&found.entrypoint[..], &found.cmd[..]),
        (&["tini".to_owned(), "--".into()][..], &["tool".to_owned(), "-v".into()][..])
    );
    assert_eq!((&found.ports[..], found.stop_signal.as_str()), (&["1/tcp".to_owned(), "2/udp".into()][..], "SIGINT"));
    assert_eq!(found.env, map([("LANG", "C.UTF-8")]));
    assert_eq!(found.labels["own"], "1");
}

#[test]
fn annotations_say_what_the_image_is_and_what_it_is_made_of() {
    let made = Project::new().made("tool");
    let expected = map([
        ("org.opencontainers.image.title", "Tool"),
        ("org.opencontainers.image.description", "A tool"),
        ("org.opencontainers.image.version", "2.1"),
        ("org.opencontainers.image.url", "https://tool.example"),
        ("org.opencontainers.image.licenses", "MIT"),
        ("org.opencontainers.image.created", "2026-10-30T08:21:14Z"),
        ("org.sage-oci.channel", "sid"),
        (
            "org.sage-oci.index",
            "sid 2026-10-30T08:21:14Z sha256:5050505050505050505050505050505050505050505050505050505050505050, \
             sid-security 2026-10-29T08:00:00Z sha256:5252525252525252525252525252525252525252525252525252525252525252",
        ),
        ("org.sage-oci.lock", "sha256:aeabe725b2491787764333362d281ae87f08bfcfed968333435fca7962c20856"),
        ("org.sage-oci.format", "2"),
        ("org.sage-oci.definition", "sha256:82b0a26f51c98417a51c635707a0134f9f332074b091bf2e0095318375e226b0"),
    ]);
    assert_eq!(made.last().annotations, expected);
    assert_eq!(config(&made).labels, expected, "the labels say the same");
}

#[test]
fn it_was_made_when_its_newest_index_was() {
    let made = Project::with(|project| project.lock.suites[1].date = "2026-11-01T00:00:00Z".to_owned()).made("tool");
    assert_eq!(made.last().annotations["org.opencontainers.image.created"], "2026-11-01T00:00:00Z");
}

#[test]
fn a_label_of_its_own_wins_and_is_no_annotation() {
    let made = Project::with(|project| {
        project.redefine(
            "config.cmd = [\"tool\"]\n",
            "config.labels = { \"org.opencontainers.image.title\" = \"Mine\", own = \"1\" }\n",
        );
    })
    .made("tool");
    assert_eq!(config(&made).labels["org.opencontainers.image.title"], "Mine");
    let annotations = &made.last().annotations;
    assert_eq!(annotations["org.opencontainers.image.title"], "Tool");
    assert!(!annotations.contains_key("own"));
}

#[test]
fn a_variant_is_the_same_layers_with_another_end() {
    let project = Project::new();
    let (tool, server) = (project.made("tool"), project.made("tool-server"));
    assert_eq!(changed(&tool, &server), ["tool-image", "tool-server-image"]);
    let (image, tool) = (server.last(), tool.last());
    assert_eq!((image.name.as_str(), &image.layers), ("tool-server", &tool.layers));
    assert_eq!(
        (&image.config.cmd[..], &image.config.ports[..]),
        (&["tool".to_owned(), "serve".into()][..], &["80/tcp".to_owned()][..])
    );
    assert_eq!(image.annotations["org.opencontainers.image.title"], "Tool server");
    assert_eq!(image.annotations["org.opencontainers.image.description"], "A tool that serves");
    assert_eq!(
        image.annotations["org.opencontainers.image.version"],
        tool.annotations["org.opencontainers.image.version"]
    );
}

#[test]
fn an_image_above_has_its_own_words_and_the_other_s_config() {
    let made = Project::with(|project| project.plan("tool-dev").version = "2.1-dev".to_owned()).made("tool-dev");
    let image = made.last();
    assert_eq!((image.name.as_str(), &image.config.cmd[..]), ("tool-dev", &["tool".to_owned()][..]));
    assert_eq!(image.annotations["org.opencontainers.image.title"], "Tool for developers");
    assert_eq!(image.annotations["org.opencontainers.image.version"], "2.1-dev");
    assert_eq!(image.annotations["org.opencontainers.image.licenses"], "MIT");
}

#[test]
fn words_and_config_change_no_layer() {
    let before = Project::new().made("tool");
    for (from, to) in [
        ("title = \"Tool\"", "title = \"Other\""),
        ("url = \"https://tool.example\"", "url = \"https://other.example\""),
        ("licenses = \"MIT\"", "licenses = \"Apache-2.0\""),
        ("config.cmd = [\"tool\"]", "config.cmd = [\"other\"]"),
    ] {
        let after = Project::with(|project| project.redefine(from, to)).made("tool");
        assert_eq!(changed(&before, &after), ["tool-image"], "{to}");
    }
    let after = Project::with(|project| project.plan("tool").version = "3".to_owned()).made("tool");
    assert_eq!(changed(&before, &after), ["tool-image"]);
    let after = Project::with(|project| project.redefine("tags = [\"latest\"]", "tags = []")).made("tool");
    assert_eq!(changed(&before, &after), [""; 0], "a tag is no part of an image");
}
