//! Every verb as it should be and as it should not: what people see, word for word, in `snapshots`. What has changed on purpose is
//! written again with `INSTA_UPDATE=always`.

use crate::world::World;

/// Commands and what they said.
struct Transcript {
    world: World,
    text: String,
}

impl Transcript {
    fn new(purpose: &str) -> Self {
        Self { world: World::new(purpose, 16), text: String::new() }
    }

    /// Runs the command with these words; `IMAGE` and `LOCK` stand for the world's.
    fn run(&mut self, line: &str) {
        let lock = self.world.lock_path().display().to_string();
        let words: Vec<String> =
            line.split(' ').map(|word| word.replace("IMAGE", &self.world.image).replace("LOCK", &lock)).collect();
        let said = self.world.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        self.text.push_str(&format!("$ sage-oci {line}\n"));
        for (name, stream) in [(" ", &said.stdout), ("!", &said.stderr)] {
            let stream = stream.replace(&self.world.image, "IMAGE");
            let stream = stream.replace(&self.world.folder.path().display().to_string(), "FOLDER");
            for line in stream.trim_end().lines() {
                self.text.push_str(&format!("{name} {}\n", line.trim_end()));
            }
        }
        self.text.push_str(&format!("status {}\n\n", said.status.unwrap()));
    }

    fn note(&mut self, what: &str) {
        self.text.push_str(&format!("# {what}\n"));
    }

    /// Holds all of it against the committed text, but for what differs from run to run.
    fn is(self, name: &str) {
        let filters = [
            (r"/nix/store/[0-9a-z]{32}-", "/nix/store/HASH-"),
            (r"\b[0-9a-f]{64}\b", "DIGEST"),
            (r"http://127\.0\.0\.1:\d+", "http://MIRROR"),
            (r"\d+(\.\d+)? (ms|s)\b", "N $2"),
            (r" +\d+(\.\d+)? (B|KiB|MiB)\b", " N bytes"),
            (r"at once, \d+ threads each|\d+ at once", "N at once"),
        ];
        insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, self.text);
        });
    }
}

#[test]
fn lock_and_recipe() {
    let mut it = Transcript::new("verbs-lock");
    it.run("lock");
    it.run("lock --check");
    it.run("lock --channel nosuch");
    it.run("lock --diff nosuch.json");
    it.run("lock --diff LOCK");
    it.run("recipe");
    it.run("recipe --check");
    it.note("the definition has another description");
    it.world.write("images/tiny.toml", &it.world.definition().replace("made for a test", "made anew"));
    it.run("recipe --check");
    it.run("emit IMAGE");
    it.run("recipe");
    it.note("the definition is cut off");
    it.world.write("images/tiny.toml", "format = 1\n");
    it.run("recipe");
    it.is("verbs-lock");
}

#[test]
fn what_lists_and_explains() {
    let mut it = Transcript::new("verbs-why");
    it.world.run(&["lock"]).fine();
    it.run("why app");
    it.run("why nosuch");
    it.run("emit IMAGE");
    it.run("emit nosuch");
    it.run("derivations IMAGE");
    it.run("derivations IMAGE --lock nosuch.json");
    it.run("graph IMAGE");
    it.run("graph nosuch");
    it.run("why-layer IMAGE /usr/bin/tiny --quiet");
    it.run("why-layer IMAGE app");
    it.run("why-layer IMAGE /usr/bin/nosuch");
    it.run("inspect IMAGE --validate");
    it.run("inspect IMAGE --channel nosuch");
    it.is("verbs-why");
}

#[test]
fn what_builds_imports_and_tests() {
    let mut it = Transcript::new("verbs-build");
    it.world.run(&["lock"]).fine();
    it.run("smoke IMAGE");
    it.run("build IMAGE --quiet");
    it.run("build IMAGE --digest");
    it.run("build nosuch");
    it.run("load IMAGE --quiet");
    it.run("load IMAGE --tag Upper:Case");
    it.run("smoke IMAGE --quiet");
    it.run("smoke IMAGE --only nosuch");
    it.run("up IMAGE --quiet");
    it.run("up nosuch --yes");
    it.is("verbs-build");
}

#[test]
fn what_needs_no_project() {
    let mut it = Transcript::new("verbs-alone");
    let doctor = it.world.run(&["doctor", "--json"]);
    let facts: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
    for fact in ["architecture", "distribution", "memory_available", "nix", "engine", "cores"] {
        assert!(!facts["machine"][fact].is_null(), "{fact} in {facts}");
    }
    assert!(it.world.run(&["nix-args"]).fine().contains("--override-input"));
    assert!(it.world.run(&["completions", "zsh"]).fine().starts_with("#compdef sage-oci"));
    it.run("doctor --fixx");
    it.run("nix-args --input");
    it.run("builder");
    it.run("builder --builder /bin/sh");
    it.run("builder --builder /nix/store/00000000000000000000000000000000-sage-oci-builder.drv");
    it.run("closure Upper /nix/store/x");
    it.run("closure name /etc/passwd");
    it.run("completions tcsh");
    it.run("man /proc/nosuch");
    it.run("nosuch");
    it.is("verbs-alone");
}
