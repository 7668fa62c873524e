use serde_json::{Value, json};

/// An image that the engine has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// The diff ids of its layers.
    pub layers: Vec<String>,
    /// Its names.
    pub names: Vec<String>,
    /// How it runs, as the engine says it.
    pub config: Value,
    /// Its labels.
    pub labels: Value,
    /// Whether every blob of it is there; only containerd's store says so.
    pub whole: bool,
}

impl Image {
    /// A whole image without a name.
    pub fn new(id: &str, layers: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            layers: layers.iter().map(|layer| (*layer).to_owned()).collect(),
            names: Vec::new(),
            config: json!({}),
            labels: json!({}),
            whole: true,
        }
    }

    /// The same with a name.
    pub fn named(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    pub(crate) fn document(&self) -> Value {
        json!({
            "Id": self.id, "RepoTags": self.names, "Config": self.config,
            "RootFS": { "Type": "layers", "Layers": self.layers },
        })
    }

    pub(crate) fn summary(&self) -> Value {
        let manifest = json!({
            "ID": self.id, "Descriptor": {}, "Available": self.whole, "Size": { "Total": 0, "Content": 0 }, "Kind": "image",
        });
        json!({
            "Id": self.id, "ParentId": "", "RepoTags": self.names, "RepoDigests": [], "Created": 0, "Size": 0, "SharedSize": 0,
            "Labels": self.labels, "Containers": 0, "Manifests": [manifest],
        })
    }
}

/// What comes of an image that is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// The status of the answer.
    pub status: u16,
    /// What is said, a line each.
    pub lines: Vec<String>,
    /// The image that is there afterwards.
    pub image: Option<Image>,
}

impl Load {
    /// It is taken.
    pub fn taken(image: Image) -> Self {
        Self { status: 200, lines: vec![json!({ "stream": "Loaded image\n" }).to_string()], image: Some(image) }
    }

    /// The engine says this, with status 200, and has nothing.
    pub fn says(lines: &[&str]) -> Self {
        Self { status: 200, lines: lines.iter().map(|line| (*line).to_owned()).collect(), image: None }
    }

    /// The engine answers with this status and message.
    pub fn refused(status: u16, message: &str) -> Self {
        Self { status, lines: vec![json!({ "message": message }).to_string()], image: None }
    }

    /// What it says, and yet it leaves something.
    pub fn leaving(self, image: Image) -> Self {
        Self { image: Some(image), ..self }
    }
}

/// What an engine may call its image of this number.
pub fn digest(number: u64) -> String {
    format!("sha256:{number:064x}")
}
