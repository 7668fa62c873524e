//! `inspect` of layouts that other programs wrote, and of what is none, word for word in `snapshots`. What has changed on purpose is
//! written again with `INSTA_UPDATE=always`.

use assert_cmd::Command;
use sage_oci_image::digest_of;
use serde_json::{Value, json};
use std::path::PathBuf;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// A folder of layouts, and what the command says of them.
struct Bench {
    folder: tempfile::TempDir,
    /// Digests and what they are of.
    names: Vec<(String, String)>,
    text: String,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), names: Vec::new(), text: String::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_new(path, bytes).unwrap();
    }

    /// Adds a blob to a layout; gives its descriptor.
    fn blob(&mut self, layout: &str, name: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest_of(bytes);
        self.write(&format!("{layout}/{}", sage_oci_image::blob_path(&digest)), bytes);
        self.names.push((digest.to_string(), format!("<{name}>")));
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Takes a blob of that name out of a layout.
    fn remove(&self, layout: &str, name: &str) {
        let name = format!("<{name}>");
        let (digest, _) = self.names.iter().find(|(_, known)| *known == name).unwrap();
        let path = self.path(&format!("{layout}/blobs/sha256/{}", &digest["sha256:".len()..]));
        sage_oci_files::remove_file(path).unwrap();
    }

    /// Adds an image with one layer, for a machine.
    fn image(&mut self, layout: &str, architecture: &str, layer_type: &str) -> Value {
        let content = format!("the tar of {architecture}, {layer_type}");
        let layer = self.blob(layout, &format!("layer of {architecture}"), layer_type, content.as_bytes());
        let config = json!({
            "architecture": architecture, "os": "linux", "history": [{ "created_by": "COPY . /" }],
            "rootfs": { "type": "layers", "diff_ids": [digest_of(content.as_bytes())] },
        });
        self.manifest(layout, architecture, &config, &json!([layer]))
    }

    fn manifest(&mut self, layout: &str, name: &str, config: &Value, layers: &Value) -> Value {
        let config = self.blob(layout, &format!("config of {name}"), CONFIG, config.to_string().as_bytes());
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        self.blob(layout, &format!("manifest of {name}"), MANIFEST, manifest.to_string().as_bytes())
    }

    fn index(&mut self, layout: &str, members: &Value) {
        self.write(&format!("{layout}/oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
        self.write(
            &format!("{layout}/index.json"),
            json!({ "schemaVersion": 2, "manifests": members }).to_string().as_bytes(),
        );
    }

    fn run(&mut self, words: &[&str]) -> String {
        let output = Command::cargo_bin("sage-oci")
            .unwrap()
            .env("NO_COLOR", "1")
            .current_dir(&self.folder)
            .args(words)
            .output()
            .unwrap();
        let mut said = format!("$ sage-oci {}\n", words.join(" "));
        for (mark, stream) in [(" ", &output.stdout), ("!", &output.stderr)] {
            let stream = String::from_utf8(stream.clone()).unwrap();
            said.extend(stream.trim_end().lines().map(|line| format!("{mark} {line}\n")));
        }
        said.push_str(&format!("status {}\n\n", output.status.code().unwrap()));
        for (digest, name) in &self.names {
            said = said.replace(digest, name);
        }
        self.text.push_str(&said);
        said
    }

    fn note(&mut self, what: &str) {
        self.text.push_str(&format!("# {what}\n"));
    }

    fn is(self, name: &str) {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, self.text);
        });
    }
}

fn with(mut descriptor: Value, keys: &Value) -> Value {
    descriptor.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    descriptor
}

fn platform(architecture: &str) -> Value {
    json!({ "platform": { "os": "linux", "architecture": architecture } })
}

#[test]
fn members_of_every_kind() {
    let mut it = Bench::new();
    let image = it.image("x", "amd64", TAR);
    let signature = it.blob("x", "signature", "application/vnd.dev.cosign.simplesigning.v1+json", b"{}");
    let signature = it.manifest("x", "a signature", &json!({ "architecture": "", "os": "" }), &json!([signature]));
    let statement = it.blob("x", "statement", "application/vnd.in-toto+json", b"{\"a\":1}");
    let statement = it.manifest("x", "a statement", &json!({ "os": "unknown" }), &json!([statement]));
    let unknown = it.blob("x", "bytes", "application/x-\u{1b}[31m\nunheard-of", b"bytes");
    // A word that says that it is no image hides nothing of it.
    let called = with(
        image,
        &json!({ "artifactType": CONFIG, "annotations": { "vnd.docker.reference.type": "attestation-manifest" } }),
    );
    it.index("x", &json!([signature, statement, unknown, called]));
    it.run(&["inspect", "./x"]);
    it.run(&["inspect", "./x", "--validate"]);
    let said = it.run(&["inspect", "./x", "--json", "--quiet"]);
    assert!(said.contains("\"absent\": []"), "{said}");
    it.note("another byte in the layer of what is called an attestation");
    it.remove("x", "layer of amd64");
    it.write(
        &format!("x/{}", sage_oci_image::blob_path(&digest_of(format!("the tar of amd64, {TAR}").as_bytes()))),
        format!("The tar of amd64, {TAR}").as_bytes(),
    );
    it.run(&["inspect", "./x", "--validate"]);
    it.note("and in the signature's config");
    it.remove("x", "config of a signature");
    it.run(&["inspect", "./x"]);
    it.is("inspect-members");
}

#[test]
fn a_pull_of_one_platform() {
    let mut it = Bench::new();
    let (amd64, arm64) = (it.image("x", "amd64", TAR), it.image("x", "arm64", TAR));
    let foreign = it.image("x", "s390x", "application/vnd.docker.image.rootfs.foreign.diff.tar");
    let members = [with(amd64, &platform("amd64")), with(arm64, &platform("arm64")), foreign];
    it.index("x", &json!(members));
    it.remove("x", "manifest of arm64");
    it.remove("x", "layer of s390x");
    it.run(&["inspect", "./x"]);
    it.run(&["inspect", "./x", "--validate"]);
    it.run(&["inspect", "./x", "--json", "--quiet"]);
    it.note("half an image");
    it.remove("x", "layer of amd64");
    it.run(&["inspect", "./x"]);
    it.note("nothing of what is named");
    let gone = it.image("y", "arm64", TAR);
    it.index("y", &json!([with(gone, &platform("arm64"))]));
    it.remove("y", "manifest of arm64");
    it.run(&["inspect", "./y", "--validate"]);
    it.is("inspect-absent");
}

#[test]
fn what_is_wrong() {
    let mut it = Bench::new();
    it.note("a size that is not the manifest's");
    let image = it.image("size", "amd64", TAR);
    it.index("size", &json!([with(image, &json!({ "size": 4 }))]));
    it.run(&["inspect", "./size"]);
    it.note("an encrypted layer");
    let image = it.image("encrypted", "amd64", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted");
    it.index("encrypted", &json!([image]));
    it.run(&["inspect", "./encrypted"]);
    it.note("what is no layout");
    it.run(&["inspect", "./nosuch"]);
    let mut header = [0; 512];
    header[257..262].copy_from_slice(b"ustar");
    it.write("x.tar", &header);
    it.run(&["inspect", "./x.tar"]);
    it.write("text", b"text");
    it.run(&["inspect", "./text"]);
    it.write("saved/manifest.json", b"[]");
    it.run(&["inspect", "./saved"]);
    it.write("folder/x", b"x");
    it.run(&["inspect", "./folder"]);
    it.run(&["inspect", "./size", "--channel", "sid"]);
    it.is("inspect-wrong");
}
