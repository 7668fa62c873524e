use crate::containers::Made;
use crate::{About, Container, Image, Load};
use std::collections::{BTreeMap, VecDeque};

/// Everything that an engine knows and remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub about: About,
    pub images: Vec<Image>,
    pub loads: VecDeque<Load>,
    pub next: VecDeque<Container>,
    pub tried: VecDeque<Container>,
    pub builds: VecDeque<Vec<String>>,
    pub made: BTreeMap<String, Made>,
    pub counted: usize,
    pub refusals: Vec<(String, u16, String)>,
    pub requests: Vec<String>,
    pub archives: Vec<BTreeMap<String, Vec<u8>>>,
    pub bodies: Vec<serde_json::Value>,
}

impl State {
    pub fn new(about: About) -> Self {
        Self {
            about,
            images: Vec::new(),
            loads: VecDeque::new(),
            next: VecDeque::new(),
            tried: VecDeque::new(),
            builds: VecDeque::new(),
            made: BTreeMap::new(),
            counted: 0,
            refusals: Vec::new(),
            requests: Vec::new(),
            archives: Vec::new(),
            bodies: Vec::new(),
        }
    }

    pub fn image(&self, name: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.id == name || image.names.iter().any(|known| known == name))
    }

    /// A new id, of the usual length.
    pub fn count(&mut self) -> String {
        self.counted += 1;
        format!("{:064x}", self.counted)
    }
}
